"""Draws from the l1 ball follow the uniform law: exact tests of what it implies, false once in 10^6 seeds."""

import pytest
import torch
from scipy import stats

from ilo_theory.balls import sample_l1_ball, sample_l2_ball

ALPHA = 1e-8  # of each test, of which there are less than a hundred
DRAWS = 20_000


def fits(values: torch.Tensor, law) -> bool:
    """Kolmogorov and Smirnov's test with its exact law."""
    return stats.kstest(values.double().numpy(), law.cdf, method="exact").pvalue > ALPHA


def fair(heads: int, flips: int) -> bool:
    return stats.binomtest(heads, flips).pvalue > ALPHA


@pytest.mark.parametrize("p", [1, 2, 5, 60])
def test_norm_follows_the_volume(p, rng):
    """P(||x||_1 <= t r) = t^p."""
    x = sample_l1_ball((DRAWS, p), 3.0, rng=rng)
    assert fits(x.double().abs().sum(1) / 3, stats.beta(p, 1))


@pytest.mark.parametrize("p", [1, 2, 5, 60])
def test_entries_follow_their_law(p, rng):
    """|x_i| / r has the law Beta(1, p), each sign is fair, and entry by entry no sign depends on another."""
    x = sample_l1_ball((DRAWS, p), 3.0, rng=rng)
    for i in {0, p - 1}:
        assert fits(x[:, i].abs() / 3, stats.beta(1, p))
        assert fair(int((x[:, i] > 0).sum()), DRAWS)
    assert fair(int((x[:, 0] * x[:, -1] > 0).sum()), DRAWS) or p == 1


@pytest.mark.parametrize("p", [2, 5, 60])
def test_direction_is_independent_of_the_norm(p, rng):
    """|x_1| / ||x||_1 has the law Beta(1, p - 1) among the points nearest to the centre, and among the others."""
    x = sample_l1_ball((DRAWS, p), 1.0, rng=rng).double().abs()
    norm = x.sum(1)
    near = norm < norm.median()
    for half in (near, ~near):
        assert fits((x[:, 0] / norm)[half], stats.beta(1, p - 1))


def test_other_laws_do_not_pass(rng):
    """The sphere of the ball, normalised Gaussians, and the uniform law of another dimension are told apart."""
    x = sample_l1_ball((DRAWS, 5), 1.0, rng=rng).double().abs()
    assert not fits(x[:, 0] / x.sum(1), stats.beta(1, 5))
    gaussian = torch.randn(DRAWS, 5, generator=rng).abs()
    assert not fits(gaussian[:, 0] / gaussian.sum(1), stats.beta(1, 4))
    assert not fits(x.sum(1), stats.beta(6, 1))
    assert not fair(int((x[:, 0] > 0.1).sum()), DRAWS)


def test_shape_radius_dtype_and_seed(rng):
    radius = torch.tensor([0.0, 1.0, 5.0])
    x = sample_l1_ball((3, 4, 50), radius, rng=rng)
    assert x.shape == (3, 4, 50)
    assert x.dtype == torch.get_default_dtype()
    norms = x.double().abs().flatten(1).sum(1)
    assert bool((norms <= radius * (1 + 1e-6)).all())
    assert bool((norms[1:] > 0.9 * radius[1:]).all())  # false with probability 0.9^200 < 1e-9 each
    again = sample_l1_ball((3, 4, 50), radius, rng=torch.Generator().manual_seed(0))
    assert torch.equal(x, again)
    assert not torch.equal(x, sample_l1_ball((3, 4, 50), radius, rng=rng))


def test_the_default_dtype_is_followed(rng):
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        assert sample_l1_ball((2, 3), 1.0, rng=rng).dtype == torch.float64
    finally:
        torch.set_default_dtype(before)


@pytest.mark.parametrize("p", [1, 2, 5, 60])
def test_l2_ball_norm_follows_the_volume(p, rng):
    """P(||x||_2 <= t r) = t^p, for each point's own r."""
    radius = torch.linspace(1, 3, DRAWS, dtype=torch.float64)
    x = sample_l2_ball((DRAWS, p), radius, rng=rng).double()
    assert fits(x.norm(dim=1) / radius, stats.beta(p, 1))


@pytest.mark.parametrize("p", [2, 5, 60])
def test_l2_ball_direction_is_uniform_and_independent_of_the_norm(p, rng):
    """(1 + x_1/||x||)/2 has the law Beta((p - 1)/2, (p - 1)/2), in short points and in long ones."""
    x = sample_l2_ball((DRAWS, 1, p), 1.0, rng=rng).double().flatten(1)
    norm = x.norm(dim=1)
    long = norm > norm.median()
    for some in (long, ~long):
        for i in {0, p - 1}:
            assert fits((1 + x[some, i] / norm[some]) / 2, stats.beta((p - 1) / 2, (p - 1) / 2))


def test_l2_ball_of_no_points_and_of_no_size(rng):
    assert sample_l2_ball((0, 3), 1.0, rng=rng).shape == (0, 3)
    assert not sample_l2_ball((4, 3), 0.0, rng=rng).any()
    with pytest.raises(ValueError, match=r"`sample_l2_ball\(radius=...\)` must be >= 0, got -2"):
        sample_l2_ball((2, 3), -2, rng=rng)
