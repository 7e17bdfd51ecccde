"""Theorem 2 with and without the l1 ball: both verdicts against points, nets and volumes that are found another way."""

import itertools
import math

import numpy as np
import pytest
from mpmath import mp

from ilo_theory.assumptions import net_covers, volume_fits
from ilo_theory.verdict import Status

EDGE = 1e-9
"""Rounding of distances; everything else here is exact."""


def means(d, r, t):
    """Every mean of t draws from {0, +-r e_i}, by listing the draws."""
    corners = np.vstack([np.zeros(d), r * np.eye(d), -r * np.eye(d)])
    draws = itertools.combinations_with_replacement(range(2 * d + 1), t)
    return np.unique(np.array([corners[[*draw]].mean(0) for draw in draws]).round(12), axis=0)


def farthest(points, net):
    return np.sqrt(((points[:, None] - net) ** 2).sum(-1)).min(1).max()


def grid(d, r, steps):
    axis = np.linspace(-r, r, 2 * steps + 1)
    return np.array([*itertools.product(axis, repeat=d)])


def needs(d, r, delta):
    """The logarithms of two ratios of volumes, of the l1 and of the l2 ball, in fifty digits."""
    with mp.workdps(50):
        small = mp.pi ** (mp.mpf(d) / 2) / mp.gamma(mp.mpf(d) / 2 + 1) * mp.mpf(delta) ** d
        l1 = (2 * mp.mpf(r)) ** d / mp.factorial(d)
        l2 = small * (mp.mpf(r) / mp.mpf(delta)) ** d
        return float(mp.log(l1 / small)), float(mp.log(l2 / small))


@pytest.mark.parametrize(
    ("d", "t", "r"), [(2, 12, 1.0), (2, 20, 0.01), (2, 40, 300.0), (3, 6, 300.0), (3, 12, 0.01), (4, 5, 1.0)]
)
def test_the_verdict_changes_with_the_ball(d, t, r):
    assert net_covers(d, r, t, l1=True).status is Status.HOLDS
    assert net_covers(d, r, t, l1=False).status is Status.REFUTED


@pytest.mark.parametrize(("d", "t", "steps"), [(1, 5, 200), (2, 3, 60), (2, 12, 60), (3, 4, 16)])
def test_the_radius_in_the_l1_ball_is_that_of_a_grid(d, t, steps):
    points = grid(d, 1.0, steps)
    points = points[abs(points).sum(1) <= 1 + EDGE]
    seen = farthest(points, means(d, 1.0, t))
    radius = net_covers(d, 1.0, t, l1=True).lhs
    assert seen <= radius + EDGE
    assert radius <= seen + math.sqrt(d) / steps


@pytest.mark.parametrize(("d", "t", "r"), [(2, 12, 1.0), (3, 6, 2.0), (4, 5, 0.5)])
def test_a_witness_is_in_the_l2_ball_and_far_from_every_mean(d, t, r):
    verdict = net_covers(d, r, t, l1=False)
    point = np.array([verdict.witness["point"]])
    assert np.linalg.norm(point) <= r + EDGE
    assert abs(point).sum() > r + EDGE
    distance = farthest(point, means(d, r, t))
    assert distance > r / math.sqrt(t) + EDGE
    assert verdict.lhs == pytest.approx(distance)


@pytest.mark.parametrize("t", [1, 2, 7, 100])
def test_in_one_dimension_there_is_one_ball(t):
    for l1 in (True, False):
        assert net_covers(1, 1.0, t, l1=l1).status is Status.HOLDS


@pytest.mark.parametrize("d", [2, 3, 4])
@pytest.mark.parametrize("t", [1, 2, 3, 4, 5])
def test_nothing_is_said_of_the_l2_ball_that_a_grid_contradicts(d, t):
    points = grid(d, 1.0, {2: 60, 3: 12, 4: 5}[d])
    size = np.linalg.norm(points, axis=1, keepdims=True)
    seen = farthest(points / np.maximum(size, 1), means(d, 1.0, t))
    status = net_covers(d, 1.0, t, l1=False).status
    if seen > 1 / math.sqrt(t) + EDGE:
        assert status in (Status.REFUTED, Status.INCONCLUSIVE)
    else:
        assert status in (Status.HOLDS, Status.INCONCLUSIVE)


def test_what_is_between_its_bounds_is_left_open():
    assert net_covers(2, 1.0, 8, l1=False).status is Status.INCONCLUSIVE


@pytest.mark.parametrize("d", [1, 2, 8, 64, 1000, 10**6])
@pytest.mark.parametrize("s", [1.0, 1.5, 4.0, 30.0, 1000.0])
def test_sizes_are_held_against_volumes(d, s):
    allowed = s * s * math.log(2 * d + 1)
    for l1, needed in zip((True, False), needs(d, 3.0, 3.0 / s), strict=True):
        verdict = volume_fits(d, 3.0, 3.0 / s, l1=l1)
        assert verdict.lhs == pytest.approx(needed, rel=1e-9, abs=1e-6)
        assert verdict.rhs == pytest.approx(allowed)
        assert verdict.status is (Status.REFUTED if needed > allowed + EDGE else Status.HOLDS)


@pytest.mark.parametrize("d", [100, 1000, 10**6])
@pytest.mark.parametrize("s", [2.0, 5.0])
def test_volumes_change_the_verdict_in_high_dimension(d, s):
    assert volume_fits(d, s, 1.0, l1=True).status is Status.HOLDS
    assert volume_fits(d, s, 1.0, l1=False).status is Status.REFUTED


@pytest.mark.parametrize("l1", [True, False])
def test_what_is_no_ball_is_refused(l1):
    for r, t in ((0.0, 3), (-1.0, 3), (1.0, 0)):
        with pytest.raises(ValueError, match="maurey_net"):
            net_covers(2, r, t, l1=l1)
    for d, r, delta in ((0, 1.0, 0.1), (2, -1.0, 0.1), (2, 1.0, 0.0)):
        with pytest.raises(ValueError, match="maurey_entropy"):
            volume_fits(d, r, delta, l1=l1)
