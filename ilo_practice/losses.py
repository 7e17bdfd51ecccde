"""What a restoration minimises: a weighted sum of named terms, one number an image."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf, prod

import torch
from torch import Tensor

from ilo_practice.demands import check_sigma, require
from ilo_practice.perceptual import Perceptual, check_range
from ilo_theory.generators import Latent
from ilo_theory.operators import LinearOperator, Mask

Term = Callable[[Tensor, Latent], Tensor]
"""term(image [B, C, H, W], latent) -> [B]: entry i depends on image i alone."""


@dataclass(frozen=True)
class DataMSE:
    """The mean squared residual of the measurements, ||A x - y||^2 / m.

    Args:
        operator: A, of images [C, H, W].
        y: measurements [B, *operator.out_shape].
        m: how many numbers of each y were measured; None: all. A mask leaves zeros, which are no measurements.
    """

    operator: LinearOperator
    y: Tensor
    m: int | None = None

    def __call__(self, image: Tensor, latent: Latent) -> Tensor:
        m = prod(self.operator.out_shape) if self.m is None else self.m
        return (self.operator(image) - self.y).square().flatten(1).sum(1) / m


@dataclass(frozen=True)
class DeadZone:
    """The mean excess of the residuals over alpha, sum max(0, |A x - y| - alpha) / m: smaller ones cost nothing.

    Args:
        operator, y, m: as in `DataMSE`.
        alpha: the half width of the zone, in the units of y.

    Raises:
        ValueError: for an alpha below 0 or not finite.
    """

    operator: LinearOperator
    y: Tensor
    m: int | None = None
    alpha: float = 0.0

    def __post_init__(self):
        require(0 <= self.alpha < inf, "DeadZone(alpha=...)", ">= 0 and finite", self.alpha)

    def __call__(self, image: Tensor, latent: Latent) -> Tensor:
        m = prod(self.operator.out_shape) if self.m is None else self.m
        return ((self.operator(image) - self.y).abs() - self.alpha).clamp_min(0).flatten(1).sum(1) / m


@dataclass(frozen=True)
class PerceptualData:
    """The perceptual distance of measurements that are images, d(A x, y); what the network makes of y is computed once.

    For super-resolution A is the bicubic reduction of Section 4.2, for denoising the identity, before which `Objective`
    adds noise. Device and dtype of network, operator and y are those of x, and settled.

    Args:
        operator: A, of images [C, H, W], to images.
        y: [B, C, h, w] in [-1, 1], up to noise and to what the reduction overshoots.
        network: d, which no clamping of x precedes.
        sigma: of the noise in y, which may be as far outside as that.

    Raises:
        ValueError: for values of y beyond 2 + 8 sigma, and for shapes or dtypes that do not fit.
    """

    operator: LinearOperator
    y: Tensor
    network: Perceptual
    sigma: float = 0.0
    target: Tensor = field(init=False, repr=False)

    def __post_init__(self):
        _check_target(self)
        with torch.no_grad():
            object.__setattr__(self, "target", self.network.features(self.y))

    def __call__(self, image: Tensor, latent: Latent) -> Tensor:
        return self.network.distance(self.network.features(self.operator(image)), self.target)


@dataclass(frozen=True)
class FilledPerceptual:
    """The perceptual distance of an image x and what is known of it, filled up with x itself.

        d(x, mask y + (1 - mask) x), the gradient going through both sides

    The filling comes before the network reduces images to 256 px, which would else blend known pixels with unknown.

    Args:
        operator: the mask.
        y, network, sigma: as in `PerceptualData`; what y holds where the mask is False is never looked at.

    Raises:
        ValueError: as `PerceptualData`.

    Source: Section 4.2.
    """

    operator: Mask
    y: Tensor
    network: Perceptual
    sigma: float = 0.0

    def __post_init__(self):
        _check_target(self)

    def __call__(self, image: Tensor, latent: Latent) -> Tensor:
        filled = torch.where(self.operator.mask, self.y, image)
        both = self.network.features(torch.cat((image, filled)))
        return self.network.distance(*both.chunk(2))


def perceptual_term(operator: LinearOperator, y: Tensor, network: Perceptual, *, sigma: float = 0.0) -> Term:
    """The perceptual term that a measurement allows: `FilledPerceptual` for a mask, `PerceptualData` for other images.

    Raises ValueError for an operator whose y is no image, and as these do.
    """
    return (FilledPerceptual if isinstance(operator, Mask) else PerceptualData)(operator, y, network, sigma)


def _check_target(term: PerceptualData | FilledPerceptual) -> None:
    """That y is an image with values near [-1, 1]: other scales are seen from afar."""
    call, shape = type(term).__name__, list(term.operator.out_shape)
    is_image = len(shape) == 3 and shape[0] in (1, 3)
    require(is_image, f"{call}(operator=...)", "of images, to [1 or 3, h, w]", f"one to {shape}")
    require(list(term.y.shape[1:]) == shape, f"{call}(y=...)", f"[B, *{shape}]", list(term.y.shape))
    check_sigma(call, term.sigma)
    known = term.y.masked_fill(~term.operator.mask, 0) if isinstance(term.operator, Mask) else term.y
    check_range(f"{call}(y=...)", known, 2 + 8 * term.sigma)


def geodesic(image: Tensor, latent: Latent) -> Tensor:
    """How far the codes "v" of the layers are from one code: their mean squared distance along the sphere, over 8.

    d theta_ij^2 / 8 averaged over all ordered pairs (i, j) of layers, where theta_ij is the angle between v_i and v_j,
    computed as 2 atan2(||v_i - v_j||, ||v_i + v_j||), and d the length of a code.

    Source: the cross geodesic loss of PULSE (Menon et al. 2020), which Section 4.1.1 of the paper adopts.
    """
    if "v" not in latent:
        raise ValueError(f'The term "geodesic" needs one code "v" a layer, got a latent of {sorted(latent)}.')
    v = latent["v"]
    x, y = v[:, :, None], v[:, None]
    apart, together = ((difference.square().sum(-1) + 1e-9).sqrt() for difference in (x - y, x + y))
    theta = 2 * torch.atan2(apart, together)
    return theta.square().mean((1, 2)) * (v.shape[-1] / 8)


@dataclass(frozen=True)
class Objective:
    """sum_t weight_t term_t(image, latent), one number an image, for `ilo`.

    Args:
        weights: of the terms that count, by name, each >= 0; a term of weight 0 is not computed.
        terms: what the names mean.
        noise: sigma of stochastic noise addition (Section 4.2), fresh noise on the image before the terms see it, 0 for
            none. With linear measurements and the squared error alone it adds a constant to the expectation.
        view: from the images that a generator makes to those that the terms and the noise are of; None: the same.

    Raises:
        ValueError: for a weight without a term, negative or not finite, for no positive weight, for noise below 0.
    """

    weights: Mapping[str, float]
    terms: Mapping[str, Term] = field(repr=False)
    noise: float = 0.0
    view: LinearOperator | None = None

    def __post_init__(self):
        if unknown := sorted(self.weights.keys() - self.terms.keys()):
            raise ValueError(f"`Objective(weights=...)` must be of {sorted(self.terms)}, got {unknown}.")
        for name, weight in self.weights.items():
            if not 0 <= weight < inf:
                raise ValueError(f"`Objective(weights=...)` must be >= 0 and finite, got {weight!r} for {name!r}.")
        if not any(self.weights.values()):
            raise ValueError(f"`Objective(weights=...)` must hold a positive weight, got {dict(self.weights)}.")
        if not 0 <= self.noise < inf:
            raise ValueError(f"`Objective(noise=...)` must be >= 0 and finite, got {self.noise!r}.")

    def __call__(self, image: Tensor, latent: Latent, *, rng: torch.Generator) -> Tensor:
        """[B]; `rng` draws the added noise, on the CPU."""
        if self.view is not None:
            image = self.view(image)
        if self.noise:
            image = image + self.noise * torch.randn(image.shape, generator=rng, dtype=image.dtype).to(image.device)
        values = self.parts(image, latent)
        return sum(weight * values[name] for name, weight in self.weights.items() if weight)

    def parts(self, image: Tensor, latent: Latent) -> dict[str, Tensor]:
        """The terms that count, [B] each, neither weighted nor noisy."""
        return {name: self.terms[name](image, latent) for name, weight in self.weights.items() if weight}
