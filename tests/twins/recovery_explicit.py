"""Twins of the rows in which Theorem 1' is used."""

from ilo_theory.claims.recovery_explicit import noise_term
from ilo_theory.verdict import Status

HOLDS, REFUTED = Status.HOLDS, Status.REFUTED

FEW = {"X": 100.0, "K": 1.0, "gamma": 0.5, "off": 1.0, "u": 3.0, "draws": 25}
NEAR = {"share": 0.1, "delta": 0.1}


def below_the_best(setting, best):
    """No point of the extended range is so near."""
    return 0.99 * best


TWINS = [
    ("explicit-error-linear", REFUTED, {"printed": below_the_best, "widths": (2, 8, 256), **FEW}),
    (
        "explicit-error-noise",
        REFUTED,
        {
            "printed": lambda *lengths: -noise_term(*lengths),
            "widths": (2, 8, 256),
            "noise": 30.0,
            "aligned": True,
            "astray": 0.0,
            **FEW,
        },
    ),
    ("explicit-error-relu", REFUTED, {"printed": below_the_best, "widths": (1, 16, 8, 256), "split": 2, **FEW}),
    ("explicit-error-relu", REFUTED, {"printed": below_the_best, "widths": (1, 8, 2, 8, 256), "split": 2, **FEW}),
    ("explicit-error-digits", REFUTED, {"printed": below_the_best, **NEAR, "u": 3.0, "draws": 25}),
    ("explicit-error-slack", REFUTED, {"printed": 12, **NEAR, "draws": 10}),
    ("explicit-error-empty", REFUTED, {"printed": lambda setting, best: 2 * best, "delta": 1.0}),
    ("explicit-measurements-ladder", REFUTED, {"printed": 400, "u": 5.0, "draws": 60, "each": 2, "rungs": 1}),
]
