"""Integer points of the l1 ball, counted: logarithms to rounding, stable up to millions of dimensions."""

import math


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
