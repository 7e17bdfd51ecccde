"""What is measured of images: some pixels (inpainting), fewer pixels (super-resolution), all pixels (denoising)."""

import torch
from torch import Tensor

from ilo_theory.operators.base import LinearOperator


class Mask(LinearOperator):
    """A x = mask * x, in the shape of x: the rows of the identity that are not observed are 0.

    Args:
        mask: boolean, or of zeros and ones; true where x is observed.
        shape: of x, to which the mask broadcasts; None: the mask's own.
    """

    def __init__(self, mask: Tensor, shape: tuple[int, ...] | None = None):
        shape = tuple(mask.shape if shape is None else shape)
        super().__init__(shape, shape, like=torch.empty(0, device=mask.device))
        sizes = zip(reversed(mask.shape), reversed(shape), strict=False)
        if mask.ndim > len(shape) or any(size not in (1, whole) for size, whole in sizes):
            raise ValueError(f"`Mask(mask=...)` must broadcast to {shape}, got shape {tuple(mask.shape)}.")
        if not torch.all((mask == 0) | (mask == 1)):
            raise ValueError("`Mask(mask=...)` must hold zeros and ones alone.")
        self.register_buffer("mask", mask.bool().expand(shape).contiguous())

    def _forward(self, x):
        return x.masked_fill(~self.mask, 0)

    _adjoint = _forward


class Downsample(LinearOperator):
    """Antialiased bicubic downsampling by a factor f, [..., H, W] -> [..., H / f, W / f], as in PULSE.

    A block of f x f pixels becomes one, a mean with the weights k(t) k(t') of the 4f x 4f pixels round it; t is their
    distance from the block's middle in units of f. Images are continued by reflection, as often as it takes.

        k(t) = 3/2 |t|^3 - 5/2 |t|^2 + 1 for |t| <= 1,   -1/2 |t|^3 + 5/2 |t|^2 - 4 |t| + 2 for 1 <= |t| <= 2

    Source: Keys 1981 (a = -1/2); Menon et al. 2020.
    """

    def __init__(self, shape: tuple[int, ...], factor: int):
        if len(shape) < 2:
            raise ValueError(f"`Downsample(shape=...)` must be [..., H, W], got {tuple(shape)}.")
        *channels, H, W = shape
        if factor < 1 or H % factor or W % factor:
            raise ValueError(f"`Downsample(factor=...)` must divide {H} and {W}, got {factor}.")
        super().__init__(shape, (*channels, H // factor, W // factor))
        self.factor = factor

    def _weights(self):
        return tuple(_bicubic(size, self.factor).to(self._like) for size in self.in_shape[-2:])

    def _forward(self, x):
        rows, columns = self._keep(self._like, self._weights)
        return rows @ x @ columns.T

    def _adjoint(self, y):
        rows, columns = self._keep(self._like, self._weights)
        return rows.T @ y @ columns


def _bicubic(size: int, factor: int) -> Tensor:
    """The weights [size / factor, size] of `Downsample` in one direction."""
    taps = torch.arange(4 * factor, device="cpu") - 3 * factor // 2  # counted from a block's first pixel
    t = (taps.double() - (factor - 1) / 2).abs() / factor
    weights = torch.where(t <= 1, 1.5 * t**3 - 2.5 * t**2 + 1, -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2)
    period = max(2 * (size - 1), 1)
    pixels = (torch.arange(0, size, factor, device="cpu")[:, None] + taps) % period
    pixels = torch.minimum(pixels, period - pixels)
    zeros = torch.zeros(size // factor, size, dtype=torch.float64, device="cpu")
    return zeros.scatter_add_(1, pixels, (weights / weights.sum()).expand(pixels.shape))


class Identity(LinearOperator):
    """A x = x: what denoising measures."""

    def __init__(self, shape: tuple[int, ...]):
        super().__init__(shape, shape)

    def _forward(self, x):
        return x.clone()

    _adjoint = _forward
