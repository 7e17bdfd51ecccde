"""What is measured of images: some pixels, a part, another number of pixels (super-resolution), all (denoising)."""

from math import ceil

import torch
from torch import Tensor
from torch.nn.functional import pad

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


class Resize(LinearOperator):
    """Bicubic change of size, antialiased where it shrinks, [..., H, W] -> [..., h, w].

    Along a side of H numbers of which h are made, number i is a mean with the weights k((j - c) / f) of the numbers j,
    with c = (i + 1/2) H/h - 1/2 and f = max(1, H/h). Images are continued by reflection, as often as it takes.

        k(t) = 3/2 |t|^3 - 5/2 |t|^2 + 1 for |t| <= 1,   -1/2 |t|^3 + 5/2 |t|^2 - 4 |t| + 2 for 1 <= |t| <= 2

    Args:
        shape: of x, [..., H, W].
        size: (h, w).

    Source: Keys 1981 (a = -1/2).
    """

    def __init__(self, shape: tuple[int, ...], size: tuple[int, int]):
        if len(shape) < 2:
            raise ValueError(f"`{type(self).__name__}(shape=...)` must be [..., H, W], got {tuple(shape)}.")
        if len(size) != 2 or min(size) < 1:
            raise ValueError(f"`{type(self).__name__}(size=...)` must be two integers >= 1, got {tuple(size)}.")
        super().__init__(shape, (*shape[:-2], *size))

    def _weights(self):
        sides = zip(self.in_shape[-2:], self.out_shape[-2:], strict=True)
        return tuple(_bicubic(size, wanted).to(self._like) for size, wanted in sides)

    def _forward(self, x):
        rows, columns = self._keep(self._like, self._weights)
        return rows @ x @ columns.T

    def _adjoint(self, y):
        rows, columns = self._keep(self._like, self._weights)
        return rows.T @ y @ columns


class Downsample(Resize):
    """Antialiased bicubic downsampling by a factor f, [..., H, W] -> [..., H / f, W / f], as in PULSE.

    A block of f x f pixels becomes one: `Resize`, whose kernel then spans 4f x 4f pixels round the block's middle.

    Source: Menon et al. 2020.
    """

    def __init__(self, shape: tuple[int, ...], factor: int):
        height, width = shape[-2:] if len(shape) >= 2 else (0, 0)
        if len(shape) >= 2 and (factor < 1 or height % factor or width % factor):
            raise ValueError(f"`Downsample(factor=...)` must divide {height} and {width}, got {factor}.")
        super().__init__(shape, (height // factor, width // factor))
        self.factor = factor


class Crop(LinearOperator):
    """A x = the h x w pixels in the middle of x, [..., H, W] -> [..., h, w]; an odd margin is larger at the end."""

    def __init__(self, shape: tuple[int, ...], size: tuple[int, int]):
        fits = len(shape) >= 2 and len(size) == 2
        if not fits or any(not 1 <= wanted <= whole for wanted, whole in zip(size, shape[-2:], strict=True)):
            raise ValueError(f"`Crop(size=...)` must fit into {tuple(shape)}, got {tuple(size)}.")
        super().__init__(shape, (*shape[:-2], *size))
        (height, width), (h, w) = shape[-2:], size
        self._margins = ((width - w) // 2, (width - w + 1) // 2, (height - h) // 2, (height - h + 1) // 2)

    def _forward(self, x):
        left, _, top, _ = self._margins
        height, width = self.out_shape[-2:]
        return x[..., top : top + height, left : left + width].clone()

    def _adjoint(self, y):
        return pad(y, self._margins)


def _bicubic(size: int, wanted: int) -> Tensor:
    """The weights [wanted, size] of `Resize` in one direction."""
    scale = size / wanted
    spread = max(scale, 1.0)  # the kernel is widened where the image shrinks, and interpolates where it grows
    middles = (torch.arange(wanted, dtype=torch.float64, device="cpu") + 0.5) * scale - 0.5
    taps = torch.arange(ceil(4 * spread) + 1, device="cpu")
    pixels = (middles - 2 * spread).floor().long()[:, None] + taps
    t = (pixels - middles[:, None]).abs() / spread
    weights = torch.where(t <= 1, 1.5 * t**3 - 2.5 * t**2 + 1, -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2)
    weights = weights.masked_fill(t >= 2, 0)
    period = max(2 * (size - 1), 1)
    pixels = pixels % period
    pixels = torch.minimum(pixels, period - pixels)
    zeros = torch.zeros(wanted, size, dtype=torch.float64, device="cpu")
    return zeros.scatter_add_(1, pixels, weights / weights.sum(1, keepdim=True))


class Identity(LinearOperator):
    """A x = x: what denoising measures."""

    def __init__(self, shape: tuple[int, ...]):
        super().__init__(shape, shape)

    def _forward(self, x):
        return x.clone()

    _adjoint = _forward
