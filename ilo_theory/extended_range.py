"""The extended range of Theorem 1, G1(B_2^k(r1)) + B_1^p(r2), and its image under G2: draws, projections, worst pairs.

A point is a pair (z, b): z in B_2^k(r1) is the input latent, b in B_1^p(r2) the deviation at layer `split`, and
x = G2(G1(z) + b). So the set, which is no ball and not convex, is searched in coordinates in which both constraints are
projections. What S-REC (Definition 1) demands of all pairs of the set is put to the pairs that a search finds.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from ilo_theory.balls import project_l1_ball, project_l2_ball, sample_l1_ball, sample_l2_ball
from ilo_theory.generators import Generator
from ilo_theory.operators import LinearOperator

Point = tuple[Tensor, Tensor]
"""(z, b), [B, *k] and [B, *p]: B points of the extended range in its coordinates."""

POOL = 50
"""Random pairs for each that a search goes on from."""

MEMORY = 8
"""A step may rise above the last height, but not above the highest of so many."""


@dataclass(frozen=True)
class ExtendedRange:
    """The set G1(B_2^k(r1)) + B_1^p(r2) before layer `split` of a generator of the single key "z".

    Args:
        generator: G = G2 o G1.
        split: G1 is what comes before this layer; where 0, it is the identity.
        r1: radius of the l2 ball of latents, >= 0.
        r2: radius of the l1 ball of deviations, >= 0.

    Raises:
        ValueError: for radii that are negative or not finite, or a layer that the generator does not have.
    """

    generator: Generator
    split: int
    r1: float
    r2: float

    def __post_init__(self):
        for name, radius in (("r1", self.r1), ("r2", self.r2)):
            if not 0 <= radius < math.inf:
                raise ValueError(f"`ExtendedRange({name}=...)` must be >= 0 and finite, got {radius}.")
        if not 0 <= self.split < self.generator.num_layers:
            layers = self.generator.num_layers
            raise ValueError(f"`ExtendedRange(split=...)` must be from 0 to {layers - 1}, got {self.split}.")

    @torch.no_grad()
    def sample(self, count: int, *, rng: torch.Generator) -> Point:
        """Draw z uniformly from the l2 ball and b uniformly from the l1 ball, `count` times."""
        like = self.generator.init(count, rng=rng)["z"]
        z = sample_l2_ball(like.shape, self.r1, rng=rng).to(like)
        b = sample_l1_ball(self._reach(z).shape, self.r2, rng=rng)
        return z, b.to(z)

    def constrain(self, z: Tensor, b: Tensor) -> Point:
        """The nearest z of the l2 ball and the nearest b of the l1 ball."""
        return project_l2_ball(z, self.r1), project_l1_ball(b, self.r2)

    def image(self, z: Tensor, b: Tensor) -> Tensor:
        """x = G2(G1(z) + b), [B, *shape of an image]."""
        return self.generator({"z": self._reach(z) + b}, self.split)

    def _reach(self, z: Tensor) -> Tensor:
        """G1(z)."""
        return self.generator({"z": z}, 0, self.split)["z"]


@dataclass(frozen=True)
class Pair:
    """The worst of the pairs that a search has found: two points, their images, and what they show of S-REC."""

    first: Point
    second: Point
    images: Tensor  # [2, *shape]
    gamma: float  # (||A (x1 - x2)|| + additive) / ||x1 - x2||: A has no S-REC(S, gamma', additive) with a larger gamma'
    found: Tensor  # [starts], the same of the best pair of each start; infinite where none was far enough apart


def worst_pair(
    extended: ExtendedRange,
    A: LinearOperator,
    *,
    additive: float = 0.0,
    separation: float = 0.0,
    starts: int = 32,
    steps: int = 100,
    rng: torch.Generator,
) -> Pair:
    """Attack S-REC: search S = G2(G1(B_2^k(r1)) + B_1^p(r2)) for the pair with the least gamma.

        min (||A (x1 - x2)|| + additive) / ||x1 - x2||   over x1, x2 in S,   ||x1 - x2|| >= separation

    by spectral projected gradient steps on the logarithm, from the best of many random pairs. What is found is an upper
    bound of the best gamma of S-REC(S, gamma, additive), with the pair as its witness; that nothing lower was found
    proves nothing.

    Args:
        extended: the extended range.
        A: the operator, in the generator's dtype.
        additive: the delta of Definition 1, >= 0, in the unit of an image's norm.
        separation: nearer pairs do not count, >= 0; without an additive term positive, as differences of images
            that nearly agree are rounding.
        starts: pairs to go on from, the best of `POOL` times as many.
        steps: of each.
        rng: draws the pairs.

    Returns:
        The best pair over all starts and steps, judged anew from its two images.

    Raises:
        ValueError: unless additive, separation >= 0 and not both 0, or for starts or steps below 1.

    Source: Birgin, Martinez and Raydan, 2000, for the steps.
    """
    if not (additive >= 0 and separation >= 0 and additive + separation > 0):
        got = f"{additive} and {separation}"
        raise ValueError(f"`worst_pair(additive=..., separation=...)` must be >= 0 and not both 0, got {got}.")
    if not (starts >= 1 and steps >= 1):
        raise ValueError(f"`worst_pair(starts=..., steps=...)` must be >= 1, got {starts} and {steps}.")
    radii = (extended.r1, extended.r2)

    def look(points: Point) -> _Look:
        """Gamma, whether it counts, its logarithm and the slope of that in units of the radii."""
        points = tuple(x.detach().requires_grad_() for x in points)
        with torch.enable_grad():
            gamma, apart = _ratio(extended.image(*points), A, additive)
            # within the separation a slope leads apart, steeper than any gain of gamma
            height = gamma.log() + 2 * (separation / apart - 1).clamp(min=0)
            slopes = torch.autograd.grad(height.sum(), points, materialize_grads=True)
        counted = torch.where(apart >= separation, gamma, math.inf).detach()
        points = tuple(x.detach() for x in points)
        return _Look(points, counted, height.detach(), tuple(r * slope for r, slope in zip(radii, slopes, strict=True)))

    here = look(_seeds(extended, A, additive, separation, starts, rng))
    best, at, heights = here.gamma, here.points, [here.height]
    pace = torch.ones_like(best)
    for _ in range(steps):
        moved = (x - _both(pace, x) * r * slope for x, r, slope in zip(here.points, radii, here.slopes, strict=True))
        there = look(extended.constrain(*moved))
        improves = there.height < torch.stack(heights[-MEMORY:]).amax(0)
        way = [(y - x) / r if r else y - x for x, y, r in zip(here.points, there.points, radii, strict=True)]
        bend = [g - f for f, g in zip(here.slopes, there.slopes, strict=True)]
        square, product = (sum(map(_products, way, other)) for other in (way, bend))
        pace = torch.where(improves, torch.where(product > 0, square / product, 4 * pace), pace / 4).clamp(1e-6, 1e6)
        here = _Look(*(_pick(improves, new, old) for new, old in zip(there, here, strict=True)))
        better = here.gamma < best
        best, at = _pick(better, here.gamma, best), _pick(better, here.points, at)
        heights.append(here.height)
    row = [(i := int(best.argmin())), starts + i]
    with torch.no_grad():
        images = extended.image(*(x[row] for x in at))
        gamma, _ = _ratio(images, A, additive)
    first, second = ((at[0][[r]], at[1][[r]]) for r in row)
    return Pair(first, second, images, float(gamma), best)


@torch.no_grad()
def _seeds(
    extended: ExtendedRange, A: LinearOperator, additive: float, separation: float, starts: int, rng: torch.Generator
) -> Point:
    """The best of many random pairs: independent ones, near ones, and opposite ones on the boundary of both balls."""
    pool = POOL * starts
    points = extended.sample(2 * pool, rng=rng)
    for x, norm, radius in zip(points, (2, 1), (extended.r1, extended.r2), strict=True):
        first, second = x[:pool], x[pool:]
        second[1::3] = (first + 0.1 * (second - first))[1::3]
        size = torch.linalg.vector_norm(first.flatten(1), norm, 1).clamp(min=torch.finfo(x.dtype).tiny)
        first[2::3] = (first * (radius / size).view(-1, *[1] * (x.ndim - 1)))[2::3]
        second[2::3] = -first[2::3]
    gamma, apart = _ratio(extended.image(*points), A, additive)
    order = torch.where(apart >= separation, gamma, math.inf).argsort()[:starts]
    return tuple(x[torch.cat([order, pool + order])] for x in points)


class _Look(NamedTuple):
    """What the search knows of B pairs: their points [2 B, ...], first ones first, and the rest."""

    points: Point
    gamma: Tensor  # [B], infinite where the pair is too near
    height: Tensor  # [B], what is minimised
    slopes: Point


def _both(values: Tensor, x: Tensor) -> Tensor:
    """A value for each pair, shaped for both of its points."""
    return values.repeat(2).view(-1, *[1] * (x.ndim - 1))


def _products(x: Tensor, y: Tensor) -> Tensor:
    """<x, y> of each pair, [B]."""
    return (x * y).flatten(1).sum(1).view(2, -1).sum(0)


def _pick(which: Tensor, new: Tensor | Point, old: Tensor | Point):
    """For each pair, `new` where it says so, else `old`."""
    if isinstance(new, tuple):
        return tuple(torch.where(_both(which, x), x, y) for x, y in zip(new, old, strict=True))
    return torch.where(which, new, old)


def _ratio(images: Tensor, A: LinearOperator, additive: float) -> tuple[Tensor, Tensor]:
    """(||A (x1 - x2)|| + additive) / ||x1 - x2|| and ||x1 - x2||, each [B], of images [2 B, ...], first ones first."""
    half = len(images) // 2
    apart = images[:half] - images[half:]
    norm = apart.flatten(1).norm(dim=1)
    return (A(apart).flatten(1).norm(dim=1) + additive) / norm, norm


def least_delta(points: Tensor, A: LinearOperator, gamma: float) -> float:
    """The least delta >= 0 with which A satisfies S-REC(points, gamma, delta), for a finite set (Definition 1).

    max over x1, x2 of gamma ||x1 - x2|| - ||A (x1 - x2)||.

    Args:
        points: [N, *in_shape of A].
        A: the operator.
        gamma: the constant, > 0.

    Returns:
        0 where all pairs fulfil gamma ||x1 - x2|| <= ||A (x1 - x2)||.
    """
    sides = (points.flatten(1), A(points).flatten(1))
    apart, measured = (torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist") for x in sides)
    return float((gamma * apart - measured).max())
