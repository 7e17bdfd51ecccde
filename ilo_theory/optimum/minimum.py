"""The certified minimum: the method that fits the layers, then value and bound, rounding allowed for."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ilo_theory.extended_range import ExtendedRange
from ilo_theory.generators import Chain
from ilo_theory.operators import LinearOperator
from ilo_theory.optimum.boxes import branch_and_bound
from ilo_theory.optimum.convex import nearest
from ilo_theory.optimum.reduced import Reduced, measure, reduce, run

ROUNDING = 1e-12
"""Value and bound allow for this share of all norms met, a thousand times the rounding errors that float64 makes."""
STEPS = 20_000  # of the convex problem


@dataclass(frozen=True)
class Optimum:
    """A point for each of D targets, and an interval [lower, value] that holds the minimum.

    z: [D, k] and b: [D, p], in their balls; image: [D, n], G2(G1(z) + b); value: [D], its objective; lower: [D];
    boxes: how many were looked at, 0 for a convex problem.
    """

    z: Tensor
    b: Tensor
    image: Tensor
    value: Tensor
    lower: Tensor
    boxes: int

    @property
    def gap(self) -> Tensor:
        """[D], by how much the point may miss the minimum, at most."""
        return self.value - self.lower


@torch.no_grad()
def minimise(
    extended: ExtendedRange,
    y: Tensor,
    operator: LinearOperator | Sequence[LinearOperator] | None = None,
    *,
    tolerance: float,
    limit: int = 1_000_000,
) -> Optimum:
    """Minimise ||A G2(G1(z) + b) - y||_2 over z in B_2^k(r1), b in B_1^p(r2), with a certificate, for D targets y.

    Args:
        extended: of a `Chain` in float64: linear layers, and activations that `slopes` knows.
        y: [D, ...], images where there is no operator, else measurements.
        operator: A, one for all targets or one for each; the identity where None.
        tolerance: it ends when no gap exceeds it, but for the allowance for rounding; > 0, in units of y.
        limit: or when this many boxes were looked at.

    Returns:
        Points and intervals, true whatever the gap.

    Raises:
        ValueError: for another dtype, a tolerance that is not positive, or operators of another number.
        TypeError: for a generator that is no `Chain`, or a layer whose slopes are not known.
    """
    chain = extended.generator
    if not isinstance(chain, Chain):
        raise TypeError(f"`minimise(extended)` must be of a Chain, got {type(chain).__name__}.")
    if not {y.dtype, *(w.dtype for w in chain.parameters())} <= {torch.float64}:
        raise ValueError(f"`minimise(extended, y)` certifies in float64 only, got y of {y.dtype}.")
    if not tolerance > 0:
        raise ValueError(f"`minimise(tolerance=...)` must be > 0, got {tolerance}.")
    operators = list(operator) if isinstance(operator, Sequence) else [operator]
    if len(operators) not in (1, len(y)):
        raise ValueError(f"`minimise(operator=...)` must be 1 or {len(y)} operators, got {len(operators)}.")

    problem = reduce(extended, y, operators)
    affine = not problem.outer and all(isinstance(layer, nn.Linear) for layer in problem.inner)
    points, lower, boxes = (_convex if affine else branch_and_bound)(problem, tolerance, limit)

    z, b = extended.constrain(points[:, : chain.k], points[:, chain.k :])
    image = extended.image(z, b).flatten(1)
    seen = [measure(A, row[None])[0] for A, row in zip(operators * (len(y) // len(operators)), image, strict=True)]
    value, allowed = (torch.stack(seen) - y.flatten(1)).norm(dim=1), ROUNDING * problem.reach
    lower = (torch.minimum(lower, value) - allowed).clamp(min=0)
    return Optimum(z, b, image, value + allowed, lower, boxes)


def _convex(problem: Reduced, tolerance: float, limit: int) -> tuple[Tensor, Tensor, int]:
    """All in one: G1 is affine too, z -> J z + G1(0)."""
    balls, (T, t, norm) = problem.balls, problem.of(torch.arange(len(problem.t)))
    basis = run(problem.inner, torch.cat((t.new_zeros(1, balls.k), torch.eye(balls.k, dtype=t.dtype))))
    origin, J = basis[:1], (basis[1:] - basis[:1]).T
    eye = torch.eye(problem.p, dtype=t.dtype)
    both = torch.cat((J, eye), dim=1)
    t = t + (origin @ T.mT).flatten(0, -2)
    M = T @ both
    norm = torch.linalg.matrix_norm(M, 2)
    start = t.new_zeros(len(t), balls.k + problem.p)
    found = nearest(M, t, balls, start, norm, tolerance=tolerance, steps=STEPS)
    return found.v, found.lower, 0
