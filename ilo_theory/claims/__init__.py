"""The claims, one module a family or two for a long one; importing this package registers them all."""

from importlib import import_module
from pkgutil import iter_modules

from ilo_theory.verdict import CLAIMS, Claim

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")


def families() -> list[str]:
    """List the families of claims in the order of their modules."""
    return list(dict.fromkeys(claim.family for claim in CLAIMS.values()))


def claims_of(family: str | None = None) -> list[Claim]:
    """List the claims of one family, or all of them."""
    return [claim for claim in CLAIMS.values() if family in (None, claim.family)]
