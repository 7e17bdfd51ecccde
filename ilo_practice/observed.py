"""The error that is observed: after each round of a recipe, and as all of its radii are scaled.

Beside what the theorem says of a radius (`implied`) this is the other side: ||x - G(z)||_2 over all entries of an
image with values in [-1, 1]. The truth enters here, after the fact, and nowhere else.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import torch
from torch import Tensor

from ilo_practice.problems import InverseProblem
from ilo_practice.recipe import Recipe
from ilo_practice.restore import solve
from ilo_theory.descent import part
from ilo_theory.generators import Generator
from ilo_theory.ilo import Progress


def errors_by_round(
    problem: InverseProblem, generator: Generator, recipe: Recipe, truth: Tensor, *, steps: int, rng: torch.Generator
) -> Tensor:
    """The error of the best iterate of each round, [rounds, B].

    Args:
        problem, generator, recipe, steps, rng: as for `solve`; without ways back.
        truth: [B, C, H, W].

    Raises:
        ValueError: for a recipe with ways back, or a truth of another shape.
    """
    recipe = recipe.adapted(generator)
    search, rounds = recipe.plan(generator, steps)
    if any(round.back_steps for round in rounds):
        raise ValueError(f"`errors_by_round(recipe=...)` must have no ways back, got loops={recipe.loops}.")
    _check(problem, truth)
    searched = sum(round.steps for round in search)
    ends, found = {searched + steps for steps in accumulate(round.steps for round in rounds)}, []

    def on_step(p: Progress) -> None:
        if p.step in ends:
            best = part(p.state, "point") | part(p.state, "here")
            with torch.no_grad():
                found.append(_error(generator(best, rounds[p.round].start), truth))

    solve(problem, generator, recipe, steps=steps, rng=rng, on_step=on_step)
    return torch.stack(found)


def errors_by_scale(
    problem: InverseProblem,
    generator: Generator,
    recipe: Recipe,
    truth: Tensor,
    scales: Sequence[float],
    *,
    steps: int,
    seed: int,
) -> Tensor:
    """The error of the restoration with all radii of the recipe multiplied by each of `scales`, [len(scales), B].

    Args:
        problem, generator, recipe, steps: as for `solve`.
        truth: [B, C, H, W].
        scales: factors of the radii, >= 0; at 0 no layer leaves the range.
        seed: of the start, the same for every scale.

    Raises:
        ValueError: for a truth of another shape.
    """
    _check(problem, truth)
    found = []
    for scale in scales:
        scaled = replace(recipe, radius_scale=scale * recipe.radius_scale)
        rng = torch.Generator().manual_seed(seed)
        found.append(_error(solve(problem, generator, scaled, steps=steps, rng=rng).image, truth))
    return torch.stack(found)


def _error(image: Tensor, truth: Tensor) -> Tensor:
    return (image - truth).flatten(1).norm(dim=1)


def _check(problem: InverseProblem, truth: Tensor) -> None:
    expected = (len(problem.y), *problem.made_shape)
    if tuple(truth.shape) != expected:
        got = list(truth.shape)
        raise ValueError(f"`errors(truth=...)` must be {list(expected)}, as the problem's images, got {got}.")
