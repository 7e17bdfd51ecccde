"""The extended range and the search for its worst pair, on cases whose answer is known."""

import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from ilo_theory.extended_range import ExtendedRange, least_delta, worst_pair
from ilo_theory.generators import Chain, linear_chain, mlp_decoder, relu_chain
from ilo_theory.operators import Gaussian


def extended_of(chain, split=1, r1=2.0, r2=0.5):
    return ExtendedRange(chain.double(), split, r1, r2)


def identity_chain(k: int) -> Chain:
    layers = [nn.Linear(k, k, bias=False) for _ in range(2)]
    for layer in layers:
        nn.init.eye_(layer.weight)
    return Chain(*layers, k=k)


def double(operator):
    return operator.double()


# --- The set ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("chain", "split"), [("linear", 1), ("linear", 0), ("relu", 2), ("decoder", 1)])
def test_draws_are_of_the_set_and_images_are_the_generators(chain, split, rng):
    chains = {
        "linear": lambda: linear_chain(3, 5, 6, rng=rng),
        "relu": lambda: relu_chain(3, 5, 7, 6, rng=rng),
        "decoder": lambda: mlp_decoder(3, 8, shape=(1, 2, 3), rng=rng),
    }
    extended = extended_of(chains[chain](), split)
    z, b = extended.sample(200, rng=rng)
    assert z.dtype == b.dtype == torch.float64
    assert z.norm(dim=1).max() <= 2 + 1e-12
    assert b.abs().sum(1).max() <= 0.5 + 1e-12
    for x, same in zip((z, b), extended.constrain(z, b), strict=True):
        assert torch.equal(x, same)
    reached = extended.generator({"z": z}, 0, split)["z"]
    assert b.shape == reached.shape
    assert torch.equal(extended.image(z, b), extended.generator({"z": reached + b}, split))
    assert torch.equal(extended.image(z, 0 * b), extended.generator({"z": z}))


def test_draws_fill_the_balls(rng):
    # P(|z| <= r1/2) = 2^-3: 4000 draws are off by 5 sigma with a probability below 1e-6.
    z, _ = extended_of(linear_chain(3, 5, 6, rng=rng)).sample(4000, rng=rng)
    share = float((z.norm(dim=1) <= 1).double().mean())
    assert abs(share - 1 / 8) < 5 * math.sqrt(7 / 64 / 4000)


def test_constrain_projects_each_part(rng):
    extended = extended_of(linear_chain(3, 5, 6, rng=rng))
    z, b = extended.constrain(torch.full((1, 3), 4.0), torch.tensor([[3.0, 1.0, 0, 0, 0]]))
    torch.testing.assert_close(z, torch.full((1, 3), 2 / math.sqrt(3)))
    torch.testing.assert_close(b, torch.tensor([[0.5, 0, 0, 0, 0]]))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"r1": -1.0}, r"ExtendedRange\(r1=\.\.\.\).*got -1\.0"),
        ({"r2": math.inf}, r"ExtendedRange\(r2=\.\.\.\).*got inf"),
        ({"split": 2}, r"ExtendedRange\(split=\.\.\.\).*from 0 to 1, got 2"),
    ],
)
def test_what_is_no_extended_range_is_refused(arguments, match, rng):
    with pytest.raises(ValueError, match=match):
        ExtendedRange(linear_chain(3, 5, 6, rng=rng), **{"split": 1, "r1": 1.0, "r2": 1.0, **arguments})


# --- The search -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("k", "p", "m"), [(1, 3, 4), (2, 6, 12), (4, 16, 30)])
def test_a_linear_chain_has_its_singular_value(k, p, m, rng):
    extended = extended_of(linear_chain(k, p, 50, rng=rng))
    A = double(Gaussian.draw(m, (50,), rng=rng))
    basis = torch.linalg.qr(extended.generator.layers[1].weight.detach()).Q
    exact = torch.linalg.svdvals(A.matrix @ basis)[-1].item()
    found = worst_pair(extended, A, separation=1e-3, steps=200, rng=rng)
    assert exact * (1 - 1e-9) <= found.gamma <= 1.001 * exact


def test_without_deviations_only_the_range_of_g1_counts(rng):
    extended = extended_of(linear_chain(2, 8, 30, rng=rng), r2=0.0)
    A = double(Gaussian.draw(10, (30,), rng=rng))
    W1, W2 = (layer.weight.detach() for layer in extended.generator.layers)
    exact = torch.linalg.svdvals(A.matrix @ torch.linalg.qr(W2 @ W1).Q)[-1].item()
    assert worst_pair(extended, A, separation=1e-3, rng=rng).gamma == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize("shrink", [0.5, 0.01])
def test_a_planted_direction_is_found_where_random_pairs_miss_it(shrink, rng):
    extended = extended_of(identity_chain(20), r1=1.0, r2=1.0)
    v = nn.functional.normalize(torch.randn(20, generator=rng, dtype=torch.float64), dim=0)
    A = Gaussian(torch.eye(20, dtype=torch.float64) - (1 - shrink) * torch.outer(v, v), (20,))
    pair = worst_pair(extended, A, separation=0.1, rng=rng)
    assert shrink * (1 - 1e-9) <= pair.gamma <= 1.01 * shrink
    apart = (pair.images[0] - pair.images[1]) / (pair.images[0] - pair.images[1]).norm()
    assert abs(apart @ v) > 0.99
    x = extended.image(*extended.sample(2000, rng=rng))
    d = x[:1000] - x[1000:]
    assert (A(d).norm(dim=1) / d.norm(dim=1)).min() > min(0.7, 1.2 * shrink)


def test_a_direction_planted_beyond_a_relu_is_found(rng):
    # G2(w) = W relu(w): A has all of R^9 but the image of one hidden unit in view.
    chain = relu_chain(2, 6, 9, rng=rng).double()
    extended = extended_of(Chain(nn.Identity(), *chain.layers, k=2), split=2, r1=2.0, r2=1.0)
    hidden = chain.layers[1].weight.detach()[:, 3]
    v = hidden / hidden.norm()
    A = Gaussian(torch.eye(9, dtype=torch.float64) - torch.outer(v, v), (9,))
    assert worst_pair(extended, A, separation=1e-2, rng=rng).gamma < 1e-3


@pytest.mark.parametrize("additive", [0.0, 0.3])
def test_the_pair_is_a_witness(additive, rng):
    extended = extended_of(relu_chain(3, 8, 12, rng=rng))
    A = double(Gaussian.draw(5, (12,), rng=rng))
    pair = worst_pair(extended, A, additive=additive, separation=0.2, starts=5, steps=30, rng=rng)
    for (z, b), image in zip((pair.first, pair.second), pair.images, strict=True):
        assert z.norm() <= 2 + 1e-12
        assert b.abs().sum() <= 0.5 + 1e-12
        torch.testing.assert_close(extended.image(z, b)[0], image)
    d = pair.images[0] - pair.images[1]
    assert d.norm() >= 0.2 * (1 - 1e-12)
    assert pair.gamma == pytest.approx(float((A.matrix @ d).norm() + additive) / float(d.norm()), rel=1e-9)
    assert pair.found.shape == (5,)
    assert pair.gamma == pytest.approx(pair.found.min().item(), rel=1e-9)


def test_an_additive_term_asks_for_distance(rng):
    # (t + a) / |d| with |A d| = t |d| for all d is least at the diameter, 2 r1 + 2 r2 along an axis.
    extended = extended_of(identity_chain(3), r1=1.0, r2=0.5)
    A = Gaussian(0.5 * torch.eye(3, dtype=torch.float64), (3,))
    assert worst_pair(extended, A, additive=0.6, rng=rng).gamma == pytest.approx(0.5 + 0.6 / 3, rel=1e-6)


def test_longer_searches_find_no_higher_gamma_and_seeds_repeat(rng):
    extended = extended_of(relu_chain(3, 8, 12, rng=rng))
    A = double(Gaussian.draw(5, (12,), rng=rng))

    def search(steps):
        return worst_pair(extended, A, additive=0.1, steps=steps, starts=4, rng=torch.Generator().manual_seed(3))

    found = [search(steps).gamma for steps in (1, 5, 25)]
    assert found == sorted(found, reverse=True)
    assert search(25).gamma == found[-1]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({}, r"additive=\.\.\., separation=\.\.\..*not both 0"),
        ({"additive": -1.0, "separation": 1.0}, r"got -1\.0 and 1\.0"),
        ({"additive": 1.0, "starts": 0}, r"starts=\.\.\., steps=\.\.\..*got 0 and 100"),
        ({"additive": 1.0, "steps": 0}, r"got 32 and 0"),
    ],
)
def test_searches_that_make_no_sense_are_refused(arguments, match, rng):
    extended = extended_of(linear_chain(2, 3, 4, rng=rng))
    with pytest.raises(ValueError, match=match):
        worst_pair(extended, double(Gaussian.draw(2, (4,), rng=rng)), rng=rng, **arguments)


# --- Finite sets ------------------------------------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.floats(0.1, 3))
def test_least_delta_is_the_least(seed, count, gamma):
    rng = torch.Generator().manual_seed(seed)
    points, A = torch.randn(count, 4, generator=rng).double(), double(Gaussian.draw(2, (4,), rng=rng))
    least = least_delta(points, A, gamma)
    pairs = [x - y for x, y in itertools.product(points, repeat=2)]
    slack = [float((A.matrix @ d).norm()) - (gamma * float(d.norm()) - least) for d in pairs]
    assert min(slack) == pytest.approx(0.0, abs=1e-9)
    assert least >= 0
