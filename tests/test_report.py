"""The texts of `verify`: CLAIMS.md, JSON, and files that are whole or not there."""

import json
import math
import os
import re

import pytest

from ilo_theory import report
from ilo_theory.claims import ORDER, claims_of, families
from ilo_theory.report.counts import by_family, summary
from ilo_theory.verdict import CLAIMS, Evidence, Outcome, Status, Verdict, certified, claim, registry, worst

FEW = ["exact-net-radius", "shrunk-net-radius", "sudakov", "sudakov-sharp", "dual-norm"]


@pytest.fixture(scope="module")
def outcomes():
    return [CLAIMS[name].run(seed=2) for name in FEW]


@pytest.fixture
def alone(monkeypatch):
    """No claims but those of the test."""
    monkeypatch.setattr(registry, "CLAIMS", {})
    return registry.CLAIMS


def of_family(family: str, name: str, status: Status, evidence: Evidence) -> Outcome:
    def check():
        return certified(0, 1, scope="")

    check.__module__ = f"claims.{family}"
    claim(name, "", "a", expected=status)(check)
    return Outcome(registry.CLAIMS[name], Verdict(status, evidence, 0.0, 1.0, ""), [], 0, 0.0)


# --- Families ---------------------------------------------------------------------------------------------------------


def test_families_come_in_the_order_of_the_argument():
    assert tuple(families()) == ORDER == ("covering", "chaining", "embedding", "srec", "recovery")
    assert [c.family for c in claims_of()] == sorted((c.family for c in claims_of()), key=ORDER.index)
    assert [c for family in ORDER for c in claims_of(family)] == claims_of() == [*CLAIMS.values()]


def test_rows_are_grouped_and_counted_by_family(alone):
    rows = [
        of_family("srec", "a", Status.HOLDS, Evidence.PROOF),
        of_family("covering", "b", Status.REFUTED, Evidence.WITNESS),
        of_family("srec_circulant", "c", Status.REFUTED, Evidence.STATISTICS),
        of_family("srec", "d", Status.HOLDS, Evidence.CERTIFICATE),
    ]
    assert {family: [o.claim.name for o in some] for family, some in by_family(rows).items()} == {
        "srec": ["a", "c", "d"],
        "covering": ["b"],
    }
    head, *body = summary(rows)
    table = {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in body}
    assert [*table] == ["S-REC", "Covering", "All"]
    assert {key: text for key, text in table["S-REC"].items() if text} == {
        "Statements": "3",
        "HOLDS": "2",
        "REFUTED": "1",
        "PROOF": "1",
        "CERTIFICATE": "1",
        "STATISTICS": "1",
    }
    assert table["All"] | {"Statements": "4", "REFUTED": "2", "WITNESS": "1"} == table["All"]
    assert "INCONCLUSIVE" not in head
    assert "INCONCLUSIVE" in summary([*rows, of_family("srec", "e", Status.INCONCLUSIVE, Evidence.STATISTICS)])[0]
    text = report.as_markdown(rows)
    assert re.findall(r"^## (.*)$", text, re.M) == ["S-REC", "Covering"]
    assert "| S-REC | 3 | 2 |" in text


# --- JSON -------------------------------------------------------------------------------------------------------------


def test_json_is_a_list_of_rows_with_every_case(outcomes):
    rows = json.loads(report.as_json(outcomes))
    assert [row["name"] for row in rows] == FEW
    for row, outcome in zip(rows, outcomes, strict=True):
        verdict = outcome.verdict
        assert (row["status"], row["expected"], row["family"]) == (verdict.status, outcome.claim.expected, "covering")
        assert (row["lhs"], row["rhs"], row["seed"], row["scope"]) == (verdict.lhs, verdict.rhs, 2, verdict.scope)
        assert row["seconds"] > 0
        assert len(row["cases"]) == len(outcome.claim.cases)
        assert row["evidence"] in Evidence.__members__
        assert row["witness"] == json.loads(json.dumps(verdict.witness))
        assert row["as_expected"] is True
        assert row["seeds"] == ([{"seed": 2, "status": "HOLDS"}] if row["name"] == "dual-norm" else [])
        assert row.keys() >= {"reference", "latex", "note", "corrected"}


def test_json_has_words_for_infinity(alone):
    claim("wide", "", "a", cases=[{"x": math.inf}], expected=Status.HOLDS)(
        lambda *, x: certified(1, x, scope="", ends=[-x, {"deep": (x - x, 1.5)}])
    )
    (row,) = json.loads(report.as_json([alone["wide"].run()]))
    assert (row["lhs"], row["rhs"]) == (1, "inf")
    assert row["witness"] == {"x": "inf", "ends": ["-inf", {"deep": ["nan", 1.5]}]}
    assert row["cases"][0]["case"] == {"x": "inf"}


# --- Seeds ------------------------------------------------------------------------------------------------------------


def drawn(statuses: str) -> list[Outcome]:
    """Outcomes of one claim that should hold: H holds, R is refuted; seeds from 10 on."""
    claim("drawn", "", "a", expected=Status.HOLDS)(lambda rng: None)
    kinds = {"H": Status.HOLDS, "R": Status.REFUTED}
    found = []
    for seed, letter in enumerate(statuses, start=10):
        verdict = Verdict(kinds[letter], Evidence.STATISTICS, 0.0, float(seed), "")
        found.append(Outcome(registry.CLAIMS["drawn"], verdict, [], seed, 0.5, ((seed, kinds[letter]),)))
    return found


@pytest.mark.parametrize(("statuses", "shown"), [("HHH", 10), ("HRHR", 11), ("RH", 10), ("H", 10)])
def test_the_worst_seed_is_the_first_not_as_expected(alone, statuses, shown):
    found = worst(drawn(statuses))
    assert (found.seed, found.verdict.rhs) == (shown, shown)
    assert found.as_expected is ("R" not in statuses)
    assert "".join(status[0] for _, status in found.seeds) == statuses
    assert [seed for seed, _ in found.seeds] == [*range(10, 10 + len(statuses))]
    assert found.seconds == 0.5 * len(statuses)


# --- CLAIMS.md --------------------------------------------------------------------------------------------------------


def test_markdown_does_not_depend_on_the_clock(outcomes):
    text = report.as_markdown(outcomes)
    assert text == report.as_markdown([CLAIMS[name].run(seed=2) for name in FEW])
    assert "seconds" not in text.lower()
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len(table) == (2 + 2) + (2 + len(FEW))
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table[4:]} == {len(report.COLUMNS) + 1}


@pytest.mark.parametrize("latex", [c.latex for c in claims_of()], ids=[c.name for c in claims_of()])
def test_formulas_survive_markdown(latex):
    # A backslash before punctuation, a bar or a newline would be eaten by the table.
    assert not re.search(r"\\[^a-zA-Z ]|[|\n$]", latex)
    assert latex.count("{") == latex.count("}")


# --- Files ------------------------------------------------------------------------------------------------------------


def test_a_file_is_written_whole(tmp_path):
    path = tmp_path / "new" / "folder" / "file.md"
    report.write(path, "δ")
    report.write(path, "δ ≤ r")
    assert path.read_text("utf-8") == "δ ≤ r"
    assert os.listdir(path.parent) == ["file.md"]


@pytest.mark.parametrize("failure", ["directory", "full"])
def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path, monkeypatch, failure):
    path = tmp_path / "file.md"
    path.write_text("old") if failure == "full" else path.mkdir()
    if failure == "full":
        monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError("no space left")))
    with pytest.raises(OSError, match=r"no space left|directory"):
        report.write(path, "new")
    assert os.listdir(tmp_path) == ["file.md"]
    assert failure == "directory" or path.read_text() == "old"
