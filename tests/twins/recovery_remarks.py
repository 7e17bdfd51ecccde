"""Twins of the recovery family: the remarks, and Algorithm 1."""

import math
from fractions import Fraction

from ilo_theory.claims.recovery_algorithm import EXAMPLES, RISES, back_in_l2
from ilo_theory.verdict import Status

HOLDS, REFUTED = Status.HOLDS, Status.REFUTED


def at_every_K(p, K):
    """An entropy that is large enough for all K <= sqrt(p)."""
    return p * math.log(4 * p)


TWINS = [
    ("true-optimum-falls", REFUTED, {"printed": lambda K: 4 - K}),
    ("additive-term-falls", REFUTED, {"printed": 0.3}),
    ("measurements-quadratic", REFUTED, {"printed": 1}),
    ("root-k-as-held", HOLDS, {"printed": 2}),
    ("root-k", REFUTED, {"printed": 1}),
    ("fewer-measurements", HOLDS, {"printed": at_every_K}),
    ("fewer-measurements-entropy", REFUTED, {"printed": 1.0, "p": 100}),
    ("fewer-measurements-twice", REFUTED, {"printed": 1.9}),
    ("fewer-measurements-interval", REFUTED, {"printed": lambda p, K: 1.01 * p * math.log(K)}),
    ("csgm-additive-error", REFUTED, {"printed": 1.0}),
    ("lipschitz-product", REFUTED, {"printed": lambda L1, L2: 0.9 * L1 * L2}),
    ("lipschitz-power", REFUTED, {"printed": lambda n, d: n ** (d - 1)}),
    ("error-linear", REFUTED, {"printed": lambda n: 2 * n**0.4}),
    ("scaling-additive", REFUTED, {"printed": lambda k: math.log(4 * k) / math.sqrt(k)}),
    ("scaling-sublinear", REFUTED, {"printed": lambda p, gamma: 0.5 * math.log(p)}),
    ("scaling-vanishing", REFUTED, {"printed": (0.5, 0.7)}),
    ("scaling-measurements", REFUTED, {"printed": 1}),
    ("scaling-radius", REFUTED, {"printed": lambda k, p, n, d2: math.sqrt(k / p) * float(n) ** d2}),
    ("csgm-constant", REFUTED, {"printed": Fraction(1, 2)}),
    ("csgm-other-constants", REFUTED, {"printed": Fraction(2, 5)}),
    ("algorithm-csgm-first", REFUTED, {"printed": lambda u, c, x: Fraction(1, 4), **RISES}),
    ("algorithm-in-ball", REFUTED, {"printed": 0.5, **RISES}),
    ("algorithm-last-ball", REFUTED, {"printed": min, **RISES}),
    ("algorithm-best-of-rounds", HOLDS, {"printed": min}),
    ("algorithm-best-of-rounds", HOLDS, EXAMPLES[1]),
    ("algorithm-best-iterate", REFUTED, {"printed": lambda squares: squares[-1], **RISES}),
    ("algorithm-l1-way-back", REFUTED, {"printed": back_in_l2}),
    ("algorithm-above-optimum", REFUTED, {"printed": lambda u, c, x: Fraction(1, 10)}),
]
