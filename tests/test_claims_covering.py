"""Steps of the covering family's checks."""

import itertools
import math
from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ilo_theory import bounds, nets
from ilo_theory.balls import project_l1_ball
from ilo_theory.claims.covering_maurey_mean import mean_square, outcomes
from ilo_theory.claims.covering_sudakov import expected_maximum, expected_norm
from ilo_theory.claims.covering_volume import thickened_volume
from ilo_theory.verdict import CLAIMS, Evidence, Status, verify
from tests.twins import times


@pytest.mark.parametrize(("d", "s"), [(1, 0.7), (2, 0.0), (2, 1.3), (3, 0.0), (3, 0.5), (3, 2.0)])
def test_thickened_volume_by_sampling(d, s, rng):
    # Hoeffding: 40,000 points in a box, whose share is off by 0.0135 with a probability of 1e-6 at most.
    box = 2 * (s + 1)
    x = (torch.rand(40_000, d, generator=rng, dtype=torch.float64) - 0.5) * box
    inside = float(((x - project_l1_ball(x, s)).norm(dim=1) <= 1).double().mean())
    unit = math.pi ** (d / 2) / math.gamma(d / 2 + 1)
    assert abs(inside - thickened_volume(d, s) * unit / box**d) < math.sqrt(math.log(2e6) / 80_000)


# --- Maurey's mean ----------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=3), st.integers(1, 3))
def test_the_mean_of_draws_is_unbiased_and_as_far_as_stated(rows, t):
    size = max(1, sum(map(abs, rows)))
    x = tuple(Fraction(z, size + 1) for z in rows)
    found = outcomes(x, t)
    assert sum(share for _, share in found) == 1
    assert tuple(sum(z[j] * share for z, share in found) for j in range(len(x))) == x
    assert mean_square(x, t) == (sum(map(abs, x)) - sum(x_j**2 for x_j in x)) / t


# --- Expectations -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "expected"), [(1, 0), (2, 1 / math.sqrt(math.pi)), (3, 1.5 / math.sqrt(math.pi))])
def test_expected_maximum_in_closed_form(count, expected):
    assert expected_maximum(count) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("d", "expected"), [(1, math.sqrt(2 / math.pi)), (2, 2 / math.sqrt(math.pi)), (512, 3.2483905)]
)
def test_expected_norm_in_closed_form(d, expected):
    assert expected_norm(d) == pytest.approx(expected, rel=1e-12 if d < 3 else 2e-8)


@pytest.mark.parametrize("d", [1, 3, 40])
def test_expectations_by_sampling(d, rng):
    # Both are 1-Lipschitz in w: the mean of 20,000 draws is off by 0.04 with a probability of 2 exp(-16) at most.
    w = torch.randn(20_000, d, generator=rng, dtype=torch.float64)
    assert abs(w.amax(1).mean() - expected_maximum(d)) < 0.04
    assert abs(w.abs().amax(1).mean() - expected_norm(d)) < 0.04


# --- Packings of the l1 ball ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("d", "t"), [(2, 4), (2, 5), (3, 2), (3, 3), (4, 2)])
def test_no_packing_is_larger_than_the_steps_of_the_proof_say(d, t):
    points = nets.maurey_net(d, 1.0, t)
    squares = torch.cdist(points, points).square().unique()
    for square in [s for s in squares.tolist() if 0.5 < s < 4]:
        for h in (math.sqrt(square) * (1 - 1e-9), math.sqrt(square) * (1 + 1e-9)):
            most = nets.packing_number(points, h)
            assert math.log(most) <= bounds.sudakov_entropy(d, 1.0, 2 * h) * (1 + 1e-6)
            if h * h > 2:  # those of Rankin
                assert most <= min(d + 1, math.ceil(2 / (h * h - 2)))
            if d == 2 and h * h > 2.5:
                assert most <= 2


@pytest.mark.parametrize("d", [2, 3, 7])
def test_the_packings_that_make_it_an_equality(d):
    """2 points just below 2r, for d = 2; 2d just below sqrt(2) r, for every d if the constant is 4 log 2d."""
    vertices = torch.cat([torch.eye(d), -torch.eye(d)]).double()
    assert nets.packing_number(vertices, 2 - 1e-9) == 2
    assert nets.packing_number(vertices, math.sqrt(2) - 1e-9) == 2 * d
    assert bounds.sudakov_entropy(2, 1.0, 4.0) == pytest.approx(math.log(2))
    assert bounds.sudakov_entropy(2, 1.0, 2 * math.sqrt(2)) == pytest.approx(math.log(4))


def test_the_proof_for_every_dimension_needs_its_own_cases_alone():
    """What decides for all d: the excess over 2 log d falls from d = 3 on, and both ratios of logarithms rise."""
    dimensions = [*range(3, 200), 10**3, 10**6, 10**12]
    excess = [(1 + 1 / d) * math.log(d + 1) - 2 * math.log(d) for d in dimensions]
    assert excess[0] < 0
    assert all(b < a for a, b in itertools.pairwise(excess))
    for shift in (0, 1):
        ratios = [math.log(d) / math.log(2 * d + shift) for d in dimensions]
        assert all(a < b for a, b in itertools.pairwise(ratios))
    for d in (2, 3, 4, 5, 1000):
        assert verify("sudakov-packing-from-2", d=d).evidence is Evidence.PROOF


@pytest.mark.parametrize(("d", "share"), [(2, 0.999), (3, 0.8), (16, 0.6)])
def test_the_vertices_alone_refute_a_smaller_constant(d, share):
    """log 2d > share 2 log d: as delta/2 rises to sqrt(2) r they are a packing; two points do not refute that."""
    found = verify("sudakov-packing-from-2", d=d, printed=times(share, bounds.sudakov_entropy))
    assert found.status is Status.REFUTED
    assert found.lhs == pytest.approx(math.log(2 * d))


def test_the_cases_of_the_definitions_meet_ties():
    """Among them are sets in which a distance equals delta: there < and <= part."""
    cases = [case for case in CLAIMS["packing-number"].cases if "t" in case]
    distances = [torch.pdist(nets.integer_points(case["d"], case["t"]).double()) for case in cases]
    assert sum(bool((row == case["delta"]).any()) for row, case in zip(distances, cases, strict=True)) >= 6
