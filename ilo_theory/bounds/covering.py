"""The entropy of the l1 ball, log N(delta, B_1^d(r), l2): the paper's bounds and two sharper ones.

d is the dimension, r the radius of the l1 ball, delta the radius in l2 of the balls that cover it, s = r / delta.
"""

import math

from ilo_theory.bounds.lattice import log_delannoy, log_parity_count


def _scale(name: str, d: int, r: float, delta: float) -> float:
    """s = r / delta, once the three arguments of the entropy `name` are known to be in its domain."""
    for argument, value in (("d", d), ("r", r), ("delta", delta)):
        if not value > 0:
            raise ValueError(f"`{name}({argument}=...)` must be > 0, got {value}.")
    return r / delta


# Eq. (8)
def maurey_entropy(d: int, r: float, delta: float) -> float:
    """Maurey's empirical method: s^2 log(2d + 1)."""
    return _scale("maurey_entropy", d, r, delta) ** 2 * math.log(2 * d + 1)


# Eq. (14)
def maurey_radius(r: float, t: int) -> float:
    """The distance within which a mean of t draws comes of every point of the ball: r / sqrt(t)."""
    return r / math.sqrt(t)


# Eq. (15)
def sudakov_minoration(delta: float, packing) -> float:
    """The lower bound on the Gaussian complexity, delta/2 sqrt(log M(delta/2)), where `packing` is the function M."""
    return delta / 2 * math.sqrt(math.log(packing(delta / 2)))


SUDAKOV = 1 / math.sqrt(2 * math.pi * math.log(2))
"""The largest c such that c delta sqrt(log M(delta)) never exceeds the complexity: two orthogonal points need it."""


# Eq. (16)
def sudakov_entropy(d: int, r: float, delta: float) -> float:
    """Corollary 1, by Sudakov's minoration: 16 s^2 log d."""
    return 16 * _scale("sudakov_entropy", d, r, delta) ** 2 * math.log(d)


# Eq. (19)
def gaussian_maximum(d: int) -> float:
    """The bound on E ||w||_inf, w standard normal in R^d: 2 sqrt(log d)."""
    return 2 * math.sqrt(math.log(d))


# Eq. (24)
def volume_entropy(d: int, r: float, delta: float) -> float:
    """The lower bound, log of vol(B_1^d(r)) / vol(B_2^d(delta)) = (2s)^d Gamma(d/2 + 1) / (d! pi^(d/2))."""
    s = _scale("volume_entropy", d, r, delta)
    return d * math.log(2 * s / math.sqrt(math.pi)) + math.lgamma(d / 2 + 1) - math.lgamma(d + 1)


# Eq. (25)
def volumetric_entropy(d: int, r: float, delta: float) -> float:
    """Corollary 2, by volumes: d log 4s."""
    return d * math.log(4 * _scale("volumetric_entropy", d, r, delta))


def crossover(d: int) -> float:
    """The s* > 1 at which Maurey's and the volumetric bound are equal: s^2 log(2d + 1) = d log 4s (Remark 4).

    s* / sqrt(d) falls from 1.1925 at d = 1 to 1/sqrt(2), and the difference is convex: Newton's steps from 1.2 sqrt(d)
    descend to s*.
    """
    a = math.log(2 * d + 1) / d
    s, last = 1.2 * math.sqrt(d), math.inf
    while s < last:
        s, last = s - (a * s * s - math.log(4 * s)) / (2 * a * s - 1 / s), s
    return s


# --- Sharper than the paper: two explicit nets ------------------------------------------------------------------------


def exact_radius(d: int, r: float, t: int) -> float:
    """The covering radius in l2 of Maurey's net {r z/t : |z|_1 <= t} in B_1^d(r): (r/2t) sqrt(min(d, 2t))."""
    return r / (2 * t) * math.sqrt(min(d, 2 * t))


def shrunk_radius(r: float, t: int) -> float:
    """The covering radius of the means of t vertices +-r e_i, shrunk by sqrt(t)/(1 + sqrt(t)): r / (1 + sqrt(t))."""
    return r / (1 + math.sqrt(t))


def sharp_entropy(d: int, r: float, delta: float) -> float:
    """The smaller of two explicit nets' log-sizes, 0 from delta = r on.

    With s = r / delta they are log D(d, ceil(min(s^2/2, s sqrt(d)/2))), Maurey's net at its exact radius, and
    log A(d, ceil((s-1)^2)), the shrunk net. Never above (8); never above (25) where delta <= 4r. Stable up to d = 3e6.
    """
    s = _scale("sharp_entropy", d, r, delta)
    if s <= 1:
        return 0.0
    exact = log_delannoy(d, math.ceil(min(s * s / 2, s * math.sqrt(d) / 2)))
    return min(exact, log_parity_count(d, math.ceil((s - 1) ** 2)))
