"""The low-pass filter [1, 3, 3, 1] of StyleGAN-2 and the upsampling of skip images, by additions of shifted views."""

import torch
import torch.nn.functional as F
from torch import Tensor


class _BlurSum(torch.autograd.Function):
    """The adjoint for padding (a, b) is this filter for padding (3 - a, 3 - b): differentiable to any order."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, before: int, after: int) -> Tensor:
        x = F.pad(x, (before, after) * 2)
        for _ in range(3):  # [1, 3, 3, 1] is [1, 1] three times: six additions of shifted views
            x = x[..., :-1] + x[..., 1:]
        for _ in range(3):
            x = x[..., :-1, :] + x[..., 1:, :]
        return x

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        _, ctx.before, ctx.after = inputs

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, None, None]:
        return _BlurSum.apply(grad, 3 - ctx.before, 3 - ctx.after), None, None

    @staticmethod
    def jvp(ctx, tangent: Tensor, *_) -> Tensor:
        return _BlurSum.apply(tangent, ctx.before, ctx.after)


def blur_sum(x: Tensor, pad: tuple[int, int]) -> Tensor:
    """The filter [1, 3, 3, 1] along height and width, not divided by 64, after zero padding by `pad` on each axis."""
    blur = _BlurSum.forward if torch.compiler.is_compiling() else _BlurSum.apply  # which torch.compile cannot trace
    return blur(x, *pad)


def upsample(x: Tensor) -> Tensor:
    """Twice the size with the filter [1, 3, 3, 1]/4 on each axis: its two phases are (1, 3)/4 and (3, 1)/4."""
    for dim in (-1, -2):
        size = x.shape[dim]
        x = F.pad(x, (1, 1) if dim == -1 else (0, 0, 1, 1))
        before, middle, after = (x.narrow(dim, i, size) for i in range(3))
        near = 0.75 * middle
        x = torch.stack((near + 0.25 * before, near + 0.25 * after), dim=x.ndim if dim == -1 else x.ndim - 1)
        x = x.flatten(dim - 1, dim)
    return x
