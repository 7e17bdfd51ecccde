"""The steps between which log N lies: against the line, where N is known, and against the formulas."""

import math
from itertools import pairwise

import pytest

from ilo_theory import bounds, entropy
from ilo_theory.nets import covering_radius, maurey_net

REACHES = [(1, 12.0), (2, 10.0), (3, 6.0), (4, 3.0), (6, 5.0)]


@pytest.mark.parametrize(("d", "reach"), REACHES)
def test_steps_are_contiguous_and_grow(d, reach):
    steps = entropy.steps(d, reach)
    assert (steps[0].low, steps[0].lower, steps[0].upper) == (0, 0, 0)
    assert steps[-2].high < reach <= steps[-1].high
    for one, two in pairwise(steps):
        assert one.high == two.low < two.high
        assert one.upper < two.upper
        assert one.lower <= two.lower
    assert all(step.lower <= step.upper for step in steps)


def test_the_line_has_ceil_s():
    for step in entropy.steps(1, 12.0):
        for s in (step.low + 1e-6, (step.low + step.high) / 2, step.high - 1e-6):
            assert step.lower <= math.log(math.ceil(s)) <= step.upper


@pytest.mark.parametrize(("d", "reach"), REACHES)
def test_steps_agree_with_the_formulas(d, reach):
    for step in entropy.steps(d, reach):
        s = (step.low + step.high) / 2
        assert step.upper >= bounds.volume_entropy(d, s, 1.0)
        if d <= 4:
            assert step.upper == pytest.approx(bounds.sharp_entropy(d, s, 1.0), rel=1e-12)
        else:
            assert step.upper >= bounds.sharp_entropy(d, s, 1.0) * (1 - 1e-12)  # which has the shrunk nets too


@pytest.mark.parametrize(("d", "t"), [(1, 4), (4, 2), (6, 5)])
def test_reach_of_maureys_net(d, t):
    assert entropy.maurey_reach(d, t) == pytest.approx(1 / bounds.exact_radius(d, 1.0, t), rel=1e-12)
    if d <= 4:
        assert covering_radius(maurey_net(d, 1.0, t), 1.0) * entropy.maurey_reach(d, t) == pytest.approx(1)
