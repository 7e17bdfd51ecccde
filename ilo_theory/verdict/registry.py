"""The registry of all claims: one claim is one row.

The cases of a claim fold into its row, and the worst of them gives the row's status and its two sides.
"""

import inspect
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

import torch

from ilo_theory.verdict.earned import Status, Verdict, fold
from ilo_theory.verdict.scope import describe


class Effort(StrEnum):
    """How much is spent on a claim: seconds, or minutes."""

    QUICK = "quick"
    FULL = "full"


@dataclass(frozen=True)
class Outcome:
    """A claim's verdict, with the verdicts of its cases: what tables and figures are made from."""

    claim: "Claim"
    verdict: Verdict
    cases: list[tuple[dict, Verdict]]
    seed: int
    seconds: float
    seeds: tuple[tuple[int, Status], ...] = ()
    """Of a check that draws: each seed it was run with, and the status then."""

    @property
    def as_expected(self) -> bool:
        return self.verdict.status is self.claim.expected


@dataclass(frozen=True)
class Claim:
    """One statement: its name, where it stands, how it reads, its check, the cases checked and the status expected.

    `full` holds the cases at full effort.
    """

    name: str
    reference: str
    latex: str
    check: Callable[..., Verdict]
    cases: tuple[Mapping, ...]
    full: tuple[Mapping, ...]
    corrected: str | None
    note: str
    expected: Status

    @property
    def family(self) -> str:
        """The first word of the module's name: claims/covering.py and claims/covering_nets.py are one family."""
        return self.check.__module__.rpartition(".")[2].partition("_")[0]

    @property
    def draws(self) -> bool:
        """Whether the check draws, so that another seed makes another experiment."""
        return "rng" in inspect.signature(self.check).parameters

    def run(self, *, seed: int = 0, effort: Effort = Effort.QUICK, **parameters) -> Outcome:
        """Check every case, `parameters` replacing their values and the check's defaults.

        A check that draws takes `rng`, a generator of random numbers seeded anew with `seed` for each case.
        """
        known = inspect.signature(self.check).parameters
        free = known.keys() - {"rng"}
        if unknown := parameters.keys() - free:
            raise ValueError(f"`verify({self.name!r}, ...)` takes {sorted(free)} only, got {sorted(unknown)}.")
        start, results = time.perf_counter(), []
        cases = self.full if effort is Effort.FULL else self.cases
        for case in {repr(case): case for case in ({**case, **parameters} for case in cases)}.values():
            rng = {"rng": torch.Generator().manual_seed(seed)} if self.draws else {}
            result = self.check(**case, **rng)
            plain = {k: str(v) if isinstance(v, Fraction) else v for k, v in case.items() if not callable(v)}
            results.append((plain, replace(result, witness=plain | result.witness)))
        verdict = fold(verdict for _, verdict in results)
        alike = [case for case, v in results if v.status is verdict.status]
        count = f"{len(alike)} of {len(results)} cases" if len(alike) < len(results) else ""
        scope = "; ".join(filter(None, [verdict.scope, describe(alike), count]))
        seeds = ((seed, verdict.status),) if self.draws else ()
        return Outcome(self, replace(verdict, scope=scope), results, seed, time.perf_counter() - start, seeds)


CLAIMS: dict[str, Claim] = {}
"""All claims by name, in the order in which their modules state them; `import ilo_theory.claims` fills it."""


def claim(name: str, reference: str, latex: str, *, cases=({},), full=None, corrected=None, note="", expected: Status):
    """Register the decorated function as the check of one claim.

    Args:
        name: unique among all claims.
        reference: theorem and equation, as "Lemma 4, Eq. (n)".
        latex: the statement in the LaTeX that GitHub and matplotlib both render.
        cases: the keyword arguments of each call of the check.
        full: those at full effort; the same where None.
        corrected: the name of the claim that stands beside this one, corrected.
        note: how the printed text is read, or what became of it: a misprint is called a misprint here.
        expected: the status which the row should have.

    Raises:
        ValueError: if the name is taken.
    """

    def register(check: Callable[..., Verdict]) -> Callable[..., Verdict]:
        if name in CLAIMS:
            raise ValueError(f"`claim(name=...)` must be new, got {name!r} twice.")
        most = tuple(cases if full is None else full)
        CLAIMS[name] = Claim(name, reference, latex, check, tuple(cases), most, corrected, note, expected)
        return check

    return register


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The first outcome that is not as expected, else the first, with the seeds of all and their seconds together."""
    outcomes = [*outcomes]
    shown = next((o for o in outcomes if not o.as_expected), outcomes[0])
    seeds = tuple(seed for o in outcomes for seed in o.seeds)
    return replace(shown, seeds=seeds, seconds=sum(o.seconds for o in outcomes))


def verify(name: str, *, seed: int = 0, **parameters) -> Verdict:
    """Check the claim `name` and return its folded verdict; see `Claim.run`.

    >>> import ilo_theory.claims
    >>> verdict = verify("exact-net-radius")
    >>> verdict.status.value, verdict.evidence.value
    ('HOLDS', 'CERTIFICATE')
    """
    if name not in CLAIMS:
        raise ValueError(f"`verify(name=...)` must name one of the {len(CLAIMS)} claims registered, got {name!r}.")
    return CLAIMS[name].run(seed=seed, **parameters).verdict
