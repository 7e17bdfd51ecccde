"""Twins of the srec family: Definition 1, Theorem 1' and the attack."""

import math
from fractions import Fraction

from ilo_theory.bounds import cell_width, explicit_measurements
from ilo_theory.bounds import srec as bounds
from ilo_theory.verdict import Status
from tests.twins import times

HOLDS, REFUTED = Status.HOLDS, Status.REFUTED

ONE = {"kind": "linear", "m": 100, "draws": 12, "u": 20.0}

TWINS = [
    ("srec-definition", REFUTED, {"printed": lambda gamma: 1 - gamma}),
    ("srec-vacuous", REFUTED, {"printed": 0.9}),
    ("srec-scale", REFUTED, {"printed": lambda c: 1.0}),
    ("csgm-bound", HOLDS, {"printed": lambda k, X: 3000.0, "constant": 1}),
    ("csgm-bound-explicit", REFUTED, {"printed": lambda k, X, a, u: 1.0, "k": 4, "X": 100.0}),
    ("three-conditions", HOLDS, {"printed": lambda K, p: 1e5}),
    ("three-conditions-norm", REFUTED, {"printed": lambda n: 0.1}),
    ("explicit-srec", REFUTED, {"printed": times(0.01, explicit_measurements), "kind": "linear", "widths": (2, 6)}),
    ("explicit-increments", REFUTED, {"printed": lambda r2, a, b, v2, w2: 2 * (1 - a) * (r2 + b)}),
    ("explicit-concentration", REFUTED, {"printed": 0.7}),
    ("explicit-width", REFUTED, {"printed": times(0.7, cell_width)}),
    ("explicit-cell", REFUTED, {"printed": Fraction(1)}),
    ("explicit-assembly", REFUTED, {"printed": lambda eps: (4, eps)}),
    ("explicit-assembly", REFUTED, {"printed": lambda eps: (3, 2 * eps)}),
    ("explicit-simple", REFUTED, {"printed": 1.0}),
    ("explicit-implies-printed", REFUTED, {"printed": bounds.srec_additive, "K": math.pi * 3, "p": 100}),
    ("attack-gaussian", REFUTED, {"printed": lambda setting, m, u: 0.999, **ONE}),
    ("attack-circulant", REFUTED, {"printed": lambda setting, m, u: 0.999, **ONE}),
    ("random-pairs-overestimate", REFUTED, {"printed": 0.5, "m": 256, "kind": "linear"}),
    ("attack-exact", REFUTED, {"printed": 0.99, "m": 40}),
]
