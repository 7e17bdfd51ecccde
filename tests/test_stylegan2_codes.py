"""One code for all layers (W space) is that code given to every layer (W+ space)."""

import pytest
import torch

from tests.tiny import tiny


@pytest.fixture
def network(rng):
    network = tiny(4, fitted=False).double()
    network.fit_codes_(rng=rng, samples=64)
    return network


def in_float64(latent):
    return {key: value.double() for key, value in latent.items()}


@pytest.mark.parametrize("key", ["v", "w"])
def test_a_shared_code_is_the_same_code_in_every_layer(network, rng, key):
    latent = in_float64(network.init_codes(2, rng=rng, shared=True))
    code = latent.pop("v")
    assert code.shape == (2, 1, network.w_dim)
    repeated = torch.cat([code] * network.num_ws, dim=1)
    assert torch.equal(network(latent | {key: code}), network(latent | {key: repeated}))


def test_the_gradient_of_a_shared_code_is_the_sum_over_the_layers(network, rng):
    latent = in_float64(network.init_codes(2, rng=rng, shared=True))
    shared = latent["v"].requires_grad_()
    apart = shared.detach().repeat(1, network.num_ws, 1).requires_grad_()
    (of_shared,) = torch.autograd.grad(network(latent).square().sum(), shared)
    (of_each,) = torch.autograd.grad(network(latent | {"v": apart}).square().sum(), apart)
    assert (of_each[:, 0] - of_each[:, 1]).abs().max() > 0.1 * of_each.abs().max()  # the layers do differ
    torch.testing.assert_close(of_shared, of_each.sum(1, keepdim=True), rtol=1e-10, atol=0)


def test_a_shared_code_stays_one_code_across_a_split(network, rng):
    latent = in_float64(network.init_codes(1, rng=rng, shared=True))
    for stop in range(network.num_layers):
        passed = network(latent, stop=stop)
        assert torch.equal(passed["v"], latent["v"])
        assert torch.equal(network(passed, start=stop), network(latent))


def test_unless_asked_codes_are_drawn_for_each_layer(network, rng):
    assert network.init_codes(3, rng=rng)["v"].shape == (3, network.num_ws, network.w_dim)


def test_neither_one_code_nor_one_a_layer_is_refused(network):
    with pytest.raises(ValueError, match=r"got \[1, 2, 8\]; one code for all layers is \[B, 1, 8\]"):
        network({"w": torch.zeros(1, 2, 8).double()})
