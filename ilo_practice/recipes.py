"""Recipes: the hyper-parameters that turn CSGM, PULSE, ILO and Algorithm 1 into lists of rounds for a StyleGAN-2.

Every recipe spends the same number of gradient steps, whatever its rounds and restarts. Radii are numbers an entry
(the radius of an l1 ball divided by the number of entries of the tensor), so that they carry over from one size of
generator to another. Appendix 7.3 of the paper gives them for 1024 px and 512 channels; an entry that is

    codes, 18 x 512 = 9,216 numbers           300, 500, 1000, 2000   ->   0.033, 0.054, 0.109, 0.217
    features, 512 x (4^2, 8^2, 16^2)               500, 1000, 2000   ->          0.061, 0.031, 0.015
    noises, the largest that moves            300, 2000, 2000, 4000  ->    1.17,  1.95,  0.49,  0.24
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf

import torch

from ilo_practice.losses import Objective
from ilo_practice.perceptual import Perceptual
from ilo_practice.plans import PerRound, first_round, in_rounds, there_and_back
from ilo_practice.problems import InverseProblem
from ilo_theory.generators import Generator, Latent
from ilo_theory.ilo import Round


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


_PULSE = {"codes": "w+", "noises": 5, "spheres": True, "geodesic": 0.01}
_DEEPER = {
    "code_radii": (inf, 0.054, 0.109, 0.217),
    "feature_radii": (inf, 0.061, 0.031, 0.015),
    "noise_radii": (inf, 1.95, 0.49, 0.24),
}
_ILO = {"starts": (0, 1, 2, 3), "split": (3.0, 2.0, 2.0, 1.0), **_PULSE, **_DEEPER}
_PERCEPTUAL = {"lpips": 1.0, "noise_addition": True}

RECIPES = {
    "csgm": Recipe("Bora et al. 2017: one z; Adam and its schedule of Appendix 7.3", in_rounds, "z"),
    "csgm-restarts": Recipe(
        "Bora et al. 2017, Section 6: the best of several starts, here within the same steps",
        in_rounds,
        "z",
        restarts=5,
    ),
    "csgm-w": Recipe(
        "Section 4.1: one w for all layers, through the Gaussian fit of PULSE", in_rounds, "w", spheres=True
    ),
    "csgm-wplus": Recipe("PULSE as Section 4.3 compares with it; geodesic weight of Appendix 7.3", in_rounds, **_PULSE),
    "ilo": Recipe(
        "Section 4.1; radii, rate and geodesic weight of Appendix 7.3, its steps 300, 200, 200, 100",
        in_rounds,
        **_ILO,
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
    "csgm-lpips": Recipe(
        "CSGM + MSE + LPIPS of Section 4.3: PULSE's search with both losses, and noise addition",
        in_rounds,
        **_PULSE,
        **_PERCEPTUAL,
    ),
    "ilo-lpips": Recipe(
        "Section 4.2: MSE and LPIPS with equal weights (Figure 1), MSE alone below 20 % of the pixels and for random "
        "projections (Appendix 7.3); noise addition (Table 1)",
        in_rounds,
        **_ILO,
        **_PERCEPTUAL,
    ),
    "ilo-all-balls": Recipe(
        "Appendix 7.3 read to the letter: balls round the drawn codes and noises in the first layer too",
        in_rounds,
        **_ILO | {"code_radii": (0.033, 0.054, 0.109, 0.217), "noise_radii": (1.17, 1.95, 0.49, 0.24)},
    ),
    "ilo-released": Recipe(
        "the released code, where it differs from the text: a dead zone beside the squared error",
        in_rounds,
        dead_zone=1.0,
        **_ILO,
    ),
    "ilo-flat": Recipe(
        "Appendix 7.6: go on to the next layer where the error has flattened",
        in_rounds,
        flat=0.01,
        **_ILO,
    ),
}

SCHEDULES = (
    (300, 200, 200, 100),
    (300, 200, 100),
    (300, 200, 200, 100, 50),
    (50, 50, 50, 50, 500),
    (100, 100, 100, 100, 100),
    (50, 50, 50, 50),
)
"""Steps of each round, from layer 0 on: those of Appendix 7.3, and the last of Section 4.3 (running time)."""
