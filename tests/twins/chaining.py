"""Twins of the chaining family."""

import math
from fractions import Fraction

import sympy as sp

from ilo_theory import bounds
from ilo_theory.bounds import chaining
from ilo_theory.verdict import Status
from tests.twins import times

HOLDS, REFUTED = Status.HOLDS, Status.REFUTED


def _rounded(factor: int):
    """(57) with another factor for 3."""
    return lambda c, i: 2 * c.p * c.log_4K + factor * c.p * i + 2 * c.k * c.log_X + factor * c.k * i


TWINS = [
    # The nets.
    ("nested-minimal-nets", HOLDS, {"printed": 3}),
    ("minimal-nets-grow", REFUTED, {"printed": 0.5, "d": 2}),
    ("chain-differences", REFUTED, {"printed": lambda fine, coarse: (fine[:, None] + coarse[None]).flatten(0, 1)}),
    ("difference-count", REFUTED, {"printed": lambda fine, coarse: fine * coarse - 1, "d": 2, "side": 2}),
    ("difference-count-fine", REFUTED, {"printed": 0.5, "d": 1}),
    ("chain-union", REFUTED, {"printed": lambda m, log_ratio: 0 * log_ratio, "failure": 1e-2, "sides": 3}),
    ("order-of-methods", REFUTED, {"printed": (bounds.volumetric_entropy, bounds.maurey_entropy)}),
    # The coarse scales.
    ("coarse-size-maurey", HOLDS, {"printed": times(20, chaining.maurey_size), "X": 1.0}),
    ("coarse-size-split", REFUTED, {"printed": lambda c, i: 2 * (4 ** (i + 1) * c.K**2 * c.log_3p + c.k * c.log_X)}),
    (
        "coarse-size-merged",
        HOLDS,
        {"printed": lambda c, i: 2 * (4 ** (i + 1) * c.K**2 * c.log_3p + 2 * c.k * (1 + c.log_X) * (i + 1))},
    ),
    (
        "coarse-size-merged-from-e",
        REFUTED,
        {"printed": lambda c, i: 2 * (4 ** (i + 1) * c.K**2 * c.log_3p + c.k * c.log_X * (i + 1))},
    ),
    ("coarse-size-in-m", REFUTED, {"printed": lambda c, i: 2 * 4 ** (i + 1) * c.K**2 * c.log_3p, "X": 1e3}),
    ("coarse-size", REFUTED, {"printed": lambda c, i: 0.1 * c.m, "X": 3.0, "p": 100}),
    ("coarse-failure", REFUTED, {"printed": times(2 / 3, chaining.coarse_log_failure), "X": 1.0}),
    ("coarse-deviation", HOLDS, {"printed": 12}),
    (
        "coarse-deviation-exact",
        REFUTED,
        {"printed": lambda m, log_2, i: 2 + 4 * log_2 / m + 3 * 4 ** (i + 1), "X": 1.0},
    ),
    # The fine scales.
    ("fine-size-volume", REFUTED, {"printed": times(0.1, chaining.volume_size), "k": 50, "p": 100, "K": 1.5, "X": 1e3}),
    ("fine-size-split", REFUTED, {"printed": lambda c, i: chaining.volume_size(c, i) - c.p}),
    ("fine-size-rounded", REFUTED, {"printed": _rounded(2)}),
    ("fine-size-end-point", HOLDS, {"printed": lambda c, i: _rounded(3)(c, i) + c.p + c.k}),
    ("fine-size-merged", HOLDS, {"printed": lambda c, i: 5 * i * (c.p * c.log_4K + c.k * (1 + c.log_X))}),
    ("fine-size-merged-from-e", REFUTED, {"printed": times(0.4, chaining.fine_size)}),
    ("fine-size", REFUTED, {"printed": times(0.1, chaining.fine_size), "k": 50, "p": 100, "K": 9.999, "X": 1e3}),
    ("fine-failure", REFUTED, {"printed": times(5 / 6, chaining.fine_log_failure), "X": 1.0}),
    ("fine-deviation", REFUTED, {"printed": 1}),
    ("fine-decay", HOLDS, {"printed": 0.5, "K": 50.0}),
    ("fine-decay-half", REFUTED, {"printed": 1.0, "p": 10**4, "K": 99.0}),
    ("fine-decay-to-root-half", REFUTED, {"printed": 0.9, "p": 10**4}),
    ("decay-threshold", REFUTED, {"printed": lambda p: math.sqrt(0.5), "p": 10**4}),
    # The path.
    ("chain-event", REFUTED, {"printed": lambda m, log_ratio: 0 * log_ratio, "X": 5.0}),
    ("chain-probability", REFUTED, {"printed": 5, "X": 5.0, "p": 100, "K": 9.999}),
    ("chain-telescopes", REFUTED, {"printed": lambda x, xs: x - xs[-1], "l": 3}),
    ("chain-triangle", REFUTED, {"printed": lambda steps, last: 0.9 * (sum(steps) + last), "m": 4, "n": 6, "l": 1}),
    ("chain-on-event", REFUTED, {"printed": lambda epsilon, length: epsilon * length, "m": 4, "n": 6, "l": 1}),
    ("chain-step", HOLDS, {"printed": Fraction(3, 2)}),
    ("chain-step-half-more", REFUTED, {"printed": Fraction(4, 3), "eta": Fraction(1, 100)}),
    # The series.
    ("chain-substituted", REFUTED, {"printed": lambda c: 2 * c.K**2 * c.log_3p, "X": 1.0}),
    ("chain-sum-printed", HOLDS, {"printed": lambda p, K: 24 * sp.sqrt(p) / K, "p": 100}),
    ("chain-series", REFUTED, {"printed": (lambda I: 12 * 2**I, lambda I: 2 ** (1 - I) * (I + 1)), "I": 2}),
    ("chain-series", REFUTED, {"printed": (lambda I: 12 * (2**I - 1), lambda I: 2 ** (1 - I) * I), "I": 2}),
    ("chain-sum-closed", REFUTED, {"printed": times(0.99, chaining.chained_error), "K": 10.0}),
    ("chain-sum-closed-subgaussian", REFUTED, {"printed": times(0.99, chaining.subgaussian_error), "K": 10.0}),
    ("chain-sum", REFUTED, {"printed": 100, "p": 10**4}),
    ("chain-sum-inside", REFUTED, {"printed": 100, "p": 4}),
    ("chain-sum-subgaussian", REFUTED, {"printed": (26, 0), "p": 10**8}),
    ("chain-ladder", REFUTED, {"printed": 20.0, "p": 10**4}),
    # Below the last scale.
    ("last-step", REFUTED, {"printed": lambda norm, distance: 0.9 * norm * distance, "m": 4, "n": 4}),
    ("operator-norm", REFUTED, {"printed": 1.0, "m": 1, "n": 1000}),
    ("operator-norm-tail", REFUTED, {"printed": times(3, chaining.norm_log_failure)}),
    ("last-distance", REFUTED, {"printed": lambda n, l: math.sqrt(n) / 2**l, "n": 24, "l": 2}),
    ("chain-length", HOLDS, {"printed": 2.0}),
    ("chain-length-enough", REFUTED, {"printed": 0.9}),
    # The total.
    ("chain-error-printed", HOLDS, {"printed": lambda p, K: sp.sqrt(p) / K, "p": 100}),
    ("chain-error", REFUTED, {"printed": 1e-3, "p": 9, "K": 1.001}),
    ("chain-by-width", REFUTED, {"printed": 4.0}),
    ("width-attacked", REFUTED, {"printed": 0.2, "p": 256, "K": 8.0}),
]
