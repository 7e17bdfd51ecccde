"""How often (4) finds an image of the extended range, and how near it comes, as m, K and r2 vary: what is observed.

G1 and G2 are isometries, so that L1 = L2 = 1, K = r2/delta exactly, and (4) is a convex problem, solved with its
duality gap. A truth is G2(G1(z) + b) with z uniform in B_2^k(r1). One A of the most rows is drawn a trial, and its
first m rows, scaled, serve for every m: the cells of one trial are not independent, and trials are, up to the
generator that a batch shares.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ilo_theory import monte_carlo
from ilo_theory.balls import sample_l2_ball
from ilo_theory.bounds import Setting
from ilo_theory.generators import isometric_chain
from ilo_theory.operators import LinearOperator
from ilo_theory.optimum.convex import Balls, nearest, times

Draw = Callable[..., LinearOperator]
"""`Gaussian.draw` or `PartialCirculant.draw`."""

AT_ONCE = 10  # trials in a batch, which share their generator

GAP, STEPS = 1e-3, 2000
"""A problem is solved up to so many delta, or ends after so many steps."""


@dataclass(frozen=True)
class Errors:
    """Errors of (4) in units of delta.

    Args:
        m: numbers of measurements, ascending.
        K: radii r2 L2/delta, ascending.
        error: [trials, len(m), len(K)], ||x - G2(z-tilde)|| / delta.
        best: [trials, len(K)], ||x - G2(z-bar)|| / delta, the least that is possible.
        gap: the most by which an objective ||A x - A G2|| was above its minimum, in units of delta.
    """

    m: tuple[int, ...]
    K: tuple[float, ...]
    error: Tensor
    best: Tensor
    gap: float

    def share(self, level: float = 1.0) -> Tensor:
        """[len(m), len(K)], the share of trials whose error is at most `level` delta."""
        return (self.error <= level).double().mean(dim=0)

    def contour(self, share: float = 0.5, level: float = 1.0) -> list[float]:
        """For each K the m from which on at least `share` of the trials succeed, between rows linear in log m.

        It is NaN where even the most rows are not enough, and the least m where that is.
        """
        return [_crossing(self.m, column.tolist(), share) for column in self.share(level).T]


def _crossing(m: Sequence[int], shares: Sequence[float], share: float) -> float:
    below = max((i for i, value in enumerate(shares) if value < share), default=-1)
    if below == len(m) - 1:
        return math.nan
    if below == -1:
        return float(m[0])
    part = (share - shares[below]) / (shares[below + 1] - shares[below])
    return m[below] * (m[below + 1] / m[below]) ** part


def hardest_spikes(K: float) -> int:
    """The number of equal spikes, K^2/4, with which a deviation of l1 norm K delta is 2 delta long in l2.

    Fewer spikes are easier to find, and with more of them the deviation is soon so short that it need not be found.
    """
    return max(1, round(K * K / 4))


def success_map(
    setting: Setting, m: Sequence[int], K: Sequence[float], *, draw: Draw, trials: int, rng: torch.Generator
) -> Errors:
    """Truths on the boundary of each extended range, whose deviations are `hardest_spikes` of random place and sign.

    A success is an error of at most delta, half of what ignoring the deviation costs.

    Args:
        setting: k, p, n, r1 and delta; its K is not looked at, and L1, L2 must be 1.
        m: numbers of measurements, ascending.
        K: radii in units of delta, ascending, at most 2 sqrt(p).
        draw: of the operator.
        trials: draws of the truths and A.
        rng: draws one seed a batch of trials.

    Raises:
        ValueError: for other settings, m or K.
    """
    spikes = [hardest_spikes(value) for value in K]
    if max(spikes) > setting.p:
        raise ValueError(
            f"`success_map(K=...)` must be at most 2 sqrt(p) = {2 * math.sqrt(setting.p):g}, got {max(K)}."
        )
    profile = torch.zeros(len(K), setting.p, dtype=torch.float64)
    for row, value, count in zip(profile, K, spikes, strict=True):
        row[:count] = value * setting.delta / count
    return _observe(setting, m, K, profile, draw, trials, rng)


def radius_sweep(
    setting: Setting,
    m: Sequence[int],
    K: Sequence[float],
    *,
    decay: float,
    length: float,
    draw: Draw,
    trials: int,
    rng: torch.Generator,
) -> Errors:
    """One truth for all radii, whose deviation is compressible: its j-th largest entry falls as j^-decay.

    Small radii do not reach it, and large ones let in what the measurements cannot tell from it (Remark 1).

    Args:
        setting, m, K, draw, trials, rng: as for `success_map`.
        decay: of the sorted entries, > 0.
        length: of the deviation in l2, in units of delta, > 0.

    Raises:
        ValueError: for other settings, m, K, decay or length.
    """
    if not (decay > 0 and length > 0):
        raise ValueError(f"`radius_sweep(decay=..., length=...)` must be > 0, got {decay} and {length}.")
    profile = torch.arange(1, setting.p + 1, dtype=torch.float64) ** -decay
    profile = (length * setting.delta / profile.norm() * profile).expand(len(K), -1)
    return _observe(setting, m, K, profile, draw, trials, rng)


def _observe(setting, m, K, profile, draw, trials, rng) -> Errors:
    m, K = tuple(m), tuple(map(float, K))
    for name, values in (("m", m), ("K", K)):
        if not values or list(values) != sorted({*values}) or not values[0] > 0:
            raise ValueError(f"`success(...)` needs an ascending `{name}`, > 0, got {list(values)}.")
    if not setting.L1 == setting.L2 == 1:
        raise ValueError(f"`Setting(L1=..., L2=...)` must be 1, got {setting.L1} and {setting.L2}.")
    parameters = {"setting": setting, "m": m, "K": K, "profile": profile.contiguous(), "draw": draw}
    found = monte_carlo.batches(_trials, trials, size=AT_ONCE, rng=rng, **parameters)
    error, best, gap = zip(*found, strict=True)
    return Errors(m, K, torch.cat(error), torch.cat(best), max(gap))


def _trials(size: int, *, rng, setting, m, K, profile, draw) -> tuple[Tensor, Tensor, float]:
    """The errors [size, m, K] and the least ones [size, K] in units of delta, and the greatest gap."""
    k, p, n, delta = setting.k, setting.p, setting.n, setting.delta
    chain = isometric_chain(k, p, n, rng=rng).double().requires_grad_(False)
    first, second = (layer.weight for layer in chain.layers)
    columns = torch.cat((second @ first, second), dim=1).T  # [k + p, n], what (z, b) is multiplied by

    z = sample_l2_ball((size, k), setting.r1, rng=rng).double()
    signs = 2 * torch.randint(2, (size, p), generator=rng) - 1
    places = torch.rand(size, p, generator=rng).argsort(dim=1)
    b = (profile * signs[:, None]).gather(2, places[:, None].expand(-1, len(K), -1))
    truth = torch.cat((z[:, None].expand(-1, len(K), -1), b), dim=2).flatten(0, 1)  # [size K, k + p]

    balls = Balls(k, setting.r1, (delta * torch.tensor(K, dtype=torch.float64)).repeat(size))
    measured = torch.stack([draw(m[-1], (n,), rng=rng).double()(columns).T for _ in range(size)])
    best, gap = _solve(columns.T.expand(size, -1, -1), truth, balls, delta)
    errors = []
    for rows in m:
        found, more = _solve(measured[:, :rows] * math.sqrt(m[-1] / rows), truth, balls, delta)
        gap = max(gap, more)
        errors.append(((found - truth) @ columns).norm(dim=1) / delta)
    best = ((best - truth) @ columns).norm(dim=1) / delta
    return torch.stack(errors, dim=1).view(size, len(K), len(m)).mT, best.view(size, len(K)), gap


def _solve(M: Tensor, truth: Tensor, balls: Balls, delta: float) -> tuple[Tensor, float]:
    """The minimiser of ||M (v - truth)|| that ILO's start, v = 0, leads to, and its gap in units of delta."""
    if M.shape[1] > M.shape[2]:
        M = torch.linalg.qr(M, mode="r").R  # of the same lengths
    norm = torch.linalg.matrix_norm(M, 2).repeat_interleave(len(truth) // len(M))
    found = nearest(M, -times(M, truth), balls, torch.zeros_like(truth), norm, tolerance=GAP * delta, steps=STEPS)
    return found.v, float((found.value - found.lower).max()) / delta
