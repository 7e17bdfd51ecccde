"""Every statement of the paper has a row of its own: the list of all references, and the rows that claim to be them.

A displayed equation is one row, which names it as "Eq. (n)" and names no other. A statement with a label is a row of
that label alone, of the label with the equation that *is* the statement, or of the label and some words.
"""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from ilo_theory.claims import claims_of

EQUATIONS = range(1, 81)

STATEMENTS = {  # labels, and the number of the equation that is the whole statement
    "Definition 1": 2,
    "Lemma 2": 7,
    "Theorem 2": 8,
    "Theorem 3": 15,
    "Corollary 1": 16,
    "Theorem 4": 24,
    "Corollary 2": 25,
}
LABELS = [
    *(f"Definition {n}" for n in (1, 2, 3)),
    *(f"Theorem {n}" for n in (1, 2, 3, 4)),
    *(f"Lemma {n}" for n in (1, 2, 3, 4, 5)),
    *(f"Corollary {n}" for n in (1, 2)),
    *(f"Remark {n}" for n in (1, 2, 3, 4, 5)),
    "Algorithm 1",
]

UNNUMBERED = {  # what the text says without a number, and how the row that checks it begins
    "3.1 sample bound of CSGM": r"Section 3\.1, .*(?:Bora|CSGM)",
    "3.3 net of a sum": r"Section 3\.3, the net of a sum",
    "3.3 order of the two methods": r"Section 3\.3, the order of the two methods",
    "3.4 condition (1), JL on a net": r"Section 3\.4, .*\(1\)",
    "3.4 condition (2), operator norm": r"Section 3\.4, .*\(2\)",
    "3.4 condition (3), fixed vector": r"Section 3\.4, .*\(3\)",
    "3.4 three conditions suffice": r"Section 3\.4, .*three conditions suffice",
    "3.4 memory": r"Section 3\.4, .*memory",
    "7.1.4 JL for a set of size 2^O(m)": r"Section 7\.1\.4, .*2\^",
    "7.1.4 operator norm at most Frobenius norm": r"Section 7\.1\.4, .*op.*(?:_F|Frobenius)",
    "7.1.4 Frobenius norm at most root n": r"Section 7\.1\.4, (?!.*op).*(?:_F|Frobenius).*√n",
}


def pattern(item: int | str) -> re.Pattern:
    """What the reference of the item's own row matches, from its beginning to its end."""
    if isinstance(item, int):
        return re.compile(rf".*\bEq\. \({item}\).*")
    if item in UNNUMBERED:
        return re.compile(rf"(?!.*corrected){UNNUMBERED[item]}.*")
    if number := STATEMENTS.get(item):
        return re.compile(rf"{item}(?:, Eq\. \({number}\))?")
    return re.compile(rf"{item}(?:, (?!\(|.*Eq\.|.*corrected).+)?")


def is_bulk(reference: str) -> bool:
    """Whether a reference names more than one equation, or a range."""
    return bool(re.search(r"Eqs|Eq\. (?!\(\d+\))|Eq\. \(\d+\)\W*(?:(?:and|to|or)\W+)?\d|Eq\..*Eq\.", reference))


def fault(item: int | str, references: Iterable[str]) -> str:
    """What keeps the item from having one row of its own; nothing if it has."""
    own = [reference for reference in references if pattern(item).fullmatch(reference) and not is_bulk(reference)]
    if not own:
        return "no row of its own"
    return f"{len(own)} rows" if isinstance(item, int) and len(own) > 1 else ""


SOURCE = Path(__file__).parents[1] / "ilo_theory"
LINES = [(path, line) for path in sorted(SOURCE.rglob("*.py")) for line in path.read_text("utf-8").splitlines()]
ITEMS = [*EQUATIONS, *LABELS, *UNNUMBERED]
REFERENCES = [claim.reference for claim in claims_of()]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"({item})" if isinstance(item, int) else item)
def test_a_statement_has_a_row_of_its_own(item):
    assert fault(item, REFERENCES) == ""


def test_no_row_stands_for_several():
    assert [reference for reference in REFERENCES if is_bulk(reference)] == []


def test_no_row_names_an_equation_that_is_not_there():
    named = Counter(int(n) for reference in REFERENCES for n in re.findall(r"Eq\. \((\d+)\)", reference))
    assert set(named) - set(EQUATIONS) == set()


@pytest.mark.parametrize("number", EQUATIONS, ids=lambda number: f"({number})")
def test_an_equation_is_named_by_its_row_and_at_most_one_formula(number):
    named = [(path.relative_to(SOURCE).parts[0], line.strip()) for path, line in LINES if f"Eq. ({number})" in line]
    formulas = [(folder, line) for folder, line in named if folder != "claims"]
    assert len(named) - len(formulas) == 1
    assert formulas in ([], [("bounds", f"# Eq. ({number})")])


# --- The test, tested -------------------------------------------------------------------------------------------------

COMPLETE = [
    *(f"Section 7, Eq. ({n})" for n in EQUATIONS if n not in STATEMENTS.values()),
    *(f"{label}, Eq. ({STATEMENTS[label]})" if label in STATEMENTS else f"{label}, words" for label in LABELS),
    *(
        "Section 3.1, by Bora et al.",
        "Section 3.3, the net of a sum",
        "Section 3.3, the order of the two methods",
    ),
    *(f"Section 3.4, condition ({n})" for n in (1, 2, 3)),
    *("Section 3.4, three conditions suffice", "Section 3.4, memory", "Section 7.1.4, JL for 2^O(m) points"),
    *("Section 7.1.4, ‖FD‖_op ≤ ‖FD‖_F", "Section 7.1.4, ‖FD‖_F ≤ √n"),
]


def faults(references: list[str]) -> dict[int | str, str]:
    return {item: text for item in ITEMS if (text := fault(item, references))}


def without(reference: str) -> list[str]:
    assert COMPLETE.count(reference) == 1
    return [other for other in COMPLETE if other != reference]


def test_a_complete_list_passes():
    assert faults(COMPLETE) == {}
    assert faults([*LABELS, *COMPLETE]) == {}


@pytest.mark.parametrize("reference", COMPLETE)
def test_a_gap_is_found(reference):
    found = faults(without(reference))
    assert 1 <= len(found) <= 2  # two where the equation is the statement
    assert set(found.values()) == {"no row of its own"}


@pytest.mark.parametrize("n", EQUATIONS)
def test_a_duplicate_is_found(n):
    assert faults([*COMPLETE, f"Lemma 9, Eq. ({n}), again"]) == {n: "2 rows"}


@pytest.mark.parametrize(
    "bulk",
    [
        "Section 7, Eqs. (10)-(13)",
        "Section 7, Eq. (10)-(13)",
        "Section 7, Eq. (10) and (11)",
        "Section 7, Eq. (10), (11)",
        "Section 7, Eq. (10), Eq. (11)",
        "Section 7, Eq. (10) to (13)",
        "Section 7, Eq. 10-13",
        "Section 7, Eq. (10–13)",
    ],
)
def test_a_bulk_row_does_not_count(bulk):
    assert is_bulk(bulk)
    gap = [other for other in COMPLETE if other not in {f"Section 7, Eq. ({n})" for n in (10, 11, 12, 13)}]
    assert faults([*gap, bulk]) == dict.fromkeys((10, 11, 12, 13), "no row of its own")


@pytest.mark.parametrize(
    ("item", "rows"),
    [
        ("Theorem 2", ["Theorem 2, the net of all means", "Theorem 2, Eq. (9)", "Theorem 2, (8) corrected"]),
        ("Theorem 1", ["Theorem 1, Eq. (5)", "Theorem 1, (6) corrected", "Theorem 1, corrected", "Theorem 10"]),
        ("Lemma 1", ["Lemma 1 and Lemma 5", "Lemma 5", "as Lemma 1"]),
        ("3.3 net of a sum", ["Section 3.3, the net of a sum, corrected", "as Section 3.3, the net of a sum"]),
        (8, ["Theorem 2, (8)", "Theorem 2, Eq. (80)", "Theorem 2, Eq.(8)"]),
        (21, ["Corollary 1, (21) corrected", "Corollary 1, from (20) to (21)"]),
    ],
)
def test_neighbours_do_not_count(item, rows):
    assert fault(item, rows) == "no row of its own"


@pytest.mark.parametrize("row", ["Theorem 2, Eq. (8)", "Corollary 1, Eq. (20)", "Theorem 1", "Lemma 3, (31) corrected"])
def test_a_row_of_one_statement_is_no_bulk_row(row):
    assert not is_bulk(row)
