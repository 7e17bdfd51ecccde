"""Theorem 1 without its fixed x, and (4) without its l1 ball."""

import math
from typing import NamedTuple

import torch

from ilo_theory.bounds import Setting, explicit_error, explicit_measurements
from ilo_theory.extended_range import ExtendedRange
from ilo_theory.generators import isometric_chain
from ilo_theory.operators import Gaussian
from ilo_theory.optimum import minimise
from ilo_theory.optimum.convex import Balls, nearest
from ilo_theory.verdict import Verdict, certified


class Recovery(NamedTuple):
    """One draw, in the unit of images: the error at (4), and what encloses the least error and Theorem 1's bound.

    best and bound are (low, high), as the minimum of (3) is known. The bound has the duality gap of (4) over gamma
    added, which is what a point costs that is not quite the minimum.
    """

    error: float
    best: tuple[float, float]
    bound: tuple[float, float]
    m: int


def recovery(
    n: int, *, independent: bool, apart: float = 200.0, k: int = 1, p: int = 4, u: float = 3.0, rng: torch.Generator
) -> Recovery:
    """Recover one x from the m measurements that Theorem 1' asks for, gamma = 0.5, delta = 1, K = 1.

    x = x1 + w, x1 in the range. Chosen after A, w is the shortest vector with A w = A (x2 - x1) for another x2 of the
    range, `apart` delta away: the measurements are those of x2, though x is only about sqrt(m/n) as far from x1.
    Chosen before A, w has the same length and a random direction.

    Args:
        n: numbers in an image; Theorem 1' asks for few of them here.
        independent: whether x does not depend on A, as the theorem assumes.
        apart: distance of x1 and x2 in units of delta.
        k, p: numbers in the latent and in the intermediate layer.
        u: the bound fails with a probability of at most 2.5 e^-u.
        rng: draws G, A and w.
    """
    setting = Setting(k=k, p=p, n=n, L1=1, L2=1, r1=apart, delta=1, K=1, gamma=0.5)
    m = math.ceil(explicit_measurements(setting, u))
    chain = isometric_chain(k, p, n, rng=rng).double().requires_grad_(False)
    extended = ExtendedRange(chain, 1, setting.r1, setting.r2)
    z = torch.zeros(2, k, dtype=torch.float64)
    z[:, 0] = apart / 2 * torch.tensor([-1.0, 1.0], dtype=torch.float64)
    x1, x2 = extended.image(z, torch.zeros(2, p, dtype=torch.float64))
    A = Gaussian.draw(m, (n,), rng=rng).double()
    w = torch.linalg.lstsq(A.matrix, A(x2 - x1)[:, None], driver="gelsd").solution[:, 0]
    if independent:
        direction = torch.randn(n, generator=rng, dtype=torch.float64)
        w = w.norm() * direction / direction.norm()
    x = (x1 + w)[None]
    best = minimise(extended, x, tolerance=1e-6)
    found = minimise(extended, A(x), A, tolerance=1e-6)
    least = best.lower.item(), best.value.item()
    bound = tuple(explicit_error(setting, end) + found.gap.item() / setting.gamma for end in least)
    return Recovery((x - found.image).norm().item(), least, bound, m)


def error_bounded(n: int, *, independent: bool, rng: torch.Generator) -> Verdict:
    """Whether the error at (4) is at most what Theorem 1' promises, with an x that depends on A or one that does not.

    Args:
        n, independent, rng: as for `recovery`.
    """
    found = recovery(n, independent=independent, rng=rng)
    scope = (
        f"one draw, x chosen {'before' if independent else 'after'} A, m = {found.m}, n = {n}; both optima certified"
    )
    return certified(found.error, found.bound, scope=scope, best=[*found.best])


def spikes_found(m: int, p: int, spikes: int, *, l1: bool, delta: float = 1.0, rng: torch.Generator) -> Verdict:
    """Whether (4) finds a deviation of equal spikes, 2 delta long in l2, within delta, in the ball that it just fills.

    G1 = 0 and G2 is an isometry. What is judged is the minimiser that projected gradients from 0 find.

    Args:
        m, p: measurements and dimension.
        spikes: how many; the ball's radius is their norm, 2 delta sqrt(spikes) in l1.
        l1: whether it is the l1 ball, else the l2 ball.
        delta: the scale.
        rng: draws places, signs and A.
    """
    b = torch.zeros(1, p, dtype=torch.float64)
    places = torch.randperm(p, generator=rng)[:spikes]
    b[0, places] = 2 * delta / math.sqrt(spikes) * (2.0 * torch.randint(2, (spikes,), generator=rng) - 1).double()
    A = Gaussian.draw(m, (p,), rng=rng).double()
    y = A(b)
    radius = torch.linalg.vector_norm(b, 1 if l1 else 2).item()
    if l1:
        norm = torch.linalg.matrix_norm(A.matrix, 2)
        balls = Balls(0, 0.0, radius)
        found = nearest(A.matrix, -y, balls, torch.zeros_like(b), norm, tolerance=1e-9 * delta, steps=5000).v
    else:  # the shortest solution, which is where projected gradients from 0 end
        found = torch.linalg.lstsq(A.matrix, y.T, driver="gelsd").solution.T
    ball = f"the l{1 if l1 else 2} ball of radius {radius:.4g}"
    scope = f"the minimiser that is found from 0 in {ball}, {spikes} spikes, m = {m}, p = {p}, one draw"
    return certified((found - b).norm().item(), delta, scope=scope, residual=(A(found) - y).norm().item())
