"""Problems: what they measure, what they refuse, and that none of them takes a truth."""

import inspect
from math import inf, nan, prod

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from ilo_practice.problems import (
    PROBLEMS,
    InverseProblem,
    denoising,
    inpainting,
    observe,
    sensing,
    superresolution,
)
from ilo_practice.simulation import draw_mask
from ilo_theory.operators import Gaussian, Identity
from tests.tiny import picture

SHAPE = (1, 8, 8)
ALL = torch.ones(8, 8, dtype=torch.bool)
LEVELS = {"inpaint": 0.3, "superres": 2, "denoise": 0.4, "sense": 0.5}


def simulated(name, x, rng, **options):
    return PROBLEMS[name].simulate(x, rng=rng, **{PROBLEMS[name].level: LEVELS[name]} | options)


@pytest.fixture(params=PROBLEMS)
def name(request):
    return request.param


def test_no_problem_takes_a_truth(name):
    for function in (PROBLEMS[name].make, InverseProblem, PROBLEMS[name].picture):
        assert not {"x", "truth", "clean", "reference", "image"} & set(inspect.signature(function).parameters)
    assert set(InverseProblem.__dataclass_fields__) == {"operator", "y", "sigma", "view"}


def test_the_truth_explains_its_measurements(name, rng):
    x = picture((2, *SHAPE))
    problem = simulated(name, x, rng, sigma=0.0)
    assert (problem.residual(x) < 1e-6).all()
    assert (problem.residual(picture((2, *SHAPE), seed=5)) > 0.05).all()


def test_residual_of_the_truth_is_the_noise(name, rng):
    """m residual^2 / sigma^2 is chi-square with m degrees of freedom; false alarm 1e-6."""
    x, sigma = picture((40, *SHAPE)), 0.3
    problem = simulated(name, x, rng, sigma=sigma)
    total = (problem.residual(x).double().square() * problem.m).sum().item() / sigma**2
    low, high = chi2.ppf([5e-7, 1 - 5e-7], 40 * problem.m)
    assert low < total < high
    assert problem.m == {"inpaint": 19, "superres": 16, "denoise": 64, "sense": 32}[name]


def test_measurements_are_those_of_the_dense_matrix(name, rng):
    x = picture((2, *SHAPE))
    problem = simulated(name, x, rng, sigma=0.0)
    expected = x.flatten(1).numpy() @ problem.operator.as_matrix().numpy().T
    np.testing.assert_allclose(problem.y.flatten(1), expected, atol=1e-5)


def test_the_same_seed_simulates_the_same(name):
    first, second, other = (simulated(name, picture((1, *SHAPE)), torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert torch.equal(first.y, second.y)
    assert name == "superres" or not torch.equal(first.y, other.y)  # reduction draws nothing


def test_repeat_keeps_the_copies_of_an_image_together(name, rng):
    problem = simulated(name, picture((2, *SHAPE)), rng)
    assert torch.equal(problem.repeat(3).y, problem.y[[0, 0, 0, 1, 1, 1]])


def test_picture_shows_each_image_at_full_size(name, rng):
    problem = simulated(name, picture((2, *SHAPE)), rng)
    shown = PROBLEMS[name].picture(problem)
    assert shown.shape[0] == 2
    assert shown.shape[1] in (1, 3)
    assert shown.shape[2:] == (8, 8)
    assert shown.isfinite().all()


def test_missing_pixels_are_shown_in_a_colour_and_known_ones_as_they_are(rng):
    problem = simulated("inpaint", picture((1, *SHAPE)), rng)
    shown, mask = PROBLEMS["inpaint"].picture(problem)[0], problem.operator.mask.expand(SHAPE)[0]
    grey = (shown[0] == shown[1]) & (shown[1] == shown[2])
    assert torch.equal(grey, mask)
    assert torch.equal(shown[0][mask], problem.y[0, 0][mask])


def test_back_projection_is_the_best_multiple(rng):
    problem = simulated("sense", picture((1, *SHAPE)), rng)
    shown = PROBLEMS["sense"].picture(problem).flatten().double().numpy()
    matrix, y = problem.operator.as_matrix().double().numpy(), problem.y[0].double().numpy()
    direction = matrix.T @ y
    (scale,), *_ = np.linalg.lstsq((matrix @ direction)[:, None], y, rcond=None)
    np.testing.assert_allclose(shown, scale * direction, atol=1e-5)


@given(st.floats(0.001, 1))
def test_a_share_of_the_pixels_is_shown(share):
    mask = draw_mask((1, 16, 16), observe=share, rng=torch.Generator().manual_seed(0)).mask
    assert mask.sum() == max(1, round(share * 256))


def test_what_is_missing_is_never_looked_at():
    x, mask = picture((1, *SHAPE)), ALL.clone()
    mask[2:5] = False
    damaged = torch.where(mask, x, nan)
    assert torch.equal(inpainting(damaged, mask).y, inpainting(x, mask).y)
    assert inpainting(damaged, mask).y.isfinite().all()


def test_noise_on_missing_pixels_is_not_observed(rng):
    operator = draw_mask(SHAPE, observe=0.2, rng=rng)
    y = observe(picture((1, *SHAPE)), operator, sigma=1.0, rng=rng)
    assert (y == 0).sum() == 64 - 13


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: inpainting(x, ALL[:7]), r"mask=.*\[H, W\]"),
        (lambda x: inpainting(x, ALL.float()), "boolean"),
        (lambda x: inpainting(x, ~ALL), "hides every pixel"),
        (lambda x: inpainting(x.fill_(nan), ALL), "64 values that are not"),
        (lambda x: inpainting(x * 255, ALL), r"in \[-1, 1\]"),
        (lambda x: inpainting(x, ALL, sigma=-1), "sigma"),
        (lambda x: superresolution(x, 1), "factor"),
        (lambda x: superresolution(x.fill_(inf), 2), "finite"),
        (lambda x: denoising(x[0], 0.1), r"\[B, 1 or 3, H, W\]"),
        (lambda x: denoising(x, nan), "sigma"),
        (lambda x: denoising(x * 255, 0.1), r"in \[-1, 1\]"),
        (lambda x: sensing(torch.ones(1, 5), Gaussian.draw(4, SHAPE, rng=torch.Generator())), r"\[B, \*\[4\]\]"),
        (lambda x: sensing(torch.full((1, 4), nan), Gaussian.draw(4, SHAPE, rng=torch.Generator())), "4 values"),
        (lambda x: observe(x.fill_(nan), Identity(SHAPE), rng=torch.Generator()), "observe"),
        (lambda x: PROBLEMS["sense"].simulate(x, m=65, rng=torch.Generator()), "1 to n = 64"),
        (lambda x: PROBLEMS["sense"].simulate(x, rng=torch.Generator()), "one of m and share"),
        (lambda x: PROBLEMS["sense"].simulate(x, share=-0.5, rng=torch.Generator()), "share"),
        (lambda x: PROBLEMS["inpaint"].simulate(x, observe=0.0, rng=torch.Generator()), "observe"),
        (lambda x: PROBLEMS["inpaint"].simulate(x, mask=ALL[:7], rng=torch.Generator()), "mask"),
        (lambda x: PROBLEMS["superres"].simulate(x, factor=3, rng=torch.Generator()), "factor"),
    ],
)
def test_bad_input_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call(picture((1, *SHAPE)).clone())


def test_m_counts_what_was_measured():
    assert inpainting(picture((1, 3, 8, 8)), ALL).m == 3 * 64
    assert superresolution(picture((1, 3, 4, 4)), 2).m == prod((3, 4, 4))
