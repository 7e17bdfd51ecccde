"""Nets, their exact radii and exact numbers of finite sets, against listing, gaps, grids and pairs of lines."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ilo_theory import nets
from ilo_theory.checkers import check_covering
from ilo_theory.nets import covering_number, covering_radius, greedy_packing, maurey_net, packing_number, shrunk_net
from ilo_theory.strategies import point_sets

SIZES = [(d, t) for d, most in ((1, 8), (2, 7), (3, 5), (4, 3)) for t in range(1, most + 1)]


# --- Nets -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("d", "t"), SIZES)
def test_integer_points_by_listing(d, t):
    expected = [z for z in itertools.product(range(-t, t + 1), repeat=d) if sum(map(abs, z)) <= t]
    assert list(map(tuple, nets.integer_points(d, t).tolist())) == expected  # in the same order
    assert nets.delannoy(d, t) == len(expected)
    assert nets.parity_count(d, t) == sum((sum(map(abs, z)) - t) % 2 == 0 for z in expected)


@pytest.mark.parametrize(
    ("d", "t", "count"), [(1, 1, 3), (3, 4, 129), (3, 2, 25), (2, 3, 25), (512, 1, 1025), (1, 512, 1025)]
)
def test_delannoy_numbers(d, t, count):
    assert nets.delannoy(d, t) == count


@given(st.integers(1, 40), st.integers(1, 40))
def test_delannoy_recurrence(d, t):
    assert nets.delannoy(d, t) == sum(nets.delannoy(*pair) for pair in ((d - 1, t), (d, t - 1), (d - 1, t - 1)))
    assert nets.parity_count(d, t) + nets.parity_count(d, t - 1) == nets.delannoy(d, t)  # the two parities


@pytest.mark.parametrize(("d", "t"), SIZES)
def test_nets_are_internal_means_of_draws(d, t):
    r = 2.5
    exact, shrunk = maurey_net(d, r, t), shrunk_net(d, r, t)
    assert exact.dtype == shrunk.dtype == torch.float64
    assert exact.shape == (nets.delannoy(d, t), d)
    assert shrunk.shape == (nets.parity_count(d, t), d)
    assert exact.abs().sum(1).max() <= r * (1 + 1e-15)
    corners = r * torch.cat([torch.eye(d), -torch.eye(d)]).double()
    if t <= 3:
        for net, values, c in (
            (exact, [*corners, torch.zeros(d)], 1),
            (shrunk, corners, math.sqrt(t) / (1 + math.sqrt(t))),
        ):
            means = {
                tuple((c * sum(draws) / t).mul(1e9).round().tolist()) for draws in itertools.product(values, repeat=t)
            }
            assert {tuple(point.mul(1e9).round().tolist()) for point in net} == means


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: maurey_net(2, 0.0, 3), r"`maurey_net\(r=...\)` must be > 0 and finite, got 0.0"),
        (lambda: shrunk_net(2, 1.0, 0), r"`shrunk_net\(t=...\)` must be >= 1, got 0"),
        (lambda: maurey_net(0, 1.0, 1), r"needs d >= 1 and t >= 0, got 0 and 1"),
        (lambda: maurey_net(40, 1.0, 40), r"`integer_points\(d=40, t=40\)` would have \d+ points, more than 10000000"),
        (lambda: covering_radius(torch.zeros(3, 5), 1.0), r"must be \[N >= 1, 1 <= d <= 4\], got \[3, 5\]"),
        (lambda: covering_radius(torch.zeros(0, 2), 1.0), r"must be \[N >= 1, 1 <= d <= 4\], got \[0, 2\]"),
        (lambda: covering_radius(torch.zeros(3), 1.0), r"must be \[N >= 1, 1 <= d <= 4\], got \[3\]"),
        (lambda: covering_radius(torch.tensor([[math.nan]]), 1.0), r"must be finite, got NaN or infinity"),
        (lambda: covering_radius(torch.zeros(1, 2), -1.0), r"\(r=...\)` must be > 0 and finite, got -1.0"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# --- Covering radii ---------------------------------------------------------------------------------------------------


@given(point_sets(1, 8), st.sampled_from([0.5, 1.0, 3.0]))
def test_radius_in_one_dimension_by_gaps(net, r):
    points = sorted(net[:, 0].tolist())
    ends = [min(abs(end - x) for x in points) for end in (-r, r)]
    middles = [(a + b) / 2 for a, b in itertools.pairwise(points) if -r <= (a + b) / 2 <= r]
    gaps = [min(abs(y - x) for x in points) for y in middles]
    assert covering_radius(net, r) == pytest.approx(max(ends + gaps), rel=1e-12, abs=1e-12)


@settings(max_examples=40)
@given(point_sets(2, 5))
def test_radius_in_the_plane_by_pairs_of_lines(net):
    # The farthest point is a corner of the square or on two of the lines: bisectors and sides.
    rows = net.unique(dim=0).tolist()
    lines = [(a, b, 1.0) for a, b in itertools.product((-1.0, 1.0), repeat=2)]
    lines += [
        (2 * (x[0] - y[0]), 2 * (x[1] - y[1]), x[0] ** 2 + x[1] ** 2 - y[0] ** 2 - y[1] ** 2)
        for x, y in itertools.combinations(rows, 2)
    ]
    candidates = [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)]
    for (a, b, e), (c, d, f) in itertools.combinations(lines, 2):
        det = a * d - b * c
        if abs(det) > 1e-12:
            candidates.append(((e * d - b * f) / det, (a * f - e * c) / det))
    inside = [y for y in candidates if abs(y[0]) + abs(y[1]) <= 1 + 1e-9]
    expected = max(min(math.dist(x, y) for x in rows) for y in inside)
    assert covering_radius(net, 1.0) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("d", "steps"), [(3, 40), (4, 18)])
def test_radius_in_space_between_the_bounds_of_a_grid(d, steps, rng):
    # Every point of the ball is within sqrt(d) of the grid of the z/steps, and distance to a net is 1-Lipschitz.
    grid = maurey_net(d, 1.0, steps)
    for size in (1, 4, 20):
        net = torch.rand(size, d, generator=rng, dtype=torch.float64) - 0.5
        lower = float(torch.cdist(grid, net).min(1).values.max())
        assert lower - 1e-12 <= covering_radius(net, 1.0) <= lower + math.sqrt(d) / (2 * steps)


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_radius_of_nets_known_by_hand(d):
    corners = torch.cat([torch.eye(d), -torch.eye(d)]).double()
    assert covering_radius(torch.zeros(1, d), 3.0) == pytest.approx(3.0)
    assert covering_radius(corners, 1.0) == pytest.approx(1.0)  # at 0
    assert covering_radius(corners / 2, 1.0) == pytest.approx(0.5)  # at 0 and at the corners
    assert covering_radius(10 * corners[:1], 1.0) == pytest.approx(11.0)  # a net outside of the ball


@settings(max_examples=50)
@given(point_sets(3, 12), st.floats(1e-3, 1e3))
def test_radius_scales_and_falls_with_more_points(net, unit):
    radius = covering_radius(net, 1.0)
    assert covering_radius(unit * net, unit) == pytest.approx(unit * radius, rel=1e-9)
    assert covering_radius(net[:1], 1.0) >= radius - 1e-12
    assert covering_radius(net.flip(1) * torch.tensor([1.0, -1.0, 1.0]), 1.0) == pytest.approx(radius, rel=1e-9)


def test_vertices_lie_in_the_ball_and_attain_the_radius():
    net = maurey_net(2, 2.0, 3)
    vertices = nets.voronoi_vertices(net, 2.0)
    assert vertices.abs().sum(1).max() <= 2 * (1 + 1e-12)
    farthest = vertices[torch.cdist(vertices, net).min(1).values > 2 * 2**0.5 / 6 - 1e-9]
    halves = (
        (3 * farthest - 1).div(2).round().unique(dim=0)
    )  # all points r (odd, odd)/(2t) in the ball: 4 t of them and more
    expected = [z for z in itertools.product((-5, -3, -1, 1, 3, 5), repeat=2) if sum(map(abs, z)) <= 6]
    assert len(halves) == len(expected)


@pytest.mark.parametrize(("d", "t"), [(1, 1), (1, 3), (2, 1), (2, 2), (2, 3), (3, 1), (3, 2)])
def test_lattice_radius_by_a_grid_that_holds_the_maximum(d, t):
    fine = 12  # the maximum is at halves
    y = nets.integer_points(d, fine * t).double() / fine
    squares = (
        torch.cdist(y, nets.integer_points(d, t).double(), compute_mode="donot_use_mm_for_euclid_dist").min(1).values
        ** 2
    )
    assert float(squares.max()) == pytest.approx(float(nets.lattice_radius_squared(d, t)), rel=1e-12)


@pytest.mark.parametrize(("d", "t"), SIZES)
def test_lattice_radius_by_voronoi_vertices(d, t, rng):
    radius = float(nets.lattice_radius_squared(d, t)) ** 0.5
    found = check_covering(nets.integer_points(d, t).double(), t, radius, rng=rng)
    assert found**2 == pytest.approx(float(nets.lattice_radius_squared(d, t)), rel=1e-12)


@pytest.mark.parametrize(("d", "t"), [(5, 1), (5, 3), (9, 2), (30, 1)])
def test_nets_of_more_dimensions_keep_their_radii_where_they_are_tried(d, t, rng):
    radius = float(nets.lattice_radius_squared(d, t)) ** 0.5 / t
    assert check_covering(maurey_net(d, 1.0, t), 1.0, radius, samples=1000, rng=rng) > 0.7 * radius
    check_covering(shrunk_net(d, 1.0, t), 1.0, 1 / (1 + math.sqrt(t)), samples=1000, rng=rng)


# --- Covers and packings of finite sets -------------------------------------------------------------------------------


@settings(max_examples=50)
@given(st.integers(1, 30), st.floats(0, 10))
def test_numbers_of_equidistant_points(count, delta):
    points = torch.arange(count, dtype=torch.float64)[:, None]
    assert covering_number(points, delta) == math.ceil(count / (2 * math.floor(delta) + 1))
    assert packing_number(points, delta) == math.ceil(count / (math.floor(delta) + 1))


@settings(max_examples=50)
@given(point_sets(2, 12), st.floats(0, 2))
def test_a_greedy_packing_is_maximal(points, delta):
    taken = greedy_packing(points, delta)
    distances = [math.dist(x, y) for x, y in itertools.combinations(taken.tolist(), 2)]
    assert min(distances, default=math.inf) > delta
    assert all(any(math.dist(x, y) <= delta for y in taken.tolist()) for x in points.tolist())
    assert covering_number(points, delta) <= len(taken) <= packing_number(points, delta)
    assert torch.equal(taken[0], points[0])
