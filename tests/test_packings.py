"""Strict and non-strict: where a distance equals delta, a cover may use it and a packing may not."""

import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ilo_theory import nets

LINE = torch.arange(7, dtype=torch.float64)[:, None]


@pytest.mark.parametrize(("delta", "packing", "covering"), [(1.0, 4, 3), (2.0, 3, 2), (3.0, 2, 1), (0.5, 7, 7)])
def test_points_in_a_row(delta, packing, covering):
    assert len(nets.greedy_packing(LINE, delta)) == packing
    assert nets.packing_number(LINE, delta) == packing
    assert nets.covering_number(LINE, delta) == covering


@given(st.sets(st.tuples(*[st.integers(-3, 3)] * 2), min_size=1, max_size=20), st.sampled_from([1, 2, 5, 8]))
def test_a_greedy_packing_is_a_maximal_one_with_ties(points, square):
    x = torch.tensor(sorted(points), dtype=torch.float64)
    delta = math.sqrt(square)
    taken = [tuple(map(int, row)) for row in nets.greedy_packing(x, delta).tolist()]

    def apart(a, b):
        return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 > square

    assert all(apart(a, b) for a, b in itertools.combinations(taken, 2))
    assert all(point in taken or not all(apart(point, other) for other in taken) for point in points)
    assert nets.covering_number(x, delta) <= len(taken) <= nets.packing_number(x, delta)
