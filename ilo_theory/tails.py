"""Certified tails of ||A x||^2 for one fixed x: a Gaussian A, and a partial circulant A = F D with random signs.

F D is m x n, its first row g i.i.d. N(0, 1/m), and F has the first m rows of the circulant. Let x be flat on s
consecutive coordinates and n >= m + s - 1. With probability 2^(1-s) the signs of D agree on them. Then the entries of
sqrt(s m) F D x are the sums W_i of s neighbours among N = m + s - 1 independent standard normal variables, and

    P(||F D x|| <= gamma ||x||) >= 2^(1-s) P(Q <= gamma^2 m),    Q = (W_1^2 + ... + W_m^2) / s,

likewise for >=. Q has only about m/s degrees of freedom: with s near sqrt(m) both tails are e^(-C sqrt(m)) or more,
where those of a Gaussian matrix are e^(-cm).

All tails are natural logarithms of probabilities. Those of a circulant are lower bounds; `ROUNDING`, times the size
of what was computed, has been taken off them, which is above all rounding errors as long as N <= 10^4.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import gammainc, gammaincc, log_ndtr

ROUNDING = 1e-9


class Tail(NamedTuple):
    """A lower bound on the log of a probability, and on how many consecutive coordinates x is flat for it."""

    log_probability: float
    s: int


def _check(call: str, *, most: float = math.inf, **arguments: float | None) -> None:
    """Whole numbers m, s, b >= 1 (None: to be found), and one real number above 0 and at most `most`."""
    for name, value in arguments.items():
        whole = name in ("m", "s", "b")
        if whole and value is not None and (value < 1 or value != int(value)):
            raise ValueError(f"`{call}({name}=...)` must be a whole number >= 1, got {value}.")
        if not whole and not (0 < value <= most and value < math.inf):
            limit = "> 0 and finite" if most == math.inf else f"in (0, {most}]"
            raise ValueError(f"`{call}({name}=...)` must be {limit}, got {value}.")


# --- A Gaussian: m ||A x||^2 / ||x||^2 is chi^2 with m degrees of freedom ---------------------------------------------


def gaussian_below(m: int, gamma: float) -> float:
    """log P(||A x|| <= gamma ||x||), exact: chi^2_m is at most gamma^2 m."""
    _check("gaussian_below", m=m, gamma=gamma)
    return log_chi2_below(m, gamma * gamma * m)


def gaussian_above(m: int, c: float) -> float:
    """log P(||A x|| >= c ||x||), exact: chi^2_m is at least c^2 m."""
    _check("gaussian_above", m=m, c=c)
    return log_chi2_above(m, c * c * m)


def log_chi2_below(df: float, x: float) -> float:
    """log P(chi^2_df <= x); where that underflows, by the power series of the incomplete gamma function."""
    a, x = df / 2, x / 2
    if (p := float(gammainc(a, x))) > 1e-280:
        return math.log(p) if p < 0.5 else math.log1p(-float(gammaincc(a, x)))
    term = total = 1.0
    k = 0
    while term > 1e-17 * total:
        k += 1
        term *= x / (a + k)
        total += term
    return a * math.log(x) - x - math.lgamma(a + 1) + math.log(total)


def log_chi2_above(df: float, x: float) -> float:
    """log P(chi^2_df >= x); where that underflows, by Legendre's continued fraction (Lentz's algorithm)."""
    a, x = df / 2, x / 2
    if (q := float(gammaincc(a, x))) > 1e-280:
        return math.log(q) if q < 0.5 else math.log1p(-float(gammainc(a, x)))
    b = x + 1 - a
    c, d = math.inf, 1 / b
    h, k, step = d, 0, 0.0
    while abs(step - 1) > 1e-15:
        k += 1
        b += 2
        d = 1 / (b - k * (k - a) * d)
        c = b - k * (k - a) / c
        step = c * d
        h *= step
    return a * math.log(x) - x - math.lgamma(a) + math.log(h)


# --- F D: the lower tail ----------------------------------------------------------------------------------------------


def circulant_below(m: int, gamma: float, s: int | None = None) -> Tail:
    """A lower bound on log P(||F D x|| <= gamma ||x||), x flat on s coordinates; s=None: the best s.

    The m windows are among the N = m + s - 1 windows of the same variables laid on a cycle, so that Q is at most

        Q' = sum_k mu_k xi_k^2,    mu_k = sin^2(pi k s / N) / (s sin^2(pi k / N)),    mu_0 = s,

    with independent standard normal xi_k: the spectrum of a circulant, in closed form. For any theta > 0 and a < c

        1{q <= c} >= e^(-theta (q-a)) (q - a) (c - q) / h,    h the maximum of the numerator on [a, c],

    whose expectation at q = Q' is exact: tilted by e^(-theta Q') the variable has mean sum mu_k / (1 + 2 theta mu_k)
    and variance 2 sum (mu_k / (1 + 2 theta mu_k))^2. theta and a are searched for; all of them are valid.

    Args:
        m: number of measurements.
        gamma: in (0, 1].
        s: flat coordinates; n >= m + s - 1 is meant throughout.

    Raises:
        ValueError: outside of these ranges.
    """
    _check("circulant_below", m=m, s=s, gamma=gamma, most=1)
    return _best(lambda s: _aligned(s, _cyclic_below(cycle_spectrum(m, s), gamma * gamma * m)), m, s)


def cycle_spectrum(m: int, s: int) -> np.ndarray:
    """mu [m + s - 1] of `circulant_below`: their sum is m + s - 1."""
    N = m + s - 1
    k = np.arange(1, N)
    return np.concatenate(([s], np.square(np.sin(np.pi / N * (k * s % N)) / np.sin(np.pi / N * k)) / s))


def _cyclic_below(mu: np.ndarray, c: float) -> float:
    """A lower bound on log P(sum_k mu_k xi_k^2 <= c)."""
    c = min(c, 0.99 * float(mu.sum()))  # below the mean, where tilting has work to do

    def tilted(theta: float) -> np.ndarray:
        return mu / (1 + 2 * theta * mu)

    def at(log_theta: float) -> float:
        theta = math.exp(log_theta)
        means = tilted(theta)
        transform = -0.5 * float(np.log1p(2 * theta * mu).sum())
        gap, variance = c - float(means.sum()), 2 * float(np.square(means).sum())
        if gap <= 0:
            return -math.inf

        def width(log_excess: float) -> float:
            excess = math.exp(log_excess)  # of the width c - a over the one at which the expectation vanishes
            w = gap + variance / gap + excess
            x = 2 * w / (theta * w + 2 + math.hypot(theta * w, 2))  # where x (w - x) e^(-theta x) is largest
            log_h = math.log(x * (w - x)) - theta * x
            return transform + theta * (c - w) + math.log(gap * excess) - log_h

        return _highest(width, -log_theta - 8, -log_theta + 3)[0] - ROUNDING * (theta * c - transform + 100)

    mean_is_c = brentq(lambda log_theta: tilted(math.exp(log_theta)).sum() - c, -100, 100)
    return _highest(at, mean_is_c, max(mean_is_c, -math.log(c)) + 3)[0]


# --- F D: the upper tail ----------------------------------------------------------------------------------------------


def circulant_above(m: int, c: float, s: int | None = None) -> Tail:
    """A lower bound on log P(||F D x|| >= c ||x||), x flat on s coordinates; s=None: the best s.

    W = B z with standard normal z and B [m, N] of ones in bands. Among all sets of one volume the centred ball has the
    largest Gaussian measure (Okamoto 1960), so that for any r orthonormal columns V [m, r]

        P(Q >= t) >= P(||V^T B z||^2 >= s t) >= P(chi^2_r >= t / G),    G^r = det(V^T B B^T V / s).

    V spans the first sines; within it the r leading eigenvectors are taken, G being the geometric mean of their
    eigenvalues, and the best r. An eigenvalue computed is off by less than `ROUNDING` times the largest of them (Weyl).

    Args:
        m: number of measurements.
        c: > 0.
        s: flat coordinates; n >= m + s - 1 is meant throughout.

    Raises:
        ValueError: outside of these ranges.
    """
    _check("circulant_above", m=m, s=s, c=c)
    return _best(lambda s: _aligned(s, _windows_above(m, s, c * c * m)), m, s)


def _windows_above(m: int, s: int, t: float) -> float:
    """A lower bound on log P(Q >= t)."""
    found = np.linalg.eigvalsh(sine_windows(m, s, min(m, 12 + 3 * m // s)))[::-1]
    found = found[found > 1e-3 * found[0]] - ROUNDING * found[0]
    r = np.arange(1, len(found) + 1)
    G = np.exp(np.log(found).cumsum() / r)
    return max(log_chi2_above(int(k), t / g) for k, g in zip(r, G.tolist(), strict=True))


def sine_windows(m: int, s: int, r: int) -> np.ndarray:
    """V^T B B^T V / s [r, r] for V_ij = sqrt(2 / (m+1)) sin(pi i j / (m+1)), i = 1 ... m."""
    angles = np.pi / (m + 1) * np.arange(1, r + 1)
    starts = np.arange(1 - s, m)[:, None]  # the window that begins there has rows starts + 1 ... starts + s, cut to V
    first, last = starts.clip(min=0) + 0.5, (starts + s).clip(max=m) + 0.5
    sums = (np.cos(angles * first) - np.cos(angles * last)) / np.sin(angles / 2) / math.sqrt(2 * (m + 1))
    return sums.T @ sums / s


# --- F D: tails in closed form, for every m ---------------------------------------------------------------------------


def blocks_below(m: int, gamma: float, b: int | None = None) -> Tail:
    """log of 2^-s P(|N(0, 1)| <= gamma)^J, a lower bound on P(||F D x|| <= gamma ||x||); b=None: the best b.

    a = ceil(3 / gamma^2), s = a b, J = ceil((m + s - 1) / b). Cut the N variables into blocks of b. Let all normalised
    block sums be at most gamma: independent events. Given that, a window has the mean square

        b (gamma^2/3) sum_q w_q^2 + b/4 + b/4 <= s gamma^2/3 + b/2,    0 <= w_q <= 1 its share of block q:

    a normal variable cut at gamma has variance gamma^2/3 or less, and a part of a block varies about its share of the
    sum by b/4 or less. So E(||F D x||^2 | all that) <= gamma^2/3 + 1/(2a) <= gamma^2/2, and Markov leaves 1/2.

    Raises:
        ValueError: unless m, b >= 1 and 0 < gamma <= 1.
    """
    _check("blocks_below", m=m, b=b, gamma=gamma, most=1)
    a = math.ceil(3 / gamma**2)
    log_one = math.log(math.erf(gamma / math.sqrt(2)))

    def tail(b: int) -> float:
        return -a * b * math.log(2) + math.ceil((m + a * b - 1) / b) * log_one

    best = _best(tail, m, b)
    return Tail(best.log_probability, a * best.s)


def mean_above(m: int, c: float, s: int | None = None) -> Tail:
    """A lower bound on log P(||F D x|| >= c ||x||) from the mean of the m windows alone; s=None: the best s.

    Q >= (sum W_i)^2 / (s m), whose variance is T = sum_d (m - |d|) max(0, 1 - |d|/s) / m: log of
    2^(1-s) P(N(0, 1)^2 >= c^2 m / T), about -c sqrt(2 log(2) m).

    Raises:
        ValueError: unless m, s >= 1 and c > 0.
    """
    _check("mean_above", m=m, s=s, c=c)

    def tail(s: int) -> float:
        w = min(m, s)  # distances 0 ... w - 1 count
        linear, square = w * (w - 1) // 2, (w - 1) * w * (2 * w - 1) // 6
        T = (m * s + 2 * (m * s * (w - 1) - (m + s) * linear + square)) / (m * s)
        return _aligned(s, math.log(2) + float(log_ndtr(-c * math.sqrt(m / T))))

    return _best(tail, m, s)


# --- Shared -----------------------------------------------------------------------------------------------------------


def _aligned(s: int, log_probability: float) -> float:
    """What is left of it when the s signs must agree."""
    return log_probability - (s - 1) * math.log(2)


def _best(tail: Callable[[int], float], m: int, s: int | None) -> Tail:
    """The tail at s, or at the best whole number from 1 to m that a search finds."""
    if s is None:
        s = round(math.exp(_highest(lambda log_s: tail(round(math.exp(log_s))), 0.0, math.log(m), 1e-3)[1]))
    return Tail(float(tail(s)), int(s))


def _highest(f: Callable[[float], float], low: float, high: float, xatol: float = 1e-6) -> tuple[float, float]:
    """The largest value that a search finds, and where."""
    found = minimize_scalar(lambda x: -f(x), bounds=(low, high), method="bounded", options={"xatol": xatol})
    return -float(found.fun), float(found.x)
