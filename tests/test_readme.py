"""The README: its numbers are those of the generated files, and its code runs."""

import collections
import contextlib
import io
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def cells(line):
    return [cell.strip().strip("*`") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_the_count_of_verdicts_is_that_of_the_claims():
    rows = [cells(line) for line in (ROOT / "CLAIMS.md").read_text("utf-8").splitlines() if line.startswith("| `")]
    counted = collections.Counter((row[3], row[4]) for row in rows)
    table = re.search(r"\| verdict \| evidence \| statements \|\n\|[-|: ]+\|\n((?:\|.*\n)+)", README)[1]
    told = {tuple(row[:2]): int(row[2]) for row in map(cells, table.splitlines())}
    assert told == dict(counted)
    assert {row[0] for row in rows if row[3] == "REFUTED"} >= named_in("**False as printed**")
    assert {row[0] for row in rows if row[3] != "REFUTED"} >= named_in("**The method stands.**")


def named_in(start):
    """The claims that the paragraphs from `start` to the next in bold name."""
    text = README.split(start)[1].split("\n\n**")[0]
    names = set(re.findall(r"`([a-z0-9]+-[a-z0-9-]+)`", text))
    assert len(names) > 3
    return names | set(re.findall(r"`(sudakov)`", text))


def test_the_ratios_for_faces_are_those_of_the_results():
    lines = (ROOT / "results" / "dcgan-faces.md").read_text("utf-8").splitlines()
    full = {row[0]: row for row in map(cells, lines) if len(row) == 8}
    head, _, *rows = re.search(r"(\| \| drawn: csgm / ilo .*\n(?:\|.*\n)+)", README)[1].splitlines()
    told = {
        (column, problem): ratio
        for problem, *ratios in map(cells, rows)
        for column, ratio in zip(cells(head)[1:], ratios, strict=True)
    }
    assert len(told) == 16
    for (column, problem), ratio in told.items():
        part, method = column.split(": ")
        assert full[f"{part}: {problem}"][full[""].index(method)] == ratio


def test_the_example_runs():
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)[1].replace("steps=200", "steps=8")
    assert len(code.splitlines()) <= 18
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, "README.md", "exec"), {})
    assert len(re.findall(r"\d+\.\d+", printed.getvalue())) == 4


def test_its_links_lead_somewhere():
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / link).exists(), link
