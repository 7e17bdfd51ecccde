"""min ||M v + s|| over v = (z, b), z in B_2^k(r1) and b in B_1^p(r2): FISTA with restarts, ended by the duality gap.

For every unit u, ||M v + s|| >= <u, M v + s>, so the minimum is at least

    <u, s> - r1 ||(M^T u)_z||_2 - r2 ||(M^T u)_b||_inf,

and there is a u for which it is that: the direction of the residual at the minimum.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from ilo_theory.balls import project_l1_ball, project_l2_ball


class Balls(NamedTuple):
    """B_2^k(r1) x B_1^p(r2), whose points are rows (z, b); k may be 0, and r2 differ by row, [B]."""

    k: int
    r1: float
    r2: float | Tensor

    def project(self, v: Tensor) -> Tensor:
        """Both parts onto their balls."""
        if not self.k:
            return project_l1_ball(v, self.r2)
        return torch.cat((project_l2_ball(v[:, : self.k], self.r1), project_l1_ball(v[:, self.k :], self.r2)), dim=1)

    def support(self, g: Tensor) -> Tensor:
        """[B], max <g, v>."""
        return self.r1 * g[:, : self.k].norm(dim=1) + self.r2 * g[:, self.k :].abs().amax(dim=1)


class Solution(NamedTuple):
    """v [B, k + p], the norm there [B], a lower bound of all norms [B] and the direction [B, q] that proves it."""

    v: Tensor
    value: Tensor
    lower: Tensor
    direction: Tensor


def times(M: Tensor, v: Tensor) -> Tensor:
    """M v for rows v [B, d], M [q, d] or [T, q, d], of which each serves B/T rows in turn."""
    return v @ M.mT if M.ndim == 2 else (v.unflatten(0, (len(M), len(v) // max(len(M), 1))) @ M.mT).flatten(0, 1)


def assess(M: Tensor, s: Tensor, balls: Balls, v: Tensor) -> Solution:
    """What v proves."""
    residual = times(M, v) + s
    value = residual.norm(dim=1)
    u = residual / value.clamp(min=torch.finfo(value.dtype).tiny)[:, None]
    return Solution(v, value, ((u * s).sum(dim=1) - balls.support(times(M.mT, u))).clamp(min=0), u)


def nearest(
    M: Tensor, s: Tensor, balls: Balls, start: Tensor, norm: Tensor, *, tolerance: float, steps: int
) -> Solution:
    """Minimise ||M v + s|| for B problems at once.

    Args:
        M: [q, k + p], or [T, q, k + p] for B/T problems in turn.
        s: [B, q].
        balls: of v.
        start: [B, k + p].
        norm: of M in l2, a number, or [B].
        tolerance: it ends when no gap value - lower is above it.
        steps: or after so many.

    Source: Beck and Teboulle (2009), restarted as by O'Donoghue and Candes (2015).
    """
    v = ahead = balls.project(start)
    momentum = torch.ones(len(s), 1, dtype=s.dtype)
    rate = (norm.square() * (1 + 1e-9)).clamp(min=torch.finfo(s.dtype).tiny).reciprocal().view(-1, 1)
    found = assess(M, s, balls, v)
    for step in range(1, steps + 1):
        new = balls.project(ahead - rate * times(M.mT, times(M, ahead) + s))
        back = ((ahead - new) * (new - v)).sum(dim=1, keepdim=True) > 0
        longer = (1 + (1 + 4 * momentum.square()).sqrt()) / 2
        ahead = torch.where(back, new, new + (momentum - 1) / longer * (new - v))
        momentum, v = torch.where(back, 1.0, longer), new
        if step % 10 == 0 or step == steps:
            found = assess(M, s, balls, v)
            if (found.value - found.lower <= tolerance).all():
                break
    return found
