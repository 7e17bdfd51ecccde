"""The sets of a round: convex problems against other solvers and certificates, spheres, feasibility, what is broken."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from ilo_theory.generators import linear_chain, relu_chain
from ilo_theory.ilo import Round, csgm, ilo
from tests.toys import PLAIN, Codes, distance_to, seeded

BATCH = 6


def convex_problems():
    """min ||W z - y_i||^2 / 2 over l1 balls round c_i: a linear chain entered at layer 1, and W, y, c, the step 1/L."""
    generator = linear_chain(3, 5, 40, rng=seeded()).double()
    W = generator.layers[1].weight.detach().numpy()
    c = torch.randn(BATCH, 5, generator=seeded(1), dtype=torch.float64)
    y = 2 * torch.randn(BATCH, 40, generator=seeded(2), dtype=torch.float64)
    return generator, W, y, c, 1 / np.linalg.norm(W, 2) ** 2


def by_sequential_quadratic_programming(W, y, c, radius):
    """The same over z = c + a - b with a, b >= 0 and sum(a + b) <= radius."""
    p = W.shape[1]
    M, rest = np.hstack([W, -W]), y - W @ c
    found = minimize(
        lambda ab: np.sum((M @ ab - rest) ** 2) / 2,
        np.full(2 * p, radius / (4 * p)),  # inside
        jac=lambda ab: M.T @ (M @ ab - rest),
        bounds=[(0, None)] * (2 * p),
        constraints={"type": "ineq", "fun": lambda ab: radius - ab.sum(), "jac": lambda ab: -np.ones(2 * p)},
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 1000},
    )
    return c + found.x[:p] - found.x[p:]


@pytest.mark.parametrize("radius", [0.0, 0.3, 1.5, 100.0])
def test_projected_gradient_descent_finds_the_known_optimum(radius):
    """Against another solver, and with a certificate: f(z) - f* <= <f'(z), z - c> + radius ||f'(z)||_inf."""
    generator, W, y, c, rate = convex_problems()
    rounds = [Round(1, 500, rate, ("z",), radii={"z": radius}, **PLAIN)]
    solution = ilo(generator, distance_to(y), rounds, rng=seeded(), batch=BATCH, latent={"z": c})
    for z, yi, ci in zip(solution.latent["z"].numpy(), y.numpy(), c.numpy(), strict=True):
        gradient = W.T @ (W @ z - yi)
        gap = gradient @ (z - ci) + radius * np.abs(gradient).max()
        assert np.abs(z - ci).sum() <= radius * (1 + 1e-12)
        assert gap <= 1e-7 * radius  # the best is told by its value, so that z is known to the root of the rounding
        np.testing.assert_allclose(z, by_sequential_quadratic_programming(W, yi, ci, radius), atol=1e-5)


def test_adam_finds_the_known_optimum_where_no_ball_is_in_its_way():
    generator, W, y, c, _ = convex_problems()
    rounds = [Round(1, 500, 0.2, ("z",), radii={"z": 100.0})]
    solution = ilo(generator, distance_to(y), rounds, rng=seeded(), batch=BATCH, latent={"z": c})
    nearest = np.linalg.lstsq(W, y.numpy().T, rcond=None)[0].T
    np.testing.assert_allclose(solution.latent["z"], nearest, atol=1e-5)


@pytest.mark.parametrize("steps", [300, 900])
def test_adam_and_a_euclidean_projection_meet_elsewhere(steps):
    """Adam scales each coordinate on its own, so that where its steps and the projection balance is not a minimum: of
    the decrease that the ball allows it misses a tenth at least, and more steps do not help."""
    generator, W, y, c, _ = convex_problems()
    rounds = [Round(1, steps, 0.2, ("z",), radii={"z": 0.3})]
    solution = ilo(generator, distance_to(y), rounds, rng=seeded(), batch=BATCH, latent={"z": c})
    for i, (yi, ci) in enumerate(zip(y.numpy(), c.numpy(), strict=True)):
        least = np.sum((W @ by_sequential_quadratic_programming(W, yi, ci, 0.3) - yi) ** 2) / 2
        first, reached = solution.loss[0, i].item(), solution.loss[:, i].min().item()
        assert reached - least > 0.1 * (first - least)


def test_l2_ball_of_line_1_gives_the_known_optimum():
    """min ||W z - y||^2 over ||z|| <= r1: (W^T W + mu) z = W^T y with mu >= 0 and mu (r1 - ||z||) = 0."""
    generator = linear_chain(4, 20, 40, rng=seeded()).double()
    W = (generator.layers[1].weight @ generator.layers[0].weight).detach().numpy()
    y = torch.randn(BATCH, 40, generator=seeded(2), dtype=torch.float64)
    rounds = [Round(0, 300, 1 / np.linalg.norm(W, 2) ** 2, ("z",), back_radius=0.5, **PLAIN)]
    solution = ilo(generator, distance_to(y), rounds, rng=seeded(), batch=BATCH)
    for z, yi in zip(solution.latent["z"].numpy(), y.numpy(), strict=True):
        gradient, norm = W.T @ (W @ z - yi), np.linalg.norm(z)
        mu = -gradient @ z / norm**2
        assert norm <= 0.5 * (1 + 1e-12)
        assert mu >= -1e-9
        assert abs(mu * (0.5 - norm)) < 1e-9
        np.testing.assert_allclose(gradient, -mu * z, atol=1e-7)


def norms(v, axis):
    return np.sqrt((v.numpy() ** 2).sum(axis=axis))


@pytest.mark.parametrize(("dims", "axis"), [((2,), 2), ((1, 2), (1, 2))])
def test_codes_stay_on_their_spheres(dims, axis):
    """PULSE: one sphere a code, or one for all, at every iterate, with the radius of the first draw."""
    generator = Codes(rng=seeded()).double()
    begin = generator.init(3, rng=seeded(4))
    visited = []
    solution = ilo(
        generator,
        distance_to(2),
        csgm(40, 0.3, variables=("v",), spheres={"v": dims}),
        rng=seeded(),
        batch=3,
        latent=begin,
        on_step=lambda progress: visited.append(progress.state["point/v"]),
    )
    for v in [*visited, solution.latent["v"]]:
        np.testing.assert_allclose(norms(v, axis), norms(begin["v"], axis), rtol=1e-12)
    assert (visited[-2] - begin["v"]).abs().max() > 0.1
    assert solution.violation["v"].max() < 1e-12


def test_sphere_has_the_norm_of_the_start_of_the_run_not_of_the_round():
    generator = Codes(rng=seeded()).double()
    begin = generator.init(2, rng=seeded(4))
    rounds = [
        Round(0, 10, 0.3, ("noise_1",)),
        Round(1, 10, 0.3, ("noise_1", "x"), spheres={"noise_1": (1,), "x": (1,)}),
    ]
    states = []
    watch = {"on_step": lambda progress: states.append(progress.state)}
    ilo(generator, distance_to(2), rounds, rng=seeded(), batch=2, latent=begin, **watch)
    free, first, last = (norms(states[i]["point/noise_1"], 1) for i in (9, 10, 19))
    np.testing.assert_allclose([first, last], 2 * [norms(begin["noise_1"], 1)], rtol=1e-12)
    assert np.abs(free - first).max() > 0.01
    x = [norms(state["point/x"], 1) for state in states[10:]]  # first seen when round 1 begins
    np.testing.assert_allclose(x, 10 * [x[0]], rtol=1e-12)


def test_what_the_l1_ball_breaks_of_the_sphere_is_reported():
    generator = Codes(rng=seeded()).double()
    begin = generator.init(3, rng=seeded(4))
    options = {"spheres": {"v": (2,)}, "radii": {"v": 0.2}}
    solution = ilo(
        generator, distance_to(2), csgm(30, 0.3, variables=("v",), **options), rng=seeded(), batch=3, latent=begin
    )
    v, first = solution.latent["v"], begin["v"]
    assert (v - first).abs().sum((1, 2)).max() <= 0.2 * (1 + 1e-12)
    distance = np.linalg.norm(norms(v, 2) - norms(first, 2), axis=1)  # to a product of spheres
    assert distance.min() > 1e-4
    np.testing.assert_allclose(solution.violation["v"], distance, rtol=1e-9)


def test_every_iterate_is_in_the_ball_round_the_value_of_its_own_round():
    """Also the last and the best one, for each key and each image alone."""
    generator = relu_chain(4, 9, 10, 8, rng=seeded()).double()
    y = 3 * torch.randn(4, 8, generator=seeded(2), dtype=torch.float64)
    rounds = [*csgm(10, 0.1), *[Round(j, 15, 0.2, ("z",), radii={"z": r}) for j, r in [(1, 0.4), (1, 0.4), (2, 0.7)]]]
    states = []
    solution = ilo(generator, distance_to(y), rounds, rng=seeded(), batch=4, on_step=lambda p: states.append(p.state))
    lengths = [(s["point/z"] - s["centre/z"]).abs().sum(1) for s in states[10:]]
    allowed = [0.4] * 30 + [0.7] * 15
    assert all((length <= r * (1 + 1e-12)).all() for length, r in zip(lengths, allowed, strict=True))
    assert max(length.max() for length in lengths) > 0.69  # the balls did hold something back
    assert ((solution.latent["z"] - states[-1]["centre/z"]).abs().sum(1) <= 0.7 * (1 + 1e-12)).all()
    assert (states[25]["centre/z"] - states[10]["centre/z"]).abs().sum(1).max() > 0.1  # each ball has its own centre
