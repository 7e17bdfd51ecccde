"""Twins of the covering family."""

import math
from fractions import Fraction

from ilo_theory import bounds, nets
from ilo_theory.claims.covering_sudakov import at_delta
from ilo_theory.claims.covering_symbols import PROJECTIONS
from ilo_theory.claims.covering_volume import thickened_volume
from ilo_theory.verdict import Status
from tests.twins import times

HOLDS, REFUTED = Status.HOLDS, Status.REFUTED

DRAWN = {"d": 2, "t": 0, "count": 30, "delta": 0.1}

TWINS = [
    (
        "covering-number",
        REFUTED,
        {"printed": lambda points, delta: nets.covering_number(points, 0.99 * delta), "delta": 1.0},
    ),
    (
        "packing-number",
        REFUTED,
        {"printed": lambda points, delta: nets.packing_number(points, 0.99 * delta), "delta": 1.0},
    ),
    ("packing-and-covering", REFUTED, {"printed": 1, **DRAWN, "delta": 0.3}),
    ("packing-monotone", REFUTED, {"printed": 2.0, **DRAWN}),
    ("covering-below-packing", REFUTED, {"printed": 2, **DRAWN}),
    ("covering-below-half-packing", REFUTED, {"printed": 2, **DRAWN}),
    ("sum-of-nets", HOLDS, {"printed": 0.5}),
    ("sum-of-half-nets", REFUTED, {"printed": 1.0}),
    ("maurey-draw", REFUTED, {"printed": lambda x: [(None, abs(x_i)) for x_i in x]}),
    ("maurey-mean", REFUTED, {"printed": lambda x_i: -x_i}),
    ("maurey-variance", HOLDS, {"printed": lambda x_i: abs(x_i) * (1 - abs(x_i))}),
    ("maurey-variance-exact", REFUTED, {"printed": lambda x_i: abs(x_i) - 2 * x_i**2}),
    ("maurey-average", REFUTED, {"printed": nets.shrunk_net}),
    ("maurey-coordinates", REFUTED, {"printed": abs, "d": 2, "t": 2}),
    ("maurey-linearity", REFUTED, {"printed": lambda law: sum(v * v * p for v, p in law.items()), "d": 2, "t": 2}),
    ("maurey-substitution", REFUTED, {"printed": lambda x_j, t: {x_j: 1}, "d": 2, "t": 2}),
    ("maurey-mean-square", REFUTED, {"printed": lambda t, variance: variance, "d": 2}),
    ("maurey-error", HOLDS, {"printed": lambda norm, square, t: (norm - square) / t, "d": 2}),
    ("maurey-error-exact", REFUTED, {"printed": lambda norm, square, t: (norm - 2 * square) / t, "d": 2}),
    ("maurey-first-moment", REFUTED, {"printed": Fraction(1, 2), "d": 2}),
    ("maurey-draws", HOLDS, {"printed": math.ceil}),
    ("maurey-draws-exact", REFUTED, {"printed": lambda t: 2 * t + 1, "d": 8}),
    ("maurey-net", REFUTED, {"printed": times(0.7, bounds.maurey_radius), "d": 2, "t": 1}),
    ("maurey-count", HOLDS, {"printed": lambda d, t: sum(math.comb(d, k) * math.comb(t, k) * 2**k for k in range(9))}),
    ("maurey-count-exact", REFUTED, {"printed": lambda d, t: math.comb(2 * d + t, t)}),
    ("maurey-entropy", REFUTED, {"printed": times(0.5, bounds.maurey_entropy)}),
    ("exact-net-radius", REFUTED, {"printed": lambda d, r, t: bounds.maurey_radius(r, t)}),
    ("exact-net-lattice", REFUTED, {"printed": lambda d, t: min(d, t) / 4}),
    ("exact-net-entropy", REFUTED, {"printed": lambda d, t: 2 * t + 1}),
    ("exact-net-beats-maurey", REFUTED, {"printed": times(0.5, bounds.maurey_entropy)}),
    ("exact-net-beats-volume", REFUTED, {"printed": lambda d, r, delta: bounds.volumetric_entropy(d, r, 2 * delta)}),
    ("shrunk-net-error", REFUTED, {"printed": lambda root: 1 / (1 + root**2), "d": 1}),
    ("shrunk-net-radius", REFUTED, {"printed": lambda r, t: r / (2 + math.sqrt(t))}),
    ("shrunk-net-count", REFUTED, {"printed": nets.delannoy}),
    ("shrunk-net-entropy", REFUTED, {"printed": lambda d, t: d**t}),
    ("sudakov", HOLDS, {"printed": lambda delta, packing: 0.479 * delta * math.sqrt(math.log(packing(delta)))}),
    ("sudakov-textbook", HOLDS, {"printed": 0.479}),
    ("sudakov-sharp", REFUTED, {"printed": 0.48}),
    ("gaussian-complexity", REFUTED, {"printed": (1,), "d": 2}),
    ("dual-norm", REFUTED, {"printed": 0.5, "d": 2}),
    ("gaussian-maximum", HOLDS, {"printed": lambda d: math.sqrt(2 * math.log(2 * d))}),
    ("gaussian-maximum-from-2", REFUTED, {"printed": times(0.5, bounds.gaussian_maximum)}),
    ("sudakov-ball", HOLDS, {"printed": at_delta(0.479)}),
    ("sudakov-ball-sharp", REFUTED, {"printed": 0.48, "d": 1}),
    ("sudakov-algebra", REFUTED, {"printed": 8}),
    ("sudakov-packing", HOLDS, {"printed": times(16, bounds.maurey_entropy)}),
    ("sudakov-packing-from-2", REFUTED, {"printed": times(0.99, bounds.sudakov_entropy)}),
    ("sudakov-conclusion", HOLDS, {"printed": lambda d, r, delta: bounds.sudakov_entropy(d + 1, r, delta)}),
    ("sudakov-entropy", HOLDS, {"printed": times(16, bounds.maurey_entropy)}),
    ("sudakov-entropy-from-2", REFUTED, {"printed": 0.5}),
    ("sudakov-order", REFUTED, {"printed": 0.5}),
    ("symbols-numbers", REFUTED, {"printed": lambda n, steps: (-(-n // (steps + 1)), -(-n // (2 * steps + 1)))}),
    ("symbols-balls", REFUTED, {"printed": PROJECTIONS[::-1], "k": 2}),
    ("symbols-sum", REFUTED, {"printed": max}),
    ("symbols-complexity", REFUTED, {"printed": (1,)}),
    ("volume-ratio", REFUTED, {"printed": lambda sides, delta: (math.prod(x / delta for x in sides), math.inf)}),
    ("volume-ratio", REFUTED, {"printed": lambda sides, delta: (0, math.prod(x / (2 * delta) for x in sides))}),
    ("volume-ball", REFUTED, {"printed": lambda d, r, delta: bounds.volume_entropy(d, r, delta / 3)}),
    ("volume-sum", REFUTED, {"printed": times(0.5, thickened_volume)}),
    ("volume-sum-of-balls", REFUTED, {"printed": lambda d, s: (2 * s) ** d}),
    ("volume-power", HOLDS, {"printed": lambda s: 4 * s + 1}),
    ("volume-power-from-half", REFUTED, {"printed": lambda s: 3 * s}),
    ("volumetric-entropy", HOLDS, {"printed": lambda d, r, delta: d * math.log(1 + 2 * r / delta)}),
    ("volumetric-entropy-to-4r", REFUTED, {"printed": lambda d, r, delta: bounds.volumetric_entropy(d, r, 4 * delta)}),
    ("volume-inscribed", REFUTED, {"printed": lambda d, s: d * math.log(s)}),
    ("maurey-tighter", REFUTED, {"printed": 0.25}),
]
