"""Steps of the checks in which Theorem 1' is used."""

import math

import pytest
import torch

from ilo_theory import bounds
from ilo_theory.claims import recovery_explicit as explicit
from ilo_theory.claims import recovery_explicit_digits as digits
from ilo_theory.claims.recovery_explicit import Draw, draw_problem, likely, noisy_trials, rows, trials, unit_setting
from ilo_theory.generators import linear_chain, relu_chain
from ilo_theory.verdict import Status

PROBLEM = {"make": linear_chain, "widths": (2, 6, 40), "split": 1, "X": 20.0, "K": 1.0, "off": 2.0}
UNIT = unit_setting(2, 6, 40, 20.0, 1.0, 0.5)


def test_the_unit_setting_has_the_m_and_the_bound_of_every_scale():
    scaled = bounds.Setting(2, 6, 40, L1=5.0, L2=0.4, r1=3.0, delta=0.3, K=1.0, gamma=0.5)  # X = 20
    assert rows(UNIT, 3.0) == math.ceil(bounds.explicit_measurements(scaled, 3.0))
    assert 0.3 * bounds.explicit_error(UNIT, 7.0) == pytest.approx(bounds.explicit_error(scaled, 0.3 * 7.0))


@pytest.mark.parametrize(("make", "widths", "split"), [(linear_chain, (2, 6, 40), 1), (relu_chain, (1, 5, 3, 20), 2)])
def test_points_are_off_the_range_by_so_much_and_the_radius_is_k_delta(make, widths, split, rng):
    problem = {"make": make, "widths": widths, "split": split, "X": 20.0, "K": 1.5, "off": 2.0}
    extended, delta, x = draw_problem(30, rng=rng, **problem)
    L1 = math.prod(torch.linalg.matrix_norm(w, 2).item() for w in extended.generator.layers[:split].parameters())
    L2 = torch.linalg.matrix_norm(extended.generator.layers[split].weight, 2).item()
    assert delta == pytest.approx(L1 * L2 / 20)
    assert extended.r2 == pytest.approx(1.5 * delta / L2)
    assert extended.r1 == 1
    for draw in trials(10, rng=rng, m=15, tolerance=1e-3, **problem):
        assert 0 < draw.low <= draw.high <= 2 + 2e-3
        assert draw.error >= draw.low - 1e-9
        assert draw.high - draw.low <= 1.1e-3
        assert draw.gap <= 1.1e-3
    assert len({tuple(row) for row in x.tolist()}) == 30


def test_the_error_is_the_best_when_all_is_measured(rng):
    for draw in trials(5, rng=rng, m=4000, tolerance=1e-8, **PROBLEM):
        assert draw.error == pytest.approx(draw.high, rel=0.02)


def test_noise_and_a_point_astray_are_accounted_for(rng):
    options = PROBLEM | {"m": 60, "noise": 3.0, "aligned": True}
    exact = noisy_trials(8, rng=rng, astray=0.0, **options)
    astray = noisy_trials(8, rng=rng, astray=0.5, **options)
    assert max(draw.tau for draw in exact) < 1e-7
    assert min(draw.tau for draw in astray) > 1e-3
    assert all(draw.noise == 3.0 for draw in (*exact, *astray))
    quiet = noisy_trials(8, rng=rng, astray=0.0, **options | {"noise": 0.0})
    assert sum(d.error for d in exact) > sum(d.error for d in quiet)


def test_the_bound_is_an_interval_and_noise_adds_to_it():
    draw = Draw(error=1.0, low=2.0, high=3.0, gap=0.5, tau=0.25, noise=4.0)
    low, high = draw.bound(UNIT, lambda setting, best: 10 * best)
    assert low == 20 + (2 * 4 + 0.25) / 0.5
    assert high == 30 + (2 * 4 + 0.75) / 0.5


def test_a_draw_that_is_not_decided_is_no_success():
    sure, open_, failed = Draw(1.9, 2.0, 2.0, 0.0), Draw(2.1, 2.0, 3.0, 0.0), Draw(4.0, 2.0, 3.0, 0.0)
    kept = likely([sure] * 60 + [open_] * 2, UNIT, 1.0, lambda setting, best: best, scope="")
    assert kept.witness["successes"] == 60
    assert kept.witness["bound_over_error"][0] == pytest.approx(2.0 / 2.1)
    assert kept.witness["gap"] == 1.0
    assert kept.status is Status.SUPPORTED  # 60 of 62 for 1 - 2.5/e = 0.08
    lost = likely([failed] * 60, UNIT, 3.0, lambda setting, best: best, scope="")
    assert lost.status is Status.REFUTED


@pytest.mark.parametrize("share", [1.0, 0.1])
def test_points_are_on_the_way_to_digits(share):
    subject, whole = digits.subject(share, 0.1), digits.trained.held_out_digits().flatten(1)
    distance = (subject.x - whole).norm(dim=1)
    full = digits.subject(1.0, 0.1)
    torch.testing.assert_close(distance, (1 - share) * full.high, rtol=1e-3, atol=1e-3)
    assert (subject.low <= share * full.high + 1e-3).all()
    assert (subject.high - subject.low <= 1.1e-3).all()
    assert math.isclose(subject.unit.X, subject.setting.X)
    assert subject.extended.r2 == pytest.approx(digits.K * 0.1 / subject.setting.L2)


def test_fewer_rows_give_larger_errors(rng):
    means = []
    for m in (300, 20, 4):
        found = digits.digit_trials(12, rng=rng, share=0.1, delta=0.1, m=m)
        means.append(sum(draw.error / draw.high for draw in found) / 12)
        assert all(draw.error >= draw.low for draw in found)
    assert 1 <= means[0] < 1.05 < means[1] < means[2]


def test_the_theorem_asks_for_fewer_rows_than_pixels():
    for case in digits.SUBJECTS:
        assert rows(digits.subject(**case).unit, 15.0) < 784
    for case in explicit.LINEAR:
        k, p, n = case["widths"]
        assert rows(unit_setting(k, p, n, case["X"], case["K"], case["gamma"]), 3.0) < n
