"""Each lemma with an assumption kept and removed: the verdict changes, and for the reason that is given."""

import itertools
import math

import numpy as np
import pytest
import torch

from ilo_theory.assumptions import (
    error_bounded,
    keeps_lengths,
    net_covers,
    spikes_found,
    sum_covered,
    unseen_apart,
    volume_fits,
)
from ilo_theory.assumptions.embedding import squared_lengths
from ilo_theory.assumptions.recovery import recovery
from ilo_theory.bounds import maurey_entropy
from ilo_theory.nets import maurey_net
from ilo_theory.operators import Gaussian
from ilo_theory.verdict import Status


def seeded(seed):
    return torch.Generator().manual_seed(seed)


# --- Covering ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("d", "t"), [(2, 16), (3, 9), (3, 16), (4, 9)])
@pytest.mark.parametrize("r", [1.0, 3.0])
def test_maurey_covers_the_l1_ball_alone(d, t, r):
    assert net_covers(d, r, t, l1=True).status is Status.HOLDS
    broken = net_covers(d, r, t, l1=False)
    assert broken.status is Status.REFUTED
    point = np.array(broken.witness["point"])
    assert np.linalg.norm(point) == pytest.approx(r)
    assert np.abs(point).sum() > r
    net = maurey_net(d, r, t).numpy()
    assert np.linalg.norm(net - point, axis=1).min() == pytest.approx(broken.lhs)
    assert broken.lhs > r * (1 - 1 / math.sqrt(d)) - 1e-12  # its distance from the whole l1 ball


def test_one_point_that_is_covered_decides_nothing():
    assert net_covers(2, 1.0, 8, l1=False).status is Status.INCONCLUSIVE


def test_in_one_dimension_both_balls_are_the_interval():
    assert {net_covers(1, 1.0, 9, l1=l1).status for l1 in (True, False)} == {Status.HOLDS}


def test_volumes_of_small_balls_are_known():
    # B_2^3(1) over B_2^3(1/2) is 8, and B_1^3(1) is 4/3
    assert volume_fits(3, 1.0, 0.5, l1=False).lhs == pytest.approx(math.log(8))
    assert volume_fits(3, 1.0, 0.5, l1=True).lhs == pytest.approx(math.log(4 / 3 / (4 / 3 * math.pi / 8)))
    assert volume_fits(3, 1.0, 0.5, l1=True).rhs == maurey_entropy(3, 1.0, 0.5)


@pytest.mark.parametrize("d", [200, 1000, 10**5])
def test_size_of_the_net_fits_the_l1_ball_alone(d):
    assert [volume_fits(d, 1.0, 0.2, l1=l1).status for l1 in (True, False)] == [Status.HOLDS, Status.REFUTED]


# --- Embedding --------------------------------------------------------------------------------------------------------


def test_without_signs_the_length_is_the_square_of_one_normal_number():
    lengths = squared_lengths(32, 64, signs=False, trials=2000, rng=seeded(0)).sort().values
    uniform = torch.erf((lengths / 2).sqrt())  # P(g^2 <= x)
    steps = (torch.arange(2000, dtype=torch.float64) + 0.5) / 2000
    # Dvoretzky, Kiefer, Wolfowitz and Massart: beyond sqrt(log(2/1e-6)/4000) = 0.061 with a probability of 1e-6
    assert (uniform - steps).abs().max() < 0.061 + 0.5 / 2000


@pytest.mark.parametrize("seed", range(3))
def test_signs_keep_the_length_of_a_flat_vector(seed):
    kept, lost = (
        keeps_lengths(256, 1024, signs=signs, distortion=0.5, at_least=0.9, trials=400, rng=seeded(seed))
        for signs in (True, False)
    )
    assert (kept.status, lost.status) == (Status.SUPPORTED, Status.REFUTED)
    assert kept.witness["trials"] == lost.witness["trials"] == 400


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
    assert before.best == pytest.approx(after.best, rel=0.05)  # as near to the range
    # of the projection on m rows: its square is (m/n) 200^2 up to 80 %, by tails of a beta law, but for 1e-6
    assert after.best == pytest.approx(200 * math.sqrt(after.m / 4000), rel=0.35)
    assert after.error**2 + after.best**2 == pytest.approx(200**2, rel=0.02)


@pytest.mark.parametrize("seed", range(3))
def test_spikes_are_found_in_the_l1_ball_alone(seed):
    found, lost = (spikes_found(80, 200, 8, l1=l1, rng=seeded(seed)) for l1 in (True, False))
    assert (found.status, lost.status) == (Status.HOLDS, Status.REFUTED)
    assert max(found.witness["residual"], lost.witness["residual"]) < 1e-6  # both explain the measurements
    # the shortest solution keeps m/p of the spikes' energy on average
    assert lost.lhs == pytest.approx(2 * math.sqrt(1 - 80 / 200), rel=0.25)
