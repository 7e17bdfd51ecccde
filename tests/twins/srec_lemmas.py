"""Twins of the srec family: Lemmas 1, 3, 4 and 5."""

import math
from fractions import Fraction

from ilo_theory.bounds import srec as bounds
from ilo_theory.verdict import Status
from tests.twins import times

HOLDS, REFUTED = Status.HOLDS, Status.REFUTED

TWINS = [
    # Lemma 3: what it assumes, and its entropy
    ("lemma-3-measurements", HOLDS, {"printed": lambda setting: 100.0, "constant": 1}),
    ("lemma-3-measurements-explicit", REFUTED, {"printed": 13}),
    ("deviation-radius", REFUTED, {"printed": lambda K, delta, L2: K * delta * L2}),
    ("latent-covering", HOLDS, {"printed": lambda k, X: ((2 * X + 1) ** k, (4 * X + 1) ** k)}),
    ("latent-covering-from-half", REFUTED, {"printed": lambda k, X: ((2 * X + 1) ** k, (3 * X) ** k)}),
    ("latent-covering-from-half", REFUTED, {"printed": lambda k, X: ((X / 2) ** k, (4 * X) ** k)}),
    ("range-covering", REFUTED, {"printed": lambda k, X: X**k, "X": Fraction(1, 2)}),
    ("deviation-entropy", REFUTED, {"printed": lambda p, s: 0.1 * s * math.log(2 * p + 1), "p": 2, "reach": 20.0}),
    ("deviation-image-entropy", REFUTED, {"printed": lambda p, K: 0.1 * K * math.log(3 * p)}),
    ("extended-entropy", HOLDS, {"printed": lambda k, p, X, K: bounds.chain_order(k, X + 1, 2 * K, 3 * p)}),
    (
        "extended-entropy-halved",
        REFUTED,
        {"printed": lambda k, p, X, K: 0.9 * k * math.log(X), "k": 4, "X": Fraction(5, 2)},
    ),
    # Lemma 3: its steps and its conclusion
    ("net-embedding", REFUTED, {"printed": 1}),
    ("through-the-net", REFUTED, {"printed": lambda norms: norms["A net"] + norms["A second"] + norms["A first"]}),
    ("net-isometry", REFUTED, {"printed": lambda norms: norms["net"] - norms["A second"] - norms["A first"]}),
    ("off-the-net", REFUTED, {"printed": lambda norms: (1 - norms["a"]) * norms["points"]}),
    ("net-radius", REFUTED, {"printed": lambda norms: (1 - norms["a"]) * norms["points"]}),
    ("lemma-3-conclusion", HOLDS, {"printed": lambda log_off, p: 0.0}),
    ("lemma-3", HOLDS, {"printed": lambda K, p, delta: bounds.srec_additive(K, p) * delta, "constant": 100}),
    ("lemma-3-probability", REFUTED, {"printed": lambda setting, m: (1 - setting.gamma) ** 2 * m}),
    # Lemma 4
    ("lemma-4", HOLDS, {"printed": lambda exponent: 1 - math.exp(-exponent)}),
    ("lemma-4-measurements", HOLDS, {"printed": lambda k, X, K, p: bounds.chain_order(k, X, K, 3 * p)}),
    ("lemma-4-measurements-from-quarter", REFUTED, {"printed": Fraction(5, 2)}),
    ("lemma-4-bound", HOLDS, {"printed": lambda K, p: 3.0}),
    ("lemma-4-explicit", REFUTED, {"printed": lambda gamma: 0.5}),
    # Lemmas 1 and 5
    ("lemma-1", HOLDS, {"printed": lambda rate, m: -0.01 * math.sqrt(m)}),
    ("lemma-5", HOLDS, {"printed": lambda gamma: gamma}),
    ("circulant-conditions", HOLDS, {"printed": lambda m, eps: -0.01 * math.sqrt(m), "m": 3600}),
    ("circulant-srec-tail", REFUTED, {"printed": 0.5}),
    ("circulant-srec", REFUTED, {"printed": times(0, bounds.circulant_measurements), "X": 1e6, "n": 2**10}),
]
