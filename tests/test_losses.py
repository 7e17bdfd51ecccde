"""Losses against dense matrices, closed forms, reference values and the exact law of added noise."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ncx2

from ilo_practice.losses import DataMSE, DeadZone, Objective, geodesic
from ilo_practice.problems import inpainting
from ilo_theory.operators import Downsample, Gaussian, Identity, Mask, PartialCirculant
from tests.tiny import picture

SHAPE = (1, 8, 8)


def objective(**changes):
    terms = {"mse": DataMSE(Identity(SHAPE), torch.zeros(1, *SHAPE)), "geodesic": geodesic}
    return Objective(**{"weights": {"mse": 1.0}, "terms": terms} | changes)


@pytest.mark.parametrize(
    "operator",
    [
        Identity(SHAPE),
        Downsample(SHAPE, 2),
        Gaussian.draw(9, SHAPE, rng=torch.Generator().manual_seed(1)),
        PartialCirculant.draw(9, SHAPE, rng=torch.Generator().manual_seed(1)),
    ],
    ids=lambda operator: type(operator).__name__,
)
def test_data_term_is_the_mean_square_over_the_rows_of_a(operator):
    x, other = picture((3, *SHAPE)), picture((3, *SHAPE), seed=1)
    matrix = operator.as_matrix().double().numpy()
    y = other.flatten(1).double().numpy() @ matrix.T
    residual = x.flatten(1).double().numpy() @ matrix.T - y
    term = DataMSE(operator, torch.from_numpy(y).float().reshape(3, *operator.out_shape))
    np.testing.assert_allclose(term(x, {}), (residual**2).mean(1), rtol=1e-4, atol=1e-7)


@given(st.integers(1, 2**16 - 1))
def test_masked_term_looks_at_known_pixels_alone(bits):
    mask = torch.tensor([bits >> i & 1 for i in range(16)], dtype=torch.bool).reshape(4, 4)
    truth, guess = picture((2, 1, 4, 4)), picture((2, 1, 4, 4), seed=1)
    objective = inpainting(truth, mask).objective({"mse": 1.0})

    def term(image, latent):
        return objective(image, latent, rng=torch.Generator())

    assert torch.equal(term(truth, {}), torch.zeros(2))
    known = mask.numpy()
    expected = [((guess - truth)[i, 0].double().numpy()[known] ** 2).mean() for i in range(2)]
    np.testing.assert_allclose(term(guess, {}), expected, rtol=1e-5)
    assert torch.equal(term(guess.masked_fill(~mask, 1e6), {}), term(guess, {}))


@given(st.integers(1, 2**16 - 1), st.sampled_from([0.0, 0.1, 0.7, 1.5, 3.0]))
def test_dead_zone_is_the_mean_excess_over_the_known_pixels(bits, alpha):
    mask = torch.tensor([bits >> i & 1 for i in range(16)], dtype=torch.bool).reshape(4, 4)
    truth, guess = picture((2, 1, 4, 4)).double(), picture((2, 1, 4, 4), seed=1).double()
    operator = Mask(mask, (1, 4, 4)).double()
    term = DeadZone(operator, operator(truth), int(mask.sum()), alpha)
    excess = np.maximum(np.abs((guess - truth).numpy()[:, 0, mask.numpy()]) - alpha, 0)
    np.testing.assert_allclose(term(guess, {}), excess.mean(1), rtol=1e-12)
    assert torch.equal(term(truth, {}), torch.zeros(2))
    assert torch.equal(term(guess.masked_fill(~mask, 1e6), {}), term(guess, {}))
    if alpha >= 2:  # wider than any residual
        assert torch.equal(term(guess, {}), torch.zeros(2))


def test_dead_zone_of_all_rows_pulls_only_what_exceeds_it(rng):
    operator = Gaussian.draw(9, SHAPE, rng=rng).double()
    x, y = picture((2, *SHAPE)).double().requires_grad_(), torch.randn(2, 9, generator=rng, dtype=torch.float64)
    matrix = operator.as_matrix().numpy()
    residual = x.detach().flatten(1).numpy() @ matrix.T - y.numpy()
    value = DeadZone(operator, y, alpha=0.5)(x, {})
    np.testing.assert_allclose(value.detach(), np.maximum(np.abs(residual) - 0.5, 0).mean(1), rtol=1e-9)
    (gradient,) = torch.autograd.grad(value.sum(), x)
    pull = np.sign(residual) * (np.abs(residual) > 0.5) / 9
    np.testing.assert_allclose(gradient.flatten(1), pull @ matrix, atol=1e-12)
    assert 0 < (np.abs(residual) > 0.5).sum() < residual.size


@pytest.mark.parametrize("alpha", [-0.1, math.inf, math.nan])
def test_dead_zone_refuses(alpha):
    with pytest.raises(ValueError, match=r"DeadZone\(alpha="):
        DeadZone(Identity(SHAPE), torch.zeros(1, *SHAPE), alpha=alpha)


def test_geodesic_agrees_with_the_reference():
    golden = np.load(Path(__file__).parent / "golden" / "ilo_ops.npz")
    values = geodesic(torch.empty(0), {"v": torch.from_numpy(golden["geocross/x"])})
    assert values.shape == (2,)
    assert values.mean().item() == pytest.approx(golden["geocross/value"].item(), rel=1e-12)


@given(st.integers(2, 6), st.integers(1, 8), st.floats(0.1, 10))
def test_geodesic_of_orthogonal_and_of_equal_codes(layers, spare, length):
    d = layers + spare
    v = length * torch.eye(d, dtype=torch.float64)[:layers]
    equal = v[:1].expand(layers, d)
    apart, together = geodesic(torch.empty(0), {"v": torch.stack((v, equal))}).tolist()
    assert apart == pytest.approx((layers - 1) / layers * (math.pi / 2) ** 2 * d / 8, rel=1e-6)
    assert 0 <= together < 1e-6


def test_geodesic_has_a_gradient_where_codes_are_equal():
    v = torch.ones(1, 3, 4, requires_grad=True)
    (gradient,) = torch.autograd.grad(geodesic(torch.empty(0), {"v": v}).sum(), v)
    assert gradient.isfinite().all()


def test_objective_is_the_weighted_sum_and_leaves_out_what_weighs_nothing(rng):
    def never(image, latent):
        raise AssertionError

    terms = {"a": lambda image, latent: image.sum((1, 2, 3)), "b": lambda image, latent: latent["z"][:, 0], "c": never}
    total = Objective({"a": 2.0, "b": 0.5, "c": 0.0}, terms)
    image, latent = torch.ones(2, 1, 2, 2), {"z": torch.tensor([[6.0], [8.0]])}
    assert total(image, latent, rng=rng).tolist() == [11.0, 12.0]
    assert {name: value.tolist() for name, value in total.parts(image, latent).items()} == {"a": [4, 4], "b": [6, 8]}


def test_entry_i_depends_on_image_i_alone():
    image, v = picture((3, *SHAPE)), torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0))
    zero = torch.zeros(1, *SHAPE)
    terms = {
        "mse": DataMSE(Identity(SHAPE), zero),
        "dead zone": DeadZone(Identity(SHAPE), zero, alpha=0.2),
        "geodesic": geodesic,
    }
    whole = objective(weights={"mse": 1.0, "dead zone": 0.5, "geodesic": 0.1}, terms=terms, noise=0.3)
    before = whole(image, {"v": v}, rng=torch.Generator().manual_seed(7))
    image[1], v[1] = torch.nan, torch.inf
    after = whole(image, {"v": v}, rng=torch.Generator().manual_seed(7))
    assert torch.equal(before[[0, 2]], after[[0, 2]])
    assert after[1].isnan()


@pytest.mark.parametrize("sigma", [0.1, 1.0])
def test_added_noise_has_its_exact_law_and_is_fresh(sigma):
    """n loss / sigma^2 is non-central chi-square; summed over 200 independent draws, false alarm 1e-6."""
    image, draws = picture((1, *SHAPE)), 200
    noisy, rng = objective(noise=sigma), torch.Generator().manual_seed(3)
    values = torch.stack([noisy(image, {}, rng=rng) for _ in range(draws)]).double()
    assert len(values.unique()) == draws
    n, centrality = image.numel(), image.double().square().sum().item() / sigma**2
    low, high = ncx2.ppf([5e-7, 1 - 5e-7], draws * n, draws * centrality)
    assert low < values.sum().item() * n / sigma**2 < high


def test_noise_comes_from_its_own_generator_of_random_numbers():
    noisy = objective(noise=0.5)
    torch.manual_seed(0)
    first = noisy(picture((1, *SHAPE)), {}, rng=torch.Generator().manual_seed(1))
    torch.manual_seed(1)
    assert torch.equal(noisy(picture((1, *SHAPE)), {}, rng=torch.Generator().manual_seed(1)), first)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weights": {"lpips": 1.0}}, "lpips"),
        ({"weights": {"mse": -1.0}}, "-1.0"),
        ({"weights": {"mse": math.nan}}, "nan"),
        ({"weights": {"mse": 0.0}}, "positive"),
        ({"noise": -0.1}, "noise"),
        ({"noise": math.inf}, "noise"),
    ],
)
def test_objective_refuses(changes, words):
    with pytest.raises(ValueError, match=words):
        objective(**changes)


def test_geodesic_needs_codes(rng):
    with pytest.raises(ValueError, match="geodesic"):
        objective(weights={"geodesic": 1.0})(picture((1, *SHAPE)), {"z": torch.ones(1, 2)}, rng=rng)
