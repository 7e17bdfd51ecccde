"""Twins of the embedding family: partial circulants, with random signs and without."""

import math

from ilo_theory.bounds import embedding as bounds
from ilo_theory.verdict import Status

HOLDS, REFUTED = Status.HOLDS, Status.REFUTED

SMALL = {"n": 2**11, "trials": 100}

TWINS = [
    ("mean-square-length", REFUTED, {"printed": 2.0, "n": 4, "m": 3}),
    ("circulant-spike", REFUTED, {"printed": lambda m: 1}),
    ("circulant-variance", REFUTED, {"printed": lambda m: 2 / m}),
    ("circulant-spectrum", REFUTED, {"printed": 0.9}),
    ("circulant-frequency", REFUTED, {"printed": 1.0}),
    ("circulant-tail", REFUTED, {"printed": (lambda m, l: 1 + l / m**2, bounds.circulant_failure), "l": 10.0}),
    ("circulant-upper-tail-root", REFUTED, {"printed": 1.9, "m": 100}),
    ("circulant-lower-tail-root", REFUTED, {"printed": 1.5, "m": 100}),
    ("circulant-lower-tail-blocks", REFUTED, {"printed": 3.0}),
    ("circulant-fixed-vector-twice", HOLDS, {"printed": lambda c, m: -math.sqrt(m) / 4, "m": 10**6}),
    ("circulant-fixed-vector-tail", HOLDS, {"printed": lambda m, log_f: bounds.circulant_stretch(m, m + 10) - 1}),
    ("circulant-sets", Status.INCONCLUSIVE, {"printed": lambda c, m: -10.0, "theta": 0.1}),
    ("krahmer-ward-order", REFUTED, {"printed": 0}),
    ("gaussian-scale", REFUTED, {"printed": lambda m, epsilon: 0.05, "m": 64, "n": 4096, "s": 16, "trials": 10_240}),
    ("circulant-scale", REFUTED, {"printed": lambda m, epsilon: -0.01, **SMALL}),
    ("unsigned-constant", REFUTED, {"printed": lambda m, total: total**2, "m": 3, "n": 7}),
    ("unsigned-length", HOLDS, {"printed": lambda m, epsilon: 0.742}),
    ("unsigned-scale", REFUTED, {"printed": 0.999, **SMALL}),
]
