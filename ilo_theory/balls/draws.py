"""Uniform draws from the l1 ball and the l2 ball."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ilo_theory.balls.arguments import check, column


def sample_l1_ball(shape: Sequence[int], radius: float | Tensor, *, rng: torch.Generator) -> Tensor:
    """Points drawn uniformly from l1 balls about the origin.

    x_i = radius s_i e_i / sum_{j=1}^{p+1} e_j, with e_j exponential and s_i a fair sign, all independent.

    Arguments:
        shape: (B, *shape).
        radius: >= 0, one for all points or [B].
        rng: the source of randomness, on the CPU.

    Returns:
        [B, *shape] on the CPU, of torch's default dtype.

    Raises ValueError as `project_l1_ball` does. Source: Barthe, Guedon, Mendelson and Naor, 2005, Theorem 1, for l1.
    """
    points = torch.empty(tuple(shape), dtype=torch.float64)
    check("sample_l1_ball", points, radius)
    sums = torch.empty(len(points), dtype=torch.float64).exponential_(generator=rng)
    sums += points.exponential_(generator=rng).flatten(1).sum(1)
    points *= torch.randint(2, points.shape, generator=rng, dtype=torch.int8).mul_(2).sub_(1)
    return (points * column(radius / sums, points)).to(torch.get_default_dtype())


def sample_l2_ball(shape: Sequence[int], radius: float | Tensor, *, rng: torch.Generator) -> Tensor:
    """Points drawn uniformly from l2 balls about the origin.

    x = radius u^(1/p) g / ||g||_2, with g normal and u uniform on [0, 1], independent.

    Arguments:
        shape: (B, *shape).
        radius: >= 0, one for all points or [B].
        rng: the source of randomness, on the CPU.

    Returns:
        [B, *shape] on the CPU, of torch's default dtype.

    Raises ValueError as `project_l1_ball` does. Source: Muller, 1959, for the direction.
    """
    points = torch.empty(tuple(shape), dtype=torch.float64)
    check("sample_l2_ball", points, radius)
    points.normal_(generator=rng)
    reach = torch.rand(len(points), generator=rng, dtype=torch.float64) ** (1 / math.prod(points.shape[1:]))
    reach /= points.flatten(1).norm(dim=1)
    return (points * column(radius * reach, points)).to(torch.get_default_dtype())
