"""Certified tails against multiple precision, dense matrices, laws enclosed on a grid, and draws."""

import functools
import math

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from ilo_theory import tails
from ilo_theory.operators import PartialCirculant

ALARM = 1e-6
CELLS = 3000


# --- Independent oracles ----------------------------------------------------------------------------------------------


def covariance(m: int, s: int, n: int | None = None, start: int = 0) -> np.ndarray:
    """m times the covariance of F x, x flat on s coordinates from `start` on, from the operator itself: F x = X g."""
    n = n or m + s - 1
    x = torch.zeros(n, dtype=torch.float64)
    x[start : start + s] = 1 / math.sqrt(s)
    rows = torch.eye(n, dtype=torch.float64)
    X = torch.stack([PartialCirculant(g, torch.ones(n), torch.arange(m), (n,))(x) for g in rows], dim=1).numpy()
    return X @ X.T


@functools.cache
def enclosure(m: int, s: int, c: float) -> tuple[float, float]:
    """What P(Q <= c) lies between: each variable rounded up, or down, to a grid, and the laws convolved."""
    low = high = np.eye(1, CELLS + 1)[0]
    grid = np.arange(CELLS + 2) * (c / CELLS)
    for weight in np.linalg.eigvalsh(covariance(m, s)).clip(1e-12):
        cells = np.diff(special.gammainc(0.5, grid / (2 * weight)))
        high = np.convolve(high, cells)[: CELLS + 1]
        low = np.convolve(low, np.concatenate(([0.0], cells[:-1])))[: CELLS + 1]
    return low.sum(), high.sum()


# --- chi^2 in the log domain ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("df", [1, 2, 3, 10, 99, 400, 3600])
@pytest.mark.parametrize("ratio", [0.01, 0.25, 0.9, 1.0, 1.1, 4.0, 49.0])
def test_chi_squared_in_multiple_precision(df, ratio):
    with mpmath.workdps(60):
        x = mpmath.mpf(df * ratio) / 2
        above = mpmath.gammainc(mpmath.mpf(df) / 2, x, mpmath.inf, regularized=True)
        below = mpmath.gammainc(mpmath.mpf(df) / 2, 0, x, regularized=True)
        assert tails.log_chi2_above(df, df * ratio) == pytest.approx(float(mpmath.log(above)), rel=1e-11, abs=1e-14)
        assert tails.log_chi2_below(df, df * ratio) == pytest.approx(float(mpmath.log(below)), rel=1e-11, abs=1e-14)


def test_gaussian_tails_by_hand():
    assert tails.gaussian_above(2, 3.0) == pytest.approx(-9, rel=1e-14)  # chi^2_2 is exponential
    assert tails.gaussian_below(1, 0.5) == pytest.approx(math.log(math.erf(0.5 / math.sqrt(2))), rel=1e-14)
    assert math.exp(tails.gaussian_below(10, 0.5)) == pytest.approx(9.124279e-3, rel=1e-6)
    assert math.exp(tails.gaussian_above(50, 2.0)) == pytest.approx(7.8576107e-20, rel=1e-7)


# --- The quadratic form -----------------------------------------------------------------------------------------------

sizes = st.integers(1, 40)
few = settings(max_examples=30)


@few
@given(sizes, sizes, st.integers(0, 5), st.data())
def test_windows_overlap_as_a_triangle(m, s, more, data):
    start = data.draw(st.integers(0, more))
    lags = np.abs(np.subtract.outer(np.arange(m), np.arange(m)))
    found = covariance(m, s, m + s - 1 + more, start)
    assert found == pytest.approx((1 - lags / s).clip(0), abs=1e-12)


@few
@given(sizes, sizes)
def test_cycle_spectrum(m, s):
    N = m + s - 1
    band = np.stack([np.roll(np.arange(N) < s, i) for i in range(N)]).astype(float)
    mu = np.sort(tails.cycle_spectrum(m, s))
    assert mu == pytest.approx(np.linalg.eigvalsh(band @ band.T / s), abs=1e-9)
    assert (mu[-m:] >= np.linalg.eigvalsh(covariance(m, s)) - 1e-9).all()  # m of its rows are the windows


@few
@given(sizes, sizes, st.data())
def test_sine_windows(m, s, data):
    r = data.draw(st.integers(1, m))
    V = math.sqrt(2 / (m + 1)) * np.sin(np.pi / (m + 1) * np.outer(np.arange(1, m + 1), np.arange(1, r + 1)))
    np.testing.assert_allclose(V.T @ V, np.eye(r), atol=1e-12)
    assert tails.sine_windows(m, s, r) == pytest.approx(V.T @ covariance(m, s) @ V, abs=1e-9)


# --- The tails --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("m", "s"), [(1, 1), (2, 3), (7, 1), (12, 4), (30, 6), (64, 8), (64, 30)])
@pytest.mark.parametrize("gamma", [0.3, 0.5, 0.9, 1.0])
def test_lower_tail_is_below_the_law_and_near_it(m, s, gamma):
    low, high = enclosure(m, s, gamma**2 * m)
    found = tails.circulant_below(m, gamma, s).log_probability + (s - 1) * math.log(2)
    assert found <= math.log(high)
    assert found >= 1.6 * math.log(low) - 4


@pytest.mark.parametrize(("m", "s"), [(1, 1), (2, 3), (7, 1), (12, 4), (30, 6), (64, 8), (64, 30)])
@pytest.mark.parametrize("c", [1.2, 1.5, 2.0])
def test_upper_tail_is_below_the_law_and_near_it(m, s, c):
    low, high = enclosure(m, s, c**2 * m)
    found = tails.circulant_above(m, c, s).log_probability + (s - 1) * math.log(2)
    assert found <= math.log(1 - low) + 1e-12
    assert found >= math.log(max(1 - high, 1e-12)) - 4
    assert tails.mean_above(m, c, s).log_probability <= (1 - s) * math.log(2) + math.log(1 - low) + 1e-12


@few
@given(st.integers(1, 40), st.floats(0.3, 1.0), st.integers(1, 6))
def test_given_the_blocks_windows_are_small(m, gamma, b):
    """The mean of Q/m given that all block sums are cut at gamma, by the covariance of N variables."""
    a = math.ceil(3 / gamma**2)
    s, N = a * b, m + a * b - 1
    J = -(-N // b)
    cut = 1 - 2 * gamma * stats.norm.pdf(gamma) / (1 - 2 * stats.norm.sf(gamma))  # variance of N(0, 1) cut at gamma
    assert cut <= gamma**2 / 3
    means = np.kron(np.eye(J), np.full((b, b), 1 / b))
    given_blocks = (np.eye(J * b) - (1 - cut) * means)[:N, :N]
    windows = np.stack([np.roll(np.arange(N) < s, i) for i in range(m)]) / math.sqrt(s * m)
    assert np.trace(windows @ given_blocks @ windows.T) <= gamma**2 / 3 + 1 / (2 * a) + 1e-12
    found = tails.blocks_below(m, gamma, b)
    assert found.s == s
    expected = -s * math.log(2) + J * math.log(1 - 2 * stats.norm.sf(gamma))
    assert found.log_probability == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("m", "gamma", "b"), [(12, 0.9, 1), (12, 0.9, 3), (30, 1.0, 2), (30, 0.6, 4)])
def test_blocks_are_below_the_law(m, gamma, b):
    found = tails.blocks_below(m, gamma, b)
    _, high = enclosure(m, found.s, gamma**2 * m)
    assert found.log_probability + (found.s - 1) * math.log(2) <= math.log(high)


@pytest.mark.parametrize(("m", "s"), [(1, 1), (5, 2), (9, 9), (4, 11), (30, 7)])
def test_variance_of_the_mean_of_windows(m, s):
    log_probability = tails.mean_above(m, 1.5, s).log_probability - (1 - s) * math.log(2)
    variance = covariance(m, s).sum() / m
    assert log_probability == pytest.approx(math.log(2 * stats.norm.sf(1.5 * math.sqrt(m / variance))), rel=1e-12)


@pytest.mark.parametrize(
    ("m", "half", "twice"),  # an earlier certificate, by the eigenvalues of the m x m matrix
    [(100, -19.44, -23.6304), (400, -36.50, -44.9887), (900, -53.86, -66.2237), (1600, -70.52, -87.3621)],
)
def test_tails_at_large_m(m, half, twice):
    below, above = tails.circulant_below(m, 0.5), tails.circulant_above(m, 2.0)
    assert half < below.log_probability < -1.5 * math.sqrt(m)
    assert twice < above.log_probability < -1.9 * math.sqrt(m)
    assert tails.blocks_below(m, 0.5).log_probability < below.log_probability
    assert twice - 10 < tails.mean_above(m, 2.0).log_probability < above.log_probability
    assert tails.gaussian_below(m, 0.5) < below.log_probability - 15
    assert tails.gaussian_above(m, 2.0) < above.log_probability - 60


def test_tails_of_very_many_rows():
    """-log P / sqrt(m) settles at sqrt(8 log 2) for c = 2, and at a constant for the blocks."""
    assert tails.mean_above(10**12, 2.0).log_probability == pytest.approx(-math.sqrt(8 * math.log(2)) * 1e6, rel=1e-3)
    one, two = (-tails.blocks_below(m, 0.5).log_probability / math.sqrt(m) for m in (10**10, 10**12))
    assert one == pytest.approx(two, rel=1e-3)


def test_what_is_drawn_is_not_rarer_than_certified(rng):
    """m = 64, s = 8, random signs: P(||F D x||^2 >= 2) and P(||F D x||^2 <= 0.36), 200,000 draws."""
    m, s, draws = 64, 8, 200_000
    above = below = 0
    for _ in range(10):
        g = torch.randn(draws // 10, m + s - 1, generator=rng) / math.sqrt(m)
        signs = 2.0 * torch.randint(2, (draws // 10, s), generator=rng) - 1
        y = (g.unfold(1, s, 1) * signs[:, None]).sum(-1) / math.sqrt(s)  # entry i is row m - 1 - i of F D x
        above += int((y.square().sum(1) >= 2).sum())
        below += int((y.square().sum(1) <= 0.36).sum())
    for seen, certified, gaussian in (
        (above, tails.circulant_above(m, math.sqrt(2), s), tails.gaussian_above(m, math.sqrt(2))),
        (below, tails.circulant_below(m, 0.6, s), tails.gaussian_below(m, 0.6)),
    ):
        interval = stats.binomtest(seen, draws).proportion_ci(1 - ALARM)
        assert interval.low > 10 * math.exp(gaussian)
        assert interval.high > math.exp(certified.log_probability)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tails.circulant_below(0, 0.5), r"`circulant_below\(m=\.\.\.\)` must be a whole number >= 1, got 0\."),
        (lambda: tails.circulant_below(9, 1.5), r"`circulant_below\(gamma=\.\.\.\)` must be in \(0, 1\], got 1\.5\."),
        (lambda: tails.circulant_above(9, 0.0), r"`circulant_above\(c=\.\.\.\)` must be > 0 and finite, got 0\.0\."),
        (lambda: tails.circulant_above(9, 2.0, 1.5), r"`circulant_above\(s=\.\.\.\)` must be a whole .*, got 1\.5\."),
        (lambda: tails.blocks_below(9, 0.5, 0), r"`blocks_below\(b=\.\.\.\)` must be a whole number >= 1, got 0\."),
        (lambda: tails.mean_above(9, math.nan), r"`mean_above\(c=\.\.\.\)` must be > 0 and finite, got nan\."),
        (lambda: tails.gaussian_above(9, math.inf), r"`gaussian_above\(c=\.\.\.\)` must be > 0 and finite, got inf\."),
    ],
)
def test_arguments_out_of_range_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
