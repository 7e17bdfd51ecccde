"""The claims, one module a family or several for a long one; importing this package registers them all."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from pkgutil import iter_modules

from ilo_theory.monte_carlo import spread
from ilo_theory.verdict import CLAIMS, Claim, Effort, Outcome

ORDER = ("covering", "chaining", "embedding", "srec", "recovery")
"""The families in the order of the paper's argument, from nets to the theorem."""

for _name in sorted((_.name for _ in iter_modules(__path__)), key=lambda name: ORDER.index(name.partition("_")[0])):
    import_module(f"{__name__}.{_name}")


def families() -> list[str]:
    """List the families of claims in their order."""
    return list(dict.fromkeys(claim.family for claim in CLAIMS.values()))


def claims_of(family: str | None = None) -> list[Claim]:
    """List the claims of one family, or all of them."""
    return [claim for claim in CLAIMS.values() if family in (None, claim.family)]


def outcomes(claim: Claim, seeds: Sequence[int], effort: Effort = Effort.QUICK) -> Iterator[Outcome]:
    """Run a claim with each of `seeds` if it draws, once with the first if it does not.

    Several seeds are spread over the workers in force; one leaves them to the batches of the check.
    """
    if len(seeds) == 1 or not claim.draws:
        yield claim.run(seed=seeds[0], effort=effort)
        return
    for outcome in spread(partial(_run, claim.name, effort), seeds):
        yield replace(outcome, claim=claim)


def _run(name: str, effort: Effort, seed: int) -> Outcome:
    """What of an outcome can be sent from another process, where the name finds the check."""
    return replace(CLAIMS[name].run(seed=seed, effort=effort), claim=None)
