"""Recipes: every row spends exactly its steps, its rounds fit the generator, its radii carry over."""

from dataclasses import replace
from math import inf, prod

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ilo_practice.problems import denoising, inpainting, sensing, superresolution
from ilo_practice.recipe import apportion, scheduled
from ilo_practice.recipes import RECIPES, SCHEDULES
from ilo_practice.stylegan2 import StyleGAN2
from ilo_practice.stylegan2.layers import Architecture
from ilo_theory.operators import Gaussian
from ilo_theory.rounds import check_rounds
from tests.tiny import tiny, tiny_dcgan

NETWORKS = {blocks: tiny(blocks) for blocks in (2, 3, 5)}


@pytest.fixture(params=RECIPES)
def recipe(request):
    return RECIPES[request.param]


def spent(recipe, search, rounds):
    """Gradient steps an image: of all starts, of the rounds, and of all ways back but the last, which is not run."""
    steps = recipe.restarts * sum(round.steps for round in search) + sum(round.steps for round in rounds)
    return steps + sum(round.back_steps for round in rounds[:-1])


@settings(max_examples=60)
@given(
    st.sampled_from(sorted(RECIPES)),
    st.sampled_from([2, 3, 5]),
    st.integers(40, 400),
    st.integers(1, 8),
    st.integers(1, 3),
)
def test_all_steps_are_spent_and_no_more(name, blocks, steps, restarts, loops):
    recipe = replace(RECIPES[name], restarts=restarts, loops=loops)
    search, rounds = recipe.plan(NETWORKS[blocks], steps)
    assert spent(recipe, search, rounds) == steps
    assert bool(search) == (restarts > 1)
    check_rounds([*search, *rounds], blocks)
    assert [round.start for round in search] == [0] * len(search)
    assert rounds[0].start == 0


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=6), st.integers(6, 1000))
def test_apportion_is_whole_and_nearly_in_proportion(shares, total):
    parts = apportion(total, shares)
    assert sum(parts) == total
    assert min(parts) >= 1
    for part, share in zip(parts, shares, strict=True):
        assert abs(part - total * share / sum(shares)) <= 1 + len(shares)


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_too_few_steps_are_refused(steps):
    for name in ("csgm-restarts", "ilo", "algorithm-1"):
        with pytest.raises(ValueError, match=f"got {max(steps, 0)}"):
            RECIPES[name].plan(NETWORKS[5], steps)


def test_every_row_has_a_source_and_a_start(recipe, rng):
    assert recipe.source
    latent = recipe.initial(NETWORKS[3], 400, rng=rng)
    assert recipe.code in latent
    for value in latent.values():  # means and variances of at least 2,400 normal numbers, false alarm below 1e-6
        n = value.numel()
        assert abs(value.mean().item()) < 5.5 / n**0.5
        assert abs(value.var().item() - 1) < 8 * (2 / n) ** 0.5


def test_a_round_moves_only_what_it_can_use(recipe):
    network = NETWORKS[5]
    latent = recipe.initial(network, 1, rng=torch.Generator().manual_seed(0))
    _, rounds = recipe.plan(network, 100)
    for round in rounds:
        here = network(latent, 0, round.start)
        moved = {key: here[key].clone().requires_grad_() for key in round.variables}
        network({**here, **moved}, round.start).square().sum().backward()
        assert all(value.grad is not None and value.grad.abs().sum() > 0 for value in moved.values())


def test_ilo_grows_from_five_noises_by_two_a_layer():
    _, rounds = RECIPES["ilo"].plan(NETWORKS[5], 100)
    noises = [[key for key in round.variables if key.startswith("noise_")] for round in rounds]
    assert [round.start for round in rounds] == [0, 1, 2, 3]
    assert [int(names[-1].removeprefix("noise_")) for names in noises] == [4, 6, 8, 8]  # nine in all
    assert [int(names[0].removeprefix("noise_")) for names in noises] == [0, 1, 3, 5]
    assert rounds[0].variables[0] == "v"
    assert [round.variables[0] for round in rounds[1:]] == ["x"] * 3
    assert rounds[0].radii == {}
    assert all(round.radii.keys() == set(round.variables) for round in rounds[1:])


def test_spheres_are_of_each_code_and_each_noise(recipe):
    _, rounds = recipe.plan(NETWORKS[3], 100)
    for round in rounds:
        expected = {key: (2,) if key == "v" else (2, 3) for key in round.variables if key[:5] in ("v", "noise")}
        assert round.spheres == (expected if recipe.spheres else {})


def test_radii_at_1024_pixels_are_those_of_the_paper():
    """Appendix 7.3, within the rounding to three digits that an entry's share was given."""
    widths = (512, 512, 512, 512, 512, 256, 128, 64, 32)
    network = StyleGAN2(Architecture(1024, 3, 512, 512, widths))  # weights not drawn: shapes alone count
    _, rounds = replace(RECIPES["ilo"], codes="z").plan(network, 800)
    assert [round.steps for round in rounds] == pytest.approx([300, 200, 200, 100], abs=2)
    assert [round.radii["x"] for round in rounds[1:]] == pytest.approx([500, 1000, 2000], rel=0.02)
    assert [round.radii["w"] for round in rounds[1:]] == pytest.approx([500, 1000, 2000], rel=0.01)
    largest = [max(radius for key, radius in round.radii.items() if key.startswith("noise_")) for round in rounds[1:]]
    assert largest == pytest.approx([2000, 2000, 4000], rel=0.02)


@given(st.floats(0, 10), st.floats(0, 10), st.sampled_from([2, 3, 5]))
def test_radii_are_numbers_an_entry(per_entry, scale, blocks):
    network = NETWORKS[blocks]
    recipe = replace(RECIPES["algorithm-1"], feature_radii=(inf, per_entry), radius_scale=scale)
    deep = recipe.plan(network, 100)[1][1]
    assert deep.radii == pytest.approx({"x": per_entry * scale * prod((6, 4, 4)), "rgb": per_entry * scale * 16})


def test_algorithm_1_is_the_printed_one():
    recipe = replace(RECIPES["algorithm-1"], loops=3)
    _, rounds = recipe.plan(NETWORKS[3], 120)
    first, *deep = rounds
    assert first.variables == ("z",)
    assert first.back_radius == deep[0].back_radius == 6**0.5  # r1 = sqrt(k)
    assert [round.variables for round in deep] == [("x", "rgb")] * 3
    assert all(round.start == 1 and round.back_steps == round.steps for round in deep)


def test_a_tuner_can_vary_every_number():
    recipe = replace(RECIPES["ilo"], lr=(0.3, 0.1), split=(1.0, 1.0), radius_scale=0.5, noises=0, geodesic=0.0)
    _, rounds = recipe.plan(NETWORKS[5], 100)
    assert [round.lr for round in rounds] == [0.3, 0.1, 0.1, 0.1]
    assert [round.steps for round in rounds] == [25] * 4
    assert [round.variables for round in rounds] == [("v",)] + [("x", "v")] * 3
    assert rounds[1].radii["x"] == pytest.approx(0.5 * 0.061 * 96)
    assert recipe.objective(denoising(torch.zeros(1, 1, 64, 64), 0.1)).weights["geodesic"] == 0.0


@pytest.mark.parametrize(
    "changes",
    [
        {"codes": "v"},
        {"starts": (2, 1)},
        {"starts": ()},
        {"lpips_from": 1.1},
        {"noises": -1},
        {"radius_scale": -0.1},
        {"loops": 0},
        {"restarts": 0},
        {"search": 1.0},
    ],
)
def test_values_out_of_their_domain_are_refused(changes):
    with pytest.raises(ValueError, match=f"Recipe\\({next(iter(changes))}="):
        replace(RECIPES["ilo"], **changes)


def test_a_generator_without_codes_has_its_input_in_their_place(rng):
    network = tiny_dcgan(4)
    for recipe in RECIPES.values():
        recipe = recipe.adapted(network)
        _, rounds = recipe.plan(network, 100)
        assert rounds[0].variables == ("z",)
        assert all(round.variables == ("x",) for round in rounds[1:])
        assert recipe.initial(network, 2, rng=rng).keys() == {"z"}
        assert recipe.adapted(network) == recipe
    _, rounds = RECIPES["ilo"].adapted(network).plan(network, 100)
    assert [round.start for round in rounds] == [0, 1, 2, 3]
    assert rounds[0].spheres == {"z": (1,)}
    assert rounds[2].radii == pytest.approx({"x": 0.031 * 6 * 8 * 8})
    assert RECIPES["ilo"].adapted(NETWORKS[3]) is RECIPES["ilo"]


def test_one_code_for_all_layers_moves_as_one(rng):
    recipe, network = RECIPES["csgm-w"], NETWORKS[3]
    latent = recipe.initial(network, 2, rng=rng)
    assert latent["v"].shape == (2, 1, 8)
    _, (round,) = recipe.plan(network, 10)
    assert round.variables == ("v",)
    everywhere = latent | {"v": latent["v"].expand(-1, network.num_ws, -1)}
    assert torch.equal(network(latent), network(everywhere))


@pytest.mark.parametrize("steps", SCHEDULES)
def test_schedules_are_run_to_the_step(steps):
    network = tiny(6)
    _, rounds = scheduled(RECIPES["ilo"], steps).plan(network, sum(steps))
    assert [round.steps for round in rounds] == list(steps)
    assert [round.start for round in rounds] == list(range(len(steps)))
    _, rounds = scheduled(RECIPES["ilo"], steps[:3], start=2).plan(network, sum(steps[:3]))
    assert [round.start for round in rounds] == [2, 3, 4]
    with pytest.raises(ValueError, match="scheduled"):
        scheduled(RECIPES["ilo"], (*steps, 0))


def test_a_first_round_at_a_later_layer_starts_from_what_the_layers_before_make(rng):
    network, recipe = NETWORKS[5], replace(RECIPES["ilo"], starts=(2, 3))
    latent = recipe.initial(network, 2, rng=rng)
    same = RECIPES["ilo"].initial(network, 2, rng=torch.Generator().manual_seed(0))
    assert torch.equal(network(latent, 2), network(same))


def test_lpips_counts_where_enough_of_an_image_is_seen():
    """Section 4.2 and Appendix 7.3: from 20 % of the pixels on, and never for random projections."""
    y, recipe = torch.zeros(1, 1, 10, 10), RECIPES["ilo-lpips"]
    few, many = (torch.arange(100).reshape(10, 10) < count for count in (19, 20))
    blind = (inpainting(y, few), sensing(torch.zeros(1, 5), Gaussian(torch.zeros(5, 100), (1, 10, 10))))
    for problem in blind:
        assert "lpips" not in recipe.objective(problem).weights
    for problem in (inpainting(y, many), superresolution(y, 4), denoising(y, 0.1)):
        with pytest.raises(ValueError, match=r"`Recipe\(lpips=1\.0\)` needs a perceptual network"):
            recipe.objective(problem)
        assert "lpips" not in RECIPES["ilo"].objective(problem).weights
