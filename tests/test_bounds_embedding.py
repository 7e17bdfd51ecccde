"""Bounds on lengths under random matrices, against exact laws and figures worked out by hand."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ilo_theory.bounds import embedding as bounds

rows = st.integers(1, 300)


def test_excess_by_hand():
    assert bounds.fixed_vector_excess(4, 0.0) == pytest.approx(2 + math.log(2), rel=1e-15)
    assert bounds.fixed_vector_excess(400, math.log(2) - 400) == pytest.approx(6, rel=1e-15)


@given(rows, st.floats(0, 3))
def test_a_longer_vector_is_rarer_than_its_bound(m, epsilon):
    assert stats.chi2.logsf(m * (1 + epsilon) ** 2, m) <= bounds.longer(m, epsilon) + 1e-9


@given(rows, st.floats(0, 0.99))
def test_a_shorter_vector_is_rarer_than_its_bound(m, epsilon):
    assert stats.chi2.logcdf(m * (1 - epsilon) ** 2, m) <= bounds.shorter(m, epsilon) + 1e-9


def test_exponents_are_exact_for_small_epsilon_and_many_rows():
    """(log P)/m tends to -epsilon^2 on both sides; the bound from above is half of that, and good for all epsilon."""
    m, epsilon = 10**6, 0.02
    assert stats.chi2.logcdf(m * (1 - epsilon) ** 2, m) == pytest.approx(bounds.shorter(m, epsilon), rel=0.03)
    assert stats.chi2.logsf(m * (1 + epsilon) ** 2, m) == pytest.approx(2 * bounds.longer(m, epsilon), rel=0.03)


def test_twice_is_chernoff_s_rate():
    assert pytest.approx(0.80685, abs=5e-6) == bounds.TWICE
    chernoff = max((share * 4 + math.log(1 - share)) / 2 for share in [i / 10**4 for i in range(1, 10**4)])
    assert pytest.approx(chernoff, abs=1e-6) == bounds.TWICE


@pytest.mark.parametrize(("N", "epsilon", "u"), [(2, 0.5, 0.0), (50, 0.3, 5.0), (10**6, 0.1, 10.0)])
def test_points_by_the_union_bound(N, epsilon, u):
    pairs = N * (N - 1) / 2
    m = math.ceil(bounds.points_measurements(math.log(N), epsilon, u))
    assert pairs * stats.chi2.cdf(m * (1 - epsilon) ** 2, m) <= math.exp(-u) / 2
    m = math.ceil(bounds.points_isometry_measurements(math.log(N), epsilon, u))
    both = stats.chi2.cdf(m * (1 - epsilon) ** 2, m) + stats.chi2.sf(m * (1 + epsilon) ** 2, m)
    assert pairs * both <= math.exp(-u)


def test_points_by_hand():
    assert bounds.points_measurements(math.log(100), 0.5, 1.0) == pytest.approx(40.84, abs=0.005)
    assert bounds.points_isometry_measurements(math.log(100), 0.5, 1.0) == pytest.approx(81.68, abs=0.01)


def test_operator_norm_by_hand_and_by_draws(rng):
    assert bounds.operator_norm(100, 400) == pytest.approx(-(170**2) / 2, rel=1e-14)
    assert bounds.operator_norm(4, 4) == 0  # sqrt(nm) = sqrt(n) + sqrt(m)
    assert bounds.operator_norm(1, 10**6) == bounds.operator_norm(4, 3) == 0
    for m, n in ((1, 5), (3, 8), (20, 30)):
        norms = torch.linalg.matrix_norm(torch.randn(4000, m, n, generator=rng), 2)
        assert float(norms.mean()) <= math.sqrt(n) + math.sqrt(m) + 4.9 / math.sqrt(4000)  # of variance 1 at most


@given(rows, st.integers(1, 10**6), st.floats(0, 100))
def test_a_circulant_s_stretch_and_failure(m, n, l):
    assert bounds.circulant_stretch(8 * m, 0.0) == 1
    assert bounds.circulant_stretch(8 * m, math.sqrt(m)) == pytest.approx(2, rel=1e-14)
    assert math.exp(bounds.circulant_failure(n, l)) == pytest.approx((4 * n + 1) * math.exp(-l), rel=1e-9)
    assert bounds.circulant_variance(m) * m == pytest.approx(4, rel=1e-15)
