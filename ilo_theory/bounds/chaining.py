"""The bounds in the proof of Lemma 4, scale by scale, and what its chain of nets adds up to.

The nets of the extended range have radii delta_i = delta / 2^i, and T_i holds the differences between neighbours. Up to
the switch, the first i with 2^i >= q = sqrt(p)/K, sizes are Maurey's; from there on they are those of volumes. Sizes
and failures are polynomials in k, p, K and the logarithms log 2, log 3p, log 4K, log X: symbols may stand for these.
"""

import math
from dataclasses import dataclass

from ilo_theory.bounds.srec import srec_additive


@dataclass(frozen=True)
class Chain:
    """What the proof knows at every scale.

    Args:
        k, p: dimensions of latent and intermediate space, >= 1.
        K: extent of the deviations, r2 = K delta / L2, in (0, sqrt(p)].
        X: L1 L2 r1 / delta, >= 1: below, log X is negative, and no m is meant.

    Raises:
        ValueError: outside of these ranges.
    """

    k: int
    p: int
    K: float
    X: float

    def __post_init__(self):
        for name, least in (("k", 1), ("p", 1), ("X", 1)):
            if not least <= (value := getattr(self, name)) < math.inf:
                raise ValueError(f"`Chain({name}=...)` must be >= {least} and finite, got {value}.")
        if not 0 < self.K <= math.sqrt(self.p):
            raise ValueError(f"`Chain(K=...)` must be in (0, sqrt(p)], got {self.K} where p = {self.p}.")

    @property
    def log_2(self) -> float:
        return math.log(2)

    @property
    def log_3p(self) -> float:
        return math.log(3 * self.p)

    @property
    def log_4K(self) -> float:
        return math.log(4 * self.K)

    @property
    def log_X(self) -> float:
        return math.log(self.X)

    @property
    def m(self) -> float:
        """The number of measurements that the proof assumes, not rounded: K^2 log 3p + k log X."""
        return self.K**2 * self.log_3p + self.k * self.log_X

    @property
    def q(self) -> float:
        """sqrt(p)/K, >= 1."""
        return math.sqrt(self.p) / self.K

    @property
    def switch(self) -> int:
        """The first scale that is measured by volume: the least i >= 0 with 2^i >= q."""
        i = 0
        while 2**i * self.K < math.sqrt(self.p):
            i += 1
        return i


# --- Coarse scales, by Maurey's method --------------------------------------------------------------------------------


# Eq. (49)
def maurey_size(c: Chain, i: int) -> float:
    """The bound on log |T_i|, 2 ((K delta/delta_{i+1})^2 log 3p + k log(L1 L2 r1/delta_i))."""
    return 2 * ((c.K * 2 ** (i + 1)) ** 2 * c.log_3p + c.k * (c.log_X + i * c.log_2))


# Eq. (52)
def coarse_size(c: Chain, i: int) -> float:
    """The bound on log |T_i| that is used, 2 4^(i+1) m."""
    return 2 * 4 ** (i + 1) * c.m


# Eq. (53)
def coarse_log_failure(c: Chain, i: int) -> float:
    """The logarithm chosen for the probability f_i, -3 4^(i+1) m."""
    return -3 * 4 ** (i + 1) * c.m


# --- Fine scales, by volume -------------------------------------------------------------------------------------------


# Eq. (55)
def volume_size(c: Chain, i: int) -> float:
    """The bound on log |T_i|, p log(4K 2^i) + p log(4K 2^(i+1)) + k log(X 2^i) + k log(X 2^(i+1))."""
    return c.p * (2 * c.log_4K + (2 * i + 1) * c.log_2) + c.k * (2 * c.log_X + (2 * i + 1) * c.log_2)


# Eq. (58)
def fine_size(c: Chain, i: int) -> float:
    """The bound on log |T_i| that is used, 5i (p log 4K + k log X)."""
    return 5 * i * (c.p * c.log_4K + c.k * c.log_X)


# Eq. (59)
def fine_log_failure(c: Chain, i: int) -> float:
    """The logarithm chosen for the probability f_i, -6i (p log 4K + k log X)."""
    return -6 * i * (c.p * c.log_4K + c.k * c.log_X)


def decay_threshold(p: int) -> float:
    """The K / sqrt(p) up to which p log 4K >= K^2 log 3p, for K >= 1: 0.97672 at p = 2, falling to 1/sqrt(2).

    With y = K^2/p it is the larger root of the convex y log 3p - log(16 p y)/2: Newton's steps descend to it from 1.
    """
    a, y, last = math.log(3 * p), 1.0, math.inf
    while y < last:
        y, last = y - (a * y - math.log(16 * p * y) / 2) / (a - 1 / (2 * y)), y
    return math.sqrt(y)


# --- Tails and the sum over all scales --------------------------------------------------------------------------------


def deviation(m: float, log_ratio: float) -> float:
    """The epsilon for which ||At|| <= (1 + epsilon) ||t|| but for probability f, 2 + 4/m log(2/f), from log(2/f)."""
    return 2 + 4 * log_ratio / m


def subgaussian_deviation(m: float, log_failure: float) -> float:
    """The same by the sub-Gaussian tail e^(-m epsilon^2/2): sqrt(2 log(1/f) / m)."""
    return math.sqrt(-2 * log_failure / m)


# Eq. (73)
def printed_error(c: Chain) -> float:
    """What the chain is said to add up to, in units of delta: log 4K q log q, the constant of O( ) being 1."""
    return srec_additive(c.K, c.p)


def _fine_rate(c: Chain) -> float:
    """(p log 4K + k log X) / m."""
    return (c.p * c.log_4K + c.k * c.log_X) / c.m


def chained_error(c: Chain) -> float:
    """What it adds up to, in units of delta: the sum over all i of 1.5 (1 + epsilon_i) / 2^i, in closed form.

    1.5 (6 + 8 log 2/m + 48 (2^I - 1) + 24 R 2^(1-I) (I + 1)), I the switch and R = (p log 4K + k log X)/m. Each step is
    at most 1.5 delta_i long, and the epsilon_i follow by `deviation` from the f_i as chosen.
    """
    coarse, fine = 48 * (2**c.switch - 1), 24 * _fine_rate(c) * 2 ** (1 - c.switch) * (c.switch + 1)
    return 1.5 * (6 + 8 * c.log_2 / c.m + coarse + fine)


def chained_order(c: Chain) -> float:
    """The true order of `chained_error`, below 214 times it for p >= 2, K >= 1: q (1 + log 4K/log 3p log q)."""
    return c.q * (1 + c.log_4K / c.log_3p * math.log(c.q))


def subgaussian_error(c: Chain) -> float:
    """What the same chain adds up to by `subgaussian_deviation`: 1.5 (2 + 2 sqrt(6) I + sqrt(12 R) sum sqrt(i)/2^i)."""
    fine = math.fsum(math.sqrt(i) / 2**i for i in range(c.switch, c.switch + 80))
    return 1.5 * (2 + 2 * math.sqrt(6) * c.switch + math.sqrt(12 * _fine_rate(c)) * fine)


def norm_log_failure(m: int, n: int) -> float:
    """The bound on log P(||A|| > 2 sqrt(n)) for an m by n Gaussian A: -(2 sqrt(nm) - sqrt(n) - sqrt(m))^2 / 2."""
    return -((2 * math.sqrt(n * m) - math.sqrt(n) - math.sqrt(m)) ** 2) / 2
