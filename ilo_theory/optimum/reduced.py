"""The problem in its smallest form: min ||T N(G1(z) + b) + t||, where G2 = (affine end) o N and A is in T and t."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ilo_theory.extended_range import ExtendedRange
from ilo_theory.lipschitz import layer_bound
from ilo_theory.operators import LinearOperator
from ilo_theory.optimum.convex import Balls, times


class Reduced(NamedTuple):
    """D problems.

    inner, outer: the layers of G1 and of N, without those that only rename; T: [D, q, h], or [1, q, h] where all share
    it; t: [D, q]; norm: of T, [D] or [1]; balls: of (z, b); p: of b; reach: [D], a bound of all norms met on the way.
    """

    inner: list[nn.Module]
    outer: list[nn.Module]
    T: Tensor
    t: Tensor
    norm: Tensor
    balls: Balls
    p: int
    reach: Tensor

    def of(self, which: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """T, t and norm of these targets; a T that all share stays one."""
        shared = len(self.T) == 1
        return (self.T[0] if shared else self.T[which]), self.t[which], self.norm[0 if shared else which]

    def value(self, points: Tensor, which: Tensor) -> Tensor:
        """[B], the objective at rows (z, b)."""
        k, (T, t, _) = self.balls.k, self.of(which)
        return (times(T, run(self.outer, run(self.inner, points[:, :k]) + points[:, k:])) + t).norm(dim=1)


def reduce(extended: ExtendedRange, y: Tensor, operators: Sequence[LinearOperator | None]) -> Reduced:
    """Merge the affine end of G2 with each A, and turn T and t by an orthogonal matrix so that few rows are left."""
    chain, split = extended.generator, extended.split
    inner, outer = flat(chain.layers[:split]), flat(chain.layers[split:])
    last = max((i + 1 for i, layer in enumerate(outer) if not isinstance(layer, nn.Linear)), default=0)
    outer, end = outer[:last], outer[last:]
    origin = run(inner, y.new_zeros(1, chain.k))
    first = run(outer, origin)
    shift = run(end, torch.zeros_like(first))
    columns = run(end, torch.eye(first.shape[1], dtype=y.dtype)) - shift  # [h, n]
    T = torch.stack([measure(A, columns).T for A in operators])
    t = torch.cat([measure(A, shift) for A in operators]) - y.flatten(1)
    Q, R = torch.linalg.qr(T)
    turn = Q.mT if len(Q) > 1 else Q[0].T
    inside = times(turn, t)
    rest = (t - times(turn.mT, inside)).norm(dim=1, keepdim=True)
    T, t = torch.cat((R, R.new_zeros(len(R), 1, R.shape[2])), dim=1), torch.cat((inside, rest), dim=1)
    norm = torch.linalg.matrix_norm(T, 2)
    L1, L2 = (math.prod(map(layer_bound, layers)) for layers in (inner, outer))
    reach = norm * (first.norm() + L2 * (L1 * extended.r1 + extended.r2)) + t.norm(dim=1)
    balls = Balls(chain.k, extended.r1, extended.r2)
    return Reduced(inner, outer, T, t, norm, balls, origin.shape[1], reach)


def flat(layers: Iterable[nn.Module]) -> list[nn.Module]:
    """The layers one after another, without containers and those that only rename entries."""
    plain = [part for layer in layers for part in (flat(layer) if isinstance(layer, nn.Sequential) else [layer])]
    return [layer for layer in plain if not isinstance(layer, nn.Flatten | nn.Unflatten | nn.Identity)]


def run(layers: Iterable[nn.Module], x: Tensor) -> Tensor:
    """x through the layers."""
    for layer in layers:
        x = layer(x)
    return x


def measure(A: LinearOperator | None, rows: Tensor) -> Tensor:
    """A applied to flat images, [B, n] -> [B, m]; the identity where None."""
    return rows if A is None else A(rows.unflatten(1, A.in_shape)).flatten(1)
