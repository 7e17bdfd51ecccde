"""The projection of many rows onto their l1 balls in step, on any device.

Newton's method from the left of the root of f = sum_i max(|x_i| - theta, 0) - radius. With n_k entries above theta_k,
f_{k+1} / f_k + n_{k+1} / n_k <= 1: f n falls fourfold a step at least. As f <= p radius at theta = max_i |x_i| -
radius, log4(p^2 / tolerance) steps do for any data.
"""

import math

import torch
from torch import Tensor


def project_together(rows: Tensor, radii: float | Tensor) -> tuple[Tensor, Tensor]:
    """All rows in step, in a number of passes that shape and dtype fix: nothing is read back from the device."""
    eps, a = torch.finfo(rows.dtype).eps, rows.abs()
    norm = a.sum(1, keepdim=True)
    start = (a.amax(1, keepdim=True) - radii).clamp(min=0) * (1 - eps)
    steps = math.ceil(math.log2(rows.shape[1]) - math.log2(eps) / 2)
    left = _newton(a, radii * (1 + 8 * eps), start, steps) * (1 - 4 * eps)  # sums and products err by less
    exact = torch.float32 if rows.device.type == "mps" else torch.float64
    a = (a.to(exact) - left).clamp_(min=0)
    y = (a - _newton(a, radii, torch.zeros_like(left, dtype=exact), steps=6)).clamp_(min=0)
    y = torch.where(norm < math.inf, y.to(rows.dtype).copysign(rows), math.nan)
    return torch.where(norm <= radii, rows, y), ~(norm <= radii)


def _newton(a: Tensor, radii: float | Tensor, theta: Tensor, steps: int) -> Tensor:
    """The threshold of each row of a >= 0, from a theta to its left; on the CPU it ends where no theta moves."""
    watched = a.is_cpu and not torch.compiler.is_compiling()
    for _ in range(steps):
        over = (a - theta).clamp_(min=0)
        excess = (over.sum(1, keepdim=True) - radii).clamp_(min=0)
        before, theta = theta, theta + excess / over.sign_().sum(1, keepdim=True).clamp_(min=1)
        if watched and torch.equal(before, theta):
            break
    return theta
