"""The setting of Theorem 1, what it asks for and what it promises, as printed and with explicit constants."""

import math
from dataclasses import dataclass, fields

from ilo_theory.bounds.lattice import log_delannoy


@dataclass(frozen=True)
class Setting:
    """The setting of Theorem 1: G1 from R^k to R^p is L1-Lipschitz, G2 from R^p to R^n is L2-Lipschitz.

    Args:
        k, p, n: dimensions of latent, intermediate and image space, >= 1.
        L1, L2: Lipschitz constants in l2, > 0.
        r1: radius of the latent ball B_2^k(r1), > 0.
        delta: scale of the net in image space, > 0.
        K: extent of the deviations, r2 = K delta / L2, > 0.
        gamma: constant of S-REC, in (0, 1).

    Raises:
        ValueError: outside of these ranges. K > sqrt(p) raises in `measurements` and `additive_error` only.
    """

    k: int
    p: int
    n: int
    L1: float
    L2: float
    r1: float
    delta: float
    K: float
    gamma: float

    def __post_init__(self):
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0 < value < math.inf:
                raise ValueError(f"`Setting({field.name}=...)` must be > 0 and finite, got {value}.")
            if field.type is int and value != int(value):
                raise ValueError(f"`Setting({field.name}=...)` must be a whole number, got {value}.")
        if not self.gamma < 1:
            raise ValueError(f"`Setting(gamma=...)` must be in (0, 1), got {self.gamma}.")

    @classmethod
    def from_radius(cls, r2: float, *, k, p, n, L1, L2, r1, delta, gamma) -> "Setting":
        """The setting whose deviations are the l1 ball of radius r2: K = r2 L2 / delta."""
        return cls(k=k, p=p, n=n, L1=L1, L2=L2, r1=r1, delta=delta, K=r2 * L2 / delta, gamma=gamma)

    @property
    def X(self) -> float:
        """The radius of the latent ball's image in units of delta, at most: L1 L2 r1 / delta."""
        return self.L1 * self.L2 * self.r1 / self.delta

    # Eq. (30)
    @property
    def r2(self) -> float:
        """The radius of the l1 ball of deviations: K delta / L2."""
        return self.K * self.delta / self.L2

    # Eq. (35)
    @property
    def log_covering(self) -> float:
        """The bound on the entropy of the extended range at delta: k log 4X + K^2 log 3p."""
        return self.k * math.log(4 * self.X) + self.K**2 * math.log(3 * self.p)

    # Eq. (5)
    @property
    def measurements(self) -> float:
        """(k log X + K^2 log p) / (1 - gamma)^2: the constant of Omega( ) is 1, and nothing is rounded up."""
        self._check_printed("measurements")
        return (self.k * math.log(self.X) + self.K**2 * math.log(self.p)) / (1 - self.gamma) ** 2

    # Eq. (6)
    @property
    def additive_error(self) -> float:
        """The whole additive term: delta log(4K)/gamma sqrt(p)/K log(sqrt(p)/K)."""
        self._check_printed("additive_error")
        q = math.sqrt(self.p) / self.K
        return self.delta * math.log(4 * self.K) / self.gamma * q * math.log(q)

    def _check_printed(self, name: str) -> None:
        root = math.sqrt(self.p)
        if root < self.K:
            raise ValueError(f"`Setting.{name}` is Theorem 1's and needs K <= sqrt(p) = {root:g}, got K = {self.K:g}.")


def explicit_measurements(setting: Setting, u: float) -> float:
    """The m of Theorem 1 with explicit constants, for any K > 0, not rounded up: eps^-2 max(2H + u, W^2).

    eps = 1 - gamma, H = k log(1 + 4X) + log D(p, ceil(min(2K^2, K sqrt(p)))),
    W = sqrt(k)/2 + min(K sqrt(2 log 2p), sqrt(p)/2). The bound `explicit_error` then holds with probability at least
    1 - 2.5 e^-u, for an x that does not depend on A.

    Raises:
        ValueError: if u < 0.
    """
    if not u >= 0:
        raise ValueError(f"`explicit_measurements(u=...)` must be >= 0, got {u}.")
    k, p, K = setting.k, setting.p, setting.K
    entropy = k * math.log1p(4 * setting.X) + log_delannoy(p, math.ceil(min(2 * K * K, K * math.sqrt(p))))
    width = math.sqrt(k) / 2 + min(K * math.sqrt(2 * math.log(2 * p)), math.sqrt(p) / 2)
    return max(2 * entropy + u, width**2) / (1 - setting.gamma) ** 2


def explicit_error(setting: Setting, best: float) -> float:
    """The bound on ||x - G2(z-tilde)|| that goes with `explicit_measurements`; `best` is ||x - G2(z-bar)||.

    (1 + (2 + 2 sqrt(2) eps)/gamma) best + (4 + 2 sqrt(2) eps) delta/gamma, eps = 1 - gamma.

    Raises:
        ValueError: if best < 0.
    """
    if not best >= 0:
        raise ValueError(f"`explicit_error(best=...)` must be >= 0, got {best}.")
    slack = 2 * math.sqrt(2) * (1 - setting.gamma)
    return (1 + (2 + slack) / setting.gamma) * best + (4 + slack) * setting.delta / setting.gamma
