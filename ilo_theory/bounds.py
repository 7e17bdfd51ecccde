"""The displayed bounds of the paper, and the sharper ones that stand beside them, as functions of floats.

Logarithms are natural. In the covering bounds d is the dimension, r the radius of the l1 ball B_1^d(r), delta the
radius in l2 of the balls that cover it, and s = r / delta; in a `Setting` the symbols are those of Theorem 1.
"""

import math
from dataclasses import dataclass, fields


def _scale(name: str, d: int, r: float, delta: float) -> float:
    """s = r / delta, once the three arguments of the entropy `name` are known to be in its domain."""
    for argument, value in (("d", d), ("r", r), ("delta", delta)):
        if not value > 0:
            raise ValueError(f"`{name}({argument}=...)` must be > 0, got {value}.")
    return r / delta


# --- The entropy of the l1 ball: log N(delta, B_1^d(r), l2) -----------------------------------------------------------


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


def _log_binomial(n: int, k: int) -> float:
    """log C(n, k) to rounding, with Loader's remainders of Stirling's formula: no cancellation for large n."""
    if k in (0, n):
        return 0.0
    entropy = k * math.log(n / k) - (n - k) * math.log1p(-k / n)
    return entropy + 0.5 * math.log(n / (2 * math.pi * k * (n - k))) + _stirling(n) - _stirling(k) - _stirling(n - k)


def _stirling(n: int) -> float:
    """log n! minus Stirling's formula for it."""
    if n < 30:
        return math.lgamma(n + 1) - (n + 0.5) * math.log(n) + n - 0.5 * math.log(2 * math.pi)
    return (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * n * n)) / (n * n)) / (n * n)) / n


def _log_lattice_sum(a: int, b: int, shift: int) -> float:
    """log of the sum over k of 2^k C(a, k) C(b, k + shift), whose terms rise to one peak and fall."""
    b_left = b - shift
    half = a + b_left + (shift + 2) / 2
    square = 2 * a * b_left - shift - 1
    peak = max(0, min(a, b_left, round(square / (half + math.sqrt(half * half - square)))))

    def ratio(k: int) -> float:  # term k + 1 over term k
        return 2 * (a - k) * (b_left - k) / ((k + 1) * (k + 1 + shift))

    total = term = 1.0
    for k in range(peak, min(a, b_left)):
        term *= ratio(k)
        total += term
        if term < 1e-18 * total:
            break
    term = 1.0
    for k in range(peak, 0, -1):
        term /= ratio(k - 1)
        total += term
        if term < 1e-18 * total:
            break
    return peak * math.log(2) + _log_binomial(a, peak) + _log_binomial(b, peak + shift) + math.log(total)


def log_delannoy(d: int, t: int) -> float:
    """log D(d, t), D(d, t) = sum_k 2^k C(d, k) C(t, k): the integer points with |z|_1 <= t."""
    return _log_lattice_sum(d, t, 0)


def log_parity_count(d: int, t: int) -> float:
    """log A(d, t), A(d, t) = sum_k 2^k C(d-1, k) C(t+1, k+1): those of them with |z|_1 - t even."""
    return _log_lattice_sum(d - 1, t + 1, 1)


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


# --- Theorem 1 --------------------------------------------------------------------------------------------------------


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
