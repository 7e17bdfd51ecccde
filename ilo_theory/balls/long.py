"""The threshold of a long row on the CPU: guessed from a sample, then exact by Newton's method or on few entries.

The excess f = sum_i max(|x_i| - theta, 0) - radius is convex: Newton's step from anywhere leads to the left of the
root, and from there theta climbs. With n_k entries above theta_k, f_{k+1} / f_k + n_{k+1} / n_k <= 1: f n falls
fourfold a step at least, so that 64 steps do for any data; a good guess makes them two or three. Where few entries lie
above a theta that is left of the root they are gathered, and theirs is the threshold of all.
"""

import math
from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ilo_theory.balls.short import HALF_ULP, INSIDE, LARGEST, NOT_FINITE, SHORT, below, by_sorting, in_parts, tangent

CHUNK = 131072  # entries that are read at a time: what is computed of them stays in the cache
SPARSE = 0.08  # the share of entries that are quicker gathered than measured
TAIL = 25  # a heavy tail is looked for in so small a part of the sample
NONE_OF_EIGHT = np.uint64(0x0101010101010101)  # eight booleans, all true


class Row:
    """A long row x, its result y, and the room that what is computed of a chunk takes."""

    def __init__(self, x: Tensor, y: Tensor | None = None):
        self.x, self.y, self.numbers = x, y, x.numpy()
        self.whole = self.numbers.size <= CHUNK
        self.fresh = False  # whether a holds |x|, the whole of it
        self.written: tuple[float, ...] | None = None  # the parts by which y was shrunk
        room = self.numbers if y is None else y.numpy()
        size = -(-min(room.size, CHUNK) // 8) * 8
        self.a = room[:size] if y is not None and room.size >= size else np.empty(size, room.dtype)
        self.over, self.mask = np.empty(size, room.dtype), np.empty(size, np.bool_)
        self.positive = torch.from_numpy(self.over)

    def chunks(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, Tensor]]:
        """|x|, a chunk at a time, with zeros up to a multiple of eight entries; room for as many, and for booleans."""
        if self.whole:
            if not self.fresh:
                self.a[self.numbers.size :] = 0
                np.abs(self.numbers, out=self.a[: self.numbers.size])
                self.fresh, self.written = True, None
            yield self.a, self.over, self.mask, self.positive
            return
        self.written = None
        for i in range(0, self.numbers.size, CHUNK):
            x = self.numbers[i : i + CHUNK]
            size = -(-x.size // 8) * 8
            a = self.a[:size]
            a[x.size :] = 0
            np.abs(x, out=a[: x.size])
            yield a, self.over[:size], self.mask[:size], self.positive[:size]

    def measure(self, theta: float) -> tuple[float, int]:
        """sum_i max(|x_i| - theta, 0), chunks added up in float64, and the number of entries above theta."""
        total, n = 0.0, 0
        for a, over, mask, positive in self.chunks():
            n += int(np.count_nonzero(np.greater(a, theta, out=mask)))
            np.subtract(a, theta, out=over)
            total += positive.relu_().sum().item()
        return total, n

    def gather(self, theta: float) -> np.ndarray:
        """The entries above theta, and all NaN: first the groups of eight that have one, which is quick."""
        kept = []
        for a, _, mask, _ in self.chunks():
            np.less_equal(a, theta, out=mask)
            groups = np.flatnonzero(mask.view(np.uint64) != NONE_OF_EIGHT)
            some = a.reshape(-1, 8).take(groups, axis=0).ravel()
            kept.append(some.take(np.flatnonzero(~(some <= theta))))
        return kept[0] if len(kept) == 1 else np.concatenate(kept)

    def above(self, parts: tuple[float, ...]) -> int:
        """The number of entries above the sum of the parts; where the row has a result, this writes it."""
        if self.y is not None:
            return self.write(parts, count=True)
        theta = below(sum(parts), self.numbers.dtype)
        return sum(int(np.count_nonzero(np.greater(a, theta, out=mask))) for a, _, mask, _ in self.chunks())

    def write(self, parts: tuple[float, ...], *, count: bool = False) -> int:
        """Shrinks x into y by the parts, and counts what is left where it is asked to."""
        n = 0
        for i in range(0, self.numbers.size, CHUNK):
            source, out = (self.x, self.y) if self.whole else (self.x[i : i + CHUNK], self.y[i : i + CHUNK])
            for part in parts:
                source = F.softshrink(source, part, out=out)
            if count:
                n += int(np.count_nonzero(np.not_equal(out.numpy(), 0, out=self.mask[: out.numel()])))
        self.fresh, self.written = False, parts
        return n

    def overflows(self) -> bool:
        """Whether the norm is too large for the format."""
        norm = sum(torch.from_numpy(a).sum(dtype=torch.float64).item() for a, *_ in self.chunks())
        return not norm <= LARGEST[self.a.itemsize]


def threshold(row: Row, radius: float) -> tuple[float, ...]:
    """The parts of theta, numbers of x's format: none inside of the ball, NaN if the norm is not finite."""
    p, dtype = row.numbers.size, row.numbers.dtype
    eps, largest = HALF_ULP[dtype.itemsize], LARGEST[dtype.itemsize]
    start, share, left = guess(row.numbers, radius)
    if not (start < math.inf and radius >= 0):
        return NOT_FINITE
    theta, share = (start, share) if left is None else (left, 0.0)
    before = math.nan, p
    for _ in range(80):  # 64, and what a bad guess may cost
        theta = below(theta, dtype)
        if share <= SPARSE:
            kept = row.gather(theta)
            total, n = torch.from_numpy(kept - theta).sum().item(), kept.size
        else:
            kept, (total, n) = None, row.measure(theta)
        if not total < math.inf or (total + p * theta > largest and row.overflows()):
            return NOT_FINITE
        if kept is not None and total >= radius and 0 < n <= p // 2:
            return of_entries(kept, radius)
        if theta == 0 and total <= radius:
            return INSIDE
        step = (total - radius) / max(n, 1)
        new = theta + step if n else 0.999 * theta
        if step < 0 and new == theta:
            new = math.nextafter(theta, 0.0)
        if abs(total - radius) <= 2 * eps * radius:
            return (theta,)
        if n and step > 0 and below(new, dtype) == theta:  # no entry lies between theta and the root
            over = np.subtract(row.gather(theta), theta, dtype=np.float64)
            step = max(float(over.sum()) - radius, 0.0) / max(over.size, 1)
            return (theta, step) if dtype.itemsize == 8 else in_parts(theta, step, n, radius)
        shorter = min(step / (abs(theta - before[0]) or math.inf), 1)
        between = abs(before[1] - n) * shorter  # entries that the step is likely to pass
        if step > 0 and total <= 2 * radius and between * step <= 4 * eps * radius:
            parts = (theta, step) if dtype.itemsize == 8 else in_parts(theta, step, n, radius)
            if (n - row.above(parts)) * step <= 4 * eps * radius:  # f is at most so large there, by convexity
                return parts
        before = theta, n
        if new < start < theta:
            new, start = start, 0.0
        theta, share = (new, n / p * theta / new) if new > 0 else (0.0, 1.0)
        if share <= SPARSE:
            theta = max(theta - 1e-6 * abs(step), 0.0)  # no rounding shall put it to the right of the root
    return theta, step


def guess(x: np.ndarray, radius: float) -> tuple[float, float, float | None]:
    """From a strided sample: theta, the share of entries above it, and what few exceed and is likely left of the root.

    The stride is odd, so that the sample meets all columns of an image. theta's standard error is that of exponential
    entries above it, sqrt(2 / n) times their mean excess.
    """
    stride = (x.size // min(max(1024, x.size // 64), 8192)) | 1
    a = np.abs(x[::stride])
    a.sort()
    p, radius = a.size, radius * a.size / x.size
    if not a[-1] < math.inf:
        return math.inf, 1.0, None
    theta, n = tangent(a, 0.0, radius)
    if n == 0:
        return 0.0, 1.0, None
    if n <= SPARSE * p:
        left = theta / (1 + 3 * radius / (n * theta) * math.sqrt(2 / n))
        if p - int(a.searchsorted(left)) <= SPARSE * p:
            return theta, n / p, left
    tail = a[-(p // TAIL) :]
    cut = float(tail[0])
    if (float(tail[-1]) - cut) * (tail.size + 2 * math.sqrt(tail.size)) < radius:  # the same with all at the top
        return theta, n / p, None
    tail = tail.astype(np.float64) - cut
    heavy = float(tail.sum()) + 2 * math.sqrt(float(tail.dot(tail))) >= radius  # the root may lie in the tail
    return theta, n / p, cut if heavy else None


def of_entries(a: np.ndarray, radius: float) -> tuple[float, ...]:
    """The threshold of entries a >= 0, in any order, which are overwritten."""
    if a.size > SHORT:
        return threshold(Row(torch.from_numpy(a)), radius)
    a.sort()
    return by_sorting(a, radius)
