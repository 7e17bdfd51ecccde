"""S-REC and recovery with an assumption kept and removed: the verdict changes, and for the reason that is given."""

import itertools
import math

import numpy as np
import pytest
import torch

from ilo_theory.assumptions import (
    error_bounded,
    spikes_found,
    sum_covered,
    unseen_apart,
)
from ilo_theory.assumptions.recovery import recovery
from ilo_theory.nets import maurey_net
from ilo_theory.operators import Gaussian
from ilo_theory.verdict import Status


def seeded(seed):
    return torch.Generator().manual_seed(seed)


# --- S-REC ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [2, 3])
def test_sums_of_nets_are_as_far_as_they_say(p):
    halves, wholes = (sum_covered(0.25, 1.0, 1.0, p, scale=scale) for scale in (0.5, 1.0))
    assert (halves.status, wholes.status) == (Status.HOLDS, Status.REFUTED)
    for verdict in (halves, wholes):
        count, draws = verdict.witness["points"], verdict.witness["draws"]
        segment = (2 * np.arange(count) + 1) / count - 1
        net = maurey_net(p, 1.0, draws).numpy()
        grid = np.linspace(-1, 1, 41)
        ball = np.array([x for x in itertools.product(grid, repeat=p) if np.abs(x).sum() <= 1 + 1e-12])
        deep = np.linalg.norm(ball[:, None] - net, axis=2).min(axis=1).max()
        wide = np.abs(np.linspace(-1, 1, 400)[:, None] - segment).min(axis=1).max()
        assert math.hypot(wide, deep) <= verdict.lhs + 1e-9
        assert math.hypot(wide, deep) >= 0.8 * verdict.lhs  # as fine as the grids are


@pytest.mark.parametrize("seed", range(3))
def test_what_a_matrix_does_not_see_is_short_in_the_l1_ball(seed):
    seen, unseen = (unseen_apart(19, 24, 2.0, l1=l1, rng=seeded(seed)) for l1 in (True, False))
    assert (seen.status, unseen.status) == (Status.HOLDS, Status.REFUTED)
    A = Gaussian.draw(19, (24,), rng=seeded(seed)).double().matrix
    v = torch.tensor(unseen.witness["point"], dtype=torch.float64)
    assert (A @ v).norm() < 1e-12
    assert v.norm().item() == pytest.approx(2.0)
    # no vector of the null space has a larger share of its l1 norm in l2 than the certificate allows
    null = torch.linalg.svd(A).Vh[19:]
    some = torch.randn(20_000, 5, generator=seeded(seed), dtype=torch.float64) @ null
    ratios = some.norm(dim=1) / some.abs().sum(dim=1)
    assert ratios.max().item() <= math.sqrt(seen.witness["alpha"])
    assert seen.lhs == pytest.approx(4.0 * math.sqrt(seen.witness["alpha"]))


def test_certificate_is_the_largest_entry_of_the_null_space():
    """For m = p - 1 the null space is a line, and everything is known."""
    found = unseen_apart(7, 8, 1.0, l1=True, rng=seeded(4))
    v = torch.linalg.svd(Gaussian.draw(7, (8,), rng=seeded(4)).double().matrix).Vh[-1]
    assert found.witness["alpha"] == pytest.approx((v.abs().max() / v.abs().sum()).item())


def test_a_square_matrix_sees_everything():
    with pytest.raises(ValueError, match="needs m < p"):
        unseen_apart(8, 8, 1.0, l1=True, rng=seeded(0))


# --- Recovery ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
def test_theorem_1_is_for_an_x_that_does_not_depend_on_A(seed):
    before, after = (error_bounded(8000, independent=free, rng=seeded(seed)) for free in (True, False))
    assert (before.status, after.status) == (Status.HOLDS, Status.REFUTED)


def test_x_chosen_after_A_looks_like_another_image():
    before, after = (recovery(4000, independent=free, rng=seeded(1)) for free in (True, False))
    assert before.best[0] == pytest.approx(after.best[0], rel=0.05)  # as near to the range
    # of the projection on m rows: its square is (m/n) 200^2 up to 80 %, by tails of a beta law, but for 1e-6
    assert after.best[0] == pytest.approx(200 * math.sqrt(after.m / 4000), rel=0.35)
    assert after.error**2 + after.best[0] ** 2 == pytest.approx(200**2, rel=0.02)


def test_bound_is_an_interval_as_wide_as_the_minimum_is_known():
    found = recovery(4000, independent=True, rng=seeded(1))
    (low, high), (least, most) = found.best, found.bound
    assert 0 < low <= high <= low + 1e-5
    assert most - least == pytest.approx((5 + 2 * math.sqrt(2)) * (high - low), abs=1e-9)
    # Theorem 1' at gamma = 1/2 and delta = 1, written out
    assert least == pytest.approx((1 + 4 + 2 * math.sqrt(2)) * low + 8 + 2 * math.sqrt(2), rel=1e-5)
    assert low < found.error < least


@pytest.mark.parametrize("seed", range(3))
def test_spikes_are_found_in_the_l1_ball_alone(seed):
    found, lost = (spikes_found(80, 200, 8, l1=l1, rng=seeded(seed)) for l1 in (True, False))
    assert (found.status, lost.status) == (Status.HOLDS, Status.REFUTED)
    assert max(found.witness["residual"], lost.witness["residual"]) < 1e-6  # both explain the measurements
    # the shortest solution keeps m/p of the spikes' energy on average
    assert lost.lhs == pytest.approx(2 * math.sqrt(1 - 80 / 200), rel=0.25)


@pytest.mark.parametrize("seed", range(40))
def test_the_l1_ball_is_refuted_by_a_pair_alone(seed):
    """For m = p - 1 the null space is a line, so the farthest unseen pair of the ball is known."""
    v = torch.linalg.svd(Gaussian.draw(4, (5,), rng=seeded(seed)).double().matrix).Vh[-1]
    farthest = 2 * (v.norm() / v.abs().sum()).item()
    found = unseen_apart(4, 5, 1.0, l1=True, rng=seeded(seed))
    assert found.status in ((Status.HOLDS, Status.INCONCLUSIVE) if farthest <= 1 else (Status.REFUTED,))
    low, high = found.witness["apart"]
    assert low - 1e-9 <= farthest <= high + 1e-9  # whatever was decided by which end
