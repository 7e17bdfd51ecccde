"""Simulated measurements of known images: what draws the operators, and the one function that sees a truth."""

from math import inf, prod

import torch
from torch import Tensor

from ilo_practice.demands import check_finite, check_sigma, require
from ilo_theory.operators import Downsample, Gaussian, Identity, LinearOperator, Mask, PartialCirculant


def observe(x: Tensor, operator: LinearOperator, *, sigma: float = 0.0, rng: torch.Generator) -> Tensor:
    """Measure known images, A x + N(0, sigma^2): the only function here that sees a truth; no solver calls it.

    >>> A = Gaussian.draw(5, (1, 4, 4), rng=torch.Generator().manual_seed(0))
    >>> tuple(observe(torch.zeros(2, 1, 4, 4), A, sigma=0.1, rng=torch.Generator().manual_seed(1)).shape)
    (2, 5)
    """
    check_sigma("observe", sigma)
    check_finite("observe(x=...)", x)
    y = operator(x)
    if sigma == 0:
        return y
    noise = sigma * torch.randn(y.shape, generator=rng, dtype=y.dtype).to(y.device)
    return operator(noise) + y if isinstance(operator, Mask) else y + noise  # a mask lets no noise through either


def draw_mask(
    shape: tuple[int, ...], *, mask: Tensor | None = None, observe: float | None = None, rng: torch.Generator
) -> Mask:
    """The given mask, or one that shows the share `observe` of the pixels, drawn at random."""
    require((mask is None) != (observe is None), "inpaint", "given one of mask and observe", "both or none")
    if mask is None:
        require(0 < observe <= 1, "inpaint(observe=...)", "in (0, 1]", observe)
        pixels = shape[-2] * shape[-1]
        mask = torch.zeros(pixels, dtype=torch.bool)
        mask[torch.randperm(pixels, generator=rng)[: max(1, round(observe * pixels))]] = True
        mask = mask.reshape(shape[-2:])
    fits = list(mask.shape) in (list(shape), list(shape[1:]))
    require(fits, "inpaint(mask=...)", f"of the image's size {list(shape[1:])}", list(mask.shape))
    return Mask(mask, shape)


def draw_downsampling(shape: tuple[int, ...], *, factor: int, rng: torch.Generator) -> Downsample:
    """Bicubic reduction by `factor`; nothing is drawn."""
    require(factor >= 2, "superres(factor=...)", ">= 2", factor)
    return Downsample(shape, factor)


def draw_identity(shape: tuple[int, ...], *, rng: torch.Generator) -> Identity:
    """No operator but the noise; nothing is drawn here."""
    return Identity(shape)


MATRICES = {"circulant": PartialCirculant.draw, "gaussian": Gaussian.draw}


def draw_projections(
    shape: tuple[int, ...],
    *,
    m: int | None = None,
    share: float | None = None,
    matrix: str = "circulant",
    rng: torch.Generator,
) -> LinearOperator:
    """m random projections of the n numbers of an image, or the share m/n of them."""
    require((m is None) != (share is None), "sense", "given one of m and share", "both or none")
    if m is None:
        require(0 < share < inf, "sense(share=...)", "> 0", share)
        m = max(1, round(share * prod(shape)))
    return MATRICES[matrix](m, shape, rng=rng)
