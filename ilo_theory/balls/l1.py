"""The projection onto the l1 ball, with its derivative.

It is a soft threshold S_theta, theta the root of f = sum_i max(|x_i| - theta, 0) - radius, which is convex and
piecewise linear. As S_s S_t = S_{s+t}, theta may be a sum of numbers of x's format: rounding it costs nothing.
"""

from typing import Any

import torch
from torch import Tensor

from ilo_theory.balls.arguments import check, column, wide
from ilo_theory.balls.rows import project_rows
from ilo_theory.balls.together import project_together

ROW_BY_ROW = 64  # on the CPU, rows of p >= 64 B entries are solved one by one, each in its own number of steps


def project_l1_ball(x: Tensor, radius: float | Tensor, centre: Tensor | None = None) -> Tensor:
    """The nearest point of an l1 ball, for each point of a batch.

    argmin_y ||y - x||_2 subject to ||y - centre||_1 <= radius.

    Exact up to rounding, and differentiable almost everywhere in all arguments: outside of the ball dy/dradius = s / n
    and dy/dx = diag(|s|) - s s^T / n with s = sign(y - centre), n = ||s||_1; inside they are 0 and the identity.

    Arguments:
        x: [B, *shape], of a floating dtype; half precision is computed in float32.
        radius: >= 0, one for all points or [B]; less than 10^-16 max |x_i| is taken for 0.
        centre: of x's shape and dtype; the origin where None.

    Returns:
        [B, *shape]; points of the ball are unchanged, a point whose l1 norm is not finite becomes NaN.

    Raises:
        ValueError: x is no batch of points or has no floating dtype, radius < 0 or not [B], centre unlike x.

    >>> project_l1_ball(torch.tensor([[3.0, -2.0, 0.5]]), radius=2.0).tolist()
    [[1.5, -0.5, 0.0]]

    Source: line 5 of Algorithm 1; Duchi et al., 2008, for theta; Michelot, 1986, for the steps.
    """
    check("project_l1_ball", x, radius, centre)
    if torch.is_grad_enabled() and (x.requires_grad or _moves(radius) or _moves(centre)):
        return _L1Projection.apply(x, radius, centre)
    y, outside = _project_shift(x, radius, centre)
    return y if centre is None and y.dtype == x.dtype else _about(centre, x, y, outside, in_place=True)


class _L1Projection(torch.autograd.Function):
    """The projection with its derivative, which the signs of y - centre determine."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, radius: float | Tensor, centre: Tensor | None) -> Tensor:
        shift, outside = _project_shift(x, radius, centre)
        ctx.save_for_backward(shift.flatten(1), torch.as_tensor(outside, dtype=torch.bool).view(-1, 1))
        return _about(centre, x, shift, outside)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        shift, outside = ctx.saved_tensors
        rows, signs = grad.reshape(shift.shape).to(shift.dtype), shift.sign()
        mean = (rows * signs).sum(1, keepdim=True) / signs.abs().sum(1, keepdim=True).clamp(min=1)
        to_x = torch.where(outside, (rows * signs - mean) * signs, rows)
        to_radius = torch.where(outside, mean, 0).squeeze(1) if ctx.needs_input_grad[1] else None
        to_centre = (rows - to_x).view(grad.shape) if ctx.needs_input_grad[2] else None
        return to_x.view(grad.shape), to_radius, to_centre


def _moves(argument: float | Tensor | None) -> bool:
    return isinstance(argument, Tensor) and argument.requires_grad


def _project_shift(x: Tensor, radius: float | Tensor, centre: Tensor | None) -> tuple[Tensor, list[bool] | Tensor]:
    """The projection of x - centre about the origin, [B, *shape]; for each point, whether it was outside."""
    x = wide(x.detach() if x.requires_grad else x)
    shift = x if centre is None else x - centre.detach()
    if shift.is_cpu and shift.numel() >= ROW_BY_ROW * shift.shape[0] ** 2 and not torch.compiler.is_compiling():
        return project_rows(shift, radius)
    rows = shift.flatten(1)
    y, outside = project_together(rows, column(radius, rows))
    return y.view(shift.shape), outside


def _about(
    centre: Tensor | None, x: Tensor, y: Tensor, outside: list[bool] | Tensor, *, in_place: bool = False
) -> Tensor:
    """y + centre in x's format, where x was outside: inside it is x itself, whose bits a shift would change."""
    if centre is not None:
        centre = centre.detach() if centre.requires_grad else centre
        y = y.add_(centre) if in_place else y + centre
    y = y if y.dtype == x.dtype else y.to(x.dtype)
    if centre is None or (isinstance(outside, list) and all(outside)):
        return y
    outside = torch.as_tensor(outside, dtype=torch.bool).view(-1, *[1] * (x.ndim - 1))
    return torch.where(outside, y, x.detach())
