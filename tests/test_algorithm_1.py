"""Algorithm 1: its way back to the range against closed forms, and the example in which its last iterate gets worse."""

import math

import numpy as np
import pytest
import torch
from scipy.optimize import brentq

from ilo_theory.generators import Chain, linear_chain
from ilo_theory.ilo import Round, algorithm_1, ilo
from tests.toys import PLAIN, Codes, distance_to, seeded


def linear(matrix):
    layer = torch.nn.Linear(matrix.shape[1], matrix.shape[0], bias=False, dtype=torch.float64)
    layer.weight = torch.nn.Parameter(matrix)
    return layer


def exact_residuals(rounds):
    """The example solved exactly, Q being A^T A: the point of the ball that is nearest to x = (1, 0) in the norm of Q
    is x itself or lies on one of four edges."""
    Q, u, x = np.array([[1, -2 / 3], [-2 / 3, 1]]), np.array([0.4, 0.6]), np.array([1.0, 0.0])
    centre = u * (u @ Q @ x) / (u @ Q @ u)  # line 1
    for _ in range(rounds):
        best, nearest = math.inf, None
        if np.abs(x - centre).sum() <= 1 + 1e-12:
            best, nearest = 0.0, x
        corners = [centre + c for c in ([1, 0], [0, 1], [-1, 0], [0, -1])]
        for p, q in zip(corners, corners[1:] + corners[:1], strict=True):
            e = q - p
            point = p + np.clip(e @ Q @ (x - p) / (e @ Q @ e), 0, 1) * e
            residual = math.sqrt((point - x) @ Q @ (point - x))
            if residual < best:
                best, nearest = residual, point
        yield best
        centre = u * (u @ nearest) / (u @ u)  # lines 5 and 6


def test_last_iterate_gets_worse_but_the_best_is_kept():
    """k = 1, p = n = m = 2, G1(z) = z (0.4, 0.6), G2 = I, r2 = 1, x = (1, 0): the residual is 0 in the first round and
    sqrt(10/3)/13 in the second, since the way back moves the l1 ball away from x."""
    residuals = list(exact_residuals(4))
    assert residuals[0] == 0
    assert residuals[1] == pytest.approx(math.sqrt(10 / 3) / 13)
    assert residuals == sorted(residuals)

    A = torch.linalg.cholesky(torch.tensor([[1, -2 / 3], [-2 / 3, 1]], dtype=torch.float64)).T
    x = torch.tensor([1.0, 0.0], dtype=torch.float64)
    generator = Chain(linear(torch.tensor([[0.4], [0.6]], dtype=torch.float64)), torch.nn.Identity(), k=1)
    solution = ilo(
        generator,
        lambda image, latent, *, rng: ((image - x) @ A.T).square().sum(1),
        algorithm_1(1, 4, 300, 0.25, radii={"z": 1.0}, **PLAIN),
        rng=seeded(),
    )
    first, *deep = solution.loss[:, 0].split(301)
    assert first[-1] == pytest.approx(1.0)  # line 1 finds z = 0
    reached = [math.sqrt(rows.min()) for rows in deep]
    np.testing.assert_allclose(reached, residuals, atol=1e-7)
    np.testing.assert_allclose([math.sqrt(rows[-1]) for rows in deep], residuals, atol=1e-7)
    assert reached[1] == pytest.approx(0.14044168, abs=1e-8)
    np.testing.assert_allclose(solution.image, [[1.0, 0.0]], atol=1e-7)
    assert solution.loss.min() < 1e-14


@pytest.mark.parametrize("r1", [None, 0.4, 0.0])
def test_way_back_is_the_nearest_point_of_the_range(r1):
    """z <- argmin ||W z - z~|| over ||z|| <= r1 for a linear G1 = W: least squares, ridged until it is short enough."""
    generator = linear_chain(3, 20, 40, rng=seeded()).double()
    W = generator.layers[0].weight.detach().numpy()
    y = 2 * torch.randn(4, 40, generator=seeded(2), dtype=torch.float64)
    rounds = algorithm_1(1, 2, 20, 0.2, radii={"z": 3.0}, r1=r1, back_steps=300, **PLAIN)
    states = {}
    ilo(generator, distance_to(y), rounds, rng=seeded(), batch=4, on_step=lambda p: states.update({p.step: p.state}))
    back, after = states[20 + 20 + 300], states[20 + 20 + 300 + 1]
    goal, found, centre = back["target/z"].numpy(), back["here/z"].numpy(), after["centre/z"].numpy()
    assert np.abs(goal - found @ W.T).max() > 0.1

    def ridge(z, mu):
        return np.linalg.solve(W.T @ W + mu * np.eye(3), W.T @ z)

    for z, point, image in zip(goal, found, centre, strict=True):
        mu = 0.0
        if r1 == 0:
            expected = np.zeros(3)
        else:
            if r1 is not None and np.linalg.norm(ridge(z, 0.0)) > r1:
                mu = brentq(lambda mu, z=z: np.linalg.norm(ridge(z, mu)) - r1, 0, 1e6, xtol=1e-14)
            expected = ridge(z, mu)
        np.testing.assert_allclose(point, expected, atol=1e-7)
        np.testing.assert_allclose(image, W @ expected, atol=1e-6)


def test_every_ball_is_centred_in_the_range():
    """Line 6: each round in an l1 ball begins at G1 of an input in B_2^k(r1), all of the latent with it."""
    generator = Codes(rng=seeded()).double()
    rounds = algorithm_1(2, 3, 10, 0.1, radii={"x": 0.5}, r1=2.0, variables=("v",))
    states = []
    ilo(generator, distance_to(2), rounds, rng=seeded(), batch=3, on_step=lambda p: states.append(p.state))
    deep = [s for s in states if "centre/x" in s]
    assert len(deep) == 30
    for state in deep:
        inputs = {key.removeprefix("input/"): value for key, value in state.items() if key.startswith("input/")}
        assert (inputs["v"].flatten(1).norm(dim=1) <= 2 * (1 + 1e-12)).all()
        reached = generator(inputs, stop=2)
        assert torch.equal(state["centre/x"], reached["x"])
        assert torch.equal(state["point/v"], reached["v"])
    assert not torch.equal(deep[0]["centre/x"], deep[10]["centre/x"])


def test_way_back_starts_from_the_last_code_and_moves_what_the_first_round_moved():
    generator = Codes(rng=seeded()).double()
    deep = Round(1, 5, 1e-3, ("x", "noise_1"), back_steps=5, **PLAIN)  # descends: its last iterate is its best but one
    rounds = [Round(0, 5, 0.1, ("v",)), deep, Round(1, 5, 0.1, ("x",))]
    states = []
    ilo(generator, distance_to(2), rounds, rng=seeded(), batch=3, on_step=lambda p: states.append(p.state))
    before, first, last = states[9], states[10], states[14]
    assert torch.equal(first["here/v"], before["input/v"])
    assert not torch.equal(last["point/v"], before["input/v"])
    assert torch.equal(last["point/noise_1"], before["input/noise_1"])
    assert torch.equal(first["target/noise_1"], before["point/noise_1"])


def test_no_way_back_follows_the_last_round():
    generator = Codes(rng=seeded())
    seen = []
    rounds = algorithm_1(1, 1, 4, 0.1, radii={"x": 1.0}, variables=("v",))
    ilo(generator, distance_to(0), rounds, rng=seeded(), on_step=seen.append)
    assert [p.step for p in seen] == list(range(1, 9))
    assert seen[0].total == 8
