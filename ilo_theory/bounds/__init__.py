"""The displayed bounds of the paper, and the sharper ones that stand beside them, as functions of floats.

Logarithms are natural, and the symbols are those of Theorem 1. The equation's number stands above its function. The
steps of the proofs are in `bounds.chaining`, `bounds.embedding` and `bounds.srec`.
"""

from ilo_theory.bounds.covering import (
    SUDAKOV,
    crossover,
    exact_radius,
    gaussian_maximum,
    maurey_entropy,
    maurey_radius,
    sharp_entropy,
    shrunk_radius,
    sudakov_entropy,
    sudakov_minoration,
    volume_entropy,
    volumetric_entropy,
)
from ilo_theory.bounds.explicit import (
    cell_width,
    explicit_additive,
    explicit_error,
    explicit_gamma,
    explicit_measurements,
    half_net_entropy,
)
from ilo_theory.bounds.lattice import log_delannoy, log_parity_count
from ilo_theory.bounds.theorem import Setting

__all__ = [
    "SUDAKOV",
    "Setting",
    "cell_width",
    "crossover",
    "exact_radius",
    "explicit_additive",
    "explicit_error",
    "explicit_gamma",
    "explicit_measurements",
    "gaussian_maximum",
    "half_net_entropy",
    "log_delannoy",
    "log_parity_count",
    "maurey_entropy",
    "maurey_radius",
    "sharp_entropy",
    "shrunk_radius",
    "sudakov_entropy",
    "sudakov_minoration",
    "volume_entropy",
    "volumetric_entropy",
]
