"""Certificates of covering: explicit nets of the l1 ball, exact covering radii, exact covering numbers of finite sets.

Points are rows; distances are l2. A net of B_1^d(r) is *internal*: its points lie in the ball. Maurey's net is a scaled
integer lattice, r z/t with |z|_1 <= t, so that everything about it can be counted and its radius found exactly.
"""

import itertools
import math
from fractions import Fraction
from functools import cache

import numpy as np
import torch
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.spatial import HalfspaceIntersection
from scipy.spatial.distance import cdist
from torch import Tensor

MOST_POINTS = 10**7
"""More points than these are refused, not attempted."""


# --- Nets of the l1 ball ----------------------------------------------------------------------------------------------


def delannoy(d: int, t: int) -> int:
    """Count the integer points with |z|_1 <= t in Z^d: D(d, t) = sum_k 2^k C(d, k) C(t, k)."""
    return sum(2**k * math.comb(d, k) * math.comb(t, k) for k in range(min(d, t) + 1))


def parity_count(d: int, t: int) -> int:
    """Count those with |z|_1 - t even: A(d, t) = sum_k 2^k C(d-1, k) C(t+1, k+1)."""
    return sum(2**k * math.comb(d - 1, k) * math.comb(t + 1, k + 1) for k in range(min(d - 1, t) + 1))


def integer_points(d: int, t: int) -> Tensor:
    """List the D(d, t) integer points with |z|_1 <= t as rows, in lexicographic order, int64.

    Raises:
        ValueError: unless d >= 1 and t >= 0, or if they are more than `MOST_POINTS`.
    """
    if d < 1 or t < 0:
        raise ValueError(f"`integer_points(d=..., t=...)` needs d >= 1 and t >= 0, got {d} and {t}.")
    if delannoy(d, t) > MOST_POINTS:
        raise ValueError(f"`integer_points(d={d}, t={t})` would have {delannoy(d, t)} points, more than {MOST_POINTS}.")
    points, left = np.zeros((1, 0), dtype=np.int64), np.array([t])
    for _ in range(d):
        widths = 2 * left + 1
        parent = np.repeat(np.arange(len(points)), widths)
        step = np.arange(len(parent)) - np.repeat(np.cumsum(widths) - widths, widths) - left[parent]
        points, left = np.column_stack([points[parent], step]), left[parent] - abs(step)
    return torch.from_numpy(points)


def maurey_net(d: int, r: float, t: int) -> Tensor:
    """Build Maurey's net, the distinct means of t draws from {0, +-r e_i}: {r z/t : z in Z^d, |z|_1 <= t}.

    Args:
        d: dimension.
        r: radius of the l1 ball, in the unit of the points.
        t: number of draws, >= 1.

    Returns:
        [D(d, t), d], float64. Its covering radius in B_1^d(r) is `bounds.exact_radius`, at most r / sqrt(t).

    Raises:
        ValueError: unless d, t >= 1 and r > 0.

    >>> maurey_net(2, 1.0, 1).tolist()
    [[-1.0, 0.0], [0.0, -1.0], [0.0, 0.0], [0.0, 1.0], [1.0, 0.0]]

    Source: the proof of Theorem 2.
    """
    _check_ball("maurey_net", r, t)
    return integer_points(d, t).double() * (r / t)


def shrunk_net(d: int, r: float, t: int) -> Tensor:
    """Build the means of t draws from the vertices {+-r e_i} alone, shrunk by c = sqrt(t)/(1 + sqrt(t)).

    {c r z/t : z in Z^d, |z|_1 <= t, |z|_1 - t even}; arguments and errors are those of `maurey_net`.

    Returns:
        [A(d, t), d], float64. Its covering radius in B_1^d(r) is r / (1 + sqrt(t)).
    """
    _check_ball("shrunk_net", r, t)
    points = integer_points(d, t)
    even = points[(points.sum(1) - t) % 2 == 0]
    return even.double() * (r / (math.sqrt(t) + t))


def _check_ball(name: str, r: float, t: int) -> None:
    if not 0 < r < math.inf:
        raise ValueError(f"`{name}(r=...)` must be > 0 and finite, got {r}.")
    if t < 1:
        raise ValueError(f"`{name}(t=...)` must be >= 1, got {t}.")


# --- Their covering radii ---------------------------------------------------------------------------------------------


def voronoi_vertices(net: Tensor, r: float) -> Tensor:
    """List points of B_1^d(r) among which the distance to the net has its maximum over the whole ball.

    On the part of the ball nearest to one point the distance is convex, so its maximum is at a vertex of that part. The
    parts are the lower facets of {(y, h) : h >= 2 <y, z> - |z|^2 for all z in the net, y in the ball}, because
    min_z |y - z|^2 = |y|^2 - min h: one half-space intersection in d + 1 dimensions lists all their vertices.

    Args:
        net: [N, d] points, d <= 4; they need not lie in the ball.
        r: radius of the l1 ball.

    Returns:
        [V, d], float64: the vertices of the Voronoi cells cut by the ball; the corners of the ball are among them.

    Raises:
        ValueError: unless net is a non-empty matrix of at most 4 columns, all finite, and r > 0.
    """
    _check_ball("voronoi_vertices", r, 1)
    if net.ndim != 2 or not (net.shape[0] >= 1 and 1 <= net.shape[1] <= 4):
        raise ValueError(f"`voronoi_vertices(net=...)` must be [N >= 1, 1 <= d <= 4], got {list(net.shape)}.")
    if not net.isfinite().all():
        raise ValueError("`voronoi_vertices(net=...)` must be finite, got NaN or infinity.")
    points = net.double().cpu().numpy() / r
    d = points.shape[1]
    norms = (points**2).sum(1)
    lid = (2 * abs(points).max(1) - norms).max() + 1  # above the envelope everywhere in the ball
    signs = np.array(list(itertools.product((-1.0, 1.0), repeat=d)))
    halfspaces = np.vstack(
        [
            np.column_stack([2 * points, -np.ones(len(points)), -norms]),
            np.column_stack([signs, np.zeros(2**d), -np.ones(2**d)]),
            [*[0.0] * d, 1.0, -lid],
        ]
    )
    inside = np.array([*[0.0] * d, (lid - norms.min()) / 2])
    return torch.from_numpy(HalfspaceIntersection(halfspaces, inside).intersections[:, :d] * r)


def covering_radius(net: Tensor, r: float) -> float:
    """Find max over y in B_1^d(r) of min over z in the net of |y - z|_2, exactly (up to rounding), for d <= 4.

    Arguments and errors are those of `voronoi_vertices`, whose list holds a y that attains the maximum.

    >>> round(covering_radius(maurey_net(2, 1.0, 1), 1.0), 4)
    0.7071
    """
    vertices = voronoi_vertices(net, r)
    return float(cdist(vertices.numpy(), net.double().cpu().numpy()).min(1).max())


@cache
def lattice_radius_squared(d: int, t: int) -> Fraction:
    """Find the squared covering radius of the integer points of {|y|_1 <= t} in that set, exactly, for every d.

    Let y >= 0, u = floor(y), f = y - u, and b = t - |u|_1 >= sum f. The integer point of the set nearest to y is
    u + 1_J, J the at most b largest f_j > 1/2 (greedy rounding of a separable convex function under a budget). Its
    squared error h = sum f^2 - sum over J of (2f - 1) is convex where the order of the f_j and their side of 1/2 are
    fixed, so its maximum is at a vertex of such a region cut by sum f = b. There f has a ones, q halves, one other
    value x, mu times, and zeros: h = q/4 + mu x^2 - max(2x - 1, 0) min(mu, b - a), and all of these are tried.

    Returns:
        The largest h; `bounds.exact_radius` claims that it is min(d, 2t)/4.
    """
    worst = Fraction(0)
    for b in range(min(d, t) + 1):
        for a, q in itertools.product(range(b + 1), range(d + 1)):
            if a + q <= d and 2 * a + q <= 2 * b:
                worst = max(worst, Fraction(q, 4))
            for mu in range(1, d - a - q + 1):
                x = Fraction(2 * (b - a) - q, 2 * mu)
                if 0 <= x <= 1:
                    worst = max(worst, Fraction(q, 4) + mu * x * x - max(2 * x - 1, 0) * min(mu, b - a))
    return worst


# --- Covers and packings of finite sets -------------------------------------------------------------------------------


def covering_number(points: Tensor, delta: float) -> int:
    """Find the size N(delta) of the smallest delta-cover of a finite set by its own points, distances <= delta.

    Args:
        points: [N, d], some tens of points: an integer programme is solved.
        delta: radius, >= 0.
    """
    near = _distances(points) <= delta
    return _optimum(np.ones(len(points)), LinearConstraint(near, lb=1))


def packing_number(points: Tensor, delta: float) -> int:
    """Find the size M(delta) of the largest subset of a finite set whose distances all are > delta.

    Arguments are those of `covering_number`.
    """
    pairs = np.argwhere(np.triu(_distances(points) <= delta, k=1))
    if len(pairs) == 0:
        return len(points)
    conflicts = np.zeros((len(pairs), len(points)))
    np.put_along_axis(conflicts, pairs, 1, axis=1)
    return -_optimum(-np.ones(len(points)), LinearConstraint(conflicts, ub=1))


def _optimum(cost: np.ndarray, constraint: LinearConstraint) -> int:
    return round(milp(cost, integrality=1, bounds=Bounds(0, 1), constraints=constraint).fun)


def greedy_packing(points: Tensor, delta: float) -> Tensor:
    """Take points in their order, each if it is further than delta from all taken before: a maximal delta-packing.

    It is a delta-cover of `points` too.

    Args:
        points: [N, d].
        delta: distance, >= 0.

    Returns:
        [M, d], the rows taken.
    """
    rows = points.double().cpu().numpy()
    free = np.ones(len(rows), dtype=bool)
    taken = []
    for i in range(len(rows)):
        if free[i]:
            taken.append(i)
            free &= cdist(rows[i : i + 1], rows)[0] > delta
    return points[taken]


def _distances(points: Tensor) -> np.ndarray:
    rows = points.double().cpu().numpy()
    return cdist(rows, rows)
