"""Large blocks in half precision: close to the network, float32 at its ends, and split as the network is."""

import pytest
import torch

from ilo_practice.stylegan2.precision import in_precision
from tests.tiny import tiny


@pytest.fixture
def network():
    return tiny(5, channels=3, widths=(16,) * 5)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_image_is_near_and_no_nearer_than_its_bits(network, dtype, rng):
    latent = network.init_codes(2, rng=rng)
    exact, image = network(latent), in_precision(network, dtype, resolution=16)(latent)
    assert image.dtype == torch.float32
    error = ((image - exact).norm() / exact.norm()).item()
    bits = torch.finfo(dtype).eps
    assert bits / 50 < error < 2 * bits


def test_blocks_below_the_resolution_are_the_networks_own(network, rng):
    latent, half = network.init_codes(1, rng=rng), in_precision(network, torch.bfloat16, resolution=32)
    theirs, ours = network(latent, stop=3), half(latent, stop=3)
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs)
    assert not torch.equal(half(latent, stop=4)["x"], network(latent, stop=4)["x"])
    assert torch.equal(in_precision(network, torch.bfloat16, resolution=128)(latent), network(latent))


@pytest.mark.parametrize("resolution", [4, 16])
def test_entering_where_one_left_gives_the_same_image_to_the_bit(network, resolution, rng):
    half = in_precision(network, torch.bfloat16, resolution=resolution)
    latent = network.init(2, rng=rng)
    for stop in range(half.num_layers):
        passed = half(latent, stop=stop)
        assert all(value.dtype == torch.float32 for value in passed.values())
        assert torch.equal(half(passed, start=stop), half(latent))


def test_gradients_point_the_same_way(network, rng):
    latent = {key: value.requires_grad_() for key, value in network.init_codes(1, rng=rng).items()}
    grads = [
        torch.cat([grad.flatten() for grad in torch.autograd.grad(each(latent).square().sum(), list(latent.values()))])
        for each in (network, in_precision(network, torch.bfloat16, resolution=8))
    ]
    assert torch.cosine_similarity(*grads, dim=0) > 0.99


def test_the_network_is_not_changed(network, rng):
    before = {key: value.clone() for key, value in network.state_dict().items()}
    in_precision(network, torch.float16)(network.init(1, rng=rng))
    after = network.state_dict()
    assert all(torch.equal(after[key], value) and after[key].dtype == value.dtype for key, value in before.items())


def test_other_precisions_are_refused(network):
    with pytest.raises(ValueError, match=r"in_precision\(dtype=...\)` must be bfloat16 or float16, got torch.float64"):
        in_precision(network, torch.float64)
    with pytest.raises(ValueError, match=r"in_precision\(network=...\)` must be float32, got torch.float64"):
        in_precision(network.double(), torch.bfloat16)
