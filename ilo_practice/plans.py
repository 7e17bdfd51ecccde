"""From a recipe to rounds: Section 4.1, a round a layer, and Algorithm 1, there and back, for a given generator."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import accumulate, pairwise
from math import inf, sqrt
from typing import TYPE_CHECKING

import torch

from ilo_theory.generators import Generator
from ilo_theory.ilo import Round, algorithm_1

if TYPE_CHECKING:
    from ilo_practice.recipes import Recipe

PerRound = tuple[float, ...]
"""One value a round; a shorter tuple goes on with its last value."""


def in_rounds(recipe: "Recipe", generator: Generator, steps: int) -> list[Round]:
    """Section 4.1: a round at each layer, the balls round the best solution of the last."""
    starts = [start for start in recipe.starts if start < generator.num_layers]
    if not starts:
        raise ValueError(f"`Recipe(starts={recipe.starts})` must begin below the {generator.num_layers} layers.")
    rounds = [_round(recipe, generator, i, start) for i, start in enumerate(starts)]
    shares = apportion(steps, [at(recipe.split, i) for i in range(len(rounds))])
    return [replace(round, steps=share) for round, share in zip(rounds, shares, strict=True)]


def there_and_back(recipe: "Recipe", generator: Generator, steps: int) -> list[Round]:
    """Algorithm 1 to the letter: CSGM on z in B_2^k(r1), then an l1 ball at one layer and a projection back, in turn.

    r1 = sqrt(k), the length of a typical z; StyleGAN-2 normalises z, so that there it excludes no image.
    """
    if recipe.starts[0] != 0 or len(recipe.starts) < 2:
        raise ValueError(f"`Recipe(starts=...)` of Algorithm 1 must be 0 and the split, got {recipe.starts}.")
    start = recipe.starts[1]
    entries = _entries(recipe, generator, start)
    per_entry = {key: at(recipe.feature_radii, 1) for key in recipe.features if key in entries}
    radii = _radii(recipe, entries, per_entry)
    # one share for CSGM, one for all of the rest: each ball, and each way back but the last, takes as many steps
    parts = 2 * recipe.loops - 1
    each = int(steps * at(recipe.split, 1) / (recipe.split[0] + at(recipe.split, 1)) / parts)
    if each < 1 or steps - parts * each < 1:
        raise ValueError(f"`Recipe.plan(steps=...)` must be > {parts} for {recipe.loops} loops, got {steps}.")
    r1 = sqrt(generator.z_dim)
    first, *deeper = algorithm_1(start, recipe.loops, each, recipe.lr[0], radii=radii, r1=r1)
    deeper = [replace(round, lr=at(recipe.lr, 1)) for round in deeper]
    return [replace(first, steps=steps - parts * each), *deeper]


def at(values: PerRound, i: int) -> float:
    """The value of round i."""
    return values[min(i, len(values) - 1)]


def apportion(total: int, shares: list[float]) -> list[int]:
    """Whole numbers in proportion to `shares`, each at least 1, that sum to `total`; the shares if they do already."""
    if sum(shares) == total and all(share >= 1 and share == int(share) for share in shares):
        return [int(share) for share in shares]
    if total < len(shares):
        raise ValueError(f"`Recipe.plan(steps=...)` must be >= {len(shares)}, one a round, got {total}.")
    spare = total - len(shares)
    ends = [round(spare * share / sum(shares)) for share in accumulate(shares, initial=0.0)]
    return [1 + high - low for low, high in pairwise(ends)]


def first_round(recipe: "Recipe", generator: Generator) -> Round:
    """The round that a search gives each start, of one step."""
    return _round(recipe, generator, 0, recipe.starts[0])


def _round(recipe: "Recipe", generator: Generator, i: int, start: int) -> Round:
    """Round i, at layer `start`, of one step: of what the recipe moves, all that this generator has there."""
    code = "w" if start and recipe.codes == "z" else recipe.code  # z is mapped on the way to any layer
    wanted = {
        **dict.fromkeys(recipe.features if start else (), at(recipe.feature_radii, i)),
        code: at(recipe.code_radii, i),
        **dict.fromkeys(_noises(generator, start, recipe.noises), at(recipe.noise_radii, i)),
    }
    entries = _entries(recipe, generator, start)
    per_entry = {key: radius for key, radius in wanted.items() if key in entries}
    if not per_entry:
        raise ValueError(f"`Recipe(features={recipe.features})` names nothing that moves at layer {start}.")
    radii = _radii(recipe, entries, per_entry)
    spheres = _spheres(per_entry) if recipe.spheres else {}
    return Round(start, 1, at(recipe.lr, i), tuple(per_entry), radii, spheres, flat=recipe.flat)


def _noises(generator: Generator, start: int, first: int) -> list[str]:
    """The noise inputs that move in a round at `start`: of the first `first` + 2 start those in use; none for 0."""
    names = list(generator.noise_shapes)
    return names[max(0, 2 * start - 1) : first + 2 * start] if first else []


def _entries(recipe: "Recipe", generator: Generator, start: int) -> dict[str, int]:
    """How many entries an image's tensor has, for every key of the latent at `start`."""
    like = next(generator.parameters())
    shapes = {"z": (generator.z_dim,)}
    if recipe.code == "v":
        shapes = {"v": (1 if recipe.codes == "w" else generator.num_ws, generator.w_dim)}
    blank = {key: like.new_zeros(1, *shape) for key, shape in (shapes | generator.noise_shapes).items()}
    with torch.no_grad():
        return {key: value.numel() for key, value in generator(blank, 0, start).items()}


def _radii(recipe: "Recipe", entries: Mapping[str, int], per_entry: Mapping[str, float]) -> dict[str, float]:
    """The radii of the balls, each per entry times the number of entries of an image's tensor."""
    return {key: radius * recipe.radius_scale * entries[key] for key, radius in per_entry.items() if radius < inf}


def _spheres(variables: Mapping[str, float]) -> dict[str, tuple[int, ...]]:
    """PULSE's spheres: each code of a layer, and each noise, over dims >= 2; the one code z over all of it."""
    dims = {"z": (1,), "v": (2,)} | {key: (2, 3) for key in variables if key.startswith("noise_")}
    return {key: dims[key] for key in variables if key in dims}
