"""How a verdict is earned: what can be concluded of lhs <= rhs, and on what evidence.

The two sides are computed independently, and `certified`, `identical`, `sampled` or `scaled` compare them: whoever asks
never says how it should come out.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from statistics import linear_regression, pvariance

from scipy import stats

ROUNDING = 1e-12
"""Sides that are floats count as equal within this relative rounding; integers and fractions are compared exactly."""


class Status(StrEnum):
    """What a verdict says, from best to worst."""

    HOLDS = "HOLDS"
    SUPPORTED = "SUPPORTED"
    INCONCLUSIVE = "INCONCLUSIVE"
    REFUTED = "REFUTED"


class Evidence(StrEnum):
    """What a verdict rests on, from strongest to weakest; a witness is one counterexample."""

    PROOF = "PROOF"
    DEFINITION = "DEFINITION"
    CERTIFICATE = "CERTIFICATE"
    STATISTICS = "STATISTICS"
    WITNESS = "WITNESS"


Number = int | float | Fraction
Side = Number | tuple[Number, Number]
"""What is compared: a number, or the ends of an interval that encloses it."""


@dataclass(frozen=True)
class Verdict:
    """A status, the evidence for it, both sides of lhs <= rhs, what exactly was covered, and particulars for JSON."""

    status: Status
    evidence: Evidence
    lhs: float
    rhs: float
    scope: str
    witness: dict = field(default_factory=dict)


def certified(lhs: Side, rhs: Side, *, scope: str, evidence: Evidence = Evidence.CERTIFICATE, **witness) -> Verdict:
    """Judge lhs <= rhs between sides that are known exactly, to `ROUNDING`, or to lie in an interval (low, high).

    Args:
        lhs, rhs: the sides; NaN decides nothing.
        scope: what this comparison covers.
        evidence: what it amounts to if it holds: a certificate, a step of a proof, a definition.
        witness: particulars, JSON-serialisable.

    Returns:
        HOLDS on `evidence` if it is true of all numbers enclosed, REFUTED on a WITNESS if of none, else INCONCLUSIVE;
        the sides are the ends that decided.
    """
    (least, lhs), (rhs, most) = (side if isinstance(side, tuple) else (side, side) for side in (lhs, rhs))
    status = Status.HOLDS if _at_most(lhs, rhs) else Status.INCONCLUSIVE
    if least > most and not _at_most(least, most):
        status, evidence, lhs, rhs = Status.REFUTED, Evidence.WITNESS, least, most
    return Verdict(status, evidence, float(lhs), float(rhs), scope, witness)


def identical(lhs: Number, rhs: Number, *, scope: str, evidence: Evidence = Evidence.CERTIFICATE, **witness) -> Verdict:
    """Judge lhs = rhs, otherwise like `certified`."""
    there = certified(lhs, rhs, scope=scope, evidence=evidence, **witness)
    back = certified(rhs, lhs, scope=scope, evidence=evidence)
    return there if back.status is Status.HOLDS else replace(there, status=back.status, evidence=back.evidence)


def _at_most(a: Number, b: Number) -> bool:
    inexact = isinstance(a, float) or isinstance(b, float)
    return a <= b or (inexact and math.isclose(a, b, rel_tol=ROUNDING))


def sampled(successes: int, trials: int, at_least: float, *, alpha: float = 1e-6, scope: str, **witness) -> Verdict:
    """Judge at_least <= P(success) from independent trials, by Clopper and Pearson's exact interval.

    Args:
        successes, trials: counts, 0 <= successes <= trials >= 1.
        at_least: the probability claimed.
        alpha: the interval misses P(success) with at most this probability, the rate of false verdicts.
        scope, witness: as for `certified`.

    Returns:
        SUPPORTED if the interval is at or above `at_least`, REFUTED if below, else INCONCLUSIVE; rhs is the share seen.

    Raises:
        ValueError: for other counts.
    """
    if not 0 <= successes <= trials >= 1:
        raise ValueError(f"`sampled(successes=..., trials=...)` must be counts, got {successes} of {trials}.")
    low = stats.beta.ppf(alpha / 2, successes, trials - successes + 1) if successes else 0.0
    high = stats.beta.isf(alpha / 2, successes + 1, trials - successes) if successes < trials else 1.0
    witness |= {"successes": successes, "trials": trials, "interval": [float(low), float(high)], "alpha": alpha}
    return _statistics(certified(at_least, (low, high), scope=scope, **witness), at_least, successes / trials)


def scaled(x: Iterable[float], y: Iterable[float], at_most: float, *, alpha=1e-6, scope: str, **witness) -> Verdict:
    """Judge y = O(x^at_most): the slope of log y over log x, by Student's interval for a least-squares line.

    Args:
        x, y: positive measurements, at least three.
        at_most: the exponent claimed.
        alpha: the interval's error rate, if log y is a line plus independent normal noise.
        scope, witness: as for `certified`.

    Returns:
        SUPPORTED if the interval is at or below `at_most`, REFUTED if above, else INCONCLUSIVE; lhs is the slope.

    Raises:
        ValueError: for fewer than three points or one that is not positive.
    """
    x, y = [*x], [*y]
    if len(x) < 3 or not min(*x, *y) > 0:
        raise ValueError(f"`scaled(x=..., y=...)` needs three or more positive points, got {x} and {y}.")
    x, y = [*map(math.log, x)], [*map(math.log, y)]
    slope, start = linear_regression(x, y)
    residuals = math.fsum((b - start - slope * a) ** 2 for a, b in zip(x, y, strict=True))
    half = stats.t.isf(alpha / 2, len(x) - 2) * math.sqrt(residuals / (len(x) - 2) / (len(x) * pvariance(x)))
    witness |= {"interval": [slope - half, slope + half], "alpha": alpha}
    return _statistics(certified((slope - half, slope + half), at_most, scope=scope, **witness), slope, at_most)


def _statistics(found: Verdict, lhs: float, rhs: float) -> Verdict:
    """What was found for a whole interval, as a statistical verdict with the estimate for it."""
    status = Status.SUPPORTED if found.status is Status.HOLDS else found.status
    return replace(found, status=status, evidence=Evidence.STATISTICS, lhs=float(lhs), rhs=float(rhs))


def fold(verdicts: Iterable[Verdict]) -> Verdict:
    """Fold verdicts into the worst: of the worst status, the one with the least slack, on the weakest evidence of them.

    Raises:
        ValueError: if there is none.
    """
    if not (verdicts := [*verdicts]):
        raise ValueError("`fold(verdicts=...)` must hold at least one verdict, got none.")
    status = max((v.status for v in verdicts), key=[*Status].index)
    worst = [v for v in verdicts if v.status is status]
    evidence = max((v.evidence for v in worst), key=[*Evidence].index)
    scope = "; ".join(dict.fromkeys(v.scope for v in worst))
    return replace(min(worst, key=_slack), evidence=evidence, scope=scope)


def _slack(verdict: Verdict) -> tuple[float, float]:
    """(rhs - lhs) relative to the larger of them, minus its size where refuted; ties go to the larger sides."""
    size = max(abs(verdict.lhs), abs(verdict.rhs))
    slack = 0.0 if verdict.lhs == verdict.rhs else (verdict.rhs - verdict.lhs) / size
    if math.isnan(slack):
        slack = -math.inf
    return -abs(slack) if verdict.status is Status.REFUTED else slack, -size
