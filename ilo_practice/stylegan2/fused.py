"""One layer of StyleGAN-2 with a frozen weight as one function: y = sqrt(2) leaky_relu(gain conv(style x) + noise + b).

Large images are bound by memory, not arithmetic, so that a layer goes over its image in strips of rows that fit into
the cache, and keeps nothing for the gradient but its input and output: as the leaky ReLU can be inverted, these give
the gradient by the gain. The derivatives of the gradient are those of the plain formula, which is run then.
"""

from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor

from ilo_practice.stylegan2.kernels import Kernel

SLOPE = 0.2
# Numbers of a strip in float32's 4 bytes: what is convolved, what its gradient is taken of, what is activated,
# what is multiplied and summed at once.
CONVOLVED, GRADED, ACTIVATED, DOTTED = 2**20, 2**19, 2**18, 2**17
WEIGHT = 9  # a strip is no smaller than the weight, 9 in out numbers, which is read for each


def fused(
    x: Tensor, style: Tensor, gain: Tensor, noise: Tensor, bias: Tensor, kernel: Kernel, clamp: float | None
) -> Tensor:
    """y [B, out, H, W] of x [B, in, h, w], style [B, in, 1, 1], gain [B, out, 1, 1], noise [B or 1, 1, H, W].

    The bias is [out]; H = h, or H = 2h where the kernel doubles; `clamp` bounds |y|, None: nothing does. Equal to
    `plain`, and like it differentiable by the five tensors to any order, in reverse and in forward mode.
    """
    return _Fused.apply(x, style, gain, noise, bias, kernel, clamp)


def plain(
    x: Tensor, style: Tensor, gain: Tensor, noise: Tensor, bias: Tensor, kernel: Kernel, clamp: float | None
) -> Tensor:
    """The same in torch's own functions."""
    y = F.leaky_relu(kernel.whole(x * style) * gain + (noise + bias[:, None, None]), SLOPE) * sqrt(2)
    return y if clamp is None else y.clamp(-clamp, clamp)


class _Fused(torch.autograd.Function):
    @staticmethod
    def forward(x, style, gain, noise, bias, kernel, clamp) -> Tensor:
        gain, noise, bias = gain * sqrt(2), noise * sqrt(2), bias[:, None, None] * sqrt(2)
        y = x.new_empty(x.shape[0], kernel.power.shape[0], *noise.shape[2:])
        at_once = _height(ACTIVATED, y)
        for first, last in _strips(x, kernel, CONVOLVED):
            rows, inner, inside = _window(x, first - 1, last + 1)
            torch.mul(x[:, :, inside], style, out=inner)
            for row, strip in kernel.rows(rows, at_once=at_once):
                part = slice(kernel.scale * first + row, kernel.scale * first + row + strip.shape[2])
                torch.addcmul(noise[:, :, part], strip, gain, out=strip).add_(bias)
                torch.ops.aten.leaky_relu.out(strip, SLOPE, out=y[:, :, part])
        return y if clamp is None else y.clamp_(-clamp, clamp)

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        *tensors, ctx.kernel, ctx.clamp = inputs
        ctx.save_for_backward(*tensors, output)
        ctx.save_for_forward(*tensors, output)

    @staticmethod
    def backward(ctx, grad: Tensor):
        *tensors, y = ctx.saved_tensors
        needed = ctx.needs_input_grad[:5]
        if torch.is_grad_enabled():  # under create_graph
            # each through a view of its own, as one may have been computed from another
            own = [tensor.view_as(tensor) for tensor in tensors]
            wanted = [tensor for tensor, need in zip(own, needed, strict=True) if need]
            found = iter(torch.autograd.grad(plain(*own, ctx.kernel, ctx.clamp), wanted, grad, create_graph=True))
            grads = [next(found) if need else None for need in needed]
        else:
            grads = _gradient(grad, *tensors, y, ctx.kernel, ctx.clamp)
        return *grads, None, None

    @staticmethod
    def jvp(ctx, dx, dstyle, dgain, dnoise, dbias, *_) -> Tensor:
        x, style, gain, _, _, y = ctx.saved_tensors
        tangent = ctx.kernel.whole(dx * style + x * dstyle) * gain + ctx.kernel.whole(x * style) * dgain
        tangent = (tangent + dnoise + dbias[:, None, None]) * ((y > 0).to(y) * (1 - SLOPE) + SLOPE) * sqrt(2)
        return tangent if ctx.clamp is None else tangent * (y.abs() < ctx.clamp)

    @staticmethod
    def vmap(info, in_dims, *inputs):
        *tensors, kernel, clamp = inputs
        return torch.vmap(lambda *each: plain(*each, kernel, clamp), in_dims[:5])(*tensors), 0


def _gradient(grad, x, style, gain, noise, bias, y, kernel, clamp) -> tuple[Tensor, ...]:
    """The gradients by x, style, gain, noise and bias, from the gradient by y."""
    if clamp is not None:
        grad = grad * (y.abs() < clamp)
    by_x, by_noise = torch.empty_like(x), grad.new_empty(grad.shape[0], 1, *grad.shape[2:])
    by_style, energy, total, with_noise = 0, 0, 0, 0
    gain_of_all = gain * sqrt(2)
    for first, last in _strips(x, kernel, GRADED):
        part = slice(kernel.scale * first, kernel.scale * last)
        rows, inner, inside = _window(grad, part.start - kernel.scale, part.stop + kernel.scale, kernel.border)
        torch.ops.aten.leaky_relu_backward.grad_input(
            grad[:, :, inside], y[:, :, inside], SLOPE, True, grad_input=inner
        )
        own = inner[:, :, part.start - inside.start : part.stop - inside.start]
        torch.sum(own, dim=1, keepdim=True, out=by_noise[:, :, part])
        total = total + own.sum((2, 3))
        with_noise = with_noise + _dot(own, noise[:, :, part])
        energy = energy + _dot(grad[:, :, part], y[:, :, part])
        scaled = kernel.adjoint_rows(rows.mul_(gain_of_all))
        by_style = by_style + _dot(scaled, x[:, :, first:last])
        torch.mul(scaled, style, out=by_x[:, :, first:last])
    # y leaky_relu'(u) = leaky_relu(u) leaky_relu'(...): grad y is the gradient by u = gain conv + noise + b, times u
    by_gain = (energy - sqrt(2) * (with_noise + total * bias)) / gain.flatten(1)
    by_noise, by_bias = by_noise.mul_(sqrt(2)).sum_to_size(noise.shape), sqrt(2) * total.sum(0)
    return by_x, by_style[:, :, None, None], by_gain[:, :, None, None], by_noise, by_bias


def _dot(a: Tensor, b: Tensor) -> Tensor:
    """The sums [B, C] over the pixels of a b."""
    rows = _height(DOTTED, a)
    return sum((some * others).sum((2, 3)) for some, others in zip(a.split(rows, 2), b.split(rows, 2), strict=True))


def _height(numbers: int, x: Tensor) -> int:
    """The power of two rows of x, at least four, that hold at most that many numbers."""
    return max(4, 2 ** ((numbers // (x.shape[1] * x.shape[3])).bit_length() - 1))


def _strips(x: Tensor, kernel: Kernel, numbers: int) -> list[tuple[int, int]]:
    """Rows [first, last) of x, a power of two of them."""
    height, row = x.shape[2], max(kernel.power.shape) * x.shape[3] * kernel.scale
    rows = 4
    while 2 * rows * row <= max(numbers, WEIGHT * kernel.power.numel()):
        rows *= 2
    return [(first, min(first + rows, height)) for first in range(0, height, rows)]


def _window(x: Tensor, first: int, last: int, border: int = 0) -> tuple[Tensor, Tensor, slice]:
    """Room for rows [first, last) of x, zero outside of the image and in `border` columns on either side.

    Also its view of what lies inside of the image, and which rows of x these are.
    """
    height, width = x.shape[2:]
    inside = slice(max(first, 0), min(last, height))
    room = x.new_empty(*x.shape[:2], last - first, width + 2 * border)
    room[:, :, : inside.start - first] = 0
    room[:, :, inside.stop - first :] = 0
    if border:
        room[..., :border] = 0
        room[..., -border:] = 0
    return room, room[:, :, inside.start - first : inside.stop - first, border : border + width], inside
