"""Each lemma with one of its assumptions as an argument: kept it comes out one way, removed the other.

A function here returns the `Verdict` of one statement, lhs <= rhs. What it assumes is an argument with two values or
more; the verdict says what was covered. Notebooks show both sides of each, and end in an assertion that they differ.
"""

from ilo_theory.assumptions.covering import net_covers, volume_fits
from ilo_theory.assumptions.embedding import keeps_lengths
from ilo_theory.assumptions.recovery import error_bounded, spikes_found
from ilo_theory.assumptions.srec import sum_covered, unseen_apart

__all__ = [
    "error_bounded",
    "keeps_lengths",
    "net_covers",
    "spikes_found",
    "sum_covered",
    "unseen_apart",
    "volume_fits",
]
