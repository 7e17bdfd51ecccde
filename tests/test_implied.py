"""What radii imply, on networks so small that every Lipschitz constant at a point is that of a dense matrix."""

import math
from dataclasses import replace

import pytest
import torch

from ilo_practice.checkpoints import load
from ilo_practice.implied import implied, implied_by, recipes_for, table
from ilo_practice.recipes import RECIPES
from ilo_practice.splits import Split, measure_splits, starts
from ilo_practice.tuned import tuned
from ilo_theory.calculator import with_measurements
from ilo_theory.generators import mlp_decoder
from tests.dense_norm import dense_norm
from tests.tiny import tiny, tiny_dcgan

SPLIT = Split(2, "x", k=20, p=4096, n=12288, r1=math.sqrt(20), L1=3.0, L2=2.0, L1_most=5.0, L2_most=8.0)


def centred(network, latent, start, key):
    """The image as a function of a change of one entry, the others held."""
    return lambda change: network(latent | {key: latent[key] + change}, start)


@pytest.mark.parametrize(("codes", "code"), [("z", "z"), ("w+", "v"), ("w", "v")])
def test_constants_of_a_split_are_those_of_dense_jacobians(codes, code, rng):
    network = tiny(3).double()
    latent = {key: value.double() for key, value in starts(network, codes, 1, rng=rng).items()}
    (split,) = measure_splits(network, latent, 2, ["x"], iterations=400, rng=rng)
    here = network(latent, 0, 2)
    into = dense_norm(lambda change: network(latent | {code: latent[code] + change}, 0, 2)["x"], latent[code].shape)
    out_of = dense_norm(centred(network, here, 2, "x"), here["x"].shape)
    assert (pytest.approx(into, rel=1e-4), pytest.approx(out_of, rel=1e-4)) == (split.L1, split.L2)
    assert (split.k, split.p, split.n) == (latent[code].numel(), 6 * 8 * 8, 16 * 16)
    assert split.r1 == math.sqrt(split.k)
    assert split.L1_most is None
    assert split.L2_most > split.L2
    assert split.delta == pytest.approx(0.16)


def test_an_entry_of_the_input_is_its_own_g1(rng):
    network = tiny(2)
    latent = starts(network, "w+", 2, rng=rng)
    code, noise = measure_splits(network, latent, 1, ["v", "noise_2"], rng=rng)
    assert (code.k, code.p, code.L1, code.L1_most, code.L2_most) == (32, 32, 1, 1, None)
    assert (noise.k, noise.p, noise.L1, noise.L1_most) == (64, 64, 1, 1)
    assert 0 < noise.L2 < noise.L2_most


def test_a_dcgan_is_bounded_on_both_sides(rng):
    network = tiny_dcgan(3)
    (split,) = measure_splits(network, starts(network, "z", 3, rng=rng), 1, ["x"], rng=rng)
    assert 0 < split.L1 < split.L1_most
    assert 0 < split.L2 < split.L2_most
    assert (split.k, split.p, split.n) == (5, 96, 256)


def test_a_chain_is_a_generator_too(rng):
    network = mlp_decoder(4, 9, 7, shape=(1, 3, 3), rng=rng)
    (split,) = measure_splits(network, network.init(3, rng=rng), 1, ["z"], rng=rng)
    assert (split.p, split.n) == (9, 9)
    assert 0 < split.L2 < split.L2_most


def test_k_is_the_radius_times_l2_by_delta():
    row = implied_by(SPLIT, 10.0, delta=0.5, gamma=0.5, recipes=("a",))
    assert (row.K, row.K_most) == (40.0, 160.0)  # of which the second is above sqrt(p) = 64
    by_name = {bound.name: bound for bound in row.bounds}
    X = 3 * 2 * math.sqrt(20) / 0.5
    m = (20 * math.log(X) + 40**2 * math.log(4096)) / 0.25
    assert by_name["Theorem 1, as printed"].measurements == pytest.approx(m)
    assert by_name["Theorem 1, as printed"].says_nothing == ("m >= n = 12288",)
    enough = {bound.name: bound for bound in row.enough}
    assert enough["Theorem 1, as printed"].says_nothing == ("K > sqrt(p) = 64",)
    assert enough["Theorem 1'"].measurements > by_name["Theorem 1'"].measurements


def test_the_resolution_is_a_hundredth_where_none_is_chosen():
    assert implied_by(SPLIT, 10.0).delta == pytest.approx(math.sqrt(12288) / 100)
    assert pytest.approx(2000 / math.sqrt(12288)) == implied_by(SPLIT, 10.0).K


def test_a_resolution_as_coarse_as_images_says_nothing():
    # factor 4 + 2 sqrt(2) 0.2 by 0.8: 5.7 delta reach 2 sqrt(n) = 221.7 at delta = 38.8
    coarse, fine = (implied_by(SPLIT, 1e-3, delta=delta).bounds[4].says_nothing for delta in (38.9, 38.7))
    assert coarse == ("error >= 221.7, the diameter of all images",)
    assert fine == ()


def test_without_an_upper_bound_nothing_is_enough():
    for lacking in ("L1_most", "L2_most"):
        row = implied_by(replace(SPLIT, **{lacking: None}), 10.0)
        assert row.enough is None
        assert row.bounds == implied_by(SPLIT, 10.0).bounds
        assert (row.K_most is None) == (lacking == "L2_most")


def test_no_radius_no_bound():
    assert implied_by(SPLIT, 0.0).bounds == ()
    assert implied_by(replace(SPLIT, L2=0.0), 3.0).K == 0


@pytest.mark.parametrize("name", ["ilo", "ilo-all-balls", "algorithm-1", "ilo-flat"])
def test_each_radius_of_a_recipe_has_a_row(name):
    network = tiny(3)
    rows = implied(network, {name: RECIPES[name]}, points=1, seed=0)
    wanted = [
        (round.start, key, radius)
        for round in RECIPES[name].plan(network, 100)[1]
        for key, radius in round.radii.items()
    ]
    assert [(row.split.start, row.split.key, row.radius) for row in rows] == list(dict.fromkeys(wanted))
    assert len(rows) > 1
    for row in rows:
        entry = starts(network, RECIPES[name].codes, 1, rng=torch.Generator().manual_seed(0))
        assert row.split.p == network(entry, 0, row.split.start)[row.split.key].numel()
        assert row.recipes == (name,)


def test_one_radius_of_several_recipes_is_one_row():
    network = tiny_dcgan(3)
    rows = implied(network, {"one": RECIPES["ilo"], "two": RECIPES["ilo-flat"], "csgm": RECIPES["csgm"]}, seed=0)
    assert [row.recipes for row in rows] == [("one", "two")] * 2
    assert [(row.split.start, row.split.key) for row in rows] == [(1, "x"), (2, "x")]
    assert [row.radius for row in rows] == pytest.approx([0.061 * 96, 0.031 * 384])


def test_the_best_resolution_is_of_the_same_radius():
    row = implied_by(replace(SPLIT, p=100), 1.0)
    found = with_measurements(row.best, SPLIT.n - 1)
    assert row.least_error == pytest.approx(found.additive)
    assert row.best.r2 == pytest.approx(1.0)
    assert found.additive < SPLIT.diameter
    beyond = implied_by(SPLIT, 1e5)
    assert (beyond.best, beyond.least_error) == (None, None)
    assert implied_by(SPLIT, 0.0).best is None


def test_the_seed_decides():
    network, recipe = tiny_dcgan(2), {"ilo": RECIPES["ilo"]}
    assert implied(network, recipe, seed=1) == implied(network, recipe, seed=1)
    assert implied(network, recipe, seed=1) != implied(network, recipe, seed=2)


def test_tuned_radii_are_among_the_recipes():
    recipes = recipes_for("digits")
    assert recipes.items() >= RECIPES.items()
    assert recipes["ilo, denoise"] == tuned("ilo", "denoise", "digits")
    assert "ilo, sense" not in recipes  # tuned in its rate alone
    assert recipes_for("no such study") == RECIPES


def test_the_radii_of_the_paper_are_beyond_every_bound_for_digits():
    """No bound asks for fewer measurements than there are pixels."""
    features = {"ilo": replace(RECIPES["ilo"], noises=0, code_radii=(math.inf,))}
    rows = implied(load("digits"), features, points=1, seed=0)
    assert [(row.split.start, row.split.key) for row in rows] == [(1, "x"), (2, "x"), (3, "x")]
    for row in rows:
        assert math.sqrt(row.split.p) < row.K
        assert all(bound.vacuous for bound in row.bounds)
        assert row.least_error is None  # at any other delta and gamma neither


def test_a_table_shows_them():
    rows = [implied_by(SPLIT, radius, delta=1.0, recipes=("a", "b", "c", "d")) for radius in (0.0, 1.0, 1e4)]
    head, cells = table(rows)
    shown = [dict(zip(head, row, strict=True)) for row in cells]
    assert [row["K from"] for row in shown] == [0.0, 2.0, 2e4]
    assert shown[0]["recipes"] == "a, b and 2 more"
    assert shown[0]["m of (5)"] is shown[0]["error of Theorem 1'"] is None
    assert shown[1]["m of (5)"] == pytest.approx(25 * (20 * math.log(6 * math.sqrt(20)) + 4 * math.log(4096)))
    assert shown[1]["error of Theorem 1'"] == pytest.approx((4 + 0.4 * math.sqrt(2)) / 0.8)
    assert [row["says something"] for row in shown] == [
        "none",
        "corrected chaining, Theorem 1'",  # (6) is ln 8/0.8 32 ln 32 = 288, more than between any two images
        "none",
    ]


def test_bad_arguments_are_refused(rng):
    network = tiny(2)
    latent = starts(network, "z", 1, rng=rng)
    with pytest.raises(ValueError, match=r"`measure_splits\(start=...\)` must be a layer, from 0 to 1, got 2"):
        measure_splits(network, latent, 2, ["x"], rng=rng)
    with pytest.raises(ValueError, match=r"`measure_splits\(keys=...\)` must be of .*rgb, w, x at layer 1, got 'y'"):
        measure_splits(network, latent, 1, ["x", "y"], rng=rng)
    for radius in (-1.0, math.inf, math.nan):
        with pytest.raises(ValueError, match=rf"`implied_by\(radius=...\)` must be >= 0 and finite, got {radius}"):
            implied_by(SPLIT, radius)
