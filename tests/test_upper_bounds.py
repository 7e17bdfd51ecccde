"""Upper bounds of Lipschitz constants against dense matrices, Jacobians and secants."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ilo_practice import lipschitz
from ilo_practice.checkpoints import load
from ilo_practice.lipschitz import layer_bound, upper_bound, upper_bounds
from ilo_practice.stylegan2 import layers
from ilo_practice.stylegan2.compat import WithoutSkip
from ilo_practice.symbols import doubling_norm
from ilo_theory.generators import Chain, relu_chain
from ilo_theory.lipschitz import jacobian_norm, lipschitz_lower, lipschitz_upper
from tests.dense_norm import dense_norm
from tests.tiny import tiny, tiny_dcgan

SEEDS = st.integers(0, 10**6)


# --- DCGAN ------------------------------------------------------------------------------------------------------------


def test_a_block_of_dcgan_against_its_matrix(monkeypatch):
    network = tiny_dcgan(3).double()
    inner, last = network.blocks[1], network.blocks[2]
    first = network.blocks[0]
    monkeypatch.setattr(F, "relu", lambda x: x)
    monkeypatch.setattr(torch, "tanh", lambda x: x)
    for block, shape, slack in ((first, (1, 5, 1, 1), 1 + 1e-9), (inner, (1, 6, 4, 4), 1.3), (last, (1, 6, 8, 8), 1.2)):
        norm = dense_norm(block, shape)
        assert norm * (1 - 1e-12) <= layer_bound(block) <= slack * norm
    # without the scale of its normalisation a block would pass for less than it is
    inner.norm.running_var.fill_(0.01)
    assert doubling_norm(inner.weight) < dense_norm(inner, (1, 6, 4, 4)) <= layer_bound(inner)


def test_dcgan_lies_between_its_bounds(rng):
    network = tiny_dcgan(4).double()
    latent = network.init(8, rng=rng)
    for start, stop in [(0, None), (0, 1), (0, 2), (1, 3), (1, None), (3, None), (2, 2)]:
        here = network(latent, 0, start)
        most = upper_bound(network, here, start, stop)
        assert 0 < lipschitz_lower(network, here, start, stop, rng=rng) <= most * (1 + 1e-9)
    assert upper_bound(network, latent, 0, 0) == 1


# --- StyleGAN-2 -------------------------------------------------------------------------------------------------------


def at(network, start, *, codes=2, seed=3):
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        return network({key: value.double() for key, value in network.init(codes, rng=rng).items()}, 0, start)


@pytest.fixture
def linear(monkeypatch):
    """A network of which all slopes are 1: what is left is its convolutions, and the gain of sqrt(2)."""
    monkeypatch.setattr(layers, "leaky", lambda x: x * math.sqrt(2))
    return tiny(3, channels=2, seed=1).double().requires_grad_(True)  # a frozen weight has ways of its own


@pytest.fixture
def aligned(linear):
    network = tiny(3, seed=1, widths=(1, 1, 1)).double().requires_grad_(True)
    for name, weight in network.named_parameters():
        if "conv" in name and name.endswith("weight") and weight.ndim == 4:
            weight.data.zero_()[:, :, 1, 1] = 1
    return network


def image_of(network, here, start, keys):
    """The image of those entries as a function of their tensors, the others held."""
    return lambda *values: network({**here, **dict(zip(keys, values, strict=True))}, start)


def dense_of(network, here, start, keys):
    return dense_norm(image_of(network, here, start, keys), *(here[key].shape for key in keys))


@pytest.mark.parametrize(
    ("start", "keys"),
    [
        (1, ("x",)),
        (1, ("rgb",)),
        (1, ("x", "rgb")),
        (2, ("x",)),
        (2, ("x", "rgb")),
        (1, ("noise_1", "noise_4")),
        (2, ("noise_3",)),
        (2, ("x", "rgb", "noise_4")),
        (0, ("noise_0",)),
    ],
)
def test_linear_networks_against_their_matrices(linear, aligned, start, keys):
    for network in (linear, aligned):
        here = {key: value[:1] for key, value in at(network, start).items()}
        norm, most = dense_of(network, here, start, keys), upper_bound(network, here, start, keys=keys)
        assert norm <= most
    # of one channel and one tap a kernel each norm is attained by smooth images, up to grids and borders
    assert most <= (1.6 if len(keys) > 1 else 1.35) * norm


def test_upsampling_alone_doubles(linear):
    here = {key: value[:1] for key, value in at(linear, 2).items()}
    norm = dense_of(linear, here, 2, ("rgb",))
    assert upper_bound(linear, here, 2, keys=["rgb"]) == 2
    assert 1.8 < norm < 2


def test_a_noise_moves_all_channels_at_once(linear):
    """An image that sums the six channels takes in the last noise by exactly sqrt(6) of each one's strength."""
    torgb = linear.blocks[2].torgb
    torgb.affine.weight.data.zero_()
    torgb.affine.bias.data.fill_(1)
    torgb.weight.data.fill_(1)
    here = {key: value[:1] for key, value in at(linear, 2).items()}
    norm = dense_of(linear, here, 2, ("noise_4",))
    assert upper_bound(linear, here, 2, keys=["noise_4"]) == pytest.approx(norm, rel=1e-9)


def test_a_lost_rgb_path_would_be_seen(linear, monkeypatch):
    """The image of the last block is faint, so that all goes by way of the one before."""
    linear.blocks[2].torgb.weight.data.mul_(1e-3)
    linear.blocks[1].torgb.weight.data.mul_(10)
    here = {key: value[:1] for key, value in at(linear, 1).items()}
    norm = dense_of(linear, here, 1, ("x",))
    assert norm <= upper_bound(linear, here, 1, keys=["x"])
    monkeypatch.setattr(lipschitz, "UPSAMPLED", 0.0)
    assert norm > upper_bound(linear, here, 1, keys=["x"])


def test_a_lost_gain_or_half_a_filter_would_be_seen(aligned, monkeypatch):
    here = {key: value[:1] for key, value in at(aligned, 2).items()}
    norm = dense_of(aligned, here, 2, ("x",))
    monkeypatch.setattr(lipschitz, "doubling_norm", lambda kernel: doubling_norm(kernel) / 2)
    assert norm > upper_bound(aligned, here, 2, keys=["x"])
    monkeypatch.undo()
    monkeypatch.setattr(lipschitz, "sqrt", lambda value: 1.0 if value == 2 else math.sqrt(value))
    assert norm > upper_bound(aligned, here, 2, keys=["x"])


@settings(max_examples=10)
@given(SEEDS, st.floats(1e-3, 30))
def test_no_secant_with_codes_held_is_steeper(seed, length):
    rng = torch.Generator().manual_seed(seed)
    network = tiny(3, seed=seed % 5).double()
    for start in (1, 2):
        here = at(network, start, codes=3, seed=seed)
        bounds = upper_bounds(network, here, start)
        for keys in (("x",), ("rgb",), ("x", "rgb"), (f"noise_{2 * start}",), ("x", f"noise_{2 * start}")):
            most = math.hypot(*(bounds[key] for key in keys))
            assert most == pytest.approx(upper_bound(network, here, start, keys=keys))
            moves = {key: length * torch.randn(here[key].shape, generator=rng, dtype=torch.float64) for key in keys}
            there = here | {key: here[key] + move for key, move in moves.items()}
            change = (network(there, start) - network(here, start)).flatten(1).norm(dim=1)
            moved = torch.cat([move.flatten(1) for move in moves.values()], dim=1).norm(dim=1)
            assert (change <= most * moved * (1 + 1e-9)).all()


def test_jacobians_with_codes_held_stay_below(rng):
    network = tiny(3, channels=3).double()
    for start in (1, 2):
        here = at(network, start, codes=4)
        for stop in (None, 2):
            for keys in (["x"], ["rgb"], ["x", "rgb"], ["x", "rgb", "noise_4"], ["noise_3"]):
                below = jacobian_norm(network, here, start, stop, keys=keys, rng=rng)
                assert (below <= upper_bound(network, here, start, stop, keys=keys) * (1 + 1e-9)).all()


def test_the_bound_of_several_codes_is_that_of_the_steepest():
    network = tiny(2).double()
    both = at(network, 1, codes=5)
    each = [upper_bounds(network, {key: value[i : i + 1] for key, value in both.items()}, 1)["x"] for i in range(5)]
    assert upper_bounds(network, both, 1)["x"] == max(each) > min(each)


def test_bounded_features_are_no_steeper(rng):
    network = tiny(2, conv_clamp=0.5).double()
    here = at(network, 1)
    assert lipschitz_lower(network, here, 1, keys=["x"], rng=rng) <= upper_bound(network, here, 1, keys=["x"])


def test_digits_lie_between_their_bounds(rng):
    network = load("digits")
    latent = network.init(2, rng=rng)
    for start in (1, 2, 3):
        with torch.no_grad():
            here = network(latent, 0, start)
        least = lipschitz_lower(network, here, start, keys=["x"], rng=rng)
        assert 1 < least < upper_bound(network, here, start, keys=["x"]) < 1e6


# --- Where none is known ----------------------------------------------------------------------------------------------


def test_where_codes_vary_no_bound_is_known(rng):
    network = tiny(2)
    latent, codes = network.init(1, rng=rng), network.init_codes(1, rng=rng)
    assert upper_bound(network, latent, keys=["z"]) is None
    assert upper_bound(network, latent, 0, 1, keys=["z"]) is None
    assert upper_bound(network, codes, keys=["v"]) is None
    here = network(codes, 0, 1)
    assert upper_bound(network, here, 1) is None
    assert upper_bound(network, here, 1, keys=["x", "v"]) is None
    assert upper_bound(network, here, 1, keys=["x", "rgb"]) > 0
    assert upper_bounds(WithoutSkip(network), here, 1) == {}


def test_chains_have_the_bound_of_their_layers(rng):
    chain = relu_chain(3, 7, 5, rng=rng)
    latent = chain.init(2, rng=rng)
    assert upper_bound(chain, latent, 0, 1) == lipschitz_upper(chain, 0, 1)
    assert upper_bound(Chain(nn.Identity(), nn.Softplus(), k=2), {"z": torch.zeros(1, 2)}) is None


def test_entries_that_do_not_reach_the_image_have_norm_zero(rng):
    network = tiny(2).double()
    here = at(network, 1)
    assert jacobian_norm(network, here, 1, keys=["noise_0"], rng=rng).tolist() == [0, 0]
    assert upper_bound(network, here, 1, keys=["noise_0"]) == 0


def test_outputs_can_be_looked_at_alone(rng):
    network = tiny(2).double()
    latent = {key: value.double() for key, value in network.init(1, rng=rng).items()}

    def features(z):
        return network(latent | {"z": z}, 0, 1)["x"]

    matrix = torch.autograd.functional.jacobian(features, latent["z"]).reshape(-1, latent["z"].numel())
    options = {"keys": ["z"], "iterations": 300, "rng": rng}
    found = jacobian_norm(network, latent, 0, 1, outputs=["x"], **options)
    assert found.tolist() == pytest.approx([np.linalg.norm(matrix.numpy(), 2)], rel=1e-6)
    assert jacobian_norm(network, latent, 0, 1, **options) > 1.0001 * found
