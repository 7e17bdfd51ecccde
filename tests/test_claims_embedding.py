"""Steps of the embedding family's checks: laws, exact sums, and what stands in the figures."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from ilo_theory import plots
from ilo_theory.claims import embedding_circulant as circulant
from ilo_theory.claims import embedding_scale as scale
from ilo_theory.claims import embedding_tails
from ilo_theory.claims.embedding import _poisson, alike
from ilo_theory.claims.embedding_norms import _tensors, _two_rows
from ilo_theory.operators import PartialCirculant
from ilo_theory.verdict import CLAIMS, Status, certified

few = settings(max_examples=30)

# --- Laws -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("x", "k"), [(0.5, 1), (3.0, 5), (40.0, 12), (40.0, 90), (700.0, 100)])
def test_poisson_sums(x, k):
    below, above = _poisson(circulant.Fraction(x), k)
    assert below == pytest.approx(stats.poisson.logcdf(k - 1, x), rel=1e-10)
    assert above == pytest.approx(stats.poisson.logsf(k - 1, x), rel=1e-10)


@pytest.mark.parametrize("n", [3, 4, 7, 12, 25])
def test_law_of_two_rows_by_integration(n):
    """P(larger eigenvalue of a 2 x 2 Wishart matrix > 2n), its density integrated where it is at most that."""

    def density(b, a):
        return (a * b) ** ((n - 3) / 2) * math.exp(-(a + b) / 2) * (a - b) / (4 * math.gamma(n - 1))

    inside, _ = integrate.dblquad(density, 0, 2 * n, 0, lambda a: a, epsabs=1e-11, epsrel=1e-11)
    assert math.exp(_two_rows(n)) == pytest.approx(1 - inside, abs=1e-8)


def test_law_of_two_rows_by_draws(rng):
    squares = torch.linalg.matrix_norm(torch.randn(50_000, 2, 9, generator=rng), 2).square()
    interval = stats.binomtest(int((squares > 18).sum()), 50_000).proportion_ci(1 - 1e-6)
    assert interval.low < math.exp(_two_rows(9)) < interval.high


@pytest.mark.parametrize(("m", "epsilon"), [(1, 0.5), (16, 0.25), (64, 1.0), (5, 2.5)])
def test_what_fails_under_a_gaussian(m, epsilon):
    expected = stats.chi2.cdf(m * (1 - epsilon), m) + stats.chi2.sf(m * (1 + epsilon), m)
    assert scale.chi_squared_failure(m, epsilon) == pytest.approx(expected, rel=1e-12)


@given(st.floats(0.1, 3))
def test_variance_of_a_normal_variable_cut(gamma):
    assert embedding_tails._variance_of_cut(gamma) == pytest.approx(stats.truncnorm.var(-gamma, gamma), rel=1e-7)


# --- Sums over all signs, and their bounds ----------------------------------------------------------------------------


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.5]), min_size=1, max_size=9), st.floats(0.01, 1))
def test_excess_by_hand(values, exponent):
    share = {v: sum(w >= v for w in values) / len(values) for v in values}
    expected = max(math.log(p) + exponent * v * v for v, p in share.items())
    assert circulant._excess(np.array(values), exponent) == pytest.approx(expected, abs=1e-12)


@given(st.integers(1, 30), st.floats(1.1, 9))
def test_chernoff_is_above_the_law_and_near_it(df, ratio):
    (found,) = circulant._chernoff(np.full((1, df), 0.7), 0.7 * df * ratio)
    assert stats.chi2.logsf(df * ratio, df) <= found <= -df * (ratio - 1 - math.log(ratio)) / 2 * 0.97


@given(st.lists(st.floats(0.1, 5), min_size=2, max_size=5), st.floats(1.2, 4))
def test_chernoff_of_unequal_weights_by_its_largest(weights, ratio):
    at_least = ratio * sum(weights)
    (found,) = circulant._chernoff(np.array([weights]), at_least)
    assert stats.chi2.logsf(at_least / max(weights), 1) <= found <= 0


@few
@given(st.integers(4, 7), st.data())
def test_shifts_and_variance_are_the_operator_s(n, data):
    """Var ||F D x||^2 = E 2 sum_j lambda_j^2 over the eigenvalues of the covariance, drawn from the operator itself."""
    m, x = data.draw(st.integers(1, n // 2)), data.draw(st.sampled_from([*circulant.VECTORS]))
    vector = torch.tensor(circulant.VECTORS[x](n), dtype=torch.float64)
    shifts = circulant._shifts(circulant._signed(n, x), m)
    found = []
    for k in data.draw(st.sets(st.integers(0, 2**n - 1), min_size=1, max_size=3)):
        signs = torch.tensor([1.0 if bit == "0" else -1.0 for bit in f"{k:0{n}b}"])
        rows = torch.eye(n, dtype=torch.float64)
        X = torch.stack([PartialCirculant(g, signs, torch.arange(m), (n,))(vector) for g in rows], dim=1)
        np.testing.assert_allclose(shifts[k], X, atol=1e-12)
        found.append(2 * float(torch.linalg.eigvalsh(X @ X.T / m).square().sum()))
    products = shifts @ shifts.transpose(0, 2, 1)
    exact = [2 * int(np.square(product).sum()) / m**2 for product in products]
    assert min(exact) - 1e-9 <= min(found) <= max(found) <= max(exact) + 1e-9
    outcome = CLAIMS["circulant-variance"].run(n=n, m=m, x=x)
    assert outcome.verdict.lhs == pytest.approx(np.mean(exact), rel=1e-12)


@given(st.lists(st.lists(st.integers(-3, 3), min_size=4, max_size=4), min_size=1, max_size=5))
def test_rank(rows):
    assert embedding_tails._rank(rows) == np.linalg.matrix_rank(np.array(rows))


def test_numbers_alike_and_not_alike():
    assert alike(1.0 + 1e-14, 1.0, scope="").lhs == 1.0
    assert alike(1.0 + 1e-9, 1.0, scope="").status is Status.REFUTED


def test_all_tensors_are_found_once():
    operator = PartialCirculant.draw(3, (2**13,), rng=torch.Generator())
    operator(torch.zeros(2**13))
    tensors = _tensors(operator.__dict__)
    assert len({id(tensor) for tensor in tensors}) == len(tensors)
    held = {id(tensor) for tensor in tensors}
    assert {id(buffer) for buffer in operator.buffers()} <= held
    (kept,) = operator._kept[2].values()
    assert {id(kept[1]), id(kept[2]), id(kept[0].twiddles), id(kept[0].untwiddles)} <= held
    loop = {"again": [torch.zeros(1)]}
    loop["again"].append(loop)
    assert len(_tensors(loop)) == 1


# --- What is drawn ----------------------------------------------------------------------------------------------------


def test_gaussian_ratios_are_those_of_the_matrices():
    found = scale.gaussian_ratios(2, rng=torch.Generator().manual_seed(3), m=5, n=12, s=4)
    rng = torch.Generator().manual_seed(3)
    matrices = [torch.randn(5, 12, generator=rng) / math.sqrt(5) for _ in range(2)]
    expected = [float(A[:, i : i + 4].sum(1).square().sum()) / 4 for A in matrices for i in (0, 4, 8)]
    assert found.tolist() == pytest.approx(expected, rel=1e-5)


def test_circulant_ratios_are_those_of_the_matrices():
    n, rows = 1024, scale.ROWS
    found = scale.circulant_ratios(1, rng=torch.Generator().manual_seed(3), n=n)
    rng = torch.Generator().manual_seed(3)
    operator = PartialCirculant.draw(rows[-1], (n,), rng=rng)
    g, signs = operator.row.double() * math.sqrt(rows[-1]), operator.signs.double()
    spike, flat = torch.zeros(2, n)
    spike[n // 3], flat[:16] = 1, 1
    inputs = torch.stack([spike, flat, torch.ones(n), torch.randn(n, generator=rng)]).double()
    F = torch.stack([g.roll(i) for i in range(rows[-1])])
    for D, ratios in zip((signs, torch.ones(n)), found[0], strict=True):
        for x, of_x in zip(inputs, ratios, strict=True):
            expected = [float((F[:m] @ (D * x)).square().sum() / m / x.square().sum()) for m in rows]
            assert of_x.tolist() == pytest.approx(expected, rel=1e-4)


def test_curves_count_what_fails():
    ratios = torch.tensor([1.0, 1.3, 0.4, 2.5, 0.74])[:, None, None].expand(5, 4, 4)
    for curves in scale._curves(ratios).values():
        for epsilon, share in (("0.25", 0.8), ("0.5", 0.4), ("1.0", 0.2)):
            expected = stats.binomtest(round(5 * share), 5).proportion_ci(0.95)
            for found in curves[epsilon]:
                assert found == pytest.approx([share, expected.low, expected.high], rel=1e-9)


# --- Figures ----------------------------------------------------------------------------------------------------------


@dataclass
class Shown:
    witness: dict


def test_the_figure_of_shares_shows_them():
    point = {"0.25": [[0.5, 0.4, 0.6]] * 4, "0.5": [[0.25, 0.2, 0.3], [0.125, 0.1, 0.2], [0.0, 0.0, 0.01], [0.0] * 3]}
    curves = dict.fromkeys(scale.INPUTS, point)
    law = {epsilon: [[8, 0.5], [64, 0.1], [1024, 0.01]] for epsilon in point}
    shown = Shown({"rows": [16, 64, 256, 1024], "law": law, "signed": curves, "unsigned": curves})
    figure = plots.figure_of("circulant-scale", [({"n": 2**11}, shown), ({"n": 2**14}, shown)])
    panels = np.array(figure.axes).reshape(2, 3)
    for axes in panels[:, 1]:
        drawn = [line.get_ydata() for line in axes.lines if line.get_label() in scale.INPUTS]
        assert [list(y) for y in drawn] == [[0.25, 0.125]] * 4  # of nothing seen there is an interval alone
    for axes in panels[:, 2]:
        drawn = [line.get_ydata() for line in axes.lines if line.get_label() in scale.INPUTS]
        assert [list(y) for y in drawn] == [[0.125, 0.125]] * 4


@pytest.mark.parametrize("name", ["circulant-upper-tail-root", "circulant-lower-tail-root"])
def test_the_figure_of_tails_shows_them(name):
    outcome = CLAIMS[name].run()
    (axes,) = plots.figure_of(name, outcome.cases).axes
    drawn = {tuple(line.get_ydata()) for line in axes.lines}
    for key in ("gaussian", "closed", "certified"):
        assert tuple(-verdict.witness[key] for _, verdict in outcome.cases) in drawn
    assert certified(*axes.get_ylim(), scope="").status is Status.HOLDS
