"""Lipschitz constants from both sides, against singular values of Jacobians written out, and against secants."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from ilo_theory.generators import Chain, Generator, linear_chain, mlp_decoder, relu_chain
from ilo_theory.lipschitz import jacobian_norm, layer_bound, lipschitz_lower, lipschitz_upper

SEEDS = st.integers(0, 10**6)


def relu_jacobians(generator, z):
    """The Jacobian of a ReLU chain at each row of z, matrix by matrix, each cut down to the rows that are active."""
    *hidden, last = (parameter.detach().numpy() for parameter in generator.parameters())
    for x in z.numpy():
        J = np.eye(len(x))
        for W in hidden:
            active = W @ x > 0
            x, J = np.maximum(W @ x, 0), active[:, None] * (W @ J)
        yield last @ J


def test_linear_chain_has_the_norm_of_its_product(rng):
    generator = linear_chain(4, 9, 8, 6, rng=rng).double()
    W1, W2, W3 = (parameter.detach().numpy() for parameter in generator.parameters())
    latent = generator.init(3, rng=rng)
    for start, stop, matrix in [(0, None, W3 @ W2 @ W1), (0, 2, W2 @ W1), (1, None, W3 @ W2), (0, 1, W1)]:
        exact = np.linalg.norm(matrix, 2)
        point = generator(latent, stop=start)
        below = jacobian_norm(generator, point, start, stop, iterations=200, rng=rng)
        np.testing.assert_allclose(below, [exact] * 3, rtol=1e-6)
        assert lipschitz_lower(generator, point, start, stop, rng=rng) <= exact * (1 + 1e-12)
        assert exact <= lipschitz_upper(generator, start, stop)
    assert lipschitz_upper(generator, 0, 1) == pytest.approx(np.linalg.norm(W1, 2), rel=1e-12)


def test_relu_chain_has_the_norm_of_its_active_rows(rng):
    generator = relu_chain(4, 12, 10, 6, rng=rng).double()
    latent = generator.init(5, rng=rng)
    exact = [np.linalg.norm(J, 2) for J in relu_jacobians(generator, latent["z"])]
    found = jacobian_norm(generator, latent, iterations=300, rng=rng)
    np.testing.assert_allclose(found, exact, rtol=1e-6)
    assert lipschitz_lower(generator, latent, iterations=300, rng=rng) == pytest.approx(max(exact), rel=1e-6)


@given(SEEDS, st.integers(0, 20))
def test_few_iterations_stay_below(seed, iterations):
    rng = torch.Generator().manual_seed(seed)
    generator = relu_chain(3, 8, 5, rng=rng).double()
    latent = generator.init(2, rng=rng)
    exact = np.array([np.linalg.norm(J, 2) for J in relu_jacobians(generator, latent["z"])])
    found = jacobian_norm(generator, latent, iterations=iterations, rng=rng).numpy()
    assert (found <= exact * (1 + 1e-12)).all()


@given(SEEDS, st.floats(1e-6, 10))
def test_no_secant_is_steeper_than_the_upper_bound(seed, length):
    rng = torch.Generator().manual_seed(seed)
    generator = mlp_decoder(3, 9, 8, shape=(1, 3, 3), rng=rng).double()
    x = generator.init(16, rng=rng)["z"]
    y = x + length * torch.randn(x.shape, generator=rng, dtype=x.dtype)
    for start in range(generator.num_layers):
        a, b = generator({"z": x}, stop=start)["z"], generator({"z": y}, stop=start)["z"]
        change = (generator({"z": a}, start) - generator({"z": b}, start)).flatten(1).norm(dim=1)
        assert (change <= lipschitz_upper(generator, start) * (a - b).norm(dim=1) * (1 + 1e-9) + 1e-12).all()


def test_lower_stays_below_upper_on_every_part(rng):
    generator = mlp_decoder(4, 16, 12, shape=(1, 4, 4), rng=rng).double()
    latent = generator.init(32, rng=rng)
    for start, stop in [(0, None), (0, 1), (0, 2), (1, None), (1, 2), (2, None)]:
        point = generator(latent, stop=start)
        below = lipschitz_lower(generator, point, start, stop, rng=rng)
        assert 0 < below <= lipschitz_upper(generator, start, stop)
    assert lipschitz_lower(generator, latent, 0, 0, rng=rng) == pytest.approx(1)
    assert lipschitz_upper(generator, 0, 0) == 1


class Pair(Generator):
    """x = (a, 3 b): two keys in and two keys between the layers."""

    num_layers = 2

    def init(self, batch, *, rng):
        return {key: torch.randn(batch, 2, generator=rng) for key in "ab"}

    def forward(self, latent, start=0, stop=None):
        if stop == 0 or (start == 1 and stop == 1):
            return latent
        middle = latent if start == 1 else {"a": latent["a"], "b": 3 * latent["b"]}
        return middle if stop == 1 else torch.cat([middle["a"], middle["b"]], dim=1)


def test_keys_are_taken_together_or_alone(rng):
    generator, options = Pair(), {"iterations": 60, "rng": rng}
    latent = generator.init(2, rng=rng)
    for stop in (1, None):
        assert jacobian_norm(generator, latent, stop=stop, **options).tolist() == pytest.approx([3, 3], rel=1e-5)
        assert jacobian_norm(generator, latent, stop=stop, keys=["a"], **options).tolist() == pytest.approx([1, 1])


def test_constant_map_has_norm_zero(rng):
    class Constant(nn.Module):
        def forward(self, z):
            return 0 * z

    generator = Chain(Constant(), nn.Identity(), k=3)
    assert jacobian_norm(generator, generator.init(2, rng=rng), rng=rng).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("layer", "slope"),
    [(nn.ReLU(), 1), (nn.LeakyReLU(0.2), 1), (nn.LeakyReLU(-3.0), 3), (nn.Tanh(), 1), (nn.Sigmoid(), 0.25)],
)
def test_activations_are_as_steep_as_their_bound_says(layer, slope):
    x = torch.linspace(-3, 3, 600_001, dtype=torch.float64)
    steepest = (layer(x).diff() / x.diff()).abs().max()
    assert layer_bound(layer) == slope
    assert steepest == pytest.approx(slope, rel=1e-8)


def test_unknown_layer_is_refused():
    with pytest.raises(TypeError, match=r"`layer_bound\(layer=...\)` knows no bound for Softplus."):
        lipschitz_upper(Chain(nn.Identity(), nn.Softplus(), k=2))
