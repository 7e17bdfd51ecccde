"""Every row as CLAIMS.md has it, and a false twin of each that comes out otherwise."""

import re
from pathlib import Path

import pytest

from ilo_theory import plots
from ilo_theory.report import COLUMNS, as_markdown
from ilo_theory.verdict import CLAIMS, Status, verify
from tests.twins import TWINS

ROOT = Path(__file__).parents[1]
NAMES = [*CLAIMS]


def rows(markdown: str) -> dict[str, dict[str, str]]:
    """The rows of all tables by the claim's name, columns by their heads."""
    found = {}
    for line in markdown.splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            found[cells[0].strip("`")] = dict(zip(COLUMNS, cells, strict=True))
    return found


RECORDED = rows((ROOT / "CLAIMS.md").read_text(encoding="utf-8"))


# --- The rows ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_row_is_as_expected_and_as_recorded(name):
    outcome = CLAIMS[name].run()
    found, recorded = rows(as_markdown([outcome]))[name], RECORDED[name]
    assert outcome.as_expected
    assert plots.figure_of(name, outcome.cases).axes
    for column in ("Reference", "Statement", "Status", "Evidence", "Scope", "Note"):
        assert found[column] == recorded[column], column
    for column, value in (("lhs", outcome.verdict.lhs), ("rhs", outcome.verdict.rhs)):
        assert float(recorded[column]) == pytest.approx(value, rel=5.1e-3), column  # three digits


def test_claims_md_holds_every_claim_and_no_other():
    assert [*RECORDED] == [*CLAIMS]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_refuted_has_a_corrected_claim_that_stands(name):
    claim = CLAIMS[name]
    if claim.expected is Status.REFUTED:
        assert CLAIMS[claim.corrected].expected in (Status.HOLDS, Status.SUPPORTED)
    else:
        assert claim.corrected is None


# --- Their false twins ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "status", "change"), TWINS, ids=[name for name, *_ in TWINS])
def test_a_false_twin_comes_out_otherwise(name, status, change):
    assert status is not CLAIMS[name].expected
    assert verify(name, **change).status is status


def test_every_claim_has_a_twin():
    assert {name for name, *_ in TWINS} == set(NAMES)
