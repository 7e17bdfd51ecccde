"""Twins of the embedding family: Gaussian matrices, norms, memory."""

from ilo_theory import tails
from ilo_theory.bounds import embedding as bounds
from ilo_theory.verdict import Status
from tests.twins import times

HOLDS, REFUTED = Status.HOLDS, Status.REFUTED

PAIR = {"log_N": 5.0, "epsilon": 0.2}
FEW = {"m": 2, "n": 5, "trials": 500}

TWINS = [
    ("chi-squared-tails", REFUTED, {"printed": (tails.gaussian_below, tails.gaussian_above), "m": 10}),
    ("chi-squared-tails", REFUTED, {"printed": (lambda m, c: -m * (c - 1) ** 2 / 2,) * 2, "m": 10}),
    ("gaussian-fixed-vector-tail", REFUTED, {"printed": lambda m, log_f: 0.5 - log_f / m / 10}),
    ("gaussian-fixed-vector-margin", REFUTED, {"printed": 17}),
    ("gaussian-upper-tail", REFUTED, {"printed": times(1.5, bounds.longer)}),
    ("gaussian-lower-tail", REFUTED, {"printed": times(2, bounds.shorter)}),
    ("gaussian-fixed-vector-twice", REFUTED, {"printed": 0.82}),
    ("jl-net", REFUTED, {"printed": times(0.5, bounds.points_measurements), **PAIR}),
    ("jl-net-two-sided", REFUTED, {"printed": times(0.4, bounds.points_isometry_measurements), **PAIR}),
    ("gaussian-operator-norm", HOLDS, {"printed": 0.5}),
    ("gaussian-operator-norm-pairs", REFUTED, {"printed": times(3, bounds.operator_norm)}),
    (
        "gaussian-operator-norm-concentration",
        REFUTED,
        {"printed": lambda m, n: -5.0, **FEW},
    ),
    ("circulant-operator-norm", REFUTED, {"printed": 0.5}),
    ("circulant-frobenius-norm", REFUTED, {"printed": lambda m: m + 1}),
    ("circulant-frobenius-root", HOLDS, {"printed": lambda c, m: 0.69}),
    ("circulant-frobenius-twice", REFUTED, {"printed": 0.82}),
    ("gaussian-memory", HOLDS, {"printed": 10**13}),
    ("gaussian-memory-terabytes", REFUTED, {"printed": (3e9, 9e11)}),
    ("circulant-memory", REFUTED, {"printed": 10**4}),
    ("circulant-time", REFUTED, {"printed": 10**4}),
]
