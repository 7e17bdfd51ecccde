"""Generators: the composition law, and small chains against matrix products written out."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from ilo_theory.checkers import check_split_generator
from ilo_theory.generators import Chain, linear_chain, mlp_decoder, relu_chain
from ilo_theory.strategies import latents, small_generators, split_points
from tests.instances import GENERATORS


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_composition_law_is_exact_for_every_split_and_images_are_independent(name, dtype, rng):
    check_split_generator(GENERATORS[name]().to(dtype), tolerance=50 * torch.finfo(dtype).eps, rng=rng)


@given(st.data(), small_generators())
def test_composition_law_of_any_chain(data, generator):
    latent, (start, stop) = data.draw(latents(generator, 3)), data.draw(split_points(generator))
    middle = generator(generator(latent, stop=start), start=start, stop=stop)
    assert torch.equal(generator(middle, start=stop), generator(latent))


@pytest.mark.parametrize("name", GENERATORS)
def test_nan_reaches_its_own_image(name, rng):
    generator = GENERATORS[name]()
    latent = generator.init(3, rng=rng)
    for value in latent.values():
        value[1] = float("nan")
    assert generator(latent).flatten(1).isnan().any(1).tolist() == [False, True, False]


@pytest.mark.parametrize("name", GENERATORS)
def test_rng_alone_decides_the_latent(name):
    generator = GENERATORS[name]()
    torch.manual_seed(1)
    first = generator.init(2, rng=torch.Generator().manual_seed(7))
    torch.manual_seed(2)
    second = generator.init(2, rng=torch.Generator().manual_seed(7))
    third = generator.init(2, rng=torch.Generator().manual_seed(8))
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert any(not torch.equal(first[key], third[key]) for key in first)


@pytest.mark.parametrize("name", GENERATORS)
def test_latent_follows_the_dtype(name, rng):
    generator = GENERATORS[name]().double()
    latent = generator.init(2, rng=rng)
    assert {value.dtype for value in latent.values()} == {torch.float64}
    assert generator(latent).dtype == torch.float64


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize(("start", "stop"), [(-1, None), (99, None), (0, 99), (1, 0), (0, -1)])
def test_split_that_does_not_exist_is_refused(name, start, stop, rng):
    generator = GENERATORS[name]()
    with pytest.raises(ValueError, match="start"):
        generator(generator.init(1, rng=rng), start, stop)


def test_relu_chain_is_its_matrices_and_ramps(rng):
    generator = relu_chain(3, 7, 6, 5, rng=rng).double()
    z = generator.init(4, rng=rng)
    W1, W2, W3 = (parameter.detach().numpy() for parameter in generator.parameters())
    h = np.maximum(z["z"].numpy() @ W1.T, 0)
    x = np.maximum(h @ W2.T, 0) @ W3.T
    np.testing.assert_allclose(generator(z, stop=1)["z"].detach(), h, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(generator(z).detach(), x, rtol=1e-13, atol=1e-13)


def test_linear_chain_is_one_matrix(rng):
    generator = linear_chain(3, 8, 5, rng=rng).double()
    W1, W2 = (parameter.detach().numpy() for parameter in generator.parameters())
    z = generator.init(4, rng=rng)
    np.testing.assert_allclose(generator(z).detach(), z["z"].numpy() @ (W2 @ W1).T, rtol=1e-12, atol=1e-12)


def test_decoder_gives_images_and_can_be_trained(rng):
    generator = mlp_decoder(4, 16, shape=(1, 5, 6), rng=rng)
    z = generator.init(8, rng=rng)
    image = generator(z)
    assert image.shape == (8, 1, 5, 6)
    assert image.abs().max() < 1
    target = torch.full_like(image, 0.5)
    optimiser = torch.optim.Adam(generator.parameters(), lr=0.01)
    for _ in range(100):
        optimiser.zero_grad()
        loss = (generator(z) - target).square().mean()
        loss.backward()
        optimiser.step()
    assert loss < 1e-2 < (image - target).square().mean()
    twin = mlp_decoder(4, 16, shape=(1, 5, 6), rng=rng)
    twin.load_state_dict(generator.state_dict())
    assert torch.equal(twin(z), generator(z))


@pytest.mark.parametrize("chain", [linear_chain, relu_chain])
def test_layers_keep_the_mean_square(chain, rng):
    """E||f(x)||^2 = ||x||^2 for one layer. With 40 000 rows the mean of as many iid terms has a relative standard
    deviation of at most sqrt(5/40000) = 0.0112 (a squared Gaussian's 2, half of the time 0); Chebyshev's would be
    weak, but the sum of 40 000 such terms is normal to within 1e-6 beyond 6 of them: 0.067."""
    generator = chain(16, 40_000, 4, rng=rng).double()
    x = torch.randn(1, 16, dtype=torch.float64, generator=rng)
    assert abs(generator({"z": x}, stop=1)["z"].square().sum() / x.square().sum() - 1) < 0.067


def test_nothing_is_taken_from_the_global_random_numbers(rng):
    before = torch.get_rng_state()
    mlp_decoder(4, 16, shape=(1, 5, 6), rng=rng).init(2, rng=rng)
    relu_chain(3, 4, 5, rng=rng)
    assert torch.equal(torch.get_rng_state(), before)


def test_chain_without_parameters_has_the_default_dtype(rng):
    generator = Chain(nn.Tanh(), nn.Identity(), k=3)
    assert generator.init(2, rng=rng)["z"].dtype == torch.get_default_dtype()
    assert generator.num_layers == 2
