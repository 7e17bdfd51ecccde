"""The laws of a Euclidean projection onto a convex set: P x lies in it, and no point of it is nearer to x."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ilo_theory.checkers.arrays import Array, dtype_of, normal, norms, on_batches, wide
from ilo_theory.checkers.failure import named, require, rounding, within

Gauge = Callable[[Tensor], Tensor]
"""[B, *shape] -> [B], positively homogeneous: the set is where it is at most 1, a neighbourhood of the origin."""

LEVELS = (0.3, 0.999, 1.001, 2.0, 30.0)  # gauges of the points that are tried


def norm_ball(order: float, radius: float = 1.0) -> Gauge:
    """The gauge ||x||_order / radius of a ball about the origin.

    Args:
        order: of the norm, from 1 to infinity.
        radius: > 0, in the unit of x.

    Raises:
        ValueError: outside of these ranges.

    >>> norm_ball(1, radius=2.0)(torch.tensor([[3.0, -1.0]]))
    tensor([2.], dtype=torch.float64)
    """
    if not (order >= 1 and 0 < radius < math.inf):
        raise ValueError(f"`norm_ball(order=..., radius=...)` needs order >= 1 and radius > 0, got {order}, {radius}.")
    return lambda x: torch.linalg.vector_norm(wide(x).flatten(1), order, dim=1) / radius


def check_projection(
    project: Callable[[Any], Any],
    gauge: Gauge,
    *,
    shape: tuple[int, ...],
    points: Tensor | None = None,
    like: Array | None = None,
    batched: bool = True,
    tolerance: float | None = None,
    rng: torch.Generator,
) -> None:
    """Check that P x = argmin ||y - x||_2 over the set {y : gauge(y) <= 1}.

    Checked at the origin and at Gaussian, sparse, heavy-tailed, tied and single-entry points from deep inside to far
    outside: shape, dtype, finite numbers, arguments left alone; that P x lies in the set; that points of the set, those
    of its interior too, stay; P P x = P x; ||P x - P y|| <= ||x - y|| for all pairs; the inequality that makes P x
    nearest, <x - P x, y - P x> <= 0 for every y of the set that was tried, among them the support points of l1, l2 and
    maximum norms in the direction x - P x; and, for batches, that each point is treated on its own.

    Args:
        project: P, on arrays [B, *shape], or `shape` if not `batched`.
        gauge: of the set, as `norm_ball` makes it; a set about c is checked by P(x + c) - c.
        shape: of a point.
        points: [N, *shape], more points to try.
        like: has the library, dtype and device of x; None: a tensor of torch's default dtype.
        batched: whether P takes batches.
        tolerance: allowed error relative to the norms of the points; None: 100 units of rounding.
        rng: draws the points on the CPU.

    Raises:
        CheckFailed: naming the law that is broken, where and by how much.

    >>> from ilo_theory.balls import project_l1_ball
    >>> rng = torch.Generator().manual_seed(0)
    >>> check_projection(lambda x: project_l1_ball(x, 2.0), norm_ball(1, 2.0), shape=(7,), rng=rng)
    >>> def shrink(x):  # into the ball, but not to its nearest point
    ...     return x / x.abs().sum(1, keepdim=True).clamp(min=1)
    >>> check_projection(shrink, norm_ball(1), shape=(7,), rng=rng)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    ilo_theory.checkers.failure.CheckFailed: `shrink` breaks the law of ...
    """
    like = torch.empty(0) if like is None else like
    what, dtype, tolerance = named(project), dtype_of(like), rounding(dtype_of(like), tolerance)
    P = on_batches(project, like, batched, what)
    x = _trials(gauge, shape, like, rng)
    x = x if points is None else torch.cat([x, points.to(x)])
    Px = P(x)
    require(Px.shape == x.shape, what, "shapes", f"it makes {tuple(Px.shape)} of {tuple(x.shape)}")
    require(Px.dtype == dtype, what, "one dtype", f"it makes {Px.dtype} of {dtype}")
    finite = bool(Px.isfinite().all())
    require(finite, what, "finite numbers", "it makes NaN or infinity of finite ones (the origin is among them)")

    level, size = gauge(x).double(), norms(x)
    reach = norms(x / torch.where(level > 0, level, 1).to(dtype).view(-1, *[1] * len(shape)))[level > 0].max()
    unit = tolerance * (size + reach)  # of an error in the place of a point
    within(gauge(Px).double() - 1, tolerance * level.clamp(min=1), what, "membership", "at point {0}, the gauge less 1")
    inside = level <= 1
    moved = torch.where(inside, norms(Px - x), 0.0)
    where = f"at point {{0}}, of gauge {float(level[moved.argmax()]):.3g}, the distance moved"
    within(moved, tolerance * size, what, "feasible points unchanged", where)
    within(norms(P(Px.clone()) - Px), unit, what, "idempotence", "at point {0}")

    rows, images = wide(x).flatten(1), wide(Px).flatten(1)
    longer = _distances(images, images) - _distances(rows, rows)
    within(longer, unit[:, None] + unit, what, "non-expansiveness", "at points {0} and {1}, the distance gained")
    rest = rows - images
    y = torch.cat([rows[inside], *_supports(rest, gauge, shape)])
    product = rest @ y.T - (rest * images).sum(1, keepdim=True)
    allowed = unit[:, None] * (torch.cdist(images, y) + rest.norm(dim=1, keepdim=True))
    within(product, allowed, what, "the obtuse angle", "at point {0}, <x - P x, y - P x> for some y of the set")
    if batched:
        alone = torch.cat([P(row[None]) for row in x])
        within(norms(alone - Px), unit, what, "batches", "at point {0}, alone and with others")
        spoilt = x.clone()
        spoilt[1::2] = math.nan
        gap = norms(P(spoilt)[::2] - Px[::2])
        within(gap, unit[::2], what, "batches", "beside points of NaN, at point 2 x {0}")


def _trials(gauge: Gauge, shape: tuple[int, ...], like: Array, rng: torch.Generator) -> Tensor:
    """The origin, then points [N, *shape] of several kinds at every level."""
    dtype, p = dtype_of(like), math.prod(shape)
    g = normal((4, p), like, dtype, rng)
    kinds = [
        g[0],
        torch.where(g[1] > g[1].mean(), g[0], 0) + torch.nn.functional.one_hot(g[0].abs().argmax(), p),
        g[2] ** 3,
        torch.where(g[3] >= 0, 1, -1),
        -torch.nn.functional.one_hot(g[1].argmax(), p),
        g[2].abs() * 0.01 + torch.nn.functional.one_hot(g[3].argmin(), p),
    ]
    kinds = torch.stack([kind.to(dtype) for kind in kinds]).view(-1, *shape)
    kinds = kinds / gauge(kinds).to(dtype).view(-1, *[1] * len(shape))
    return torch.cat([torch.zeros_like(kinds[:1]), *(level * kinds for level in LEVELS)])


def _supports(direction: Tensor, gauge: Gauge, shape: tuple[int, ...]) -> list[Tensor]:
    """Points of the boundary that reach far in each direction [N, p]: for an l1, an l2 and a maximum norm, farthest."""
    most = direction.abs().argmax(1, keepdim=True)
    single = torch.zeros_like(direction).scatter(1, most, direction.gather(1, most).sign())
    found = []
    for y in (single, direction, direction.sign()):
        level = gauge(y.view(-1, *shape)).double()
        found.append(y[level > 0] / level[level > 0, None])
    return found


def _distances(x: Tensor, y: Tensor) -> Tensor:
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
