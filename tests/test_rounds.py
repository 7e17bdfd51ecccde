"""Rounds as data: the schedule against a published table, the lists of CSGM and Algorithm 1, and what is refused."""

from math import nan
from pathlib import Path

import numpy as np
import pytest

from ilo_theory.rounds import Round, algorithm_1, check_rounds, csgm, ramp

GOLDEN = Path(__file__).parent / "golden" / "ilo_ops.npz"


def test_ramp_is_that_of_the_released_code():
    with np.load(GOLDEN) as golden:
        t, rates = golden["lr/t"], golden["lr/lr_init0.1"]
    np.testing.assert_allclose([0.1 * ramp(0.05, 0.75)(x) for x in t], rates, rtol=1e-12, atol=1e-16)


def test_rates_of_a_round_end_at_zero_and_do_not_start_there():
    with np.load(GOLDEN) as golden:
        rates = golden["lr/lr_init0.1"]
    round = Round(0, steps=100, lr=0.1, variables=("z",))
    np.testing.assert_allclose([round.rate(s) for s in range(100)], rates[1:], rtol=1e-12, atol=1e-16)
    assert round.rate(0) > 0


def test_ramps_can_be_left_out():
    assert [ramp(0, 0)(t) for t in (0.001, 0.5, 1.0)] == [1, 1, 1]
    assert [ramp(0.5, 0)(t) for t in (0.25, 0.5, 1.0)] == [0.5, 1, 1]
    assert [ramp(0, 1)(t) for t in (0.5, 1.0)] == pytest.approx([0.5, 0])


def test_csgm_is_one_round_on_the_input():
    assert csgm(300, 0.1) == [Round(0, 300, 0.1, ("z",))]
    dims = {"v": (2,)}
    assert csgm(9, 0.2, variables=("v",), spheres=dims) == [Round(0, 9, 0.2, ("v",), spheres=dims)]


def test_algorithm_1_is_csgm_and_r_times_a_round_and_a_way_back():
    first, *deep = algorithm_1(2, 3, 50, 0.1, radii={"x": 7.0}, r1=4.0, variables=("w",), flat=0.01)
    assert first == Round(0, 50, 0.1, ("w",), back_radius=4.0, flat=0.01)
    assert deep == 3 * [Round(2, 50, 0.1, ("x",), radii={"x": 7.0}, back_steps=50, back_radius=4.0, flat=0.01)]
    assert [round.back_steps for round in algorithm_1(1, 2, 50, 0.1, radii={"z": 1.0}, back_steps=9)] == [0, 9, 9]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("start", -1),
        ("steps", 0),
        ("steps", 2.5),
        ("lr", 0.0),
        ("lr", -0.1),
        ("lr", nan),
        ("lr", float("inf")),
        ("variables", ()),
        ("variables", "z"),
        ("radii", {"z": -1.0}),
        ("radii", {"z": nan}),
        ("radii", {"x": 1.0}),
        ("spheres", {"x": (1,)}),
        ("spheres", {"z": (0, 1)}),
        ("spheres", {"z": ()}),
        ("back_steps", -1),
        ("back_radius", -1.0),
        ("back_radius", nan),
        ("flat", 0.0),
        ("flat", 1.0),
        ("flat", nan),
    ],
)
def test_round_refuses_what_it_cannot_do_in_one_line(field, value):
    with pytest.raises(ValueError, match=rf"^`Round\({field}=\.\.\.\)` must be [^\n]*, got [^\n]*\.$"):
        Round(**{"start": 1, "steps": 5, "lr": 0.1, "variables": ("z",), field: value})


def test_way_back_from_the_input_is_refused():
    with pytest.raises(ValueError, match=r"^`Round\(back_steps=...\)` must be 0 where start is 0, got 5.$"):
        Round(0, 5, 0.1, ("z",), back_steps=5)


@pytest.mark.parametrize(("up", "down", "name"), [(-0.1, 0, "up"), (0, 1.1, "down"), (nan, 0, "up")])
def test_ramp_refuses_shares_outside_of_the_unit_interval(up, down, name):
    with pytest.raises(ValueError, match=rf"`ramp\({name}=...\)` must be in \[0, 1\]"):
        ramp(up, down)


def at(start, **fields):
    return Round(start, 5, 0.1, ("z",), **fields)


@pytest.mark.parametrize(
    ("rounds", "message"),
    [
        ([], r"`ilo\(rounds=...\)` must hold at least one Round, got none."),
        ([at(5), at(3)], r"`Round\(start=...\)` must not decrease, got 3 after 5."),
        ([at(0), at(6)], r"`Round\(start=...\)` must be < num_layers = 6, got 6."),
        ([at(1), at(2, back_steps=3)], r"`Round\(back_steps=...\)` needs a first round at start 0, got one at 1."),
        (
            [at(0, spheres={"z": (1,)}), at(0, spheres={"z": (2,)})],
            r"`Round\(spheres=...\)` must not change for 'z', got \(2,\) after \(1,\).",
        ),
    ],
)
def test_lists_that_cannot_be_run_are_refused(rounds, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        check_rounds(rounds, num_layers=6)


def test_lists_that_can_be_run_pass():
    check_rounds([at(0), at(0), at(2, back_steps=3), at(2), at(5)], num_layers=6)
    check_rounds([at(3), at(4)], num_layers=6)
