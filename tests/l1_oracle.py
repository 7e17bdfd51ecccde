"""The projection onto the l1 ball by other means: sorting in float64 (Duchi et al., 2008) and rational arithmetic."""

import math
from fractions import Fraction
from itertools import accumulate

import numpy as np


def by_sorting(x: np.ndarray, radius: float) -> np.ndarray:
    """argmin ||y - x||_2, ||y||_1 <= radius, for one point, from the sorted entries.

    Sums over the n active entries are exact, and the threshold is hi + lo: in a single float64 it would be rounded by
    more than a small radius allows. The second turn mends an n that the rounding of the running sums put wrong.
    """
    x = x.astype(np.float64)
    a = np.sort(np.abs(x))[::-1]
    if math.fsum(a) <= radius:
        return x
    n = np.count_nonzero(a * np.arange(1, a.size + 1) > np.cumsum(a) - radius)
    for _ in range(2):
        n = max(n, 1)
        hi = (math.fsum(a[:n]) - radius) / n
        lo = math.fsum([*a[:n], -radius, *np.full(n, -hi)]) / n
        n = np.count_nonzero((a - hi) - lo > 0)
    return np.sign(x) * np.maximum((np.abs(x) - hi) - lo, 0.0)


def by_fractions(x: np.ndarray, radius: float) -> list[Fraction]:
    """The same, exactly."""
    values, radius = [Fraction(float(v)) for v in x], Fraction(radius)
    a = sorted((abs(v) for v in values), reverse=True)
    if sum(a) <= radius:
        return values
    theta = max((total - radius) / n for n, total in enumerate(accumulate(a), 1))  # tangents of a convex function
    return [max(abs(v) - theta, Fraction(0)) * (1 if v >= 0 else -1) for v in values]
