"""Perceptual terms of an objective: filled images, kept targets, gradients, batches; what they make of each problem."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ilo_practice.losses import DeadZone, FilledPerceptual, Objective, PerceptualData, perceptual_term
from ilo_practice.perceptual import perceptual
from ilo_theory.operators import Downsample, Gaussian, Identity, Mask
from tests.perceptual_networks import noise

SIDE = 64
SHAPE = (3, SIDE, SIDE)


@pytest.fixture(scope="module")
def network():
    return perceptual("stlpips-alex").double()


def holes(shape=SHAPE, *, seed=0):
    """Half of the pixels."""
    return Mask(torch.rand(shape[1:], generator=torch.Generator().manual_seed(seed)) < 0.5, shape).double()


OPERATORS = {
    "mask": holes,
    "downsample": lambda: Downsample(SHAPE, 4).double(),
    "identity": lambda: Identity(SHAPE).double(),
}


@pytest.fixture(params=OPERATORS)
def term(request, network):
    """The perceptual term of three images."""
    operator = OPERATORS[request.param]()
    return perceptual_term(operator, operator(noise(3, *SHAPE)), network)


def test_each_measurement_has_its_term(term):
    expected = FilledPerceptual if isinstance(term.operator, Mask) else PerceptualData
    assert type(term) is expected


def test_truth_costs_nothing_and_another_image_does(term):
    assert term(noise(3, *SHAPE), {}).abs().max() < 1e-12
    assert term(noise(3, *SHAPE, seed=1), {}).min() > 1e-3


def test_filled_term_is_the_distance_to_the_superimposed_image(network):
    mask, truth, x = holes(), noise(2, *SHAPE), noise(2, *SHAPE, seed=1)
    known = mask.mask.double()
    expected = network(x, known * truth + (1 - known) * x)
    torch.testing.assert_close(FilledPerceptual(mask, mask(truth), network)(x, {}), expected, rtol=1e-12, atol=0)


def test_filling_comes_before_the_reduction_to_256_px(network):
    """Unknown pixels of a y that was reduced first would be mixed with known ones."""
    mask, truth = holes((1, 512, 512)), noise(1, 1, 512, 512)
    term = FilledPerceptual(mask, mask(truth), network)
    assert term(truth, {}).item() < 1e-12
    assert network(truth, mask(truth)).item() > 1e-2


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_filled_term_and_dead_zone_are_0_at_the_truth_for_every_mask(network, seed, share):
    shape = (1, 64, 64)
    mask = Mask(torch.rand(64, 64, generator=torch.Generator().manual_seed(seed)) < share, shape).double()
    truth = noise(1, *shape, seed=seed)
    y = mask(truth)
    assert FilledPerceptual(mask, y, network)(truth, {}).item() < 1e-12
    assert DeadZone(mask, y, max(1, int(mask.mask.sum())))(truth, {}).item() == 0


def test_what_is_not_known_is_never_looked_at(network):
    mask, truth, x = holes(), noise(1, *SHAPE), noise(1, *SHAPE, seed=1)
    term = FilledPerceptual(mask, mask(truth), network)
    spoilt = FilledPerceptual(mask, mask(truth).masked_fill(~mask.mask, math.nan), network)
    assert torch.equal(spoilt(x, {}), term(x, {}))
    x.requires_grad_()
    gradients = [torch.autograd.grad(t(x, {}).sum(), x)[0] for t in (term, spoilt)]
    assert torch.equal(*gradients)


def test_gradient_is_that_of_finite_differences(term):
    x, direction = noise(3, *SHAPE, seed=1).requires_grad_(), noise(3, *SHAPE, seed=2)
    (gradient,) = torch.autograd.grad(term(x, {}).sum(), x)
    step = 1e-6 * direction
    slope = (term(x + step, {}) - term(x - step, {})).sum().item() / 2e-6
    assert (gradient * direction).sum().item() == pytest.approx(slope, rel=1e-4)


def test_gradient_flows_through_both_sides_of_the_filled_term(network):
    mask, truth = holes(), noise(1, *SHAPE)
    x = noise(1, *SHAPE, seed=1).requires_grad_()
    whole, filled = x.detach().clone().requires_grad_(), x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(FilledPerceptual(mask, mask(truth), network)(x, {}).sum(), x)
    distance = network.distance(network.features(whole), network.features(torch.where(mask.mask, truth, filled)))
    sides = torch.autograd.grad(distance.sum(), (whole, filled))
    torch.testing.assert_close(gradient, sum(sides), rtol=1e-9, atol=1e-15)
    assert min(side.abs().max() for side in sides) > 0.01 * gradient.abs().max()
    assert torch.equal(sides[1][mask.mask.expand(1, *SHAPE)], torch.zeros(int(mask.mask.sum())).double())


def test_features_of_y_are_computed_once_and_equal_those_computed_anew(network, monkeypatch):
    asked, operator = [], Downsample(SHAPE, 2).double()
    features = type(network).features
    monkeypatch.setattr(type(network), "features", lambda self, x: asked.append(len(x)) or features(self, x))
    y = operator(noise(2, *SHAPE))
    term = PerceptualData(operator, y, network)
    for seed in (1, 2, 3):
        x = noise(2, *SHAPE, seed=seed)
        anew = network.distance(features(network, operator(x)), features(network, y))
        assert torch.equal(term(x, {}), anew)
    assert asked == [2] * 4
    assert not term.target.requires_grad


def test_term_made_in_inference_mode_still_has_a_gradient(network):
    operator = Identity(SHAPE).double()
    with torch.inference_mode():
        term = PerceptualData(operator, noise(1, *SHAPE), network)
    x = noise(1, *SHAPE, seed=1).requires_grad_()
    (gradient,) = torch.autograd.grad(term(x, {}).sum(), x)
    assert gradient.abs().max() > 0


def test_batch_equals_one_by_one(term, network):
    x = noise(3, *SHAPE, seed=1)
    alone = [
        perceptual_term(term.operator, y[None], network)(image[None], {}) for y, image in zip(term.y, x, strict=True)
    ]
    torch.testing.assert_close(term(x, {}), torch.cat(alone), rtol=1e-9, atol=0)
    x[1] = torch.nan
    after = term(x, {})
    torch.testing.assert_close(after[[0, 2]], torch.cat([alone[0], alone[2]]), rtol=1e-9, atol=0)
    assert after[1].isnan()


def test_images_that_overshoot_are_let_through(term):
    x = (3 * noise(3, *SHAPE, seed=1)).requires_grad_()
    (gradient,) = torch.autograd.grad(term(x, {}).sum(), x)
    assert gradient[x.detach().abs() > 1].abs().max() > 0


def test_compiled_term_is_the_term(term):
    x = noise(3, *SHAPE, seed=1)
    compiled = torch.compile(lambda x: term(x, {}), backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x), term(x, {}), rtol=1e-12, atol=0)


def test_small_images_are_measured_enlarged(network):
    """A reduction to 4 x 4 pixels still tells two images apart; equal reductions cost nothing."""
    operator, x = Downsample(SHAPE, 16).double(), noise(2, *SHAPE)
    term = PerceptualData(operator, operator(x), network)
    assert term(x, {}).max() < 1e-12
    assert term(noise(2, *SHAPE, seed=1), {}).min() > 1e-3


def test_objective_adds_noise_before_the_network_sees_the_image(network, rng):
    operator, truth = Identity(SHAPE).double(), 0.2 * noise(1, *SHAPE)
    added = 0.3 * torch.randn(1, *SHAPE, generator=rng, dtype=torch.float64)
    objective = Objective({"lpips": 2.0}, {"lpips": PerceptualData(operator, truth + added, network, 0.3)}, noise=0.3)
    same, other = (objective(truth, {}, rng=torch.Generator().manual_seed(seed)).item() for seed in (0, 1))
    assert same < 1e-12
    assert other > 1e-3


@pytest.mark.parametrize("kind", [FilledPerceptual, PerceptualData])
def test_target_in_another_scale_is_refused(kind, network):
    operator = {FilledPerceptual: holes(), PerceptualData: Identity(SHAPE).double()}[kind]
    y = 2 * noise(1, *SHAPE).sign()
    kind(operator, y, network)
    with pytest.raises(ValueError, match=rf"{kind.__name__}\(y=.*\[-1, 1\].*<= 2, got .* = 4\."):
        kind(operator, 2 * y, network)
    kind(operator, 2 * y, network, 0.25)
    with pytest.raises(ValueError, match="nan"):
        kind(operator, y * math.nan, network)


def test_measurements_that_are_no_images_are_refused(network, rng):
    operator = Gaussian.draw(9, SHAPE, rng=rng).double()
    with pytest.raises(ValueError, match=r"operator=.*images.*\[9\]"):
        perceptual_term(operator, torch.zeros(1, 9).double(), network)
    with pytest.raises(ValueError, match=r"y=.*\[B, \*\[3, 64, 64\]\]"):
        perceptual_term(holes(), noise(1, 1, SIDE, SIDE), network)
    with pytest.raises(ValueError, match=r"sigma=.*-1"):
        perceptual_term(holes(), noise(1, *SHAPE), network, sigma=-1)
