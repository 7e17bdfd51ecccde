"""The perceptual distance against the packages whose weights it uses, and what it asks of images."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ilo_practice.perceptual import PERCEPTUAL, at_256, perceptual, perceptual_distance
from tests.perceptual_networks import by_lpips, by_stlpips, noise, random_network


@pytest.fixture(scope="module")
def network():
    return random_network()


@pytest.mark.parametrize("net", ["alex", "vgg"])
def test_agrees_with_lpips(net):
    network = random_network(net)
    assert_agree(network, by_lpips(network))


@pytest.mark.parametrize("net", ["alex", "vgg"])
def test_agrees_with_shift_tolerant_lpips(net, monkeypatch):
    assert_agree(perceptual(f"stlpips-{net}").double(), by_stlpips(net, monkeypatch))


def assert_agree(network, theirs):
    for shape in ((2, 3, 64, 64), (1, 3, 97, 80)):
        x, y = noise(*shape), noise(*shape, seed=1)
        with torch.no_grad():
            expected = theirs(x, y).flatten()
        assert expected.min() > 1e-3
        torch.testing.assert_close(network(x, y), expected, rtol=1e-12, atol=0)


def test_is_a_distance_of_pictures():
    """Zero for a picture and itself, symmetric; a blur is farther than as much brightness."""
    network = perceptual("stlpips-alex").double()
    rows = torch.arange(64)
    x = 0.5 * torch.sign(torch.sin(rows[:, None] / 3) * torch.sin(rows / 4)).double().expand(1, 3, 64, 64)
    blurred = torch.nn.functional.avg_pool2d(x, 7, 1, 3, count_include_pad=False)
    brighter = x + (blurred - x).square().mean().sqrt()
    assert network(x, x).item() == 0
    assert network(x, blurred).item() == pytest.approx(network(blurred, x).item(), rel=1e-12)
    assert network(x, blurred) > 2 * network(x, brighter) > 0


def test_grey_is_three_equal_channels(network):
    x, y = noise(2, 1, 64, 64), noise(2, 1, 64, 64, seed=1)
    assert torch.equal(network(x, y), network(x.expand(2, 3, 64, 64), y.expand(2, 3, 64, 64)))


def test_features_of_a_target_may_be_kept(network):
    x, y = noise(2, 3, 64, 64), noise(2, 3, 64, 64, seed=1)
    assert torch.equal(network.distance(network.features(x), network.features(y)), network(x, y))


def test_no_weight_takes_a_gradient_and_training_mode_changes_nothing(network):
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert len(list(network.parameters())) == 15
    x, y = noise(1, 3, 64, 64), noise(1, 3, 64, 64, seed=1)
    assert torch.equal(copy.deepcopy(network).train()(x, y), network(x, y))


def test_dtype_and_device_are_those_of_the_module(network):
    x, y = noise(2, 3, 64, 64), noise(2, 3, 64, 64, seed=1)
    single = copy.deepcopy(network).float()
    assert single(x.float(), y.float()).dtype == torch.float32
    torch.testing.assert_close(single(x.float(), y.float()).double(), network(x, y), rtol=1e-4, atol=0)
    moved = copy.deepcopy(network).to("meta").features(x.to("meta"))
    assert (moved.device.type, moved.shape) == ("meta", network.features(x).shape)


def test_says_which_it_is(network):
    assert network.about == {"net": "random-alex", "version": "0.1", "resolution": 256}
    assert perceptual("stlpips-alex").about == {"net": "stlpips-alex", "version": "ST0.0", "resolution": 256}


def test_gradient_is_that_of_finite_differences(network):
    x, y, direction = (noise(1, 3, 64, 64, seed=seed) for seed in range(3))
    x = (0.9 * x).requires_grad_()
    (gradient,) = torch.autograd.grad(network(x, y).sum(), x)
    step = 1e-6 * direction
    slope = (network(x + step, y) - network(x - step, y)).item() / 2e-6
    assert (gradient * direction).sum().item() == pytest.approx(slope, rel=1e-4)


def test_gradient_is_finite_where_a_layer_sees_nothing(network):
    dark = copy.deepcopy(network)
    torch.nn.init.constant_(dark.trunk[2][1].bias, -1e9)  # all of the third layer and of what follows is 0
    x = noise(1, 3, 64, 64).requires_grad_()
    (gradient,) = torch.autograd.grad(dark(x, noise(1, 3, 64, 64, seed=1)).sum(), x)
    assert gradient.isfinite().all()
    assert gradient.abs().sum() > 0


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (1.1 * torch.ones(1, 3, 64, 64, dtype=torch.float64), r"x=.*\[-1, 1\].*1\.1"),
        (255 * torch.rand(1, 3, 64, 64, dtype=torch.float64), r"\[-1, 1\]"),
        (torch.full((1, 3, 64, 64), torch.nan, dtype=torch.float64), r"\[-1, 1\].*nan"),
        (torch.zeros(1, 1, 64, 64, dtype=torch.float64), r"one shape"),
        (torch.zeros(1, 3, 64, 64), r"float64.*float32"),
    ],
    ids=["overshoot", "bytes", "NaN", "shapes", "dtype"],
)
def test_evaluation_refuses(network, x, words):
    y = noise(1, 3, 64, 64)
    with pytest.raises(ValueError, match=words):
        network(x, y)
    if "x=" in words:
        with pytest.raises(ValueError, match=words.replace("x=", "y=")):
            network(y, x)


@pytest.mark.parametrize("shape", [(1, 2, 64, 64), (3, 64, 64), (1, 4, 64, 64)])
def test_what_is_no_image_is_refused(network, shape):
    with pytest.raises(ValueError, match="1 or 3"):
        network.features(torch.zeros(shape, dtype=torch.float64))


def test_half_a_grey_level_beyond_is_the_same_picture(network):
    edge = torch.ones(1, 3, 64, 64, dtype=torch.float64)
    assert network(edge * (1 + 1 / 255), -edge).isfinite().all()
    with pytest.raises(ValueError, match=r"\[-1, 1\]"):
        network(edge * (1 + 1.01 / 255), -edge)


def test_report_takes_image_by_image_and_no_gradient(network):
    x, y = noise(3, 3, 64, 64).requires_grad_(), noise(3, 3, 64, 64, seed=1)
    values = perceptual_distance(network, x, y)
    torch.testing.assert_close(values, network(x, y).detach(), rtol=1e-12, atol=0)
    assert not values.requires_grad


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((64, 64), (64, 64)),
        ((256, 256), (256, 256)),
        ((200, 100), (200, 100)),
        ((512, 512), (256, 256)),
        ((1024, 1024), (256, 256)),
        ((1024, 768), (256, 192)),
        ((257, 300), (129, 150)),
        ((32, 32), (64, 64)),
        ((16, 16), (64, 64)),
        ((30, 40), (90, 120)),
    ],
)
def test_sizes_that_the_network_sees(size, expected):
    x = noise(2, 1, *size)
    y = at_256(x)
    assert tuple(y.shape) == (2, 1, *expected)
    assert y.abs().max() <= x.abs().max()
    torch.testing.assert_close(at_256(torch.ones_like(x)), torch.ones_like(y), rtol=1e-15, atol=0)


def test_large_images_become_means_of_blocks_and_small_ones_squares():
    large, small = noise(2, 3, 1024, 512), noise(2, 3, 16, 24)
    means = large.numpy().reshape(2, 3, 256, 4, 128, 4).mean((3, 5))
    np.testing.assert_allclose(at_256(large), means, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(at_256(small), np.kron(small.numpy(), np.ones((4, 4))))
    cut = noise(1, 1, 257, 256)
    np.testing.assert_allclose(at_256(cut)[0, 0, -1], cut.numpy()[0, 0, -1].reshape(128, 2).mean(1), rtol=1e-12)


def test_the_distance_is_taken_at_256_px(network):
    x, y = noise(1, 3, 512, 512), noise(1, 3, 512, 512, seed=1)
    means = [torch.from_numpy(z.numpy().reshape(1, 3, 256, 2, 256, 2).mean((3, 5))) for z in (x, y)]
    torch.testing.assert_close(network(x, y), network(*means), rtol=1e-12, atol=0)


@settings(max_examples=10)
@given(st.integers(1, 40), st.integers(1, 40))
def test_no_size_is_too_small(network, height, width):
    x, y = noise(1, 1, height, width), noise(1, 1, height, width, seed=1)
    assert network(x, y).item() > 0


def test_names():
    assert PERCEPTUAL == ("lpips-vgg", "lpips-alex", "stlpips-vgg", "stlpips-alex", "random-alex", "random-vgg")
    with pytest.raises(ValueError, match=r"perceptual\(name\).*stlpips-alex.*'lpips-squeeze'"):
        perceptual("lpips-squeeze")
