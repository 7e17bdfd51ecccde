"""S-REC's proof without its halved nets, and S-REC itself without its l1 ball."""

import math

import numpy as np
import torch
from scipy.optimize import linprog
from torch import Tensor

from ilo_theory.bounds import exact_radius
from ilo_theory.operators import Gaussian
from ilo_theory.verdict import Verdict, certified


def sum_covered(delta: float, r1: float, r2: float, p: int, *, scale: float) -> Verdict:
    """Whether the sums of two nets come within delta of every point of a segment plus an l1 ball at right angles to it.

    Both nets are for `scale` delta. The proof has delta/2 each, and delta/2 + delta/2 by the triangle inequality; here,
    at right angles, the distances are the legs of a right triangle and everything is exact.

    Args:
        delta: what the sums should come within.
        r1: half the length of the segment, the k = 1 latent ball's image.
        r2, p: radius and dimension of the l1 ball, whose net is Maurey's with the fewest draws that are enough.
        scale: 0.5 in the proof; 1 is what is tried in its place.
    """
    aim = scale * delta
    points = max(1, math.ceil(r1 / aim))  # of the segment, evenly, the farthest point r1/points from them
    draws = next(t for t in range(1, 10**6) if exact_radius(p, r2, t) <= aim)
    legs = r1 / points, exact_radius(p, r2, draws)
    return certified(
        math.hypot(*legs),
        delta,
        scope=f"segment of half length {r1:g} and B_1^{p}({r2:g}), nets for {scale:g} delta",
        legs=[*legs],
        points=points,
        draws=draws,
    )


def unseen_apart(m: int, p: int, r2: float, *, l1: bool, rng: torch.Generator) -> Verdict:
    """Whether two points that A does not tell apart are less than r2 apart in l2, both in a ball of radius r2 in R^p.

    S-REC with a gamma > 0 asks that ||x1 - x2|| <= additive/gamma wherever A x1 = A x2. Their difference v is in the
    null space of A, m by p Gaussian. In the l1 ball ||v||_1 <= 2 r2 and ||v||_2^2 <= ||v||_1 ||v||_inf <= alpha
    ||v||_1^2, where alpha is certified by linear programs:

        |v_j| = |<e_j - A^T y, v>| <= ||e_j - A^T y||_inf ||v||_1   for any y.

    That is an upper bound; pairs along the projections of the unit vectors on the null space refute, or nothing does.
    In the l2 ball any unit v of the null space will do: r2 v and -r2 v are 2 r2 apart.

    Args:
        m, p: rows and columns of A, m < p.
        r2: radius of the ball.
        l1: whether it is the l1 ball, else the l2 ball.
        rng: draws A.
    """
    if not m < p:
        raise ValueError(f"`unseen_apart(m=..., p=...)` needs m < p, got {m} and {p}.")
    A = Gaussian.draw(m, (p,), rng=rng).double().matrix
    where = f"one Gaussian A, m = {m}, p = {p}, r2 = {r2:g}"
    null = torch.linalg.svd(A).Vh[m:]
    if l1:
        alpha = max(_entry(A, j) for j in range(p))
        some = null.T @ null
        some = some / torch.linalg.vector_norm(some, 1, dim=1, keepdim=True)
        v = r2 * some[some.norm(dim=1).argmax()]
        apart = 2 * v.norm().item(), 2 * r2 * math.sqrt(alpha)
        return certified(apart, r2, scope=f"the l1 ball, {where}", apart=[*apart], alpha=alpha, point=v.tolist())
    v = r2 * null[-1]
    apart = 2 * v.norm().item()
    seen = (A @ v).norm().item()
    return certified(apart, r2, scope=f"the l2 ball, {where}", apart=[apart, apart], point=v.tolist(), seen=seen)


def _entry(A: Tensor, j: int) -> float:
    """A bound of |v_j| for A v = 0 and ||v||_1 = 1, by the y that a linear program proposes and that is judged here."""
    columns, unit = A.T.numpy(), np.eye(A.shape[1])[j]
    # min s with -s <= (e_j - A^T y)_i <= s
    ones = np.ones((len(columns), 1))
    rows = np.block([[columns, -ones], [-columns, -ones]])
    cost = np.append(np.zeros(len(A)), 1.0)
    found = linprog(cost, A_ub=rows, b_ub=np.concatenate((unit, -unit)), bounds=(None, None), method="highs")
    return float(abs(unit - columns @ found.x[:-1]).max())
