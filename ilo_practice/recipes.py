"""Recipes: the hyper-parameters that turn CSGM, PULSE, ILO and Algorithm 1 into lists of rounds for a StyleGAN-2.

Every recipe spends the same number of gradient steps, whatever its rounds and restarts. Radii are numbers an entry
(the radius of an l1 ball divided by the number of entries of the tensor), so that they carry over from one size of
generator to another. Appendix 7.3 of the paper gives them for 1024 px and 512 channels; an entry that is

    codes, 18 x 512 = 9,216 numbers           300, 500, 1000, 2000   ->   0.033, 0.054, 0.109, 0.217
    features, 512 x (4^2, 8^2, 16^2)               500, 1000, 2000   ->          0.061, 0.031, 0.015
    noises, the largest that moves            300, 2000, 2000, 4000  ->    1.17,  1.95,  0.49,  0.24
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from math import inf, sqrt

import torch

from ilo_practice.stylegan2 import StyleGAN2
from ilo_theory.generators import Latent
from ilo_theory.ilo import Round, algorithm_1

PerRound = tuple[float, ...]
"""One value a round; a shorter tuple goes on with its last value."""


@dataclass(frozen=True)
class Recipe:
    """How to restore: which latents move from which layers on, how fast and how far. Vary it with `replace`.

    Args:
        source: where the values come from.
        build: (recipe, generator, steps) -> the rounds, their steps summing to `steps`.
        codes: the key that moves first, "z" (one code) or "v" (one a layer).
        starts: the layer at which each round starts; those that a small generator lacks are left out.
        split: the share of the steps of each round, up to a factor.
        lr: the highest rate of each round.
        noises: how many of the first noise inputs move in a round at layer 0; two more at every layer after it.
        spheres: hold each code "v" and each noise at the norm that it was drawn with.
        features: the keys of the previous solution that move in later rounds, of "x" and "rgb".
        code_radii, feature_radii, noise_radii: of the l1 balls, numbers an entry, one a round; inf for no ball.
        radius_scale: a factor of all radii.
        loops: how often Algorithm 1 runs its lines 4 to 6.
        restarts: how many starts are searched, of which the one with the best objective goes on.
        search: the share of the steps that the search takes, all its starts together; unused for one start.
        geodesic: the weight of the geodesic term beside the squared error.
        noise_addition: add fresh noise of the data's sigma to the image in each step (Section 4.2).

    Raises:
        ValueError: for a value outside of its domain.
    """

    source: str
    build: Callable[["Recipe", StyleGAN2, int], list[Round]]
    codes: str
    starts: tuple[int, ...] = (0,)
    split: PerRound = (1.0,)
    lr: PerRound = (0.1,)
    noises: int = 0
    spheres: bool = False
    features: tuple[str, ...] = ("x",)
    code_radii: PerRound = (inf,)
    feature_radii: PerRound = (inf,)
    noise_radii: PerRound = (inf,)
    radius_scale: float = 1.0
    loops: int = 1
    restarts: int = 1
    search: float = 0.5
    geodesic: float = 0.0
    noise_addition: bool = False

    def __post_init__(self):
        for name, holds, what in (
            ("codes", self.codes in ("z", "v"), '"z" or "v"'),
            ("starts", self.starts[:1] == (0,), "layers from 0 on"),
            ("noises", self.noises >= 0, ">= 0"),
            ("radius_scale", self.radius_scale >= 0, ">= 0"),
            ("loops", self.loops >= 1, ">= 1"),
            ("restarts", self.restarts >= 1, ">= 1"),
            ("search", 0 < self.search < 1, "in (0, 1)"),
        ):
            if not holds:
                raise ValueError(f"`Recipe({name}=...)` must be {what}, got {getattr(self, name)!r}.")

    @property
    def weights(self) -> Mapping[str, float]:
        """Of the terms of the objective; one code z has no distance to others."""
        return {"mse": 1.0} | ({"geodesic": self.geodesic} if self.codes == "v" else {})

    def initial(self, generator: StyleGAN2, batch: int, *, rng: torch.Generator) -> Latent:
        """Draw where `batch` runs start: the codes and all noises, N(0, I)."""
        draw = {"z": generator.init, "v": generator.init_codes}[self.codes]
        return draw(batch, rng=rng)

    def plan(self, generator: StyleGAN2, steps: int) -> tuple[list[Round], list[Round]]:
        """What to run with `steps` gradient steps an image: (the search that each start gets, the rounds of the best).

        The search is empty for one start. restarts (steps of the search) + (steps of the rounds and of their ways
        back) = steps.

        Raises:
            ValueError: where the steps are too few to give one to each.
        """
        if self.restarts == 1:
            return [], self.build(self, generator, steps)
        each = int(self.search * steps / self.restarts)
        if each < 1:
            raise ValueError(f"`Recipe.plan(steps=...)` must give each of {self.restarts} starts a step, got {steps}.")
        search = replace(_round(self, generator, 0, 0), steps=each)
        return [search], self.build(self, generator, steps - self.restarts * each)


def in_rounds(recipe: Recipe, generator: StyleGAN2, steps: int) -> list[Round]:
    """Section 4.1: a round at each layer, the balls round the best solution of the last."""
    starts = [start for start in recipe.starts if start < generator.num_layers]
    rounds = [_round(recipe, generator, i, start) for i, start in enumerate(starts)]
    shares = apportion(steps, [at(recipe.split, i) for i in range(len(rounds))])
    return [replace(round, steps=share) for round, share in zip(rounds, shares, strict=True)]


def there_and_back(recipe: Recipe, generator: StyleGAN2, steps: int) -> list[Round]:
    """Algorithm 1 to the letter: CSGM on z in B_2^k(r1), then an l1 ball at one layer and a projection back, in turn.

    z enters the mapping network normalised, so that r1 = sqrt(k), the length of a typical z, excludes no image.
    """
    start = recipe.starts[1]
    per_entry = dict.fromkeys(recipe.features, at(recipe.feature_radii, 1))
    radii = _radii(recipe, generator, start, per_entry)
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
    """Whole numbers in proportion to `shares`, each at least 1, that sum to `total`."""
    if total < len(shares):
        raise ValueError(f"`Recipe.plan(steps=...)` must be >= {len(shares)}, one a round, got {total}.")
    spare = total - len(shares)
    ends = [round(spare * share / sum(shares)) for share in accumulate(shares, initial=0.0)]
    return [1 + high - low for low, high in pairwise(ends)]


def _round(recipe: Recipe, generator: StyleGAN2, i: int, start: int) -> Round:
    """Round i, at layer `start`, of one step."""
    code = "w" if start and recipe.codes == "z" else recipe.codes  # z is mapped on the way to any layer
    per_entry = {
        **dict.fromkeys(recipe.features if start else (), at(recipe.feature_radii, i)),
        code: at(recipe.code_radii, i),
        **dict.fromkeys(_noises(generator, start, recipe.noises), at(recipe.noise_radii, i)),
    }
    radii = _radii(recipe, generator, start, per_entry)
    return Round(start, 1, at(recipe.lr, i), tuple(per_entry), radii, _spheres(recipe, per_entry))


def _noises(generator: StyleGAN2, start: int, first: int) -> list[str]:
    """The noise inputs that move in a round at `start`: of the first `first` + 2 start those in use; none for 0."""
    names = list(generator.noise_shapes)
    return names[max(0, 2 * start - 1) : first + 2 * start] if first else []


def _radii(recipe: Recipe, generator: StyleGAN2, start: int, per_entry: Mapping[str, float]) -> dict[str, float]:
    """The radii of the balls at `start`, each per entry times the number of entries of an image's tensor."""
    code = {"z": (generator.z_dim,), "v": (generator.num_ws, generator.w_dim)}[recipe.codes]
    like = generator.w_avg
    blank = {key: like.new_zeros(1, *shape) for key, shape in ({recipe.codes: code} | generator.noise_shapes).items()}
    with torch.no_grad():
        here = generator(blank, 0, start)
    return {key: radius * recipe.radius_scale * here[key].numel() for key, radius in per_entry.items() if radius < inf}


def _spheres(recipe: Recipe, variables: Mapping[str, float]) -> dict[str, tuple[int, ...]]:
    """PULSE's spheres: each code of a layer, and each noise, over dims >= 2."""
    if not recipe.spheres:
        return {}
    return {key: (2,) if key == "v" else (2, 3) for key in variables if key == "v" or key.startswith("noise_")}


_PULSE = {"codes": "v", "noises": 5, "spheres": True, "geodesic": 0.01}
_DEEPER = {
    "code_radii": (inf, 0.054, 0.109, 0.217),
    "feature_radii": (inf, 0.061, 0.031, 0.015),
    "noise_radii": (inf, 1.95, 0.49, 0.24),
}

RECIPES = {
    "csgm": Recipe("Bora et al. 2017: one z; Adam and its schedule of Appendix 7.3", in_rounds, "z"),
    "csgm-restarts": Recipe(
        "Bora et al. 2017, Section 6: the best of several starts, here within the same steps",
        in_rounds,
        "z",
        restarts=5,
    ),
    "csgm-wplus": Recipe("PULSE as Section 4.3 compares with it; geodesic weight of Appendix 7.3", in_rounds, **_PULSE),
    "ilo": Recipe(
        "Section 4.1; radii, rate and geodesic weight of Appendix 7.3, its steps 300, 200, 200, 100",
        in_rounds,
        starts=(0, 1, 2, 3),
        split=(3.0, 2.0, 2.0, 1.0),
        **_PULSE,
        **_DEEPER,
    ),
    "algorithm-1": Recipe(
        "Algorithm 1, split at 8 x 8 pixels; radius of previous solutions of Appendix 7.3",
        there_and_back,
        "z",
        starts=(0, 1),
        split=(1.0, 1.0),
        features=("x", "rgb"),
        feature_radii=(inf, 0.061),
        loops=2,
    ),
}
