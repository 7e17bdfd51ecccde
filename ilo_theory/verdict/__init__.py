"""Verdicts on the statements of the paper: how one is earned, and the registry of all claims."""

from ilo_theory.verdict.earned import Evidence, Status, Verdict, certified, fold, identical, sampled, scaled
from ilo_theory.verdict.registry import CLAIMS, Claim, Effort, Outcome, claim, verify, worst

__all__ = [
    "CLAIMS",
    "Claim",
    "Effort",
    "Evidence",
    "Outcome",
    "Status",
    "Verdict",
    "certified",
    "claim",
    "fold",
    "identical",
    "sampled",
    "scaled",
    "verify",
    "worst",
]
