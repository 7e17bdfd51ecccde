"""A calculation in words, for tables and for programs."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict

from ilo_theory.bounds import Setting, half_net_entropy
from ilo_theory.calculator.rows import Bound

HEAD = ("bound", "reference", "m", "error <= factor x least", "+ additive (l2)", "probability >=", "says nothing")
"""Of the columns of `cells`."""

NUMBERS = HEAD[2:-1]

NOTE = "as quoted, as printed: the constants of Omega( ) and O( ) are taken to be 1; the others are proved"


def facts(setting: Setting) -> list[str]:
    """What the setting comes to before any bound, a line each."""
    root = math.sqrt(setting.p)
    return [
        f"r2 = K delta / L2 = {setting.r2:.6g}, K = {setting.K:.6g}, sqrt(p) = {root:.6g}",
        f"X = L1 L2 r1 / delta = {setting.X:.6g}: the latent ball's image is as large at most, in units of delta",
        f"entropy of the extended range at delta: {half_net_entropy(setting):.6g} nats at most",
        NOTE,
    ]


def cells(bounds: Sequence[Bound]) -> list[tuple[str, ...]]:
    """A row a bound, under `HEAD`."""
    return [
        (
            bound.name,
            bound.reference,
            *(_number(value) for value in (bound.measurements, bound.factor, bound.additive)),
            "1 - e^-Omega(m)" if bound.probability is None else f"{bound.probability:.6g}",
            "; ".join(bound.says_nothing) or "-",
        )
        for bound in bounds
    ]


def as_json(setting: Setting, u: float, bounds: Sequence[Bound]) -> str:
    """One object: the setting, r2, X, the entropy, and the bounds."""
    found = asdict(setting) | {"r2": setting.r2, "X": setting.X, "entropy": half_net_entropy(setting), "u": u}
    rows = [asdict(bound) | {"vacuous": bound.vacuous} for bound in bounds]
    return json.dumps(found | {"bounds": rows}, indent=1, allow_nan=False)


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"
