"""Inverse problems y = A x + noise, made from what a user has. The truth is no argument of any of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import inf, prod
from typing import Self

import torch
from torch import Tensor

from ilo_practice.losses import DataMSE, Objective, Term, geodesic
from ilo_theory.operators import Downsample, Gaussian, Identity, LinearOperator, Mask, PartialCirculant


@dataclass(frozen=True)
class InverseProblem:
    """Measurements y = A x + N(0, sigma^2) of unknown images x, each of the batch a problem of its own.

    Args:
        operator: A, of images [C, H, W].
        y: [B, *operator.out_shape].
        sigma: of the noise, in the units of y (an image is [-1, 1], whose range is 2).
    """

    operator: LinearOperator
    y: Tensor
    sigma: float = 0.0

    @property
    def m(self) -> int:
        """How many numbers of each image were measured; the zeros that a mask leaves are none."""
        if isinstance(self.operator, Mask):
            return int(self.operator.mask.expand(self.operator.in_shape).sum())
        return prod(self.operator.out_shape)

    @property
    def terms(self) -> Mapping[str, Term]:
        """What an objective for this problem can be made of."""
        return {"mse": DataMSE(self.operator, self.y, self.m), "geodesic": geodesic}

    def objective(self, weights: Mapping[str, float], *, noise_addition: bool = False) -> Objective:
        """The weighted sum of terms that a recipe asks for, with stochastic noise addition at this sigma or without."""
        return Objective(weights, self.terms, self.sigma if noise_addition else 0.0)

    def residual(self, image: Tensor) -> Tensor:
        """How far an image [B, C, H, W] is from its measurements, sqrt(||A x - y||^2 / m): [B], sigma for the truth."""
        return self.terms["mse"](image, {}).sqrt()

    def repeat(self, times: int) -> Self:
        """Each image's problem `times` times in a row, for restarts."""
        return replace(self, y=self.y.repeat_interleave(times, 0))

    def to(self, device: torch.device | str) -> Self:
        """The same problem on another device."""
        return replace(self, operator=self.operator.to(device), y=self.y.to(device))


def inpainting(y: Tensor, mask: Tensor, *, sigma: float = 0.0) -> InverseProblem:
    """Complete images of which only some pixels are known, y = mask * x.

    Args:
        y: [B, C, H, W] in [-1, 1]; what it holds where the mask is False is never looked at.
        mask: boolean, [H, W] or [C, H, W], True where a pixel is known.
        sigma: of noise on the known pixels.
    """
    _require(mask.dtype == torch.bool, "inpainting(mask=...)", "boolean", mask.dtype)
    fits = y.ndim == 4 and 2 <= mask.ndim <= 3 and mask.shape == y.shape[-mask.ndim :]
    _require(fits, "inpainting(mask=...)", f"[H, W] or [C, H, W] of y, which is {list(y.shape)}", list(mask.shape))
    _require(bool(mask.any()), "inpainting(mask=...)", "True somewhere", "a mask that hides every pixel")
    y = y.masked_fill(~mask, 0)
    _check_images("inpainting", y, sigma)
    return InverseProblem(Mask(mask, tuple(y.shape[1:])).to(y), y, sigma)


def superresolution(y: Tensor, factor: int, *, sigma: float = 0.0) -> InverseProblem:
    """Find images `factor` times as large whose bicubic reduction is y [B, C, h, w]."""
    _check_images("superresolution", y, sigma)
    _require(factor >= 2, "superresolution(factor=...)", ">= 2", factor)
    channels, height, width = y.shape[1:]
    return InverseProblem(Downsample((channels, factor * height, factor * width), factor).to(y), y, sigma)


def denoising(y: Tensor, sigma: float) -> InverseProblem:
    """Remove noise N(0, sigma^2) from y [B, C, H, W]; sigma is in the units of [-1, 1]."""
    _check_images("denoising", y, sigma)
    return InverseProblem(Identity(tuple(y.shape[1:])).to(y), y, sigma)


def sensing(y: Tensor, operator: LinearOperator, *, sigma: float = 0.0) -> InverseProblem:
    """Recover images from random projections y [B, *operator.out_shape]."""
    _check_sigma("sensing", sigma)
    expected = list(operator.out_shape)
    _require(list(y.shape[1:]) == expected, "sensing(y=...)", f"[B, *{expected}]", list(y.shape))
    _check_finite("sensing(y=...)", y)
    return InverseProblem(operator, y, sigma)


def observe(x: Tensor, operator: LinearOperator, *, sigma: float = 0.0, rng: torch.Generator) -> Tensor:
    """Measure known images, A x + N(0, sigma^2): the only function here that sees a truth; no solver calls it."""
    _check_sigma("observe", sigma)
    _check_finite("observe(x=...)", x)
    y = operator(x)
    if sigma == 0:
        return y
    noise = sigma * torch.randn(y.shape, generator=rng, dtype=y.dtype).to(y.device)
    return operator(noise) + y if isinstance(operator, Mask) else y + noise  # a mask lets no noise through either


def draw_mask(
    shape: tuple[int, ...], *, mask: Tensor | None = None, observe: float | None = None, rng: torch.Generator
) -> Mask:
    """The given mask, or one that shows the share `observe` of the pixels, drawn at random."""
    _require((mask is None) != (observe is None), "inpaint", "given one of mask and observe", "both or none")
    if mask is None:
        _require(0 < observe <= 1, "inpaint(observe=...)", "in (0, 1]", observe)
        pixels = shape[-2] * shape[-1]
        mask = torch.zeros(pixels, dtype=torch.bool)
        mask[torch.randperm(pixels, generator=rng)[: max(1, round(observe * pixels))]] = True
        mask = mask.reshape(shape[-2:])
    fits = list(mask.shape) in (list(shape), list(shape[1:]))
    _require(fits, "inpaint(mask=...)", f"of the image's size {list(shape[1:])}", list(mask.shape))
    return Mask(mask, shape)


def draw_downsampling(shape: tuple[int, ...], *, factor: int, rng: torch.Generator) -> Downsample:
    """Bicubic reduction by `factor`; nothing is drawn."""
    _require(factor >= 2, "superres(factor=...)", ">= 2", factor)
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
    _require((m is None) != (share is None), "sense", "given one of m and share", "both or none")
    if m is None:
        _require(0 < share < inf, "sense(share=...)", "> 0", share)
        m = max(1, round(share * prod(shape)))
    return MATRICES[matrix](m, shape, rng=rng)


def _show_known_pixels(problem: InverseProblem) -> Tensor:
    """The known pixels on a chequered ground of a colour that no grey pixel has."""
    height, width = problem.operator.in_shape[1:]
    odd = (torch.arange(height)[:, None] + torch.arange(width)) % 2
    ground = torch.tensor([0.05, 0.2, 0.5])[:, None, None] - 0.15 * odd
    return torch.where(problem.operator.mask.cpu(), problem.y.cpu(), ground.to(problem.y.dtype))


def _show_enlarged(problem: InverseProblem) -> Tensor:
    factor = problem.operator.factor
    return problem.y.repeat_interleave(factor, -1).repeat_interleave(factor, -2)


def _show_back_projection(problem: InverseProblem) -> Tensor:
    """c A^T y, where c minimises ||A c A^T y - y||."""
    back = problem.operator.adjoint(problem.y)
    scale = back.flatten(1).square().sum(1) / problem.operator(back).square().sum(1).clamp_min(1e-12)
    return back * scale[:, None, None, None]


@dataclass(frozen=True)
class Kind:
    """One inverse problem, as command line, experiments and tests know it.

    Args:
        title: its name in figures.
        make: (y, what else a user has, *, sigma) -> InverseProblem; these arguments are the flags of the command line.
        draw: (shape, *, options, rng) -> the operator of a simulation; its options are the flags of --simulate.
        level: the option, or sigma, that says how hard a simulation is.
        picture: the observation as images [B, C or 3, H, W].
    """

    title: str
    make: Callable[..., InverseProblem]
    draw: Callable[..., LinearOperator]
    level: str
    picture: Callable[[InverseProblem], Tensor]

    def simulate(self, x: Tensor, *, sigma: float = 0.0, rng: torch.Generator, **options) -> InverseProblem:
        """The problem of known images x [B, C, H, W]: draws A, then the noise."""
        operator = self.draw(tuple(x.shape[1:]), rng=rng, **options).to(x)
        return InverseProblem(operator, observe(x, operator, sigma=sigma, rng=rng), sigma)


PROBLEMS = {
    "inpaint": Kind("inpainting", inpainting, draw_mask, "observe", _show_known_pixels),
    "superres": Kind("super-resolution", superresolution, draw_downsampling, "factor", _show_enlarged),
    "denoise": Kind("denoising", denoising, draw_identity, "sigma", lambda problem: problem.y),
    "sense": Kind("compressed sensing", sensing, draw_projections, "share", _show_back_projection),
}


def _require(holds: bool, what: str, condition: str, got: object) -> None:
    if not holds:
        raise ValueError(f"`{what}` must be {condition}, got {got}.")


def _check_sigma(call: str, sigma: float) -> None:
    _require(0 <= sigma < inf, f"{call}(sigma=...)", ">= 0 and finite", sigma)


def _check_finite(what: str, values: Tensor) -> None:
    bad = int((~values.isfinite()).sum())
    _require(bad == 0, what, "finite", f"{bad} values that are not")


def _check_images(call: str, y: Tensor, sigma: float) -> None:
    """Images in [-1, 1], up to noise and to what bicubic reduction overshoots: other scales are seen from afar."""
    _check_sigma(call, sigma)
    _require(y.ndim == 4 and y.shape[1] in (1, 3), f"{call}(y=...)", "[B, 1 or 3, H, W]", list(y.shape))
    _check_finite(f"{call}(y=...)", y)
    limit = 2 + 8 * sigma
    largest = y.abs().max().item()
    _require(largest <= limit, f"{call}(y=...)", f"in [-1, 1] up to noise, |y| <= {limit:g}", f"|y| = {largest:g}")
