"""Inverse problems y = A x + noise, made from what a user has. The truth is no argument of any of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Self

import torch
from torch import Tensor

from ilo_practice.demands import check_finite, check_sigma, require
from ilo_practice.losses import DataMSE, DeadZone, Objective, Term, geodesic, perceptual_term
from ilo_practice.perceptual import Perceptual
from ilo_practice.simulation import draw_downsampling, draw_identity, draw_mask, draw_projections, observe
from ilo_theory.operators import Downsample, Identity, LinearOperator, Mask


@dataclass(frozen=True)
class InverseProblem:
    """Measurements y = A x + N(0, sigma^2) of unknown images x, each of the batch a problem of its own.

    Args:
        operator: A, of images [C, H, W].
        y: [B, *operator.out_shape].
        sigma: of the noise, in the units of y (an image is [-1, 1], whose range is 2).
        view: from the images that a generator makes to the images x; None: they are x.
    """

    operator: LinearOperator
    y: Tensor
    sigma: float = 0.0
    view: LinearOperator | None = None

    @property
    def m(self) -> int:
        """How many numbers of each image were measured; the zeros that a mask leaves are none."""
        if isinstance(self.operator, Mask):
            return int(self.operator.mask.expand(self.operator.in_shape).sum())
        return prod(self.operator.out_shape)

    @property
    def made_shape(self) -> tuple[int, ...]:
        """[C, H, W] of the images that a generator must make."""
        return tuple((self.operator if self.view is None else self.view).in_shape)

    def seen(self, made: Tensor) -> Tensor:
        """x [B, C, H, W] in the images that a generator made."""
        return made if self.view is None else self.view(made)

    def perceptible(self, share: float) -> bool:
        """Whether y is an image that a perceptual distance makes sense of, its observed share of pixels being enough.

        Source: Section 4.2 and Appendix 7.3, where masked images need more than 20 % observed pixels.
        """
        if isinstance(self.operator, Mask):
            return self.m >= share * prod(self.operator.in_shape)
        return isinstance(self.operator, Downsample | Identity)

    def terms(self, perceptual: Perceptual | None = None, *, dead_zone: float = 0.0) -> Mapping[str, Term]:
        """What an objective for this problem can be made of, all of images x.

        Args:
            perceptual: the network of the term "lpips", which is missing without one.
            dead_zone: of the term "dead zone", residuals up to this size cost nothing.
        """
        terms = {"mse": DataMSE(self.operator, self.y, self.m), "geodesic": geodesic}
        terms["dead zone"] = DeadZone(self.operator, self.y, self.m, dead_zone)
        if perceptual is not None and self.perceptible(0.0):
            terms["lpips"] = perceptual_term(self.operator, self.y, perceptual, sigma=self.sigma)
        return terms

    def objective(
        self,
        weights: Mapping[str, float],
        *,
        noise_addition: bool = False,
        perceptual: Perceptual | None = None,
        dead_zone: float = 0.0,
    ) -> Objective:
        """The weighted sum of terms that a recipe asks for, with stochastic noise addition at this sigma or without."""
        terms = self.terms(perceptual, dead_zone=dead_zone)
        return Objective(weights, terms, self.sigma if noise_addition else 0.0, self.view)

    def residual(self, made: Tensor) -> Tensor:
        """How far a generator's images are from the measurements, sqrt(||A x - y||^2 / m): [B], sigma for the truth."""
        return self.terms()["mse"](self.seen(made), {}).sqrt()

    def repeat(self, times: int) -> Self:
        """Each image's problem `times` times in a row, for restarts."""
        return replace(self, y=self.y.repeat_interleave(times, 0))

    def to(self, device: torch.device | str) -> Self:
        """The same problem on another device."""
        view = self.view and self.view.to(device)
        return replace(self, operator=self.operator.to(device), y=self.y.to(device), view=view)


def inpainting(y: Tensor, mask: Tensor, *, sigma: float = 0.0) -> InverseProblem:
    """Complete images of which only some pixels are known, y = mask * x.

    Args:
        y: [B, C, H, W] in [-1, 1]; what it holds where the mask is False is never looked at.
        mask: boolean, [H, W] or [C, H, W], True where a pixel is known.
        sigma: of noise on the known pixels.

    >>> y = torch.zeros(1, 1, 4, 4)
    >>> inpainting(y, torch.eye(4, dtype=torch.bool)).m
    4
    """
    require(mask.dtype == torch.bool, "inpainting(mask=...)", "boolean", mask.dtype)
    fits = y.ndim == 4 and 2 <= mask.ndim <= 3 and mask.shape == y.shape[-mask.ndim :]
    require(fits, "inpainting(mask=...)", f"[H, W] or [C, H, W] of y, which is {list(y.shape)}", list(mask.shape))
    require(bool(mask.any()), "inpainting(mask=...)", "True somewhere", "a mask that hides every pixel")
    y = y.masked_fill(~mask, 0)
    _check_images("inpainting", y, sigma)
    return InverseProblem(Mask(mask, tuple(y.shape[1:])).to(y), y, sigma)


def superresolution(y: Tensor, factor: int, *, sigma: float = 0.0) -> InverseProblem:
    """Find images `factor` times as large whose bicubic reduction is y [B, C, h, w].

    >>> superresolution(torch.zeros(2, 1, 8, 8), factor=4).made_shape
    (1, 32, 32)
    """
    _check_images("superresolution", y, sigma)
    require(factor >= 2, "superresolution(factor=...)", ">= 2", factor)
    channels, height, width = y.shape[1:]
    return InverseProblem(Downsample((channels, factor * height, factor * width), factor).to(y), y, sigma)


def denoising(y: Tensor, sigma: float) -> InverseProblem:
    """Remove noise N(0, sigma^2) from y [B, C, H, W]; sigma is in the units of [-1, 1]."""
    _check_images("denoising", y, sigma)
    return InverseProblem(Identity(tuple(y.shape[1:])).to(y), y, sigma)


def sensing(y: Tensor, operator: LinearOperator, *, sigma: float = 0.0) -> InverseProblem:
    """Recover images from random projections y [B, *operator.out_shape].

    >>> from ilo_theory.operators import Gaussian
    >>> A = Gaussian.draw(5, (1, 4, 4), rng=torch.Generator().manual_seed(0))
    >>> sensing(torch.zeros(2, 5), A).m
    5
    """
    check_sigma("sensing", sigma)
    expected = list(operator.out_shape)
    require(list(y.shape[1:]) == expected, "sensing(y=...)", f"[B, *{expected}]", list(y.shape))
    check_finite("sensing(y=...)", y)
    return InverseProblem(operator, y, sigma)


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


def _check_images(call: str, y: Tensor, sigma: float) -> None:
    """Images in [-1, 1], up to noise and to what bicubic reduction overshoots: other scales are seen from afar."""
    check_sigma(call, sigma)
    require(y.ndim == 4 and y.shape[1] in (1, 3), f"{call}(y=...)", "[B, 1 or 3, H, W]", list(y.shape))
    check_finite(f"{call}(y=...)", y)
    limit = 2 + 8 * sigma
    largest = y.abs().max().item()
    require(largest <= limit, f"{call}(y=...)", f"in [-1, 1] up to noise, |y| <= {limit:g}", f"|y| = {largest:g}")
