"""Random projections keep lengths on average, E||A x||^2 = ||x||^2, and are drawn as they should be.

Every interval is exact: where its claim holds, each test misses it with a probability of at most 1e-6. Seeds are fixed.
"""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from ilo_theory.operators import Gaussian, PartialCirculant

ALARM = 1e-6
SHAPE, M, DRAWS = (3, 5, 4), 24, 200
N = math.prod(SHAPE)
POINTS = {
    "e_1": torch.eye(N)[0],
    "flat": torch.ones(N),
    "flat on eight": (torch.arange(N) < 8).float(),
    "random": torch.randn(N, generator=torch.Generator().manual_seed(1)),
}


def draws(kind, count=DRAWS):
    rng = torch.Generator().manual_seed(0)
    return [kind.draw(M, SHAPE, rng=rng).double() for _ in range(count)]


def energy(operators, x) -> float:
    """The sum of ||A x||^2 over the draws, for x of length 1."""
    x = (x / x.norm()).double().reshape(SHAPE)
    return sum(float(A(x).square().sum()) for A in operators)


def chi_squared(df: int) -> tuple[float, float]:
    """What chi^2 with df degrees of freedom leaves with probability ALARM."""
    return stats.chi2.ppf(ALARM / 2, df), stats.chi2.isf(ALARM / 2, df)


def weighted_chi_squared(weights: np.ndarray) -> tuple[float, float]:
    """What sum_j a_j xi_j^2 leaves with probability <= ALARM, for xi_j ~ N(0, 1) and a_j >= 0.

    Laurent and Massart 2000, Lemma 1: it exceeds its mean by 2 |a|_2 sqrt(t) + 2 |a|_inf t, and falls short of it by
    2 |a|_2 sqrt(t), with probability at most e^-t each.
    """
    t = math.log(2 / ALARM)
    mean, spread = weights.sum(), 2 * np.linalg.norm(weights) * math.sqrt(t)
    return mean - spread, mean + spread + 2 * weights.max() * t


def interval(operators, x) -> tuple[float, float]:
    """What `energy` leaves with probability <= ALARM, whatever the signs are.

    F D x = X g, where the rows of X are shifts of D x. So m ||F D x||^2 is a sum of independent chi^2, each with one
    degree of freedom and weighted with an eigenvalue of X X^T; these add up to m ||x||^2.
    """
    x = (x / x.norm()).double().numpy()
    weights = []
    for A in operators:
        X = np.stack([np.roll(A.signs.numpy() * x, -i) for i in range(M)])
        weights.append(np.linalg.eigvalsh(X @ X.T).clip(0) / M)
    weights = np.concatenate(weights)
    assert weights.sum() == pytest.approx(len(operators))
    return weighted_chi_squared(weights)


@pytest.mark.parametrize("point", POINTS)
def test_gaussian_keeps_lengths(point):
    """m ||A x||^2 is chi^2 with m degrees of freedom for every x of length 1."""
    low, high = chi_squared(M * DRAWS)
    assert low < M * energy(draws(Gaussian), POINTS[point]) < high


def test_circulant_keeps_the_length_of_a_unit_vector():
    """m ||F D e_1||^2 is chi^2 with m degrees of freedom: its entries are m different entries of g."""
    low, high = chi_squared(M * DRAWS)
    assert low < M * energy(draws(PartialCirculant), POINTS["e_1"]) < high


@pytest.mark.parametrize("point", POINTS)
def test_circulant_keeps_lengths(point):
    operators = draws(PartialCirculant)
    low, high = interval(operators, POINTS[point])
    assert low < DRAWS < high
    assert high < 1.7 * DRAWS, "an interval this wide says nothing"
    assert low < energy(operators, POINTS[point]) < high


@pytest.mark.parametrize("scale", [math.sqrt(M), 1.5, 0.7])
@pytest.mark.parametrize("point", ["e_1", "random"])
def test_another_variance_is_noticed(scale, point):
    operators = draws(PartialCirculant)
    for A in operators:
        A.row *= scale
    low, high = interval(operators, POINTS[point])
    assert not low < energy(operators, POINTS[point]) < high
    assert not chi_squared(M * DRAWS)[0] < M * energy(operators, POINTS["e_1"]) < chi_squared(M * DRAWS)[1]


def fair(heads: np.ndarray) -> bool:
    """Whether these are tosses of a fair coin: wrong about one with a probability of at most ALARM / 4."""
    return stats.binomtest(int(heads.sum()), heads.size).pvalue > ALARM / 4


def test_row_is_normal_and_signs_are_fair():
    operator = PartialCirculant.draw(1000, (40_000,), rng=torch.Generator().manual_seed(0))
    g, signs = operator.row.double().numpy() * math.sqrt(1000), operator.signs.numpy()
    assert set(signs) == {-1, 1}
    assert stats.kstest(g, "norm", method="exact").pvalue > ALARM / 4
    assert fair(signs > 0)
    assert fair(signs[1:] == signs[:-1])  # neighbours are independent
    assert fair((g > 0) == (signs > 0))  # of g as well


def test_matrix_is_normal():
    matrix = Gaussian.draw(100, (400,), rng=torch.Generator().manual_seed(0)).matrix
    assert stats.kstest(matrix.double().flatten().numpy() * 10, "norm", method="exact").pvalue > ALARM


@pytest.mark.parametrize("kind", [Gaussian, PartialCirculant])
def test_kind_size_and_seed_are_the_operator(kind):
    def draw(seed):
        torch.manual_seed(torch.seed() % 2**31)  # the global generator has no say
        return kind.draw(M, SHAPE, rng=torch.Generator().manual_seed(seed)).as_matrix()

    assert torch.equal(draw(3), draw(3))
    assert not torch.equal(draw(3), draw(4))
    rng = torch.Generator().manual_seed(3)
    first, second = (kind.draw(M, SHAPE, rng=rng).as_matrix() for _ in range(2))
    assert torch.equal(first, draw(3))
    assert not torch.equal(first, second)


@pytest.mark.parametrize("kind", [Gaussian, PartialCirculant])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_drawn_in_the_default_dtype(kind, dtype, rng):
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        operator = kind.draw(M, SHAPE, rng=rng)
    finally:
        torch.set_default_dtype(before)
    assert operator(torch.zeros(SHAPE, dtype=dtype)).dtype == dtype
    assert {buffer.dtype for buffer in operator.buffers()} == {dtype}


def test_gaussian_of_no_measurement_or_another_size_is_refused(rng):
    with pytest.raises(ValueError, match=r"^`Gaussian\.draw\(m=\.\.\.\)` must be >= 1, got 0\.$"):
        Gaussian.draw(0, SHAPE, rng=rng)
    with pytest.raises(ValueError, match=r"^`Gaussian\(matrix=\.\.\.\)` must be \[m, 60\], got shape \(2, 59\)\.$"):
        Gaussian(torch.ones(2, 59), SHAPE)
