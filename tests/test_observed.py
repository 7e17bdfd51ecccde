"""Errors after each round, and over scaled radii, against restorations run one by one."""

from dataclasses import replace

import pytest
import torch

from ilo_practice.checkpoints import load
from ilo_practice.observed import errors_by_round, errors_by_scale
from ilo_practice.recipe import scheduled
from ilo_practice.recipes import RECIPES
from ilo_practice.restore import solve
from ilo_practice.study import simulate

STEPS = 12


@pytest.fixture(scope="module")
def posed():
    generator = load("digits")
    truth = generator(generator.init(2, rng=torch.Generator().manual_seed(5))).detach()
    return simulate("sense", 0.2, truth, rng=torch.Generator().manual_seed(0)), generator, truth


def rng():
    return torch.Generator().manual_seed(1)


def distance(image, truth):
    return torch.tensor([float(torch.dist(a, b)) for a, b in zip(image, truth, strict=True)])


@pytest.mark.parametrize("restarts", [1, 2])
def test_a_round_that_holds_the_best_of_the_run_has_its_error(posed, restarts):
    problem, generator, truth = posed
    recipe = replace(scheduled(RECIPES["ilo"], (6, 4, 2)), restarts=restarts)
    found = errors_by_round(problem, generator, recipe, truth, steps=STEPS, rng=rng())
    solution = solve(problem, generator, recipe, steps=STEPS, rng=rng())
    assert found.shape == (3, 2)
    lengths = [round.steps + 1 for round in recipe.plan(generator, STEPS)[1]]
    losses = torch.stack([part.min(0).values for part in solution.loss[-sum(lengths) :].split(lengths)])
    best = losses.argmin(0)
    torch.testing.assert_close(found.gather(0, best[None])[0], distance(solution.image, truth))


def test_first_round_is_that_of_the_first_round_alone(posed):
    problem, generator, truth = posed
    whole = scheduled(RECIPES["ilo"], (6, 6))
    alone = scheduled(RECIPES["ilo"], (6,))
    found = errors_by_round(problem, generator, whole, truth, steps=12, rng=rng())
    single = solve(problem, generator, alone, steps=6, rng=rng())
    torch.testing.assert_close(found[0], distance(single.image, truth))


def test_scales_are_restorations_with_scaled_radii(posed):
    problem, generator, truth = posed
    recipe = replace(scheduled(RECIPES["ilo"], (4, 4)), radius_scale=0.5)
    found = errors_by_scale(problem, generator, recipe, truth, (0.0, 4.0), steps=8, seed=1)
    for row, scale in zip(found, (0.0, 2.0), strict=True):
        image = solve(problem, generator, replace(recipe, radius_scale=scale), steps=8, rng=rng()).image
        torch.testing.assert_close(row, distance(image, truth))
    assert not torch.equal(found[0], found[1])


def test_truth_and_recipe_must_fit(posed):
    problem, generator, truth = posed
    with pytest.raises(ValueError, match=r"errors\(truth"):
        errors_by_scale(problem, generator, RECIPES["ilo"], truth[:1], (1.0,), steps=4, seed=0)
    with pytest.raises(ValueError, match="ways back"):
        errors_by_round(problem, generator, RECIPES["algorithm-1"], truth, steps=12, rng=rng())
