"""The released code's lost RGB image, made anew: it breaks the composition law, and nothing else."""

import torch

from ilo_practice.recipes import RECIPES
from ilo_practice.stylegan2.compat import WithoutSkip
from tests.tiny import tiny


def test_only_images_from_a_split_on_differ(rng):
    network = tiny(4, channels=3)
    lossy, latent = WithoutSkip(network), network.init_codes(2, rng=rng)
    assert torch.equal(lossy(latent), network(latent))
    for j in range(1, network.num_layers):
        passed = lossy(latent, stop=j)
        assert torch.equal(passed["x"], network(latent, stop=j)["x"])
        image, whole = lossy(passed, start=j), network(latent)
        assert (image - whole).norm() > 0.05 * whole.norm()
        torch.testing.assert_close(image, network(passed | {"rgb": torch.zeros_like(passed["rgb"])}, start=j))


def test_recipes_run_on_it_as_on_the_network(rng):
    network = tiny(4, channels=3)
    for name in ("ilo", "algorithm-1"):
        recipe, lossy = RECIPES[name], WithoutSkip(network)
        assert recipe.adapted(lossy) is recipe
        assert recipe.plan(lossy, 60) == recipe.plan(network, 60)
