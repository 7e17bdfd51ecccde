"""How many statements came out how, by family: the table on top of CLAIMS.md and of the page."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from ilo_theory.verdict import Evidence, Outcome, Status


def title(family: str) -> str:
    """The family's name as a heading."""
    return {"srec": "S-REC"}.get(family, family.capitalize())


def by_family(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """The outcomes of each family, in the order in which they come."""
    families = list(dict.fromkeys(outcome.claim.family for outcome in outcomes))
    ordered = sorted(outcomes, key=lambda outcome: families.index(outcome.claim.family))
    return {family: [*some] for family, some in groupby(ordered, key=lambda outcome: outcome.claim.family)}


def summary(outcomes: Sequence[Outcome]) -> list[list[str]]:
    """A table: its head, one row a family, and all together; statements by status, then by evidence.

    Nothing inconclusive is expected, and its column is there only for what is.
    """
    kinds = [kind for kind in Status if kind is not Status.INCONCLUSIVE or _count(outcomes)[kind]]
    rows = [(title(family), some) for family, some in by_family(outcomes).items()]
    table = [["Family", "Statements", *kinds, *Evidence]]
    for name, some in [*rows, ("All", outcomes)]:
        count = _count(some)
        table.append([name, str(len(some)), *(str(count[kind] or "") for kind in (*kinds, *Evidence))])
    return table


def _count(outcomes: Sequence[Outcome]) -> Counter:
    verdicts = [outcome.verdict for outcome in outcomes]
    return Counter(v.status for v in verdicts) + Counter(v.evidence for v in verdicts)
