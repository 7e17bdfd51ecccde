"""Restorations by every recipe on random networks: they descend, spend what they were given, and see no truth."""

import inspect
from dataclasses import replace

import pytest
import torch

from ilo_practice.losses import Objective
from ilo_practice.perceptual import perceptual
from ilo_practice.problems import PROBLEMS, InverseProblem, denoising, inpainting
from ilo_practice.recipes import RECIPES
from ilo_practice.restore import solve
from ilo_theory.ilo import ilo
from ilo_theory.operators import Identity
from tests.tiny import picture, tiny

NETWORK, SMALL = tiny(3), tiny(2)
SHAPE = (1, 16, 16)
LPIPS = perceptual("random-alex", rng=torch.Generator().manual_seed(0))
RESTARTED = replace(RECIPES["ilo"], restarts=3)


@pytest.fixture(params=[*RECIPES.values(), RESTARTED], ids=[*RECIPES, "ilo-restarts"])
def recipe(request):
    return request.param


class Counting(Identity):
    """Counts the images that it is applied to."""

    def __init__(self, shape):
        super().__init__(shape)
        self.images = 0

    def forward(self, x):
        self.images += len(x)
        return super().forward(x)


def run(problem, recipe, *, steps=20, seed=3, network=NETWORK, **options):
    options = {"perceptual": LPIPS} | options
    return solve(problem, network, recipe, steps=steps, rng=torch.Generator().manual_seed(seed), **options)


def in_range(batch=2, network=NETWORK):
    """Images that the network makes."""
    return network(network.init(batch, rng=torch.Generator().manual_seed(9)))


@pytest.mark.parametrize("kind", PROBLEMS)
def test_every_recipe_descends_on_every_problem(kind, recipe, rng):
    level = {"inpaint": 0.3, "superres": 2, "denoise": 0.1, "sense": 0.2}[kind]
    recipe = replace(recipe, noise_addition=False)  # so that the objective is the same when asked again
    problem = PROBLEMS[kind].simulate(in_range(2, SMALL), rng=rng, **{PROBLEMS[kind].level: level})
    solution = run(problem, recipe, network=SMALL)
    assert solution.image.shape == (2, 1, 8, 8)
    assert set(solution.status) <= {"finished", "flat"} - ({"flat"} if recipe.flat is None else set())
    assert (solution.loss.amin(0) < solution.loss[0]).all()
    data = recipe.objective(problem, LPIPS)(solution.image, solution.latent, rng=rng)
    torch.testing.assert_close(data, solution.loss.amin(0), rtol=1e-3, atol=1e-6)


def test_every_recipe_evaluates_the_objective_equally_often(recipe):
    """Steps, and one evaluation at the end of every minimisation; a way back looks at no measurement."""
    operator, steps, recipe = Counting(SHAPE), 30, replace(recipe, flat=None)
    run(InverseProblem(operator, in_range(1)), recipe, steps=steps)
    search, rounds = recipe.plan(NETWORK, steps)
    back = sum(round.back_steps for round in rounds[:-1])
    terms = sum(weight > 0 for weight in (recipe.mse, recipe.dead_zone, recipe.lpips))  # that look at measurements
    assert operator.images == terms * (steps - back + recipe.restarts * len(search) + len(rounds))


def test_more_layers_and_codes_fit_better():
    """The nested ranges of z, of z with the deeper layers free, on an image that no code makes."""
    problem = denoising(picture((1, *SHAPE)), 0.0)
    plain = run(problem, RECIPES["csgm"], steps=50)
    deeper = run(problem, replace(RECIPES["ilo"], codes="z", radius_scale=1.0), steps=50)
    assert problem.residual(deeper.image) < 0.8 * problem.residual(plain.image)


def test_ilo_without_room_is_its_first_round():
    problem, still = denoising(in_range(), 0.0), replace(RECIPES["ilo"], radius_scale=0.0)
    first = still.plan(NETWORK, 20)[1][0]
    alone = ilo(
        NETWORK,
        still.objective(problem),
        [first],
        rng=torch.Generator().manual_seed(0),
        batch=2,
        latent=still.initial(NETWORK, 2, rng=torch.Generator().manual_seed(3)),
    )
    assert torch.equal(run(problem, still).image, alone.image)


def test_the_best_start_of_each_image_goes_on():
    recipe, problem, seen = replace(RECIPES["csgm"], restarts=4), denoising(in_range(3), 0.0), []
    solution = run(problem, recipe, on_step=lambda p: seen.append((p.step, p.total, p.loss)))
    (search,), rounds = recipe.plan(NETWORK, 20)
    searched = seen[search.steps - 1][2].unflatten(1, (3, 4))  # one evaluation before the last of the search
    chosen = solution.loss[: search.steps]
    assert len(solution.loss) == search.steps + 1 + rounds[0].steps + 1
    for i in range(3):
        matches = [torch.equal(searched[:, i, start], chosen[:, i]) for start in range(4)]
        assert sum(matches) == 1
        others = searched[:, i].amin(0)
        assert others.argmin() == matches.index(True)
    assert [step for step, _, _ in seen] == list(range(1, search.steps + rounds[0].steps + 1))
    assert {total for _, total, _ in seen} == {search.steps + rounds[0].steps}


def test_the_images_of_a_batch_are_independent(recipe):
    y = in_range(2)
    before = run(denoising(y, 0.0), recipe)
    after = run(denoising(torch.stack((y[0], -y[1])), 0.0), recipe)
    assert torch.equal(before.image[0], after.image[0])
    assert not torch.equal(before.image[1], after.image[1])


def test_a_run_goes_on_from_any_state_to_the_bit(recipe):
    problem, states = denoising(in_range(2, SMALL), 0.1), []
    recipe = replace(recipe, noise_addition=True)
    options = {"network": SMALL, "steps": 12}
    whole = run(problem, recipe, on_step=lambda p: states.append({k: v.clone() for k, v in p.state.items()}), **options)
    for state in states[::3]:
        resumed = run(problem, recipe, seed=99, state=state, **options)
        assert torch.equal(resumed.image, whole.image)
        assert torch.equal(resumed.loss, whole.loss)


def test_noise_addition_uses_the_sigma_of_the_data():
    problem = denoising(in_range(), 0.3)
    assert problem.objective({"mse": 1.0}, noise_addition=True).noise == 0.3
    assert problem.objective({"mse": 1.0}).noise == 0.0
    calm, noisy = (run(problem, replace(RECIPES["csgm"], noise_addition=on)).loss for on in (False, True))
    assert not torch.equal(calm, noisy)


def test_no_solver_takes_a_truth():
    for function in (solve, ilo, Objective.__call__, InverseProblem.objective):
        names = set(inspect.signature(function).parameters)
        assert not {"x", "truth", "clean", "reference", "original", "target"} & names


def test_another_size_is_refused_with_both():
    with pytest.raises(ValueError, match=r"28 x 28, 1 channel, .* 16 x 16, 1 channel"):
        run(inpainting(picture((1, 1, 28, 28)), torch.ones(28, 28, dtype=torch.bool)), RECIPES["csgm"])
    with pytest.raises(ValueError, match="3 channels"):
        run(denoising(picture((1, 3, 16, 16)), 0.1), RECIPES["csgm"])
