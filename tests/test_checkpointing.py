"""Activation checkpointing: the same images and gradients to the bit, and less kept between forward and backward."""

import pytest
import torch

from ilo_practice.stylegan2.checkpointing import checkpointed
from tests.tiny import tiny


def variables(network, rng, key):
    latent = network.init(2, rng=rng) if key == "z" else network.init_codes(2, rng=rng, shared=key == "shared")
    return {key: value.requires_grad_() for key, value in latent.items()}


def same(ours, theirs):
    return all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("key", ["z", "v", "shared"])
@pytest.mark.parametrize("trainable", [False, True])
def test_images_and_gradients_are_the_same_to_the_bit(key, trainable, rng):
    network = tiny(4).requires_grad_(trainable)
    latent = variables(network, rng, key)
    wanted = list(latent.values()) + (list(network.blocks.parameters()) if trainable else [])
    images = [each(latent) for each in (network, checkpointed(network))]
    assert torch.equal(*images)
    assert same(*(torch.autograd.grad(image.square().sum(), wanted) for image in images))


def test_it_can_be_entered_and_left_as_the_network(rng):
    network = tiny(3)
    lean = checkpointed(network)
    latent = network.init(2, rng=rng)
    for stop in range(lean.num_layers):
        theirs = network(latent, stop=stop)
        ours = lean(latent, stop=stop)
        assert ours.keys() == theirs.keys()
        assert same(ours.values(), theirs.values())
        assert torch.equal(lean(ours, start=stop), network(latent))
    with pytest.raises(ValueError, match=r"Checkpointed.forward\(start=2, stop=1\)"):
        lean(latent, 2, 1)


def test_it_draws_what_the_network_draws():
    network = tiny(2)
    for name, options in [("init", {}), ("init_codes", {}), ("init_codes", {"shared": True})]:
        drawn = [
            getattr(each, name)(2, rng=torch.Generator().manual_seed(3), **options)
            for each in (network, checkpointed(network))
        ]
        assert same(*(each.values() for each in drawn))


def test_second_derivatives_go_through(rng):
    network = tiny(3).double()
    w = network.map(network.init(1, rng=rng)["z"].double()).requires_grad_()
    curvatures = []
    for each in (network, checkpointed(network)):
        (slope,) = torch.autograd.grad(each({"w": w}).square().sum(), w, create_graph=True)
        curvatures.append(torch.autograd.grad(slope.square().sum(), w)[0])
    torch.testing.assert_close(*curvatures, rtol=1e-12, atol=0)


@pytest.mark.parametrize("trainable", [False, True])
def test_less_is_kept_for_the_gradient(trainable, rng):
    network = tiny(6, widths=(8,) * 6).requires_grad_(trainable)
    latent = variables(network, rng, "v")

    def kept(generator):
        """Bytes that the graph holds, what it recomputes left out: inputs and weights are there anyway."""
        held = {}

        def pack(tensor):
            held[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            image = generator(latent)
        assert image.requires_grad
        there = {each.untyped_storage().data_ptr() for each in (*network.parameters(), *latent.values())}
        return sum(size for pointer, size in held.items() if pointer not in there)

    features = sum(8 * 4**j for j in range(2, 8)) * 2 * 4  # one tensor a block: two images of float32
    assert kept(network) > 2 * features
    assert kept(checkpointed(network)) < features / 10
