"""What a recipe's radius implies: K = r2 L2 / delta, and what every bound of Theorem 1 then asks for and promises.

Every m rises with L1 and L2: by their lower bounds it is what a bound asks for at least, so that "m >= n" is certain,
and "K > sqrt(p)" too; by the upper ones it is what is enough.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, sqrt

import torch

from ilo_practice.problems import PROBLEMS
from ilo_practice.recipe import Recipe
from ilo_practice.recipes import RECIPES
from ilo_practice.splits import Split, measure_splits, starts
from ilo_practice.tuned import tuned
from ilo_theory.bounds import Setting, explicit_additive
from ilo_theory.calculator import LEVEL, Bound, best_resolution, calculate
from ilo_theory.generators import Generator

GAMMA = 0.8
"""Of the paper's Remark 5, where 1 + 4/gamma = 6."""

POINTS = 4  # at which each Lipschitz constant is measured
STEPS = 1000  # of the plan that radii are read off, which do not depend on them


@dataclass(frozen=True)
class Implied:
    """What one radius implies.

    Args:
        recipes: the names of those that use it.
        split: what it is a radius of.
        radius: r2, of the l1 ball.
        delta: the resolution, in the l2 norm of images.
        K: r2 L2 / delta by the lower bound of L2; 0 where the entry does not reach the image.
        K_most: the same by the upper one, None where none is known.
        bounds: by the lower bounds of L1 and L2: their m is asked for at least. Empty for K = 0.
        enough: by the upper bounds: their m is enough. None where one is not known.
        best: of all delta and gamma those that make the additive error of Theorem 1' least for m = n - 1, by the lower
            bounds of L1 and L2. None where none promises less than the distance of the furthest images: then the
            theorem says nothing of this radius, whatever is chosen.
    """

    recipes: tuple[str, ...]
    split: Split
    radius: float
    delta: float
    K: float
    K_most: float | None
    bounds: tuple[Bound, ...]
    enough: tuple[Bound, ...] | None
    best: Setting | None

    @property
    def least_error(self) -> float | None:
        """The additive error of Theorem 1' at `best`, in the l2 norm of images."""
        return None if self.best is None else explicit_additive(self.best.gamma) * self.best.delta / self.best.gamma


def implied_by(
    split: Split,
    radius: float,
    *,
    delta: float | None = None,
    gamma: float = GAMMA,
    u: float = LEVEL,
    recipes: tuple[str, ...] = (),
) -> Implied:
    """What a radius implies at a split.

    Args:
        split: of `measure_splits`.
        radius: r2, >= 0 and finite.
        delta: the resolution, in the l2 norm of images; None: `split.delta`.
        gamma, u: as for `Setting` and `calculate`.
        recipes: the names of those that use the radius.

    Raises:
        ValueError: outside of these domains.
    """
    if not 0 <= radius < inf:
        raise ValueError(f"`implied_by(radius=...)` must be >= 0 and finite, got {radius}.")
    delta = split.delta if delta is None else delta

    def setting(L1: float, L2: float) -> Setting | None:
        known = {"k": split.k, "p": split.p, "n": split.n, "r1": split.r1, "delta": delta, "gamma": gamma}
        return Setting.from_radius(radius, L1=L1, L2=L2, **known) if L1 * L2 * radius > 0 else None

    def bounds(of: Setting | None) -> tuple[Bound, ...]:
        return () if of is None else calculate(of, u, diameter=split.diameter)

    least = setting(split.L1, split.L2)
    known = split.L1_most is not None and split.L2_most is not None
    return Implied(
        recipes=recipes,
        split=split,
        radius=radius,
        delta=delta,
        K=radius * split.L2 / delta,
        K_most=None if split.L2_most is None else radius * split.L2_most / delta,
        bounds=bounds(least),
        enough=bounds(setting(split.L1_most, split.L2_most)) if known else None,
        best=least and best_resolution(least, split.n - 1, u, diameter=split.diameter),
    )


def implied(
    generator: Generator,
    recipes: Mapping[str, Recipe],
    *,
    delta: float | None = None,
    gamma: float = GAMMA,
    u: float = LEVEL,
    points: int = POINTS,
    seed: int,
    told: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> list[Implied]:
    """What the radii of recipes imply for a generator, a row each radius of an entry at a layer, in their order.

    Args:
        generator: G.
        recipes: by name, see `recipes_for`; what a generator lacks is left out of them.
        delta, gamma, u: as for `implied_by`.
        points: how many latents each Lipschitz constant is measured at.
        seed: of these.
        told: (done, total, what) how far it is.
    """
    names: dict[tuple[str, int, str, float], list[str]] = {}
    for name, recipe in recipes.items():
        adapted = recipe.adapted(generator)
        for round in adapted.plan(generator, STEPS)[1]:
            for key, radius in round.radii.items():
                users = names.setdefault((adapted.codes, round.start, key, radius), [])
                if name not in users:
                    users.append(name)
    keys: dict[tuple[str, int], list[str]] = {}
    for codes, start, key, _ in names:
        keys.setdefault((codes, start), []).append(key)
    splits: dict[tuple[str, int, str], Split] = {}
    for i, ((codes, start), some) in enumerate(keys.items()):
        told(i, len(keys), f"layer {start}")
        rng = torch.Generator().manual_seed(seed)
        latent = starts(generator, codes, points, rng=rng)
        for split in measure_splits(generator, latent, start, list(dict.fromkeys(some)), rng=rng):
            splits[codes, start, split.key] = split
    return [
        implied_by(splits[codes, start, key], radius, delta=delta, gamma=gamma, u=u, recipes=tuple(users))
        for (codes, start, key, radius), users in names.items()
    ]


def recipes_for(study: str) -> dict[str, Recipe]:
    """RECIPES, and each as tuned for a kind of problem where the study of a generator changed its radii."""
    found = dict(RECIPES)
    for name, recipe in RECIPES.items():
        for kind in PROBLEMS:
            changed = tuned(name, kind, study)
            if (changed.radius_scale, changed.codes, changed.noises) != (
                recipe.radius_scale,
                recipe.codes,
                recipe.noises,
            ):
                found[f"{name}, {kind}"] = changed
    return found


HEAD = ("recipes", "layer", "entry", "p", "r2", "L2 from", "L2 to", "K from", "K to", "sqrt(p)")
"""Of the first columns of `table`."""


def table(rows: Sequence[Implied]) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """Heads and cells: what each radius is of, the K that it implies, the m of each bound (None: none), and n.

    The m are those by the lower bounds of L1 and L2. The error is the additive one of Theorem 1', in the l2 norm of
    images; "says something" names the bounds that are not vacuous;
    the last column is `Implied.least_error`.
    """
    shown = {"Theorem 1, as printed": "m of (5)", "corrected chaining": "m of the corrected chain"}
    shown |= {"Theorem 1'": "m of Theorem 1'", "Theorem 1', signed circulant": "m, circulant"}
    head = (*HEAD, *shown.values(), "n", "error of Theorem 1'", "says something", "least error at any δ, γ")
    cells = []
    for row in rows:
        split, more = row.split, len(row.recipes) - 2
        names = ", ".join(row.recipes[:2]) + (f" and {more} more" if more > 0 else "")
        by_name = {bound.name: bound for bound in row.bounds}
        asked = [by_name[name].measurements if by_name else None for name in shown]
        error = by_name["Theorem 1'"].additive if by_name else None
        speaks = ", ".join(name for name in shown if by_name and not by_name[name].vacuous) or "none"
        known = (split.start, split.key, split.p, row.radius, split.L2, split.L2_most, row.K, row.K_most, sqrt(split.p))
        cells.append((names, *known, *asked, split.n, error, speaks, row.least_error))
    return head, cells
