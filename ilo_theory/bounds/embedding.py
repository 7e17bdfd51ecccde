"""How a random A [m, n] with entries of variance 1/m keeps lengths: of one x, of N points, of all x.

Probabilities are given by their natural logarithms, as upper bounds on what fails.
"""

import math


# Eq. (44)
def fixed_vector_excess(m: int, log_f: float) -> float:
    """The epsilon such that P(||A x|| >= (1 + epsilon) ||x||) <= f: 2 + (4/m) log(2/f)."""
    return 2 + 4 / m * (math.log(2) - log_f)


# --- A Gaussian A: m ||A x||^2 / ||x||^2 is chi^2 with m degrees of freedom -------------------------------------------


def longer(m: int, epsilon: float) -> float:
    """On log P(||A x|| >= (1 + epsilon) ||x||), epsilon >= 0: -m epsilon^2/2."""
    return -m * epsilon**2 / 2


def shorter(m: int, epsilon: float) -> float:
    """On log P(||A x|| <= (1 - epsilon) ||x||), 0 <= epsilon < 1: -m epsilon^2."""
    return -m * epsilon**2


TWICE = (3 - math.log(4)) / 2
"""Chernoff's rate of ||A x|| >= 2 ||x||: P <= e^(-TWICE m), TWICE = 0.80685."""


def points_measurements(log_N: float, epsilon: float, u: float) -> float:
    """The m at which no distance between N points shrinks by more than 1 - epsilon, w.p. 1 - e^-u/2."""
    return (2 * log_N + u) / epsilon**2


def points_isometry_measurements(log_N: float, epsilon: float, u: float) -> float:
    """The m at which all of these distances keep within 1 -+ epsilon, w.p. 1 - e^-u."""
    return 2 * (2 * log_N + u) / epsilon**2


def operator_norm(m: int, n: int) -> float:
    """On log P(||A||_op > sqrt(n)): -(sqrt(nm) - sqrt(n) - sqrt(m))^2/2 where that difference is positive, else 0.

    E ||sqrt(m) A||_op <= sqrt(n) + sqrt(m), and the norm is 1-Lipschitz in the entries of sqrt(m) A.
    """
    gap = math.sqrt(n * m) - math.sqrt(n) - math.sqrt(m)
    return -(max(gap, 0.0) ** 2) / 2


# --- A partial circulant A = F D with random signs --------------------------------------------------------------------


def circulant_variance(m: int) -> float:
    """On the variance of ||F D x||^2 / ||x||^2 for n >= 2m: 4/m, twice a Gaussian's."""
    return 4 / m


def circulant_stretch(m: int, l: float) -> float:
    """||F D x|| reaches this multiple of ||x|| with log P <= `circulant_failure(n, l)`: 1 + 2 sqrt(2) l / sqrt(m)."""
    return 1 + 2 * math.sqrt(2) * l / math.sqrt(m)


def circulant_failure(n: int, l: float) -> float:
    """log((4n + 1) e^-l)."""
    return math.log(4 * n + 1) - l
