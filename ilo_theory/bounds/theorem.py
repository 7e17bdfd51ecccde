"""The setting of Theorem 1, what it asks for and what it promises, as printed."""

import math
from dataclasses import dataclass, fields


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

    >>> setting = Setting.from_radius(0.25, k=4, p=256, n=2048, L1=1, L2=1, r1=1, delta=0.05, gamma=0.5)
    >>> setting.K, round(setting.measurements)
    (5.0, 602)
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
