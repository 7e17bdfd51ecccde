"""Tables in notebooks: every form holds the same cells, and nothing in them becomes markup."""

import math
import re

import pytest

from ilo_theory.report.notebook import Table, verdicts
from ilo_theory.verdict import certified

TABLE = Table(("radius", "m"), [(0.123456, 12), ("a|b <c>", math.nan), (None, 1e7)])


def test_html_has_every_cell_escaped():
    cells = re.findall(r"<td>(.*?)</td>", TABLE._repr_html_())
    assert cells == ["0.1235", "12", "a|b &lt;c&gt;", "–", "–", "1e+07"]


def test_markdown_has_a_column_for_each_name():
    head, rule, *rows = TABLE._repr_markdown_().splitlines()
    assert (head, rule) == ("| radius | m |", "| --- | --- |")
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [3, 3, 3]
    assert rows[1] == r"| a\|b <c> | – |"


def test_text_is_aligned():
    head, *rows = str(TABLE).splitlines()
    assert {row.rindex(cell) for row, cell in zip([head, *rows], ["m", "12", "–", "1e+07"], strict=True)} == {9}


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match=r"Table\(rows"):
        Table(("one",), [(1, 2)])


def test_verdicts_are_rows():
    table = verdicts({"kept": certified(1.0, 2.0, scope="one"), "broken": certified(3.0, 2.0, scope="two")})
    assert [row[1] for row in table.rows] == ["HOLDS", "REFUTED"]
    assert [row[-1] for row in table.rows] == ["one", "two"]
