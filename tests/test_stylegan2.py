"""StyleGAN-2's own laws: composition at every split, blurs against dense oracles, codes, and its errors."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import convolve2d
from torch.autograd import forward_ad

from ilo_practice.stylegan2.layers import Architecture, blur_sum, upsample
from tests.tiny import tiny

TAPS = np.outer([1.0, 3.0, 3.0, 1.0], [1.0, 3.0, 3.0, 1.0])


@pytest.fixture(autouse=True, scope="module", params=["in strips", "plain"])
def layers(request):
    """Each test runs with all layers in strips, as large ones are, and with all plain, as small ones are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ilo_practice.stylegan2.layers.LARGE", 0 if request.param == "in strips" else float("inf"))
        yield


@settings(max_examples=30)
@given(st.integers(2, 5), st.sampled_from([1, 3]), st.integers(1, 3), st.booleans(), st.data())
def test_entering_where_one_left_gives_the_same_image_to_the_bit(blocks, channels, batch, gaussian, data):
    network = tiny(blocks, channels)
    rng = torch.Generator().manual_seed(data.draw(st.integers(0, 99)))
    network.fit_codes_(rng=rng, samples=64)
    latent = network.init_codes(batch, rng=rng) if gaussian else network.init(batch, rng=rng)
    image = network(latent)
    assert image.shape == (batch, channels, network.resolution, network.resolution)
    stops = sorted(data.draw(st.lists(st.integers(0, blocks - 1), min_size=1, max_size=3)))
    start = 0
    for stop in stops:
        latent, start = network(latent, start, stop), stop
    assert torch.equal(network(latent, start), image)


def test_dropping_the_skip_image_at_a_split_changes_the_image(rng):
    # the released code of the paper passes the features alone
    network = tiny(4)
    latent = network.init(2, rng=rng)
    passed = network(latent, stop=2)
    broken = network(passed | {"rgb": torch.zeros_like(passed["rgb"])}, start=2)
    assert (broken - network(latent)).norm() > 0.05 * network(latent).norm()


def test_images_of_a_batch_are_independent(rng):
    network = tiny(3).double()
    latent = {key: value.double() for key, value in network.init(3, rng=rng).items()}
    together = network(latent)
    for i in range(3):
        alone = network({key: value[i : i + 1] for key, value in latent.items()})
        torch.testing.assert_close(alone[0], together[i], rtol=0, atol=1e-12)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 3), st.integers(0, 3))
def test_blur_is_the_convolution_with_1_3_3_1(height, width, before, after):
    if min(height, width) + before + after < 4:
        return
    x = torch.randn(2, height, width, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for image, blurred in zip(x, blur_sum(x, (before, after)), strict=True):
        oracle = convolve2d(np.pad(image, [(before, after)] * 2), TAPS, mode="valid")
        np.testing.assert_allclose(blurred, oracle, rtol=0, atol=1e-12)


def test_blur_has_right_first_and_second_derivatives(rng):
    x = torch.randn(1, 4, 5, generator=rng, dtype=torch.float64, requires_grad=True)
    cubic = lambda x: blur_sum(x, (2, 1)) ** 3  # noqa: E731
    assert torch.autograd.gradcheck(cubic, x)
    assert torch.autograd.gradgradcheck(cubic, x)
    tangent = torch.randn(x.shape, generator=rng, dtype=torch.float64)
    with forward_ad.dual_level():
        dual = blur_sum(forward_ad.make_dual(x.detach(), tangent), (2, 1))
        torch.testing.assert_close(forward_ad.unpack_dual(dual).tangent, blur_sum(tangent, (2, 1)))


@given(st.integers(1, 6), st.integers(1, 6))
def test_upsampling_is_zero_insertion_and_blur(height, width):
    x = torch.randn(height, width, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    spread = np.zeros((2 * height, 2 * width))
    spread[::2, ::2] = x
    oracle = convolve2d(np.pad(spread, [(2, 1), (2, 1)]), TAPS / 16, mode="valid")
    np.testing.assert_allclose(upsample(x[None, None])[0, 0], oracle, rtol=0, atol=1e-12)


def test_code_moments_make_mapped_codes_standard(rng):
    network = tiny(2, w_dim=16)
    network.fit_codes_(rng=rng, samples=20_000, chunk=3_000)
    z = torch.randn(20_000, 6, generator=rng)
    v = (torch.nn.functional.leaky_relu(network.map(z)[:, 0], 5.0) - network.v_mean) / network.v_std
    # two samples of 20,000: six standard errors of their difference are 0.06 in the mean; deviations are coarser
    assert v.mean(0).abs().max() < 0.06
    assert (v.std(0) - 1).abs().max() < 0.1


def test_codes_invert_to_themselves(rng):
    network = tiny(2)
    network.fit_codes_(rng=rng, samples=100)
    w = network.map(network.init(4, rng=rng)["z"])
    v = (torch.where(w < 0, 5 * w, w) - network.v_mean) / network.v_std
    torch.testing.assert_close(network.codes(v), w)


def test_labels_reach_the_image(rng):
    network = tiny(2, label_dim=3, fitted=False)
    z, label = network.init(2, rng=rng)["z"], torch.eye(3)[:2]
    assert not torch.allclose(network.map(z, label=label), network.map(z, label=label.flip(0)))
    with pytest.raises(ValueError, match="takes a label"):
        network.map(z)


def test_clamping_bounds_the_features(rng):
    free, clamped = tiny(3), tiny(3, conv_clamp=0.1)
    latent = free.init(2, rng=rng)
    assert free(latent, stop=2)["x"].abs().max() > 0.2
    assert clamped(latent, stop=2)["x"].abs().max() <= 0.1 * 2**0.5 * (1 + 1e-6)


@pytest.mark.parametrize(
    ("latent", "start", "stop", "message"),
    [
        ({"z": torch.zeros(1, 4)}, 0, None, r"map\(z=...\)` must be \[B, 6\], got \[1, 4\]"),
        ({}, 0, None, 'needs one of "z"'),
        ({"w": torch.zeros(1, 6, 8), "v": torch.zeros(1, 6, 8)}, 0, None, "needs one of"),
        ({"w": torch.zeros(1, 5, 8)}, 0, None, r"must be \[B, 6, 8\], got \[1, 5, 8\]"),
        ({"v": torch.zeros(1, 6, 8)}, 0, None, "fit_codes_"),
        ({"z": torch.zeros(1, 6)}, 0, 3, "start=0, stop=3"),
        ({"z": torch.zeros(1, 6)}, 2, 1, "start=2, stop=1"),
        ({"w": torch.zeros(1, 6, 8)}, 1, None, r"needs \['rgb', 'x'\]"),
    ],
)
def test_wrong_latents_are_refused(latent, start, stop, message):
    with pytest.raises(ValueError, match=message):
        tiny(3, fitted=False)(latent, start, stop)


@pytest.mark.parametrize("changes", [{"resolution": 24}, {"channels": 0}, {"widths": (4,)}, {"z_dim": -1}])
def test_wrong_architectures_are_refused(changes):
    good = {"resolution": 16, "channels": 1, "z_dim": 4, "w_dim": 4, "widths": (4, 4, 4)}
    with pytest.raises(ValueError, match="Architecture"):
        Architecture(**good | changes)


def test_truncation_without_the_mean_code_is_refused(rng):
    network = tiny(2)
    network.w_avg.fill_(torch.nan)
    with pytest.raises(ValueError, match="w_avg"):
        network.map(network.init(1, rng=rng)["z"], truncation=0.7)
