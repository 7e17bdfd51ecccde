"""Steps of the srec family's checks: formulas, covers and counterexamples, each built and looked at."""

import itertools
import math
from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ilo_theory import nets, tails
from ilo_theory.bounds import Setting, explicit_gamma, explicit_measurements, half_net_entropy
from ilo_theory.bounds import srec as bounds
from ilo_theory.claims.srec_attack import SMALL, measured, target
from ilo_theory.claims.srec_entropy import cubes
from ilo_theory.claims.srec_explicit import _expected_largest, expected_norm
from ilo_theory.claims.srec_lemma_3 import _printed_log_additive
from ilo_theory.claims.srec_lemma_4 import supremum_over_cells
from ilo_theory.extended_range import ExtendedRange, least_delta, worst_pair
from ilo_theory.generators import Chain
from ilo_theory.operators import Gaussian, PartialCirculant


def setting(k=1, p=4, X=10.0, K=1.5, gamma=0.5, n=64):
    return Setting(k=k, p=p, n=n, L1=1.0, L2=1.0, r1=X, delta=1.0, K=K, gamma=gamma)


# --- Formulas ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("k", "p", "X", "K", "gamma", "m"),
    [
        (5, 10**4, 100.0, 10.0, 0.8, 57622.597285),
        (512, 512, 1e6, 4.0, 0.8, 396430.726),
        (5, 512, 100.0, 4.0, 0.5, 1402.08),
    ],
)
def test_theorem_1_with_constants_in_whole_numbers(k, p, X, K, gamma, m):
    t = math.ceil(min(2 * K * K, K * math.sqrt(p)))
    H = k * math.log(1 + 4 * X) + math.log(nets.delannoy(p, t))
    assert half_net_entropy(setting(k, p, X, K, gamma)) == pytest.approx(H, rel=1e-12)
    W = math.sqrt(k) / 2 + min(K * math.sqrt(2 * math.log(2 * p)), math.sqrt(p) / 2)
    asked = max(2 * H + 10, W * W) / (1 - gamma) ** 2
    assert explicit_measurements(setting(k, p, X, K, gamma), 10.0) == pytest.approx(asked, rel=1e-12)
    assert asked == pytest.approx(m, rel=5e-6)


@given(st.integers(1, 50), st.integers(1, 500), st.floats(0.01, 1e4), st.floats(0.1, 30), st.floats(0.01, 0.99))
def test_the_gamma_promised_is_the_gamma_asked_for(k, p, X, K, gamma):
    case = setting(k, p, X, K, gamma)
    assert explicit_gamma(case, explicit_measurements(case, 2.0), 2.0) == pytest.approx(gamma, abs=1e-9)


def test_additive_term_in_logarithms():
    for p, log_off in itertools.product((2, 4, 10**4), (-1.2, -3.0, -10.0)):
        off = math.exp(log_off)
        exact = math.log(bounds.srec_additive(math.sqrt(p) * (1 - off), p))
        assert exact <= _printed_log_additive(log_off, p) <= exact + 0.05 + 3 * off


@pytest.mark.parametrize(("gamma", "X", "u"), [(0.2, 1e3, 2.0), (0.5, 10.0, 0.5), (0.9, 1e6, 5.0)])
def test_circulants_fail_as_seldom_as_is_said(gamma, X, u):
    case = setting(1, 2, X, 1.2, gamma, n=10**6)
    m = bounds.circulant_measurements(case, u)
    H, level = half_net_entropy(case), bounds.circulant_level(case, u)
    # Each frequency is below 2 sqrt(level), and then the largest eigenvalue is below 4 level / m.
    one = 4 * case.n * math.exp(-level) + math.exp(-m * (1 - gamma**2) ** 2 / (16 * level))
    assert math.exp(2 * H) / 2 * one <= math.exp(-u) / 2 * (1 + 1e-9)


def test_additive_term_of_circulants_from_its_chain():
    case, m, u = setting(1, 2, 100.0, 1.2, 0.5, n=4096), 1000, 2.0
    norm = math.sqrt(2 * case.n * (math.log(case.n) + u) / m)
    total, i, reach = 0.0, 0, 1.0
    while norm * reach > 1:  # the last net must be so fine that the norm does no harm

        def size(level):
            t = math.ceil(min(2 * (1.2 * 2**level) ** 2, 1.2 * 2**level * math.sqrt(2)))
            return math.log(1 + 400 * 2**level) + math.log(nets.delannoy(2, t))

        failing = size(i) + size(i + 1) + math.log(4 * case.n + 1) + u + (i + 1) * math.log(2)
        total += 1.5 * reach * (1 + 2 * math.sqrt(2) * failing / math.sqrt(m))
        i, reach = i + 1, reach / 2
    assert bounds.circulant_additive(case, m, u) == pytest.approx(2 * 0.5 + 2 * (total + 1), rel=1e-12)


def test_expectations():
    assert expected_norm(1) == pytest.approx(math.sqrt(2 / math.pi))
    assert expected_norm(2) == pytest.approx(math.sqrt(math.pi / 2))
    assert _expected_largest(1) == pytest.approx(math.sqrt(2 / math.pi))
    assert _expected_largest(2) == pytest.approx(2 / math.sqrt(math.pi))


# --- Covers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("k", "X"), [(1, Fraction(7, 2)), (2, Fraction(9, 8)), (2, Fraction(3)), (3, Fraction(5, 2))])
def test_cubes_cover_the_ball_and_are_as_many_as_is_said(k, X, rng):
    side = 2 / math.sqrt(k)
    corners = math.ceil(float(X) / side) + 1
    centres = torch.cartesian_prod(*[(torch.arange(-corners, corners) + 0.5) * side] * k).double().view(-1, k)
    near = (centres.abs() - side / 2).norm(dim=1) < float(X)  # the corner nearest to 0
    assert int(near.sum()) == cubes(k, X)
    kept = centres[near]
    kept *= (float(X) / kept.norm(dim=1, keepdim=True)).clamp(max=1)
    points = torch.randn(2000, k, generator=rng, dtype=torch.float64)
    points *= float(X) * torch.rand(2000, 1, generator=rng) ** (1 / k) / points.norm(dim=1, keepdim=True)
    assert torch.cdist(points, kept).amin(1).max() <= 1 + 1e-9


def test_suprema_over_cells_bound_what_is_in_them(rng):
    A = torch.randn(3, 7, 4, generator=rng, dtype=torch.float64)
    inside = (2 * torch.rand(1000, 4, generator=rng, dtype=torch.float64) - 1) / 2
    seen = (inside @ A.mT).norm(dim=-1).amax(-1)
    worst = supremum_over_cells(A)
    assert (seen <= worst).all()
    assert (worst <= torch.linalg.matrix_norm(A, 2)).all()


# --- Counterexamples, built -------------------------------------------------------------------------------------------


def star(t: torch.Tensor, N: int, R: float) -> torch.Tensor:
    """The curve that visits R e_1, ..., R e_N from 0 and back, at speed 1 from t = 0."""
    spoke, along = torch.div(t, 2 * R, rounding_mode="floor"), t % (2 * R)
    x = torch.zeros(len(t), N, dtype=torch.float64)
    x[torch.arange(len(t)), spoke.long().clamp(max=N - 1)] = R - (along - R).abs()
    return x


def test_the_star_is_a_curve_of_speed_1_with_a_spoke_that_is_halved(rng):
    N, m, gamma, R = 400, 3, 0.5, 1.0
    t = (2 * N * R - 1e-9) * torch.rand(300, generator=rng, dtype=torch.float64)
    x = star(t, N, R)
    assert (torch.cdist(x, x) <= (t[:, None] - t).abs() + 1e-9).all()
    share = math.exp(tails.gaussian_below(m, gamma / 2))  # 0.0143 a spoke: 400 spokes fail with e^-5.8
    draws = torch.randn(2000, m, N, generator=rng) / math.sqrt(m)
    seen = float((draws.norm(dim=1).amin(1) <= gamma / 2).double().mean())
    expected = 1 - (1 - share) ** N
    assert abs(seen - expected) < 5 * math.sqrt(expected * (1 - expected) / 2000) + 1e-4
    bad = next(A for A in draws.double() if A.norm(dim=0).min() <= gamma / 2)
    ends = torch.cat([torch.zeros(1, N, dtype=torch.float64), R * torch.eye(N, dtype=torch.float64)])
    assert least_delta(ends, Gaussian(bad, (N,)), gamma) >= R * gamma / 2


def test_three_conditions_and_a_pair_that_is_measured_alike(rng):
    p, K, T = 4, 2.0, 3
    z = 2 * (K / (2 * T)) * nets.integer_points(p - 1, T).double()
    N, R = len(z), K / (2 * T)
    sigma, j = N**0.25, 17
    assert z.abs().sum(1).max() <= K + 1e-12
    assert nets.delannoy(p - 1, T) == N

    def G2(w):
        return torch.cat([w[:, :1], (R - torch.cdist(w[:, 1:], z)).clamp(min=0)], 1)

    w = torch.cat([torch.randn(300, p, generator=rng).double(), torch.cat([torch.zeros(N, 1).double(), z], 1)])
    w = torch.cat([w, w + 0.1 * torch.randn(w.shape, generator=rng)])
    assert (torch.cdist(G2(w), G2(w)) <= torch.cdist(w, w) + 1e-6).all()
    row = torch.zeros(1, N + 1, dtype=torch.float64)
    row[0, 0], row[0, 1 + j] = 1.0, sigma
    assert row.norm() <= math.sqrt(N + 1)
    far = torch.tensor([[sigma * R, *[K] * (p - 1)]], dtype=torch.float64)  # no bump there
    pair = G2(torch.cat([far, torch.cat([torch.zeros(1).double(), z[j]])[None]]))
    assert float((row @ (pair[0] - pair[1])).abs()) < 1e-9
    assert float((pair[0] - pair[1]).norm()) == pytest.approx(R * math.hypot(sigma, 1))


def test_a_circulant_sees_a_spike_as_a_gaussian_does(rng):
    A = PartialCirculant.draw(5, (12,), rng=rng).double()
    spike = torch.eye(12, dtype=torch.float64)[0]
    entries = A.row[[0, 11, 10, 9, 8]]  # five different ones of g
    assert float(A(spike).square().sum()) == pytest.approx(float(entries.square().sum()))


@pytest.mark.parametrize("gamma", [0.2, 0.5, 0.8])
def test_the_two_bounds_on_the_lower_tail_are_in_order(gamma):
    for m in (100, 10**4, 10**6, 10**9):
        upper = math.log(8 * m + 1) - math.sqrt(m) * (1 - gamma**2) / 4
        assert tails.blocks_below(m, gamma).log_probability < upper


# --- The attack -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operator", ["Gaussian", "circulant", "flat circulant"])
@pytest.mark.parametrize("kind", SMALL)
def test_the_reduced_problem_is_the_whole_one(kind, operator, rng):
    extended, Q, case = target(kind, operator, SMALL, rng=rng)
    torch.testing.assert_close(Q.T @ Q, torch.eye(Q.shape[1], dtype=torch.float64))
    assert case.r2 == pytest.approx(case.K * case.delta / case.L2)
    state = rng.get_state()
    reduced = measured(operator, 30, Q, rng=rng)
    rng.set_state(state)
    A = (Gaussian if operator == "Gaussian" else PartialCirculant).draw(30, (len(Q),), rng=rng).double()
    last = torch.nn.Linear(*Q.shape[::-1], bias=False, dtype=torch.float64)
    last.weight.data.copy_(Q)
    layers = extended.generator.layers
    whole = ExtendedRange(Chain(*layers[:-1], last, k=2), 1, 1.0, case.r2)
    found = [
        worst_pair(e, a, additive=case.delta, starts=4, steps=10, rng=torch.Generator().manual_seed(1)).gamma
        for e, a in ((extended, reduced), (whole, A))
    ]
    assert found[0] == pytest.approx(found[1], rel=1e-6)
