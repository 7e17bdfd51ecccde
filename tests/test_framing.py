"""Images of any size before a square generator: what is seen of it, at which size, and where."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ilo_practice.framing import frame, framed
from ilo_practice.problems import denoising, inpainting
from tests.tiny import picture

sides = st.integers(1, 20)


@given(sides, sides, st.sampled_from([8, 16]))
def test_any_size_is_seen_and_constants_stay(height, width, made):
    view = frame((3, made, made), (height, width))
    if (height, width) == (made, made):
        assert view is None
        return
    assert view.out_shape == (3, height, width)
    torch.testing.assert_close(view(torch.ones(view.in_shape)), torch.ones(view.out_shape))


@pytest.mark.parametrize("size", [(16, 9), (7, 16)])
def test_an_image_that_is_only_narrower_is_a_cut(size):
    x = picture((1, 3, 16, 16))
    top, left = (16 - size[0]) // 2, (16 - size[1]) // 2
    assert torch.equal(frame((3, 16, 16), size)(x), x[..., top : top + size[0], left : left + size[1]])


def test_another_size_is_what_pillow_makes_of_it():
    """Inside of the image, the continuation at the edges apart: Pillow cuts the kernel off there."""
    x = picture((1, 1, 64, 64), seed=3)
    view = frame((1, 64, 64), (24, 24))
    reference = Image.fromarray(x[0, 0].numpy(), mode=None).resize((24, 24), Image.Resampling.BICUBIC)
    np.testing.assert_allclose(view(x)[0, 0, 3:-3, 3:-3], np.asarray(reference)[3:-3, 3:-3], atol=2e-5)


def test_a_framed_problem_is_one_of_what_is_seen(rng):
    made, x = picture((2, 3, 16, 16)), picture((2, 3, 12, 20), seed=4)
    mask = torch.rand(12, 20, generator=rng) < 0.5
    problem = framed(inpainting(x, mask), (3, 16, 16))
    assert problem.made_shape == (3, 16, 16)
    seen = problem.view(made)
    expected = ((seen - x) * mask).square().flatten(1).sum(1) / (3 * mask.sum())
    torch.testing.assert_close(problem.residual(made), expected.sqrt())
    objective = problem.objective({"mse": 1.0})
    torch.testing.assert_close(objective(made, {}, rng=rng), expected)
    assert problem.repeat(2).view is problem.view
    same = framed(denoising(made, 0.1), (3, 16, 16))
    assert same.view is None
    assert same.made_shape == (3, 16, 16)


def test_added_noise_is_of_the_image_that_is_seen(rng):
    """At sigma = 1 noise alone has mean square 1, however small the generator's image is; false alarm below 1e-6."""
    problem = framed(denoising(torch.zeros(1, 3, 96, 96), 1.0), (3, 8, 8))
    n = 3 * 96 * 96
    value = problem.objective({"mse": 1.0}, noise_addition=True)(torch.zeros(1, 3, 8, 8), {}, rng=rng).item()
    assert abs(value - 1) < 5 * (2 / n) ** 0.5


def test_another_number_of_channels_is_refused():
    with pytest.raises(ValueError, match="of 1 channels, but the generator makes 3"):
        framed(denoising(torch.zeros(1, 1, 8, 8), 0.1), (3, 16, 16))
