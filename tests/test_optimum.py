"""Certified optima: against other solvers, grids and hand calculation; the certificates against points of the set."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize
from torch import nn

from ilo_theory.extended_range import ExtendedRange
from ilo_theory.generators import Chain, linear_chain, mlp_decoder, relu_chain
from ilo_theory.operators import Gaussian, PartialCirculant
from ilo_theory.optimum import minimise
from ilo_theory.optimum.boxes import least_in_box_and_ball
from ilo_theory.optimum.convex import Balls, assess, nearest
from ilo_theory.optimum.enclosure import beside, identity, slopes, through

SEEDS = st.integers(0, 10**6)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def normal(*shape, rng):
    return torch.randn(*shape, generator=rng, dtype=torch.float64)


def extended(make, *widths, split, r1=1.0, r2=0.5, rng, bias=0.0):
    """An extended range, whose linear layers get random biases."""
    chain = make(*widths, rng=rng).double().requires_grad_(False)
    for layer in [module for module in chain.modules() if isinstance(module, nn.Linear)] if bias else []:
        layer.bias = nn.Parameter(bias * normal(layer.out_features, rng=rng), requires_grad=False)
    return ExtendedRange(chain, split, r1, r2)


def gaussian(m, n, rng):
    return Gaussian(normal(m, n, rng=rng) / math.sqrt(m), (n,))


def norms(space, points, y, A):
    """||A x - y|| at points (z, b), by the generator itself."""
    return (A(space.image(*points)) - y).norm(dim=1)


# --- Everything affine ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("k", "p", "m", "r1", "r2"), [(2, 5, 20, 1.0, 0.5), (3, 4, 6, 0.3, 2.0), (1, 6, 4, 2.0, 0.05)])
def test_the_convex_case_against_a_general_solver(k, p, m, r1, r2, rng):
    space = extended(linear_chain, k, p, 30, split=1, r1=r1, r2=r2, rng=rng, bias=0.2)
    A, y = gaussian(m, 30, rng), 2 * normal(3, m, rng=rng)
    found = minimise(space, y, A, tolerance=1e-9)
    first, last = space.generator.layers
    N = A.matrix @ last.weight
    M = torch.cat((N @ first.weight, N, -N), dim=1).numpy()  # b = its positive less its negative part
    shift = A.matrix @ (last.weight @ first.bias + last.bias)
    for row, value, lower in zip(y, found.value.tolist(), found.lower.tolist(), strict=True):
        t = (shift - row).numpy()
        limits = [
            {"type": "ineq", "fun": lambda v: r1**2 - v[:k] @ v[:k]},
            {"type": "ineq", "fun": lambda v: r2 - v[k:].sum()},
        ]
        other = minimize(
            lambda v, t=t: float((M @ v + t) @ (M @ v + t)),
            np.full(k + 2 * p, 1e-3),
            jac=lambda v, t=t: 2 * M.T @ (M @ v + t),
            method="SLSQP",
            bounds=[(None, None)] * k + [(0, None)] * (2 * p),
            constraints=limits,
            options={"maxiter": 1000, "ftol": 1e-14},
        )
        assert lower <= math.sqrt(other.fun) * (1 + 1e-7)
        assert value == pytest.approx(math.sqrt(other.fun), rel=1e-5)


@pytest.mark.parametrize("off", [0.1, 1.0])
def test_the_convex_gap_closes_to_one_part_in_ten_billion(off, rng):
    space = extended(linear_chain, 3, 16, 256, split=1, rng=rng)
    x = space.image(*space.sample(8, rng=rng)) + off * normal(8, 256, rng=rng) / 16
    A = gaussian(100, 256, rng)
    for y, operator in ((x, None), (A(x), A)):
        size = y.norm(dim=1)
        found = minimise(space, y, operator, tolerance=0.5e-10 * float(size.min()))
        assert (found.gap <= 1e-10 * size).all()
        assert (found.gap >= 0).all()
        assert found.boxes == 0


def test_a_point_of_the_range_is_found(rng):
    space = extended(linear_chain, 2, 8, 64, split=1, rng=rng)
    x = space.image(*space.sample(4, rng=rng))
    found = minimise(space, x, tolerance=1e-6)
    assert (found.lower == 0).all()
    assert (found.value <= 1.01e-6).all()
    assert ((found.image - x).norm(dim=1) <= found.value).all()


@settings(max_examples=30)
@given(SEEDS)
def test_any_direction_bounds_from_below(seed):
    rng = seeded(seed)
    balls = Balls(2, 0.7, 1.3)
    M, s, v = normal(3, 6, 5, rng=rng), normal(3, 6, rng=rng), 3 * normal(3, 5, rng=rng)
    points = balls.project(3 * normal(3, 5, rng=rng))
    values = ((M @ points[:, :, None])[:, :, 0] + s).norm(dim=1)
    assert (assess(M, s, balls, balls.project(v)).lower <= values * (1 + 1e-12)).all()
    found = nearest(M, s, balls, v, torch.linalg.matrix_norm(M, 2), tolerance=1e-5, steps=5000)
    assert (found.value <= values + 1e-5).all()
    assert (found.value - found.lower <= 1e-5).all()


# --- Branch and bound -------------------------------------------------------------------------------------------------


def by_hand():
    """G1(z) = 3 |z| and G2(w) = 2 |w|, by ReLU: with |z| <= 1, |b| <= 2 the images are [0, 10]."""
    both, add = torch.tensor([[1.0], [-1.0]]).double(), torch.ones(1, 2).double()
    layers = [nn.Linear(1, 2, bias=False), nn.Linear(2, 1, bias=False), nn.Linear(1, 2, bias=False)]
    layers += [nn.Linear(2, 1, bias=False)]
    for layer, weight in zip(layers, (both, 3 * add, both, 2 * add), strict=True):
        layer.weight = nn.Parameter(weight, requires_grad=False)
    one, two, three, four = layers
    return Chain(nn.Sequential(one, nn.ReLU(), two), nn.Sequential(three, nn.ReLU()), four, k=1)


@pytest.mark.parametrize(("y", "least"), [(12.0, 2.0), (10.0, 0.0), (4.0, 0.0), (-1.0, 1.0)])
def test_a_minimum_known_by_hand(y, least):
    found = minimise(ExtendedRange(by_hand(), 1, 1.0, 2.0), torch.tensor([[y]]).double(), tolerance=1e-4)
    assert found.lower.item() <= least <= found.value.item() <= least + 1.1e-4


@pytest.mark.parametrize(("r1", "r2", "least"), [(1.0, 2.0, 2.0), (2.0, 1.0, -2.0), (0.0, 2.0, 8.0), (1.0, 0.0, 6.0)])
def test_radii_are_not_confused(r1, r2, least):
    y = torch.tensor([[2 * (3 * r1 + r2) + least]]).double()  # beyond the end of the range, or before it
    found = minimise(ExtendedRange(by_hand(), 1, r1, r2), y, tolerance=1e-4)
    assert found.value.item() == pytest.approx(max(least, 0.0), abs=1.1e-4)


CASES = [
    ("leaky", (1, 6, 4, 12), 2, 6),
    ("relu", (2, 6, 4, 12), 2, 6),
    ("relu", (1, 5, 2, 5, 9), 2, 5),
    ("leaky", (1, 5, 3, 5, 9), 2, 5),
    ("tanh", (1, 3, 2), 1, 4),
]


def draw(kind, widths, split, rng):
    """With slopes of a leaky ReLU, ReLU, or tanh at the end."""
    if kind == "tanh":
        return ExtendedRange(
            mlp_decoder(*widths, shape=(1, 2, 3), rng=rng).double().requires_grad_(False), split, 1.0, 0.5
        )
    space = extended(relu_chain, *widths, split=split, rng=rng, bias=0.3)
    if kind == "leaky":
        for layer in space.generator.layers[:-1]:
            layer[1] = nn.LeakyReLU(0.2)
    return space


@pytest.mark.parametrize(("kind", "widths", "split", "m"), CASES)
def test_branch_and_bound_against_many_points(kind, widths, split, m, rng):
    space = draw(kind, widths, split, rng)
    n = 6 if kind == "tanh" else widths[-1]
    A = Gaussian(normal(m, n, rng=rng) / math.sqrt(m), (1, 2, 3) if kind == "tanh" else (n,))
    y = normal(4, m, rng=rng)
    tolerance = 1e-3
    found = minimise(space, y, A, tolerance=tolerance)
    assert (found.gap <= tolerance * (1 + 1e-6)).all()
    assert (found.z.norm(dim=1) <= 1 + 1e-12).all()
    assert (found.b.abs().sum(1) <= 0.5 + 1e-12).all()
    torch.testing.assert_close(found.value, norms(space, (found.z, found.b), y, A))
    for row, lower in zip(y, found.lower, strict=True):
        z, b = space.sample(20_000, rng=rng)
        for scale in (0.2, 0.05, 0.01, 0.002, 0.0005):  # a random search, ever nearer to its best points
            values = norms(space, (z, b), row, A)
            assert values.min() >= lower
            best = values.topk(20, largest=False).indices.repeat(200)
            away = (scale * normal(4000, part.shape[1], rng=rng) for part in (z, b))
            z, b = space.constrain(*(part[best] + step for part, step in zip((z, b), away, strict=True)))
        assert values.min() <= lower + 2 * tolerance  # so the bound is not empty


def test_targets_and_operators_on_their_own(rng):
    space = draw("leaky", (2, 6, 4, 12), 2, rng)
    operators = [gaussian(6, 12, rng) for _ in range(3)]
    y = normal(3, 6, rng=rng)
    together = minimise(space, y, operators, tolerance=1e-3)
    for i, A in enumerate(operators):
        alone = minimise(space, y[i : i + 1], A, tolerance=1e-3)
        assert abs(alone.value - together.value[i]) <= 1e-3
        torch.testing.assert_close(together.value[i : i + 1], norms(space, (together.z, together.b), y, A)[i : i + 1])
    row, signs = normal(12, rng=rng), torch.ones(12)
    circulant = PartialCirculant(row, signs, torch.arange(6), (12,))
    dense = Gaussian(circulant.as_matrix(), (12,))
    one, other = (minimise(space, y, A, tolerance=1e-3) for A in (circulant, dense))
    torch.testing.assert_close(one.value, other.value, rtol=1e-3, atol=1e-3)


def test_a_limit_leaves_a_true_interval(rng):
    space, y = draw("relu", (1, 5, 3, 5, 9), 2, rng), normal(2, 9, rng=rng)
    short = minimise(space, y, tolerance=1e-6, limit=5_000)
    long = minimise(space, y, tolerance=1e-3)
    assert (short.gap > 1e-6).any()
    assert 5_000 <= short.boxes < 20_000
    assert (short.lower <= long.value).all()
    assert (long.lower <= short.value).all()


# --- The certificates -------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(SEEDS, st.sampled_from([nn.ReLU(), nn.LeakyReLU(0.2), nn.LeakyReLU(1.5), nn.Tanh()]), st.floats(1e-3, 2.0))
def test_jacobians_of_a_box_are_enclosed(seed, activation, size):
    rng = seeded(seed)
    weights = [normal(5, 2, rng=rng), normal(4, 5, rng=rng), normal(3, 4, rng=rng)]
    layers = []
    for weight in weights:
        layers += [nn.Linear(weight.shape[1], weight.shape[0]).double(), activation]
        layers[-2].weight, layers[-2].bias = nn.Parameter(weight), nn.Parameter(normal(len(weight), rng=rng))
    first, last = layers[:2], layers[2:]
    centre, half = normal(1, 7, rng=rng), size * torch.rand(1, 7, generator=rng).double()

    def function(v):  # (z, b) -> last(first(z) + b)
        return nn.Sequential(*last)(nn.Sequential(*first)(v[..., :2]) + v[..., 2:])

    f = through(last, beside(through(first, identity(centre[:, :2]), half[:, :2]), centre[:, 2:]), half)
    torch.testing.assert_close(f.value, function(centre))
    points = centre + half * (2 * torch.rand(30, 7, generator=rng).double() - 1)
    for point in points:
        J = torch.autograd.functional.jacobian(function, point)
        assert ((J - f.middle[0]).abs() <= f.radius[0] + 1e-9).all()
    v = normal(1, 3, rng=rng)
    slope, error = f.slope(v)
    reach = ((slope.abs() + error) * half).sum()
    assert ((function(points) - f.value) @ v[0]).abs().max() <= reach + 1e-9


@given(SEEDS, st.integers(1, 4))
def test_the_linear_problem_in_box_and_ball(seed, p):
    rng = seeded(seed)
    g, radius = normal(p, rng=rng), 0.2 + float(torch.rand(1, generator=rng))
    inside = normal(p, rng=rng)
    inside *= radius * float(torch.rand(1, generator=rng)) / inside.abs().sum()  # box and ball meet here
    low, high = (inside + sign * torch.rand(p, generator=rng).double() for sign in (-1, 1))
    found = least_in_box_and_ball(g[None], low[None], high[None], radius).item()
    other = linprog(
        np.r_[g.numpy(), np.zeros(p)],  # min <g, b> with |b_i| <= t_i and sum t_i <= radius
        A_ub=np.block([[np.eye(p), -np.eye(p)], [-np.eye(p), -np.eye(p)], [np.zeros(p), np.ones(p)]]),
        b_ub=np.r_[np.zeros(2 * p), radius],
        bounds=[*zip(low.tolist(), high.tolist(), strict=True), *[(0, None)] * p],
    )
    assert found == pytest.approx(other.fun, abs=1e-7)


# --- What is refused --------------------------------------------------------------------------------------------------


def test_what_is_refused(rng):
    space = extended(relu_chain, 1, 4, 3, 8, split=2, rng=rng)
    y = normal(2, 8, rng=rng)
    with pytest.raises(ValueError, match="float64 only"):
        minimise(space, y.float(), tolerance=1e-3)
    with pytest.raises(ValueError, match=r"tolerance=.*must be > 0"):
        minimise(space, y, tolerance=0.0)
    with pytest.raises(ValueError, match="1 or 2 operators, got 3"):
        minimise(space, y, [gaussian(4, 8, rng)] * 3, tolerance=1e-3)
    with pytest.raises(TypeError, match="no bounds for GELU"):
        slopes(nn.GELU(), y, y)
    with pytest.raises(TypeError, match="must be of a Chain"):
        minimise(ExtendedRange(Half(), 0, 1.0, 1.0), y, tolerance=1e-3)


class Half(Chain.__base__):
    """A generator of another kind."""

    num_layers = 1

    def init(self, batch, *, rng):
        return {"z": torch.zeros(batch, 8).double()}

    def forward(self, latent, start=0, stop=None):
        return latent["z"] / 2 if stop is None else latent
