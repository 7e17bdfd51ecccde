"""Twins of the recovery family: the problem, Theorem 1, its proof and its counterexample."""

import math

from ilo_theory import bounds
from ilo_theory.claims.recovery_counterexample import printed_error
from ilo_theory.claims.recovery_proof import LINES
from ilo_theory.verdict import Status

HOLDS, SUPPORTED, REFUTED = Status.HOLDS, Status.SUPPORTED, Status.REFUTED

END = {"polygon": "V", "x": (9, 9), "r1": 1, "r2": 1}  # the nearest point is the end of the polygon
KERNEL = {"gamma": 0.5, "p": 3, "m": 2}


def inside(t, r1, r2):
    """Of the open extended range."""
    return abs(t) < 2 * r1 + r2


def for_every_x(setting, best, m, n):
    """(6) with the norm of A in the place of 2: the largest that a Gaussian matrix of m x n has, and more."""
    return (1 + 2 * (1.1 + 1.1 * math.sqrt(n / m)) / setting.gamma) * best + setting.additive_error


TWINS = [
    ("measurement-model", REFUTED, {"printed": lambda A, x, w: [sum(x) + v for v in w], "m": 2, "n": 7}),
    ("extended-range", REFUTED, {"printed": lambda a, b: max(abs(i - j) for i, j in zip(a, b, strict=True))}),
    ("true-optimum", REFUTED, {"printed": inside, **END}),
    ("measured-optimum", REFUTED, {"printed": inside, **END, "A": ((1, 0), (0, 2))}),
    ("true-optimum-hidden", REFUTED, {"printed": (0, 0)}),
    ("proof-s-rec-applies", REFUTED, {"printed": lambda problem: problem.in_range, **KERNEL}),
    ("proof-s-rec", REFUTED, {"printed": (("seen_apart", 1, 0), ("delta", 1, 0)), **KERNEL}),
    ("proof-through-measurements", REFUTED, {"printed": (("seen_true", 0, 1), ("delta", 0, 1)), **KERNEL}),
    ("proof-optimality", REFUTED, {"printed": (("seen_true", 0, 1), ("delta", 0, 1)), **KERNEL}),
    ("proof-fixed-vector", REFUTED, {"printed": lambda m: math.exp(-m), "m": 100}),
    ("proof-triangle", REFUTED, {"printed": (("apart", 1, 0),), **KERNEL}),
    ("proof-error-bound", REFUTED, {"printed": (("true", 1, 4),), **KERNEL}),
    ("every-optimum", REFUTED, {"printed": (("true", 1, 4),), **KERNEL}),
    ("noisy-recovery", REFUTED, {"printed": LINES[80]}),
    # what is false is made true: the term 4 delta of the explicit bound; K that depends on x; the norm of A
    ("error-bound", SUPPORTED, {"printed": bounds.explicit_error, "turns": 400, "trials": 500}),
    ("error-bound-formula", HOLDS, {"printed": bounds.explicit_error}),
    ("error-bound-every-x", HOLDS, {"printed": for_every_x}),
    ("measurements-suffice", REFUTED, {"printed": 1}),
    ("error-bound-in-range", REFUTED, {"reach": 99.0, "p": 10**4}),
    ("error-bound-in-range", REFUTED, {"printed": lambda setting, best: printed_error(setting, best) / 2}),
    ("error-bound-positive", REFUTED, {"printed": 0.0}),
    ("error-bound-probability", REFUTED, {"printed": lambda gamma, m: math.exp(-3 * m), "gamma": 0.8, "m": 30}),
]
