"""A recipe, and what it makes of a generator: the rounds of Section 4.1, one a layer, or of Algorithm 1."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from math import inf, sqrt

import torch

from ilo_practice.losses import Objective
from ilo_practice.perceptual import Perceptual
from ilo_practice.problems import InverseProblem
from ilo_theory.generators import Generator, Latent
from ilo_theory.ilo import Round, algorithm_1

PerRound = tuple[float, ...]
"""One value a round; a shorter tuple goes on with its last value."""


@dataclass(frozen=True)
class Recipe:
    """How to restore: which latents move from which layers on, how fast and how far. Vary it with `replace`.

    Args:
        source: where the values come from.
        build: (recipe, generator, steps) -> the rounds, their steps summing to `steps`.
        codes: what moves first: "z", the input; "w", one Gaussianised code for all layers; "w+", one a layer. Where a
            generator has no such codes its z moves.
        starts: the layer at which each round starts; those that a small generator lacks are left out.
        split: the share of the steps of each round, up to a factor.
        lr: the highest rate of each round.
        noises: how many of the first noise inputs move in a round at layer 0; two more at every layer after it.
        spheres: hold each code and each noise at the norm that it was drawn with.
        features: the keys of the previous solution that move in later rounds, of "x" and "rgb".
        code_radii, feature_radii, noise_radii: of the l1 balls, numbers an entry, one a round; inf for no ball.
        radius_scale: a factor of all radii.
        loops: how often Algorithm 1 runs its lines 4 to 6.
        restarts: how many starts are searched, of which the one with the best objective goes on.
        search: the share of the steps that the search takes, all its starts together; unused for one start.
        flat: go on to the next round once the objective has fallen by less than this fraction in a tenth of the steps.
        mse, geodesic, lpips: the weights of the terms of the objective.
        lpips_from: the observed share of the pixels from which on the term "lpips" counts for a masked image.
        dead_zone, dead_zone_size: the weight of the dead zone's term; residuals up to that size cost nothing in it.
        noise_addition: add fresh noise of the data's sigma to the image in each step (Section 4.2).

    Raises:
        ValueError: for a value outside of its domain.
    """

    source: str
    build: Callable[["Recipe", Generator, int], list[Round]]
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
    flat: float | None = None
    mse: float = 1.0
    geodesic: float = 0.0
    lpips: float = 0.0
    lpips_from: float = 0.2
    dead_zone: float = 0.0
    dead_zone_size: float = 0.1
    noise_addition: bool = False

    def __post_init__(self):
        for name, holds, what in (
            ("codes", self.codes in ("z", "w", "w+"), '"z", "w" or "w+"'),
            ("starts", self.starts == tuple(sorted(self.starts)) and self.starts[:1] >= (0,), "layers that rise"),
            ("noises", self.noises >= 0, ">= 0"),
            ("radius_scale", self.radius_scale >= 0, ">= 0"),
            ("loops", self.loops >= 1, ">= 1"),
            ("restarts", self.restarts >= 1, ">= 1"),
            ("search", 0 < self.search < 1, "in (0, 1)"),
            ("lpips_from", 0 <= self.lpips_from <= 1, "in [0, 1]"),
        ):
            if not holds:
                raise ValueError(f"`Recipe({name}=...)` must be {what}, got {getattr(self, name)!r}.")

    @property
    def code(self) -> str:
        """The key of the latent that holds the codes."""
        return "z" if self.codes == "z" else "v"

    def adapted(self, generator: Generator) -> "Recipe":
        """This recipe, or what is left of it for a generator that has neither codes a layer nor noises."""
        if hasattr(generator, "init_codes"):
            return self
        return replace(self, codes="z", noises=0, geodesic=0.0)

    def sees(self, problem: InverseProblem) -> bool:
        """Whether the term "lpips" counts for a problem."""
        return self.lpips > 0 and problem.perceptible(self.lpips_from)

    def objective(self, problem: InverseProblem, perceptual: Perceptual | None = None) -> Objective:
        """What the recipe minimises for a problem; where "lpips" counts, it needs the perceptual network.

        Raises:
            ValueError: where that is missing.
        """
        weights = {"mse": self.mse, "dead zone": self.dead_zone}
        if self.code == "v" and self.codes != "w":  # one code has no distance to others
            weights["geodesic"] = self.geodesic
        if not self.sees(problem):
            perceptual = None  # whose features of y nothing would use
        elif perceptual is None:
            raise ValueError(f"`Recipe(lpips={self.lpips})` needs a perceptual network, got none.")
        else:
            weights["lpips"] = self.lpips
        options = {"noise_addition": self.noise_addition, "dead_zone": self.dead_zone_size}
        return problem.objective(weights, perceptual=perceptual, **options)

    def initial(self, generator: Generator, batch: int, *, rng: torch.Generator) -> Latent:
        """Draw where `batch` runs start: the codes and all noises, N(0, I), carried to the first round's layer."""
        if self.codes == "z":
            latent = generator.init(batch, rng=rng)
        else:
            latent = generator.init_codes(batch, rng=rng, shared=self.codes == "w")
        with torch.no_grad():
            return generator(latent, 0, self.starts[0])

    def plan(self, generator: Generator, steps: int) -> tuple[list[Round], list[Round]]:
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
        search = replace(first_round(self, generator), steps=each)
        return [search], self.build(self, generator, steps - self.restarts * each)


def scheduled(recipe: Recipe, steps: Sequence[int], *, start: int = 0) -> Recipe:
    """The recipe with rounds at layers `start`, `start` + 1, ... of these steps each; all together are sum(steps)."""
    if not steps or min(steps) < 1:
        raise ValueError(f"`scheduled(steps=...)` must be whole numbers >= 1, got {list(steps)}.")
    starts = tuple(range(start, start + len(steps)))
    return replace(recipe, starts=starts, split=tuple(float(count) for count in steps))


def in_rounds(recipe: Recipe, generator: Generator, steps: int) -> list[Round]:
    """Section 4.1: a round at each layer, the balls round the best solution of the last."""
    starts = [start for start in recipe.starts if start < generator.num_layers]
    if not starts:
        raise ValueError(f"`Recipe(starts={recipe.starts})` must begin below the {generator.num_layers} layers.")
    rounds = [_round(recipe, generator, i, start) for i, start in enumerate(starts)]
    shares = apportion(steps, [at(recipe.split, i) for i in range(len(rounds))])
    return [replace(round, steps=share) for round, share in zip(rounds, shares, strict=True)]


def there_and_back(recipe: Recipe, generator: Generator, steps: int) -> list[Round]:
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


def first_round(recipe: Recipe, generator: Generator) -> Round:
    """The round that a search gives each start, of one step."""
    return _round(recipe, generator, 0, recipe.starts[0])


def _round(recipe: Recipe, generator: Generator, i: int, start: int) -> Round:
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


def _entries(recipe: Recipe, generator: Generator, start: int) -> dict[str, int]:
    """How many entries an image's tensor has, for every key of the latent at `start`."""
    like = next(generator.parameters())
    shapes = {"z": (generator.z_dim,)}
    if recipe.code == "v":
        shapes = {"v": (1 if recipe.codes == "w" else generator.num_ws, generator.w_dim)}
    blank = {key: like.new_zeros(1, *shape) for key, shape in (shapes | generator.noise_shapes).items()}
    with torch.no_grad():
        return {key: value.numel() for key, value in generator(blank, 0, start).items()}


def _radii(recipe: Recipe, entries: Mapping[str, int], per_entry: Mapping[str, float]) -> dict[str, float]:
    """The radii of the balls, each per entry times the number of entries of an image's tensor."""
    return {key: radius * recipe.radius_scale * entries[key] for key, radius in per_entry.items() if radius < inf}


def _spheres(variables: Mapping[str, float]) -> dict[str, tuple[int, ...]]:
    """PULSE's spheres: each code of a layer, and each noise, over dims >= 2; the one code z over all of it."""
    dims = {"z": (1,), "v": (2,)} | {key: (2, 3) for key in variables if key.startswith("noise_")}
    return {key: dims[key] for key in variables if key in dims}
