"""CLAIMS.md: the rows of all claims, and how many there are of each kind."""

from collections.abc import Sequence

from ilo_theory.report.counts import by_family, summary, title
from ilo_theory.report.values import pipes
from ilo_theory.verdict import Outcome

HEAD = """\
# Claims

Each row is a statement of *Intermediate Layer Optimization for Inverse Problems using Deep Generative Models* (Daras,
Dean, Jalal, Dimakis, 2021), or one that stands beside it, checked as printed. `python -m ilo_theory verify --write`
writes this file, and a test compares it with what the code finds.

A statement reads lhs ≤ rhs; the sides shown are those of the tightest case, or of the worst where it fails.
**HOLDS** rests on a PROOF, a DEFINITION compared with brute force, or a CERTIFICATE, which means *on the cases listed*.
**SUPPORTED** is STATISTICS with an exact interval; **REFUTED** has a WITNESS, one counterexample, or such statistics.
Logarithms are natural, s = r/δ.
"""
COLUMNS = ("Claim", "Reference", "Statement", "Status", "Evidence", "lhs", "rhs", "Scope", "Note")


def as_markdown(outcomes: Sequence[Outcome]) -> str:
    """Write CLAIMS.md: one table a family, numbers to three digits, nothing in it that depends on the machine."""
    head, *counts = summary(outcomes)
    parts = [HEAD, pipes(head, counts)]
    for family, some in by_family(outcomes).items():
        parts.append(f"## {title(family)}\n\n" + pipes(COLUMNS, [*map(_row, some)]))
    return "\n".join(parts)


def _row(outcome: Outcome) -> list[str]:
    claim, verdict = outcome.claim, outcome.verdict
    note = " ".join(filter(None, [claim.note, claim.corrected and f"Corrected: `{claim.corrected}`."]))
    words = [claim.reference, f"${claim.latex}$", f"**{verdict.status}**", str(verdict.evidence)]
    return [f"`{claim.name}`", *words, f"{verdict.lhs:.3g}", f"{verdict.rhs:.3g}", verdict.scope, note]
