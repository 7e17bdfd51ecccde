"""The law of a covering: every point of the l1 ball is within delta, in l2, of a point of the net."""

import math

import numpy as np
import torch
from torch import Tensor

from ilo_theory import nets
from ilo_theory.balls import project_l1_ball, sample_l1_ball
from ilo_theory.checkers.failure import require, rounding

EXACT = 4  # dimensions, up to which the vertices are listed
AT_ONCE = 10**7  # distances in memory
CLIMBERS, STEPS = 64, 50


def check_covering(
    net: Tensor | np.ndarray,
    r: float,
    delta: float,
    *,
    samples: int = 10_000,
    tolerance: float | None = None,
    rng: torch.Generator,
) -> float:
    """Check that max over y in B_1^d(r) of min over z in the net of ||y - z||_2 is at most delta.

    Up to d = 4 the maximum is exact, found among the vertices of the net's Voronoi cells. Beyond, these points are
    tried: the ball's corners and its centre, uniform points, sparse points of the boundary, points halfway between two
    of the net; and the farthest of them walk away from the net for as long as that takes them farther.

    Args:
        net: [N, d], rows are points, wherever they lie.
        r: radius of the l1 ball, > 0.
        delta: the covering radius that is claimed, >= 0, in the unit of the points.
        samples: the number of points that are tried of each kind.
        tolerance: allowed error relative to r; None: 100 units of rounding of the net's dtype.
        rng: draws the points.

    Returns:
        The largest distance found: the covering radius for d <= 4, else a lower bound of it.

    Raises:
        CheckFailed: naming a point that is too far, and its distance.
        ValueError: for a net that is no matrix of finite numbers with a row, or r that is not > 0.

    >>> rng = torch.Generator().manual_seed(0)
    >>> round(check_covering(nets.maurey_net(3, 1.0, 4), 1.0, 0.22, rng=rng), 6)
    0.216506
    >>> check_covering(nets.maurey_net(3, 1.0, 4)[1:], 1.0, 0.22, rng=rng)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    ilo_theory.checkers.failure.CheckFailed: The net breaks the law of covering: [-1, 0, 0] is 0.25 from it, ...
    """
    net = torch.as_tensor(net)
    if net.ndim != 2 or 0 in net.shape or not net.isfinite().all():
        raise ValueError(f"`check_covering(net=...)` must be [N, d], finite and not empty, got {list(net.shape)}.")
    if not 0 < r < math.inf:
        raise ValueError(f"`check_covering(r=...)` must be > 0 and finite, got {r}.")
    dtype = net.dtype if net.is_floating_point() else torch.float64
    net, d = net.double().cpu(), net.shape[1]
    y = _trials(net, r, samples, rng) if d > EXACT else torch.cat([nets.voronoi_vertices(net, r), _corners(d, r)])
    distance, _ = _nearest(y, net)
    if d > EXACT:
        y = torch.cat([y, _climb(y[distance.topk(min(CLIMBERS, len(y))).indices], net, r)])
        distance, _ = _nearest(y, net)
    worst = distance.argmax()
    point = "[" + ", ".join(f"{float(value):.3g}" for value in y[worst][:8]) + (", ...]" if d > 8 else "]")
    detail = f"{point} is {float(distance[worst]):.3g} from it, further than {delta:.3g}"
    require(float(distance[worst]) <= delta + rounding(dtype, tolerance) * r, "The net", "covering", detail)
    return float(distance[worst])


def _corners(d: int, r: float) -> Tensor:
    """The corners of the ball, and its centre."""
    identity = r * torch.eye(d, dtype=torch.float64)
    return torch.cat([identity, -identity, torch.zeros(1, d, dtype=torch.float64)])


def _trials(net: Tensor, r: float, samples: int, rng: torch.Generator) -> Tensor:
    """Points of the ball, [.., d]."""
    d = net.shape[1]
    uniform = sample_l1_ball((samples, d), r, rng=rng).double()
    entries = torch.rand(samples, d, generator=rng, dtype=torch.float64)
    share = torch.rand(samples, 1, generator=rng, dtype=torch.float64)  # of the entries that are not 0
    sparse = torch.where(entries.argsort(1) < (share * d).ceil(), entries, 0)
    sparse *= (2 * torch.randint(2, sparse.shape, generator=rng) - 1) * r / sparse.sum(1, keepdim=True)
    pairs = torch.randint(len(net), (2, samples), generator=rng)
    halfway = project_l1_ball((net[pairs[0]] + net[pairs[1]]) / 2, r)
    return torch.cat([_corners(d, r), uniform, sparse, halfway])


def _nearest(y: Tensor, net: Tensor) -> tuple[Tensor, Tensor]:
    """The distance to the net of each y, and the index of the nearest point."""
    mode = "donot_use_mm_for_euclid_dist"
    parts = y.split(max(1, AT_ONCE // len(net)))
    distance, index = zip(*(torch.cdist(part, net, compute_mode=mode).min(1) for part in parts), strict=True)
    return torch.cat(distance), torch.cat(index)


def _climb(y: Tensor, net: Tensor, r: float) -> Tensor:
    """Points that walked away from the nearest of the net, as long as they got farther; steps are halved else."""
    distance, index = _nearest(y, net)
    step = torch.full_like(distance, r / 4)
    for _ in range(STEPS):
        away = torch.nn.functional.normalize(y - net[index])
        tried = project_l1_ball(y + step[:, None] * away, r)
        reached, nearest = _nearest(tried, net)
        better = reached > distance
        y, index = torch.where(better[:, None], tried, y), torch.where(better, nearest, index)
        distance, step = torch.maximum(distance, reached), torch.where(better, step, step / 2)
    return y
