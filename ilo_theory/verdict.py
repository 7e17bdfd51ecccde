"""Verdicts on the statements of the paper: what can be concluded, on what evidence, and the registry of all claims.

A claim states lhs <= rhs. Its two sides are computed independently, and `certified`, `identical`, `sampled` or `scaled`
compare them: the claim itself never says how it should come out. One claim is one row; its cases fold into it, and the
worst of them gives the row's status and its two sides.
"""

import inspect
import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction

import torch
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


@dataclass(frozen=True)
class Verdict:
    """A status, the evidence for it, both sides of lhs <= rhs, what exactly was covered, and particulars for JSON."""

    status: Status
    evidence: Evidence
    lhs: float
    rhs: float
    scope: str
    witness: dict = field(default_factory=dict)


# --- How a verdict is earned ------------------------------------------------------------------------------------------


def certified(lhs: Number, rhs: Number, *, scope: str, evidence: Evidence = Evidence.CERTIFICATE, **witness) -> Verdict:
    """Judge lhs <= rhs between two numbers that are known exactly, or to `ROUNDING`.

    Args:
        lhs, rhs: the sides; NaN on either refutes.
        scope: what this comparison covers.
        evidence: what it amounts to if it holds: a certificate, a step of a proof, a definition.
        witness: particulars, JSON-serialisable.

    Returns:
        HOLDS on `evidence`, or REFUTED on a WITNESS.
    """
    holds = lhs <= rhs
    if isinstance(lhs, float) or isinstance(rhs, float):
        holds = holds or math.isclose(lhs, rhs, rel_tol=ROUNDING)
    status, evidence = (Status.HOLDS, evidence) if holds else (Status.REFUTED, Evidence.WITNESS)
    return Verdict(status, evidence, float(lhs), float(rhs), scope, witness)


def identical(lhs: Number, rhs: Number, *, scope: str, evidence: Evidence = Evidence.CERTIFICATE, **witness) -> Verdict:
    """Judge lhs = rhs, otherwise like `certified`."""
    there = certified(lhs, rhs, scope=scope, evidence=evidence, **witness)
    back = certified(rhs, lhs, scope=scope, evidence=evidence)
    return there if back.status is Status.HOLDS else replace(there, status=back.status, evidence=back.evidence)


def sampled(successes: int, trials: int, at_least: float, *, alpha: float = 1e-6, scope: str, **witness) -> Verdict:
    """Judge at_least <= P(success) from independent trials, by Clopper and Pearson's exact interval.

    Args:
        successes, trials: counts, 0 <= successes <= trials >= 1.
        at_least: the probability claimed.
        alpha: the interval misses P(success) with at most this probability, the rate of false verdicts.
        scope, witness: as for `certified`.

    Returns:
        SUPPORTED if the whole interval is at or above `at_least`, REFUTED if it is below, else INCONCLUSIVE; lhs is
        `at_least`, rhs the observed share.
    """
    interval = stats.binomtest(successes, trials).proportion_ci(confidence_level=1 - alpha, method="exact")
    witness |= {"successes": successes, "trials": trials, "interval": [*map(float, interval)], "alpha": alpha}
    status = _three_way(at_least, *interval)
    return Verdict(status, Evidence.STATISTICS, float(at_least), successes / trials, scope, witness)


def scaled(x: Iterable[float], y: Iterable[float], at_most: float, *, alpha=1e-6, scope: str, **witness) -> Verdict:
    """Judge y = O(x^at_most): the slope of log y over log x, by Student's interval for a least-squares line.

    Args:
        x, y: positive measurements, at least three.
        at_most: the exponent claimed.
        alpha: the interval's error rate, if log y is a line plus independent normal noise.
        scope, witness: as for `certified`.

    Returns:
        SUPPORTED if the whole interval is at or below `at_most`, REFUTED if it is above, else INCONCLUSIVE; lhs is the
        slope, rhs `at_most`.

    Raises:
        ValueError: for fewer than three points or one that is not positive.
    """
    x, y = [*x], [*y]
    if len(x) < 3 or not min(*x, *y) > 0:
        raise ValueError(f"`scaled(x=..., y=...)` needs three or more positive points, got {x} and {y}.")
    line = stats.linregress([*map(math.log, x)], [*map(math.log, y)])
    half = line.stderr * stats.t.ppf(1 - alpha / 2, len(x) - 2) + ROUNDING * max(1, abs(line.slope))
    interval = [float(line.slope - half), float(line.slope + half)]
    status = _three_way(-at_most, -interval[1], -interval[0])
    witness |= {"interval": interval, "alpha": alpha}
    return Verdict(status, Evidence.STATISTICS, float(line.slope), float(at_most), scope, witness)


def _three_way(at_least: float, low: float, high: float) -> Status:
    if low >= at_least:
        return Status.SUPPORTED
    return Status.REFUTED if high < at_least else Status.INCONCLUSIVE


def fold(verdicts: Iterable[Verdict]) -> Verdict:
    """Fold verdicts into the worst: of the worst status, the one with the least slack, on the weakest evidence of them.

    Raises:
        ValueError: if there is none.
    """
    verdicts = [*verdicts]
    if not verdicts:
        raise ValueError("`fold(verdicts=...)` must hold at least one verdict, got none.")
    ranks = {status: rank for rank, status in enumerate(Status)}
    strengths = {evidence: rank for rank, evidence in enumerate(Evidence)}
    status = max((v.status for v in verdicts), key=ranks.get)
    worst = [v for v in verdicts if v.status is status]
    return replace(min(worst, key=_slack), evidence=max((v.evidence for v in worst), key=strengths.get))


def _slack(verdict: Verdict) -> float:
    """(rhs - lhs) relative to the larger of them; -inf where it is not a number."""
    if verdict.lhs == verdict.rhs:
        return 0.0
    slack = (verdict.rhs - verdict.lhs) / max(abs(verdict.lhs), abs(verdict.rhs))
    return -math.inf if math.isnan(slack) else slack


# --- The registry -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """A claim's verdict, with the verdicts of its cases: what tables and figures are made from."""

    claim: "Claim"
    verdict: Verdict
    cases: list[tuple[dict, Verdict]]
    seed: int
    seconds: float

    @property
    def as_expected(self) -> bool:
        return self.verdict.status is self.claim.expected


@dataclass(frozen=True)
class Claim:
    """One statement: its name, where it stands, how it reads, its check, the cases checked and the status expected."""

    name: str
    reference: str
    latex: str
    check: Callable[..., Verdict]
    cases: tuple[Mapping, ...]
    corrected: str | None
    expected: Status

    @property
    def family(self) -> str:
        """The first word of the module's name: claims/covering.py and claims/covering_nets.py are one family."""
        return self.check.__module__.rpartition(".")[2].partition("_")[0]

    def run(self, *, seed: int = 0, **parameters) -> Outcome:
        """Check every case, `parameters` replacing their values and the check's defaults.

        A check that draws takes `rng`, a generator of random numbers seeded anew with `seed` for each case.
        """
        known = inspect.signature(self.check).parameters
        if unknown := parameters.keys() - known.keys() | parameters.keys() & {"rng"}:
            raise ValueError(f"`verify({self.name!r}, ...)` takes {', '.join(known)}, got {', '.join(sorted(unknown))}.")
        start = time.perf_counter()
        results = []
        for case in {repr(case): case for case in ({**case, **parameters} for case in self.cases)}.values():
            rng = {"rng": torch.Generator().manual_seed(seed)} if "rng" in known else {}
            results.append((case, self.check(**case, **rng)))
        verdict = fold(verdict for _, verdict in results)
        alike = [case for case, v in results if v.status is verdict.status]
        scope = "; ".join(filter(None, [verdict.scope, _describe(alike, of=len(results))]))
        return Outcome(self, replace(verdict, scope=scope), results, seed, time.perf_counter() - start)


CLAIMS: dict[str, Claim] = {}
"""All claims by name, in the order in which their modules state them; `import ilo_theory.claims` fills it."""


def claim(name: str, reference: str, latex: str, *, cases=({},), corrected: str | None = None, expected: Status):
    """Register the decorated function as the check of one claim.

    Args:
        name: unique among all claims.
        reference: theorem and equation, as "Corollary 2, Eq. (25)".
        latex: the statement in the LaTeX that GitHub and matplotlib both render.
        cases: the keyword arguments of each call of the check.
        corrected: the name of the claim that stands beside this one, corrected.
        expected: the status which the row should have.

    Raises:
        ValueError: if the name is taken.
    """

    def register(check: Callable[..., Verdict]) -> Callable[..., Verdict]:
        if name in CLAIMS:
            raise ValueError(f"`claim(name=...)` must be new, got {name!r} twice.")
        CLAIMS[name] = Claim(name, reference, latex, check, tuple(cases), corrected, expected)
        return check

    return register


def verify(name: str, *, seed: int = 0, **parameters) -> Verdict:
    """Check the claim `name` and return its folded verdict; see `Claim.run`."""
    if name not in CLAIMS:
        raise ValueError(f"`verify(name=...)` must name one of the {len(CLAIMS)} claims registered, got {name!r}.")
    return CLAIMS[name].run(seed=seed, **parameters).verdict


def _describe(cases: list[dict], of: int) -> str:
    """Say which values the cases took, as "d = 1, 2, 4; t = 1…6 (24 cases)", and of how many cases they are."""
    values: dict[str, dict] = {}
    for case in cases:
        for key, value in case.items():
            values.setdefault(key, {}).setdefault(value if isinstance(value, Number) else str(value))
    parts = [f"{key} = {_listed([*seen])}" for key, seen in values.items() if not key == "printed"]
    if not parts:
        return ""
    count = f"{len(cases)} of {of} cases" if len(cases) < of else f"{of} case{'s' * (of > 1)}"
    return f"{'; '.join(parts)} ({count})"


def _listed(values: list) -> str:
    """Numbers in order with runs of three or more whole ones shortened; anything else as it comes."""
    if not all(isinstance(value, Number) for value in values):
        return ", ".join(map(str, values))
    runs: list[list] = []
    for value in sorted(values):
        if runs and isinstance(value, int) and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    texts = [f"{r[0]:g}…{r[-1]:g}" if len(r) > 2 else ", ".join(f"{float(v):.6g}" for v in r) for r in runs]
    return ", ".join(texts)
