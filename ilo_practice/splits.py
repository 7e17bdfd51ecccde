"""A generator cut before a layer, for one entry of the latent there: the theorem's G1 and G2, and their constants.

G1 makes the entry of the codes, G2 the image of the entry, and all other entries are held at their values. L1 and L2
are known from below, as the largest Jacobian of a few points, and from above where a bound is known.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod, sqrt

import torch

from ilo_practice.lipschitz import upper_bound, upper_bounds
from ilo_practice.recipe import Recipe
from ilo_theory.generators import Generator, Latent
from ilo_theory.lipschitz import lipschitz_lower

ITERATIONS = 30


@dataclass(frozen=True)
class Split:
    """A generator cut before layer `start`, for the entry `key` of the latent there.

    Args:
        start, key: the layer, and what the radius is for.
        k: numbers of the codes of one image, what G1 takes.
        p: numbers of the entry of one image, what G2 takes.
        n: numbers of an image.
        r1: radius of the latent ball: sqrt(k), the length of a typical draw from N(0, I_k).
        L1, L2: lower bounds of the Lipschitz constants of G1 and G2, l2 to l2.
        L1_most, L2_most: upper ones, None where none is known.
    """

    start: int
    key: str
    k: int
    p: int
    n: int
    r1: float
    L1: float
    L2: float
    L1_most: float | None
    L2_most: float | None

    @property
    def delta(self) -> float:
        """The resolution where none is chosen, sqrt(n)/100: 1 % of the norm of an image whose values are -1 and 1."""
        return sqrt(self.n) / 100

    @property
    def diameter(self) -> float:
        """No two images with values in [-1, 1] are further apart: 2 sqrt(n)."""
        return 2 * sqrt(self.n)


def measure_splits(
    generator: Generator,
    latent: Latent,
    start: int,
    keys: Sequence[str],
    *,
    told: Callable[[int, int, str], None] = lambda done, total, what: None,
    iterations: int = ITERATIONS,
    rng: torch.Generator,
) -> list[Split]:
    """Measure and bound the Lipschitz constants of a split at B points, for each of some entries alone.

    An entry that the latent holds at layer 0 already (a code "v", a noise) is its own G1: k = p and L1 = 1.

    Args:
        generator: G.
        latent: B points of layer 0, with one of "z", "v", "w".
        start, keys: see `Split`.
        told: (done, total, what) how far it is.
        iterations: of the power method of each Jacobian.
        rng: draws where that starts.

    Raises:
        ValueError: for a layer or an entry that is not there.
    """
    if not 0 <= start < generator.num_layers:
        most = generator.num_layers - 1
        raise ValueError(f"`measure_splits(start=...)` must be a layer, from 0 to {most}, got {start}.")
    with torch.no_grad():
        here = generator(latent, 0, start)
        n = prod(generator({name: value[:1] for name, value in here.items()}, start).shape[1:])
    if unknown := [key for key in keys if key not in here]:
        known = ", ".join(sorted(here))
        raise ValueError(f"`measure_splits(keys=...)` must be of {known} at layer {start}, got {unknown[0]!r}.")
    (code,) = (name for name in ("z", "v", "w") if name in latent)
    stages = 2 * len(keys) + 2
    told(0, stages, "Lipschitz constants from above")
    of_G1, of_G2 = upper_bound(generator, latent, 0, start, keys=[code]), upper_bounds(generator, here, start)
    found = []
    for i, key in enumerate(keys):
        k = p = here[key][0].numel()
        L1, L1_most = 1.0, 1.0
        if key not in latent:
            told(2 * i + 2, stages, f'L1 of "{key}" from below')
            options = {"keys": [code], "outputs": [key], "iterations": iterations, "rng": rng}
            k, L1, L1_most = latent[code][0].numel(), lipschitz_lower(generator, latent, 0, start, **options), of_G1
        told(2 * i + 3, stages, f'L2 of "{key}" from below')
        L2 = lipschitz_lower(generator, here, start, keys=[key], iterations=iterations, rng=rng)
        found.append(Split(start, key, k, p, n, sqrt(k), L1, L2, L1_most, of_G2.get(key)))
    return found


def starts(generator: Generator, codes: str, points: int, *, rng: torch.Generator) -> Latent:
    """Points of layer 0 as recipes draw them; `codes` as in `Recipe`."""
    return Recipe("", lambda *_: [], codes).adapted(generator).initial(generator, points, rng=rng)
