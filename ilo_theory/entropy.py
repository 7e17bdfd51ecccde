"""The entropy of the l1 ball between certificates: explicit nets above, explicit packings below.

N(delta, B_1^d(r)) depends on s = r/delta alone and grows with it. So a net that reaches s' bounds it for every s <= s',
and finitely many nets bound it for every real s up to the reach of the largest.
"""

import itertools
import math
from dataclasses import dataclass
from functools import cache

from ilo_theory import nets

SLACK = 1e-12
"""Radii are known to this relative rounding."""


@dataclass(frozen=True)
class Step:
    """An interval low < s <= high, and logarithms between which log N lies there.

    `lower` is that of a packing at the distance 2r/low, hence below log N for every s > low; `upper` that of a net at
    r/high.
    """

    low: float
    high: float
    lower: float
    upper: float


@cache
def maurey_reach(d: int, t: int) -> float:
    """Find the largest s at which Maurey's net of t draws covers: laid out for d <= 4, by fractions beyond."""
    if d <= 4:
        return 1 / nets.covering_radius(nets.maurey_net(d, 1.0, t), 1.0)
    return t / math.sqrt(nets.lattice_radius_squared(d, t))


@cache
def steps(d: int, reach: float) -> tuple[Step, ...]:
    """Cut 0 < s <= reach into intervals on which log N is bounded.

    The nets are the point 0, Maurey's, and for d <= 4 the shrunk ones; all radii are computed, none by its formula.

    Args:
        d: dimension of the ball.
        reach: the largest s; some tens for d <= 2, less than ten beyond.

    Returns:
        Steps in order of s: each begins where the last one ends.
    """
    known = [(1.0, 1)]  # the s that a net reaches, and its size
    for t in itertools.takewhile(lambda _: known[-1][0] < reach, itertools.count(1)):
        known.append((maurey_reach(d, t), nets.delannoy(d, t)))
    largest = known[-1][1]
    for t in itertools.takewhile(lambda t: d <= 4 and nets.parity_count(d, t) < largest, itertools.count(1)):
        known.append((1 / nets.covering_radius(nets.shrunk_net(d, 1.0, t), 1.0), nets.parity_count(d, t)))
    found, low, candidates = [], 0.0, nets.maurey_net(d, 1.0, 12 if d <= 2 else 4 if d <= 4 else 1)
    while low < reach:
        size = min(size for s, size in known if s > low * (1 + SLACK))
        high = max(s for s, other in known if other == size)
        packing = nets.greedy_packing(candidates, 2 / low * (1 - SLACK)) if low else candidates[:1]
        found.append(Step(low, high, math.log(len(packing)), math.log(size)))
        low = high
    return tuple(found)
