"""The chain itself: the event on which it holds, (62) and (63), and the path from x_0 to x, (64) to (67).

A path is drawn on finite sets: S, its nets N_0, ..., N_l at delta / 2^i, and for each x the points x_i nearest to it.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import sympy as sp
import torch
from torch import Tensor

from ilo_theory.bounds.chaining import Chain, coarse_log_failure, coarse_size, deviation, fine_log_failure, fine_size
from ilo_theory.claims.chaining import tail_steps
from ilo_theory.claims.chaining_algebra import equal, log_sum, proved, same
from ilo_theory.tails import log_chi2_above
from ilo_theory.verdict import Status, Verdict, certified, claim, fold

CHAINS = [
    {"k": k, "p": p, "K": K, "X": X}
    for k, p, K in ((400, 100, 9.999), (50, 100, 1.5), (20, 10**4, 50.0))
    for X in (5.0, 1e3)
]


# --- The event --------------------------------------------------------------------------------------------------------


def _log_terms(chain: Chain) -> list[tuple[float, float]]:
    """(log |T_i|, log f_i) as chosen, i = 0, 1, ..."""
    coarse = [(coarse_size(chain, i), coarse_log_failure(chain, i)) for i in range(chain.switch)]
    return coarse + [(fine_size(chain, i), fine_log_failure(chain, i)) for i in range(chain.switch, chain.switch + 40)]


@claim(
    "chain-event",
    "Lemma 4, Eq. (62)",
    r"P(\Vert At \Vert \leq (1+\epsilon_i) \Vert t \Vert, \ \forall i \in [0, \ldots, l-1], \ \forall t \in T_i) "
    r"\geq 1 - \sum_i \vert T_i \vert f_i",
    cases=CHAINS,
    note="The left side of (63), read as in (46), with the f_i chosen.",
    expected=Status.HOLDS,
)
def chain_event(*, k, p, K, X, printed=deviation) -> Verdict:
    """Boole's inequality; and exactly for a segment S, whose differences are parallel: chi-square with m degrees.

    `printed` is epsilon(m, log(2/f)).
    """
    chain = Chain(k, p, K, X)
    m = math.ceil(chain.m)
    epsilon = min(printed(m, chain.log_2 - log_failure) for _, log_failure in _log_terms(chain))
    union = log_sum(map(sum, _log_terms(chain)))
    scope = "every finite T_i, by Chernoff's and Boole's inequalities; log P of failing for a segment S compared at"
    return proved(log_chi2_above(m, m * (1 + epsilon) ** 2), union, *tail_steps(printed), scope=scope)


@claim(
    "chain-probability",
    "Lemma 4, Eq. (63)",
    r"\sum_i \vert T_i \vert f_i \leq e^{-m/2}, \ P(\mathrm{event}) \geq 1 - e^{-\Omega(m)}, "
    r"\quad L_1 L_2 r_1 \geq 5 \delta",
    cases=CHAINS,
    note="'= 1 - e^(-Ω(m))' is read as ≥, which is what a union bound gives.",
    expected=Status.HOLDS,
)
def chain_probability(*, k, p, K, X, printed=0.5) -> Verdict:
    """e^(-3m) + e^(-m/2)/4 by the coarse and the fine scales, m >= log 6; `printed` is the rate."""
    chain = Chain(k, p, K, X)
    scope = "every k, p, 1 < K < √p and X ≥ 5, with (53) and (59); log of the sum compared at"
    return proved(log_sum(map(sum, _log_terms(chain))), -printed * chain.m, (6**-2.5 + 1 / 4, 1), scope=scope)


# --- The path ---------------------------------------------------------------------------------------------------------


class Path(NamedTuple):
    """S [N, n], its nets at delta / 2^i, and the points of each net nearest to those of S, [N, n] each."""

    points: Tensor
    delta: float
    nets: list[Tensor]
    nearest: list[Tensor]


def drawn_path(n: int, scales: int, *, rng: torch.Generator) -> Path:
    """Draw a bent surface with an l1 ball about it, and nets of it: the first points of a farthest-first traversal."""
    latent = 2 * torch.rand(300, 2, generator=rng, dtype=torch.float64) - 1
    bent = torch.relu(latent @ torch.randn(2, 8, generator=rng, dtype=torch.float64))
    spikes = torch.randn(300, 8, generator=rng, dtype=torch.float64) ** 3
    bent += 0.3 * spikes / spikes.abs().sum(1, keepdim=True)
    points = torch.tanh(bent @ torch.randn(8, n, generator=rng, dtype=torch.float64))
    distances = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")
    order, reach, radii = [0], distances[0].clone(), []
    while len(order) < len(points):
        radii.append(float(reach.max()))
        order.append(int(reach.argmax()))
        reach = torch.minimum(reach, distances[order[-1]])
    radii.append(0.0)
    delta = radii[0] / 2
    sizes = [next(count for count, radius in enumerate(radii, 1) if radius <= delta / 2**i) for i in range(scales + 1)]
    nets = [points[order[:size]] for size in sizes]
    nearest = [net[distances[:, order[:size]].argmin(1)] for net, size in zip(nets, sizes, strict=True)]
    return Path(points, delta, nets, nearest)


def _gaussian(m: int, n: int, rng: torch.Generator) -> Tensor:
    return torch.randn(m, n, generator=rng, dtype=torch.float64) / math.sqrt(m)


def _steps_of(path: Path, A: Tensor) -> list[Tensor]:
    """||A (x_{i+1} - x_i)|| for each x, i = 0, ..., l - 1."""
    return [((fine - coarse) @ A.T).norm(dim=1) for coarse, fine in pairwise(path.nearest)]


def everywhere(lhs: Tensor, rhs: Tensor, scope: str) -> Verdict:
    """lhs <= rhs for all entries; where that is so, the largest with room is shown."""
    verdicts = [certified(*sides, scope=scope) for sides in zip(lhs.tolist(), rhs.tolist(), strict=True)]
    found = fold(verdicts)
    if found.status is not Status.HOLDS:
        return found
    return max((v for v in verdicts if 1.001 * v.lhs < v.rhs), key=lambda v: v.lhs, default=found)


DRAWN = [{"m": m, "n": n, "l": l} for m, n, l in ((1, 3, 1), (4, 6, 2), (10, 24, 4))]


@claim(
    "chain-telescopes",
    "Lemma 4, Eq. (64)",
    r"x - x_0 = \sum_{i=0}^{l-1} (x_{i+1} - x_i) + x - x_l",
    cases=[{"l": l} for l in (1, 2, 3, 12)],
    note="x is any point of the set, and the bound is needed for all of them at once; 'the image we want to "
    "reconstruct' need not be one.",
    expected=Status.HOLDS,
)
def chain_telescopes(*, l, printed=lambda x, xs: sum(b - a for a, b in pairwise(xs)) + x - xs[-1]) -> Verdict:
    """In letters; and the right side is the same for the path with one scale more."""
    x, *xs = sp.symbols(f"x x_0:{l + 2}")
    scope = "every x and x_i, symbolically; the step from l to l + 1 too"
    instance = {letter: (n * n + 1) % 7 for n, letter in enumerate([x, *xs])}
    sides = [int(side.subs(instance)) for side in (x - xs[0], sp.expand(printed(x, xs[:-1])))]
    steps = [same(x - xs[0], printed(x, xs[:-1])), same(printed(x, xs[:-1]), printed(x, xs))]
    return equal(*sides, *steps, scope=scope)


@claim(
    "chain-triangle",
    "Lemma 4, Eq. (65)",
    r"\Vert Ax - Ax_0 \Vert \leq \sum_{i=0}^{l-1} \Vert Ax_{i+1} - Ax_i \Vert + \Vert Ax - Ax_l \Vert",
    cases=DRAWN,
    note="The triangle inequality.",
    expected=Status.HOLDS,
)
def chain_triangle(*, m, n, l, rng, printed=lambda steps, last: sum(steps) + last) -> Verdict:
    """Every x of a drawn path and a drawn A."""
    path, A = drawn_path(n, l, rng=rng), _gaussian(m, n, rng)
    whole, last = (((path.points - near) @ A.T).norm(dim=1) for near in (path.nearest[0], path.nearest[-1]))
    return everywhere(whole, printed(_steps_of(path, A), last), "drawn paths and A")


@claim(
    "chain-on-event",
    "Lemma 4, Eq. (66)",
    r"\Vert Ax - Ax_0 \Vert \leq \sum_{i=0}^{l-1} (1+\epsilon_i) \Vert x_{i+1} - x_i \Vert + \Vert Ax - Ax_l \Vert",
    cases=DRAWN,
    note="With high probability, that is on the event of (62). Its number reads '(60' in the text as held.",
    expected=Status.HOLDS,
)
def chain_on_event(*, m, n, l, rng, printed=lambda epsilon, length: (1 + epsilon) * length) -> Verdict:
    """Every x of a drawn path and a drawn A, with the least epsilon_i for which A is in the event."""
    path, A = drawn_path(n, l, rng=rng), _gaussian(m, n, rng)
    whole, total = (((path.points - near) @ A.T).norm(dim=1) for near in (path.nearest[0], path.nearest[-1]))
    for i, (coarse, fine) in enumerate(pairwise(path.nets)):
        differences = (fine[:, None] - coarse[None]).flatten(0, 1)
        lengths = differences.norm(dim=1)
        stretch = (differences @ A.T).norm(dim=1)[lengths > 0] / lengths[lengths > 0]
        total = total + printed(float(stretch.max()) - 1, (path.nearest[i + 1] - path.nearest[i]).norm(dim=1))
    return everywhere(whole, total, "drawn paths and A, the least ε_i of the event")


# --- How far apart neighbours on the path are -------------------------------------------------------------------------

Point = tuple[Fraction, Fraction]


def _squared(a: Point, b: Point) -> Fraction:
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2


def _covers(net: Sequence[Point], pieces: Sequence[tuple[Point, Point]], delta: Fraction) -> bool:
    """Whether each piece, a segment, lies in the delta-ball of one point of the net: both its ends do."""
    return all(any(max(_squared(a, c), _squared(b, c)) <= delta**2 for c in net) for a, b in pieces)


def comb_step(eta: Fraction) -> tuple[Fraction, dict]:
    """Find |x_1 - x_0| for one x of a comb in the plane, whose nets N_0, N_1 at 1 and 1/2 are nested and minimal.

    Its spine runs from 0 to 2, and it has teeth of length 1/2, up and down in turn, at 0, c, d, 2. As N_0 holds the
    ends of the spine and N_1 all four feet, they cover; the teeth's tips show that no smaller nets do. The point
    1 - eta/4 is nearest to 0 among N_0, and to d = 3/2 - 2 eta among N_1.

    Raises:
        ValueError: unless all that is so, in fractions: for 0 < eta <= 0.183 it is.
    """
    zero, half = Fraction(0), Fraction(1, 2)
    c, d, two = half + eta, 3 * half - 2 * eta, Fraction(2)
    tips = [(foot, half if up else -half) for foot, up in ((zero, True), (c, False), (d, True), (two, False))]
    teeth = [((foot, zero), (foot, height)) for foot, height in tips]
    cuts = sorted([zero, c / 2, c, (c + d) / 2, 1, d, (d + 2) / 2, two])
    spine = [((a, zero), (b, zero)) for a, b in pairwise(cuts)]
    coarse, fine, x = [(zero, zero), (two, zero)], [(foot, zero) for foot, _ in tips], (1 - eta / 4, zero)
    apart = all(_squared(a, b) > 1 for i, a in enumerate(tips) for b in tips[:i]) and _squared(tips[0], tips[3]) > 4
    covered = _covers(coarse, spine + teeth, Fraction(1)) and _covers(fine, spine + teeth, half)
    if not (eta > 0 and apart and covered):
        raise ValueError(f"`comb_step(eta=...)` must be > 0 and <= 0.183, got {eta}.")
    nearest = [min(net, key=lambda point: _squared(point, x)) for net in (coarse, fine)]
    drawing = {"feet": [*map(float, (zero, c, d, two))], "x": float(x[0])}
    return abs(nearest[1][0] - nearest[0][0]), drawing


def _neighbours(eta: Fraction, printed: Fraction, scope: str) -> Verdict:
    distance, drawing = comb_step(eta)
    return certified(distance, printed, scope=scope, **drawing)


@claim(
    "chain-step",
    "Lemma 4, Eq. (67)",
    r"\sum_{i=0}^{l-1} (1+\epsilon_i) \Vert x_{i+1} - x_i \Vert \leq \sum_{i=0}^{l-1} (1+\epsilon_i) \delta_i",
    cases=[{"eta": Fraction(1, n)} for n in (8, 100)],
    corrected="chain-step-half-more",
    note="A constant: both are nearest to x, so that they are 1.5 δ_i apart at most. The nets of this example are "
    "nested and minimal.",
    expected=Status.REFUTED,
)
def chain_step(*, eta, printed=Fraction(1)) -> Verdict:
    """n = 2, l = 1, delta = 1: the factor 1 + epsilon_0 is on both sides; `printed` is that of delta_i."""
    return _neighbours(eta, printed, "a comb in the plane, δ = 1, l = 1, in fractions")


@claim(
    "chain-step-half-more",
    "Lemma 4, (67) corrected",
    r"\Vert x_{i+1} - x_i \Vert \leq \Vert x - x_{i+1} \Vert + \Vert x - x_i \Vert \leq \frac{3}{2} \delta_i",
    cases=[{"eta": Fraction(1, n)} for n in (8, 100, 10**6)],
    note="No smaller factor does: the comb comes as near to it as one likes.",
    expected=Status.HOLDS,
)
def chain_step_half_more(*, eta, printed=Fraction(3, 2)) -> Verdict:
    """By the triangle inequality; attained in the limit."""
    distance, drawing = comb_step(eta)
    scope = "every net, by the triangle inequality; combs compared"
    return proved(distance, printed, (1 + Fraction(1, 2), printed), scope=scope, **drawing)
