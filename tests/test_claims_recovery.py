"""What the recovery family computes exactly, against brute force: optima on polygons, finite sets, l1 balls, strips."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ilo_theory.claims.recovery import IDENTITY, POLYGONS, in_extended_range, minimisers, point_at
from ilo_theory.claims.recovery_algorithm import (
    RISES,
    back_in_l1,
    back_in_l2,
    best_in_ball,
    exact_rounds,
    optimum_of_strip,
    residuals,
)
from ilo_theory.claims.recovery_proof import BEFORE, LINES, PROPERTIES, draw_problem
from tests.toys import seeded

whole = st.integers(-6, 6)
points = st.tuples(whole, whole)
ratios = st.fractions(-5, 5, max_denominator=12)
couplings = st.integers(-2, 2)


def square(c, x, z):
    """|A (z - x)|^2 in floats."""
    a, b = float(z[0] - x[0]), float(z[1] - x[1])
    return a * a + b * b + 2 * c / 3 * a * b


# --- Polygons ---------------------------------------------------------------------------------------------------------


@given(polygon=st.sampled_from([*POLYGONS]), y=points, reach=st.integers(0, 4), skew=whole)
def test_minimisers_on_a_polygon_are_those_of_a_fine_grid(polygon, y, reach, skew):
    matrix = ((1, skew), (0, 1)) if skew else IDENTITY
    least, where = minimisers(polygon, matrix, y, reach, lambda t: True)
    knots, corners = zip(*POLYGONS[polygon], strict=True)
    t = np.linspace(-reach, reach, 4001)
    path = np.stack([np.interp(t, knots, [corner[i] for corner in corners]) for i in (0, 1)])
    values = ((np.array(matrix) @ path - np.array(y)[:, None]) ** 2).sum(0)
    assert float(least) <= values.min() + 1e-9
    assert values.min() - float(least) <= 0.1 * math.sqrt(values.min()) + 0.1  # a step of the grid, at most 0.1 long
    for s in where:
        assert abs(s) <= reach
        image = np.array(matrix) @ np.array([float(v) for v in point_at(polygon, s)])
        assert ((image - np.array(y)) ** 2).sum() == pytest.approx(float(least), abs=1e-9)


def test_two_nearest_points_and_whole_segments_are_found():
    assert sorted(minimisers("V", IDENTITY, (0, 2), 4, lambda t: True)[1]) == [-1, 1]
    value, where = minimisers("loop", ((1, 0),), (2,), 3, lambda t: True)
    assert value == 0
    assert {-2, 0} <= set(where)  # the side from (2, 0) to (2, 2)
    assert minimisers("V", IDENTITY, (9, 9), 3, lambda t: abs(t) < 3) == (math.inf, [])


@given(t=st.fractions(-9, 9, max_denominator=20), r1=st.integers(0, 3), r2=st.integers(0, 3))
def test_membership_in_the_extended_range_is_that_of_an_interval(t, r1, r2):
    assert in_extended_range(t, r1, r2) == (abs(t) <= 2 * r1 + r2)


# --- Finite sets ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_problem_is_solved_by_definition(seed):
    problem = draw_problem(2, 2, seeded(seed))
    rows, x = problem.points.tolist(), problem.x.tolist()
    A = problem.A.tolist()
    assert torch.linalg.matrix_norm(problem.A, 2) <= 2 + 1e-12

    def seen(point):
        return [sum(a * b for a, b in zip(row, point, strict=True)) for row in A]

    direct, measured = [math.dist(row, x) for row in rows], [math.dist(seen(row), seen(x)) for row in rows]
    pairs = {
        (i, j)
        for i, a in enumerate(direct)
        for j, b in enumerate(measured)
        if a <= min(direct) + 1e-9 and b <= min(measured) + 1e-9
    }
    assert set(problem.optima()) == pairs
    chosen = [row for row, inside in zip(rows, problem.in_range.tolist(), strict=True) if inside]
    assert len(chosen) == 5
    for some, mask in ((rows, torch.ones(len(rows), dtype=torch.bool)), (chosen, problem.in_range)):
        gaps = [0.7 * math.dist(a, b) - math.dist(seen(a), seen(b)) for a, b in itertools.product(some, some)]
        assert problem.deficiency(0.7, mask) == pytest.approx(max(gaps))
    i, j = next(problem.optima())
    lengths = problem.lengths(i, j)
    assert lengths["apart"] == pytest.approx(math.dist(rows[i], rows[j]))
    assert lengths["seen_found"] == pytest.approx(measured[j])
    assert lengths["true"] == pytest.approx(direct[i])


def test_drawn_problems_have_several_solutions_and_points_on_and_off_the_set():
    problems = [draw_problem(3, 2, seeded(seed)) for seed in range(30)]
    several = [problem for problem in problems if len({*problem.optima()}) > 1]
    on = [p for p in problems if (p.points == p.x).all(1).any()]
    assert len(several) >= 10
    assert 3 <= len(on) <= 27


def test_the_lines_add_up_to_the_whole_bound():
    """(80) minus the error is the sum of all properties and of 2/gamma (2 |v| - |A v|)."""
    total = {}
    steps = [(PROPERTIES[n], 1) for n in (75, 76, 77, 79)] + [((("true", 0, 4), ("seen_true", 0, -2)), 1)]
    for line, sign in [*steps, (LINES[80], -1), (BEFORE[79], 1)]:
        for name, *coefficients in line:
            for i, coefficient in enumerate(coefficients):
                total[name, i] = total.get((name, i), 0) + sign * coefficient
    assert {name: value for name, value in total.items() if value} == {}


# --- Algorithm 1 ------------------------------------------------------------------------------------------------------


@given(c=couplings, x=points, centre=st.tuples(ratios, ratios))
def test_best_in_ball_beats_all_points_of_the_ball(c, x, centre):
    least, z = best_in_ball(c, x, centre)
    assert abs(z[0] - centre[0]) + abs(z[1] - centre[1]) <= 1
    assert square(c, x, z) == pytest.approx(float(least), abs=1e-9)
    turn, size = np.meshgrid(np.linspace(0, 4, 400), np.linspace(0, 1, 20))
    a, b = 1 - abs(turn % 4 - 2), 1 - abs((turn - 1) % 4 - 2)  # the unit circle of l1
    values = square_of(c, x, float(centre[0]) + size * a, float(centre[1]) + size * b)
    assert values.min() >= float(least) - 1e-9


def square_of(c, x, a, b):
    return (a - x[0]) ** 2 + (b - x[1]) ** 2 + 2 * c / 3 * (a - x[0]) * (b - x[1])


@given(u=points.filter(any), z=st.tuples(ratios, ratios))
def test_ways_back_are_the_nearest_points_of_the_line(u, z):
    s = np.linspace(-40, 40, 8001)
    gaps = abs(s[:, None] * np.array(u) - np.array([float(v) for v in z]))
    for back, order in ((back_in_l2, 2), (back_in_l1, 1)):
        found = float(back(u, z))
        reached = (abs(found * np.array(u) - np.array([float(v) for v in z])) ** order).sum()
        assert reached <= (gaps**order).sum(1).min() + 1e-9


@settings(max_examples=15)
@given(u=points.filter(any), c=couplings, x=points)
def test_optimum_of_the_strip_is_the_best_of_all_balls(u, c, x):
    best = float(optimum_of_strip(u, c, x))
    size = max(map(abs, u))
    centres = [Fraction(i, 5 * size) for i in range(-100, 101)]
    values = [float(best_in_ball(c, x, (s * u[0], s * u[1]))[0]) for s in centres]
    assert min(values) >= best - 1e-9
    assert math.sqrt(min(values)) <= math.sqrt(best) + 0.27  # a step of the centres is at most 0.4 in l1


def test_residuals_of_the_example_are_the_known_ones():
    squares = residuals(**RISES)
    assert squares[0] == 0
    assert squares[1] == Fraction(10, 507)  # (sqrt(10/3) / 13)^2
    roots = [math.sqrt(value) for value in squares]
    assert roots[1:3] == pytest.approx([0.1404417, 0.1458433], abs=1e-7)
    assert roots[-1] == pytest.approx(0.14606, abs=1e-5)
    assert roots == sorted(roots)
    assert residuals(**RISES, back=back_in_l1) == [0] * 8
    assert next(z for _, z in exact_rounds(**RISES)) == (1, 0)
