"""The threshold of a short row, by sorting.

S_theta is the projection where theta = max_n (a_1 + ... + a_n - radius) / n over the entries a_i = |x_i| in falling
order: every n gives a tangent of the excess, and the excess is convex. Source: Duchi et al., 2008.
"""

import math

import numpy as np
import torch

SHORT = 16_384  # entries: longer rows are not sorted
HALF_ULP = {4: 2.0**-24, 8: 2.0**-53}  # by the bytes of a number: the relative error of rounding
LARGEST = {4: float(np.finfo(np.float32).max), 8: float(np.finfo(np.float64).max)}
FLOAT32 = np.dtype(np.float32)
INSIDE: tuple[float, ...] = ()  # what takes the place of a threshold for a point of the ball
NOT_FINITE = (math.nan,)


def by_sorting(a: np.ndarray, radius: float) -> tuple[float, ...]:
    """The parts of theta, numbers of a's format, for sorted entries a >= 0: none inside of the ball."""
    top, size = float(a[-1]), a.itemsize
    if not radius >= 0 or not (top * a.size <= LARGEST[size] or torch.from_numpy(a).sum().item() < math.inf):
        return NOT_FINITE
    low = top - radius
    if low == top and top > 0:
        return (top,)
    low = math.nextafter(low, 0.0) if low > 0 else 0.0  # no entry exceeds it by more than the radius: little cancels
    theta, n = tangent(a, low, radius)
    if n == 0:
        return INSIDE
    if size == 4:
        return in_parts(low, theta, n, radius)
    base = low + theta
    base = max(min(base - 1e-6 * radius / n, math.nextafter(base, 0.0)), 0.0)  # just to the left of the root
    return base, max(float((a[-n:] - base).sum()) - radius, 0.0) / n


def tangent(a: np.ndarray, low: float, radius: float) -> tuple[float, int]:
    """theta - low, and the number of entries that give it; (0, 0) inside of the ball."""
    over = np.subtract(a[::-1], low, dtype=np.float64)
    over[0] -= radius
    np.add.accumulate(over, out=over)
    if low <= 0 and over[-1] <= 0:
        return 0.0, 0
    first, last = 0, over.size - 1  # the quotients over[i] / (i + 1) rise up to the largest and fall from there
    while first < last:
        i = (first + last) // 2
        here, there = over.item(i), over.item(i + 1)
        if (there - here) * (i + 1) > here:
            first = i + 1
        else:
            last = i
    return over.item(first) / (first + 1), first + 1


def in_parts(base: float, rest: float, n: int, radius: float) -> tuple[float, ...]:
    """base + rest as one number of float32, or as many as it takes to cost n entries no more than rounding does."""
    parts: tuple[float, ...] = ()
    while True:
        near = float(np.float32(base + rest))
        if abs((near - base) - rest) * n <= 2 * HALF_ULP[4] * radius or len(parts) == 3:
            return *parts, near
        parts = *parts, below(base + rest, FLOAT32)
        base, rest = 0.0, (base - parts[-1]) + rest


def below(value: float, dtype: np.dtype) -> float:
    """The largest number of the format that is not above the value >= 0."""
    near = dtype.type(value)
    return float(np.nextafter(near, dtype.type(0)) if float(near) > value else near)  # float32 > float rounds first
