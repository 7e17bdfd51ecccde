"""The l2 ball and the sphere: a vector scaled to the radius."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ilo_theory.balls.arguments import check, column, wide


def project_l2_ball(x: Tensor, radius: float | Tensor, centre: Tensor | None = None) -> Tensor:
    """The nearest point of an l2 ball, for each point of a batch.

    argmin_y ||y - x||_2 subject to ||y - centre||_2 <= radius: x - centre times min(1, radius / ||x - centre||_2).

    Arguments, returns and raises as `project_l1_ball`. Source: line 5 of Algorithm 1, z in B_2^k(r1).
    """
    check("project_l2_ball", x, radius, centre)
    shift = wide(x) if centre is None else wide(x) - wide(centre)
    radius = column(radius, shift)
    direction, norm = _direction(shift, tuple(range(1, x.ndim)))
    y = direction * radius if centre is None else direction * radius + centre
    return torch.where(norm <= radius, x, y.to(x.dtype))


def project_sphere(x: Tensor, radius: float | Tensor, dims: Sequence[int] | None = None) -> Tensor:
    """The nearest point of a sphere, for each vector of a batch.

    argmin_y ||y - x||_2 subject to ||y||_2 = radius: radius x / ||x||_2, and where x = 0 the point with equal entries.

    Arguments:
        x: [B, *shape], of a floating dtype.
        radius: >= 0; one for all, or [B], or of x's shape with ones at dims, as a norm with keepdim=True has.
        dims: the dimensions that make a vector: all but the first where None; in PULSE, those from the third on.

    Raises ValueError as `project_l1_ball` does, and if dims is empty. Source: Menon et al., 2020, Section 3.2.
    """
    check("project_sphere", x)
    dims = tuple(range(1, x.ndim)) if dims is None else tuple(d % x.ndim for d in dims)
    if not dims:
        raise ValueError("`project_sphere(dims=...)` must name a dimension, got none.")
    groups = torch.Size(1 if d in dims else n for d, n in enumerate(x.shape))
    if not (isinstance(radius, Tensor) and radius.shape == groups):
        check("project_sphere", x, radius)
        radius = column(radius, x)
    return (_direction(wide(x), dims)[0] * radius).to(x.dtype)


def _direction(x: Tensor, dims: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """x / ||x||_2, equal entries if x = 0, and the norm; scaled, so that no square overflows or vanishes."""
    scale = x.detach().abs().amax(dims, keepdim=True)
    scaled = torch.where(scale == 0, 1, x / torch.where(scale == 0, 1, scale))
    norm = torch.linalg.vector_norm(scaled, dim=dims, keepdim=True)
    return scaled / norm, scale * norm
