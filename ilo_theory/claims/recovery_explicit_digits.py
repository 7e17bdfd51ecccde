"""Theorem 1', used on a decoder of digits: held-out digits, and points nearer to its extended range.

k = 2, p = 16, n = 784, gamma = 1/2. x lies the share `share` of the way from a nearest point of the extended range to a
digit: at 1 it is the digit, which two numbers describe badly; at 1/10 the theorem has something to say.
"""

import math
import statistics
from functools import cache
from itertools import chain
from typing import NamedTuple

import torch
from torch import Tensor

from ilo_theory import bounds, monte_carlo, trained
from ilo_theory.balls import project_l2_ball
from ilo_theory.bounds import Setting
from ilo_theory.claims.recovery_explicit import AT_ONCE, BOUND, LIKELY, Draw, likely, recover, rows
from ilo_theory.extended_range import ExtendedRange
from ilo_theory.lipschitz import lipschitz_upper
from ilo_theory.optimum import minimise
from ilo_theory.verdict import Status, Verdict, certified, claim, fold

K, GAMMA = 4.0, 0.5
TOLERANCE = 0.01
SUBJECTS = [{"share": 1.0, "delta": 1.0}, {"share": 0.1, "delta": 0.1}]
SCOPE = (
    "20 held-out digits, a new A in each draw; k = 2, p = 16, n = 784, K = 4, γ = 1/2; (3) and (4) certified to δ/100"
)


class Subject(NamedTuple):
    """The decoder's extended range, its setting, points x [20, 784], and the intervals of their minima (3)."""

    extended: ExtendedRange
    setting: Setting
    x: Tensor
    low: Tensor
    high: Tensor

    @property
    def unit(self) -> Setting:
        """The setting in units of delta, as a `Draw` is."""
        s = self.setting
        return Setting(s.k, s.p, s.n, L1=s.X, L2=1.0, r1=1.0, delta=1.0, K=s.K, gamma=s.gamma)


@cache
def subject(share: float, delta: float) -> Subject:
    """The decoder with deviations of K delta / L2, and x at `share` of the way to the digits."""
    decoder, digits = trained.digit_decoder(), trained.held_out_digits().flatten(1)
    L1, L2 = lipschitz_upper(decoder, 0, trained.SPLIT), lipschitz_upper(decoder, trained.SPLIT)
    setting = Setting(2, 16, 784, L1, L2, trained.R1, delta, K, GAMMA)
    extended = ExtendedRange(decoder, trained.SPLIT, trained.R1, setting.r2)
    nearest = minimise(extended, digits, tolerance=TOLERANCE * delta).image
    x = nearest + share * (digits - nearest)
    best = minimise(extended, x, tolerance=TOLERANCE * delta)
    return Subject(extended, setting, x, best.lower, best.value)


def digit_trials(size: int, *, rng, share: float, delta: float, m: int) -> list[Draw]:
    """`size` draws of A, each with one of the 20 points at random."""
    extended, _, x, low, high = subject(share, delta)
    chosen = torch.randint(len(x), (size,), generator=rng)
    options = {"m": m, "delta": delta, "tolerance": TOLERANCE, "limit": 2_000 * size}
    return recover(extended, x[chosen], low[chosen], high[chosen], **options, rng=rng)


def draw_many(draws: int, m: int, *, share: float, delta: float, rng) -> list[Draw]:
    """That in batches."""
    batches = monte_carlo.batches(digit_trials, draws, size=AT_ONCE, rng=rng, share=share, delta=delta, m=m)
    return [*chain.from_iterable(batches)]


@claim(
    "explicit-error-digits",
    "Theorem 1', a decoder of digits",
    BOUND + LIKELY,
    cases=[{**SUBJECTS[0], "u": 2.0, "draws": 50}, {**SUBJECTS[1], "u": 3.0, "draws": 150}],
    full=[{**case, "u": 4.0, "draws": 600} for case in SUBJECTS],
    note="At the m that it asks for, below n. x is at the given share of the way from the extended range to a digit.",
    expected=Status.SUPPORTED,
)
def explicit_error_digits(*, share, delta, u, draws, rng, printed=bounds.explicit_error) -> Verdict:
    """Branch and bound on z, convex in b."""
    unit = subject(share, delta).unit
    found = draw_many(draws, m := rows(unit, u), share=share, delta=delta, rng=rng)
    points = [[round(draw.high * delta, 4), round(draw.error * delta, 4)] for draw in found]
    return likely(found, unit, u, printed, scope=SCOPE, m=m, n=784, best_and_error=points)


@claim(
    "explicit-error-slack",
    "Theorem 1', how far from tight",
    r"\mathrm{the\ bound} \geq 4 \Vert x - G_2(\tilde{z}) \Vert",
    cases=[{**case, "draws": 50} for case in SUBJECTS],
    full=[{**case, "draws": 500} for case in SUBJECTS],
    note="In each draw, at the m that it asks for with u = 3: the ratio is near 1 + (2 + √2)/γ = 7.8, and more by δ.",
    expected=Status.HOLDS,
)
def explicit_error_slack(*, share, delta, draws, rng, printed=4) -> Verdict:
    """The least ratio in these draws, of the bound's lower end."""
    unit = subject(share, delta).unit
    found = draw_many(draws, rows(unit, 3.0), share=share, delta=delta, rng=rng)
    ratios = [bounds.explicit_error(unit, draw.low) / draw.error for draw in found]
    return certified(printed, min(ratios), scope=SCOPE + "; these draws only", median=statistics.median(ratios))


@claim(
    "explicit-error-empty",
    "Theorem 1', where it says nothing",
    r"\max_{z, b} \ \Vert x - G_2(G_1(z) + b) \Vert \leq \mathrm{the\ bound}, \quad x \mathrm{\ a\ digit}",
    cases=[{"delta": 1.0}, {"delta": 0.1}],
    note="From a digit, the nearest point of this range is more than an eighth as far as the farthest one.",
    expected=Status.HOLDS,
)
def explicit_error_empty(*, delta, side=80, printed=bounds.explicit_error) -> Verdict:
    """The farthest of the images of a grid of z; and with what lies between them, and L2 r2 for b, an upper bound."""
    extended, setting, x, low, high = subject(1.0, delta)
    ticks = (torch.arange(side, dtype=x.dtype) + 0.5) * (2 * setting.r1 / side) - setting.r1
    reach = setting.r1 / side * math.sqrt(2)  # half the diagonal of a cell, and projection shortens distances
    z = torch.cartesian_prod(ticks, ticks)
    z = project_l2_ball(z[z.norm(dim=1) <= setting.r1 + reach], setting.r1)
    images = extended.generator({"z": z}).flatten(1)
    between = setting.L2 * (setting.L1 * reach + setting.r2)
    farthest = torch.cdist(x, images).amax(dim=1).tolist()
    bound = [tuple(printed(setting, best) for best in ends) for ends in zip(low.tolist(), high.tolist(), strict=True)]
    scope = f"20 held-out digits, the whole range by {len(z)} cells and Lipschitz constants; K = 4, γ = 1/2"
    return fold(certified((far, far + between), ends, scope=scope) for far, ends in zip(farthest, bound, strict=True))


@claim(
    "explicit-measurements-ladder",
    "Theorem 1', how many rows it takes",
    r"m / 8 \mathrm{\ rows\ do:\ } \Vert x - G_2(\tilde{z}) \Vert \leq \mathrm{the\ bound}" + LIKELY,
    cases=[{"share": 0.1, "delta": 0.1, "u": 2.0, "draws": 50, "each": 20}],
    full=[{"share": 0.1, "delta": 0.1, "u": 4.0, "draws": 500, "each": 100}],
    note="An observation, not a theorem. The bound is first missed below p rows, where (4) has many solutions.",
    expected=Status.SUPPORTED,
)
def explicit_measurements_ladder(*, share, delta, u, draws, each, rng, rungs=9, printed=8) -> Verdict:
    """`draws` draws at the fraction, and `each` at m, m/2, m/4, ..., `rungs` in all, for the figure."""
    unit = subject(share, delta).unit
    m = rows(unit, u)
    ladder = []
    for rung in sorted({math.ceil(m / 2**j) for j in range(rungs)}):
        found = draw_many(each, rung, share=share, delta=delta, rng=rng)
        ends = [draw.bound(unit, bounds.explicit_error)[0] for draw in found]
        kept = sum(draw.error <= end for draw, end in zip(found, ends, strict=True)) / each
        spread = [statistics.quantiles((d.error / d.high for d in found), n=20)[i] for i in (0, 9, 18)]
        ladder.append([rung, *(round(value, 4) for value in spread), round(kept, 3)])
    found = draw_many(draws, math.ceil(m / printed), share=share, delta=delta, rng=rng)
    over = statistics.median(bounds.explicit_error(unit, draw.low) / draw.high for draw in found)
    return likely(found, unit, u, bounds.explicit_error, scope=SCOPE, m=m, bound_over_best=over, ladder=ladder)
