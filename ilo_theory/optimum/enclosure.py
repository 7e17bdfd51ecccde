"""Networks on boxes: the value at the centre, and an interval matrix that holds every Jacobian in the box.

By the mean value theorem <v, f(x)> - <v, f(c)> is at most sum_j |x_j - c_j| max |(J^T v)_j|: a Lipschitz constant of
the box for each coordinate, which the product of the layers' norms bounds for all of space. Neurons whose sign does not
change in the box leave no uncertainty, so that the constants become exact as boxes shrink.
"""

from collections.abc import Iterable
from functools import singledispatch
from typing import NamedTuple

import torch
from torch import Tensor, nn

OUTWARD = 1 + 1e-12
"""By what factor an interval is widened for the rounding of its ends."""


class Enclosure(NamedTuple):
    """On B boxes of d sides: f at the centres [B, q]; a matrix and a radius [B, q, d], |J - middle| <= radius."""

    value: Tensor
    middle: Tensor
    radius: Tensor

    def slope(self, v: Tensor) -> tuple[Tensor, Tensor]:
        """[B, d] twice, g and e: all J^T v for J of the box lie in [g - e, g + e]."""
        return torch.bmm(v[:, None], self.middle)[:, 0], torch.bmm(v.abs()[:, None], self.radius)[:, 0]


def identity(centre: Tensor) -> Enclosure:
    """x -> x."""
    B, d = centre.shape
    eye = torch.eye(d, dtype=centre.dtype).expand(B, d, d)
    return Enclosure(centre, eye, torch.zeros_like(eye))


def through(layers: Iterable[nn.Module], f: Enclosure, half: Tensor) -> Enclosure:
    """layers o f, on boxes of which `half` [B, d] is half the sides."""
    value, middle, radius = f
    for layer in layers:
        if isinstance(layer, nn.Linear):
            middle, radius = layer.weight @ middle, layer.weight.abs() @ radius
        else:
            reach = ((middle.abs() + radius) @ half[:, :, None])[:, :, 0] * OUTWARD
            least, most = (slope[:, :, None] for slope in slopes(layer, value - reach, value + reach))
            radius = torch.maximum(least.abs(), most.abs()) * radius + (most - least) / 2 * middle.abs()
            middle = (least + most) / 2 * middle
        value = layer(value)
    return Enclosure(value, middle, radius)


def beside(f: Enclosure, x: Tensor) -> Enclosure:
    """(z, b) -> f(z) + b, b being a box of centre x: its coordinates come after those of f."""
    eye = identity(x)
    middle, radius = torch.cat((f.middle, eye.middle), dim=2), torch.cat((f.radius, eye.radius), dim=2)
    return Enclosure(f.value + x, middle, radius)


@singledispatch
def slopes(layer: nn.Module, low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    """Bounds of the derivative of an activation on [low, high], entry by entry; `slopes.register` adds one.

    Raises:
        TypeError: where none are known.
    """
    raise TypeError(f"`slopes(layer=...)` knows no bounds for {type(layer).__name__}.")


@slopes.register
def _(layer: nn.ReLU, low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    return (low > 0).to(low.dtype), (high > 0).to(high.dtype)


@slopes.register
def _(layer: nn.LeakyReLU, low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    ends = [torch.where(end > 0, torch.ones_like(end), layer.negative_slope) for end in (low, high)]
    return torch.minimum(*ends), torch.maximum(*ends)


@slopes.register
def _(layer: nn.Tanh, low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    near = torch.where(low * high > 0, torch.minimum(low.abs(), high.abs()), 0.0)
    far = torch.maximum(low.abs(), high.abs())
    return (1 - far.tanh() ** 2) / OUTWARD - 1e-15, (1 - near.tanh() ** 2) * OUTWARD + 1e-15
