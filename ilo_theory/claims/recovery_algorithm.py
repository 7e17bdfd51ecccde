"""Algorithm 1 on problems that are solved exactly: k = 1, p = n = 2, G1(z) = z u / |u|_1, G2 the identity.

A enters by Q = A^T A = [[1, c/3], [c/3, 1]] alone. The point of an l1 ball nearest to x in the norm of Q is x, or lies
on one of four edges: exact fractions, round by round. The project's engine runs the same rounds by gradient steps.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.optim import SGD

from ilo_theory.generators import Chain
from ilo_theory.ilo import Progress, algorithm_1, csgm, ilo, ramp
from ilo_theory.verdict import Status, Verdict, certified, claim, fold, identical

Point = tuple[Fraction, Fraction]
RISES = {"u": (2, 3), "c": -2, "x": (1, 0)}
"""Line 1 finds 0, the first ball holds x, and line 5 moves the next ball away from it. r2 = 1 here and below."""

EXAMPLES = [RISES, {"u": (1, 0), "c": 1, "x": (2, 2)}, {"u": (1, -3), "c": 2, "x": (-3, 1)}]
ROUNDS, STEPS = 4, 80  # of the engine


# --- In exact fractions -----------------------------------------------------------------------------------------------


def _dot(a: Point, b: Point) -> Fraction:
    return a[0] * b[0] + a[1] * b[1]


def _times(c: int, a: Point) -> Point:
    """Q a."""
    return a[0] + Fraction(c, 3) * a[1], a[1] + Fraction(c, 3) * a[0]


def _along(a: Point, s: Fraction, b: Point) -> Point:
    return a[0] + s * b[0], a[1] + s * b[1]


def best_in_ball(c: int, x: Point, centre: Point) -> tuple[Fraction, Point]:
    """Line 4: the least |A (z - x)|^2 over |z - centre|_1 <= 1, and its z."""
    if abs(x[0] - centre[0]) + abs(x[1] - centre[1]) <= 1:
        return Fraction(0), x
    corners = [_along(centre, Fraction(1), corner) for corner in ((1, 0), (0, 1), (-1, 0), (0, -1), (1, 0))]
    found = []
    for a, b in pairwise(corners):
        edge, gap = _along(b, Fraction(-1), a), _along(x, Fraction(-1), a)
        s = _dot(edge, _times(c, gap)) / _dot(edge, _times(c, edge))
        z = _along(a, max(Fraction(0), min(Fraction(1), s)), edge)
        gap = _along(x, Fraction(-1), z)
        found.append((_dot(gap, _times(c, gap)), z))
    return min(found)


def back_in_l2(u: Point, z: Point) -> Fraction:
    """Line 5: the s with the least |s u - z|_2."""
    return _dot(u, z) / _dot(u, u)


def back_in_l1(u: Point, z: Point) -> Fraction:
    """The s with the least |s u - z|_1, at which one of the two terms is 0."""
    candidates = [b / a for a, b in zip(u, z, strict=True) if a]
    return min(candidates, key=lambda s: sum(abs(s * a - b) for a, b in zip(u, z, strict=True)))


def exact_rounds(u, c: int, x, back: Callable = back_in_l2, count: int = 8) -> Iterator[tuple[Fraction, Point]]:
    """|A (z~ - x)|^2 and z~ of each round."""
    u, x = ((Fraction(a), Fraction(b)) for a, b in (u, x))
    s = _dot(u, _times(c, x)) / _dot(u, _times(c, u))  # line 1
    for _ in range(count):
        residual, z = best_in_ball(c, x, _along((Fraction(0), Fraction(0)), s, u))
        yield residual, z
        s = back(u, z)


def residuals(u, c: int, x, **options) -> list[Fraction]:
    return [residual for residual, _ in exact_rounds(u, c, x, **options)]


# --- By the engine ----------------------------------------------------------------------------------------------------


@cache
def run_engine(u: tuple[int, int], c: int, x: tuple[int, int]) -> dict[str, float | list[float]]:
    """Algorithm 1 by projected gradient steps.

    Returns:
        The least residuals |A (z - x)| of line 1 and of each round, that of the solution, the largest distance in l1 of
        an iterate from the middle of its ball, and whether line 1 is the round of `csgm`.
    """
    direction = nn.Linear(1, 2, bias=False, dtype=torch.float64)
    direction.weight = nn.Parameter(torch.tensor(u).double()[:, None] / (abs(u[0]) + abs(u[1])))
    generator = Chain(direction, nn.Identity(), k=1)
    goal = torch.tensor(x).double()
    A = torch.linalg.cholesky(torch.tensor([[1, c / 3], [c / 3, 1]], dtype=torch.float64)).T
    distances = []

    def objective(image: Tensor, latent, *, rng) -> Tensor:
        return ((image - goal) @ A.T).square().sum(1)

    def watch(progress: Progress) -> None:
        state = progress.state
        if "centre/z" in state:
            distances.append((state["point/z"] - state["centre/z"]).abs().sum().item())

    options = {"optimiser": SGD, "schedule": ramp(0, 0)}
    rounds = algorithm_1(1, ROUNDS, STEPS, 0.5, radii={"z": 1.0}, **options)
    start = {"z": torch.ones(1, 1, dtype=torch.float64)}
    found = ilo(generator, objective, rounds, rng=torch.Generator(), latent=start, on_step=watch)
    first, *deep = (rows.min().sqrt().item() for rows in found.loss[:, 0].split(STEPS + 1))
    last = objective(found.image, None, rng=None).sqrt().item()
    same = rounds[0] == csgm(STEPS, 0.5, **options)[0]
    return {"first": first, "rounds": deep, "solution": last, "farthest": max(distances), "csgm": same}


SCOPE = "exact fractions, and the project's engine to 6 decimals"


def _equal(found: float, square: Fraction) -> Verdict:
    """A residual of the engine against the root of an exact square."""
    return identical(round(found, 6), round(float(square) ** 0.5, 6), scope=SCOPE)


# --- The lines --------------------------------------------------------------------------------------------------------


def _line_1(u, c: int, x) -> Fraction:
    """The least |A (s u - x)|^2."""
    ux, uu, xx = (_dot(a, _times(c, b)) for a, b in ((u, x), (u, u), (x, x)))
    return xx - ux**2 / uu


@claim(
    "algorithm-csgm-first",
    "Algorithm 1, line 1",
    r"\hat{z}^k = \operatorname{argmin}_{z \in B_2^k(r_1)} \Vert A G(z) - A x \Vert \mathrm{\ is\ CSGM}",
    cases=EXAMPLES,
    expected=Status.HOLDS,
)
def algorithm_csgm_first(*, u, c, x, printed=_line_1) -> Verdict:
    """The engine's first round, which is the round of `csgm`, against the exact minimum."""
    found = run_engine(u, c, x)
    return fold([identical(found["csgm"], True, scope=SCOPE), _equal(found["first"], printed(u, c, x))])


@claim(
    "algorithm-in-ball",
    "Section 2.2, the l1 ball",
    r"\Vert z^p - \hat{z}^p \Vert_1 \leq r_2 \mathrm{\ for\ all\ iterates\ of\ line\ 4}",
    cases=EXAMPLES,
    expected=Status.HOLDS,
)
def algorithm_in_ball(*, u, c, x, printed=1.0) -> Verdict:
    """All iterates of all rounds; `printed` is r2."""
    return certified(round(run_engine(u, c, x)["farthest"], 9), printed, scope="all iterates, to 9 decimals")


@claim(
    "algorithm-last-ball",
    "Algorithm 1",
    r"\Vert A G_2(\tilde{z}^p) - A x \Vert = \min_{z \in \hat{z}^p \oplus B_1^p(r_2)} \Vert A G_2(z) - A x \Vert,"
    r" \quad \hat{z}^p \in G_1(B_2^k(r_1))",
    cases=EXAMPLES,
    note="'The best solution within an l1 ball of some point in the range', of the last ball. 'For t from 0 to r' is "
    "r + 1 rounds; this r is no radius.",
    expected=Status.HOLDS,
)
def algorithm_last_ball(*, u, c, x, printed=lambda squares: squares[-1]) -> Verdict:
    """The engine's last round against the exact minimum in the last ball."""
    return _equal(run_engine(u, c, x)["rounds"][-1], printed(residuals(u, c, x, count=ROUNDS)))


@claim(
    "algorithm-best-of-rounds",
    "Algorithm 1, the best of all rounds",
    r"\Vert A G_2(\tilde{z}^p) - A x \Vert \leq \min_t \Vert A G_2(\tilde{z}^p_t) - A x \Vert",
    cases=EXAMPLES,
    corrected="algorithm-best-iterate",
    note="If line 7 is read so: line 5 may move the ball away from its best point, and the residual rises from 0 in "
    "the first round to 0.140 and 0.146.",
    expected=Status.REFUTED,
)
def algorithm_best_of_rounds(*, u, c, x, printed=lambda squares: squares[-1]) -> Verdict:
    """`printed` picks what is returned from the squares of the residuals, all exact."""
    squares = residuals(u, c, x)
    shown = [round(float(square) ** 0.5, 9) for square in squares]
    return certified(printed(squares), min(squares), scope="exact fractions", residuals=shown, square=str(squares[1]))


@claim(
    "algorithm-best-iterate",
    "Algorithm 1, the best iterate kept",
    r"\Vert A G_2(\hat{z}) - A x \Vert = \min_t \Vert A G_2(\tilde{z}^p_t) - A x \Vert",
    cases=EXAMPLES,
    note="What the engine of this project returns.",
    expected=Status.HOLDS,
)
def algorithm_best_iterate(*, u, c, x, printed=min) -> Verdict:
    """The engine's solution against what `printed` picks from all exact rounds."""
    return _equal(run_engine(u, c, x)["solution"], printed(residuals(u, c, x, count=ROUNDS)))


# --- Over many problems -----------------------------------------------------------------------------------------------


def _drawn(count: int, rng: torch.Generator) -> Iterator[tuple[tuple[int, int], int, tuple[int, int]]]:
    yield RISES["u"], RISES["c"], RISES["x"]
    for _ in range(count):
        a, b, c, *x = (int(torch.randint(-most, most + 1, (), generator=rng)) for most in (4, 4, 2, 4, 4))
        yield (a, b) if a or b else (1, 1), c, tuple(x)


@claim(
    "algorithm-l1-way-back",
    "Algorithm 1, line 5 in l1",
    r"\hat{z}^k = \operatorname{argmin}_z \Vert G_1(z) - \tilde{z}^p \Vert_1"
    r" \ \Rightarrow \ \mathrm{the\ residual\ never\ rises}",
    cases=[{"count": 50}],
    full=[{"count": 2000}],
    note="For the last point stays in the next ball: its l1 distance to the range is r2 at most.",
    expected=Status.HOLDS,
)
def algorithm_l1_way_back(*, count, rng, printed=back_in_l1) -> Verdict:
    """Each round against the one before; `printed` is the way back."""
    pairs = (pair for u, c, x in _drawn(count, rng) for pair in pairwise(residuals(u, c, x, back=printed)))
    return fold(certified(after, before, scope="drawn problems, exact fractions") for before, after in pairs)


def optimum_of_strip(u, c: int, x) -> Fraction:
    """The square of the minimum in (4), over all of the line along u plus the l1 ball, a strip |<v, z>| <= |v|_inf."""
    v = (-u[1], u[0])
    beyond = max(abs(_dot(v, x)) - max(abs(v[0]), abs(v[1])), 0)
    return beyond**2 * (1 - Fraction(c, 3) ** 2) / _dot(v, _times(-c, v))  # Q^-1 v is Q v, c turned, over det Q


@claim(
    "algorithm-above-optimum",
    "Section 2.2, the optimum of (4)",
    r"\min_{z \in G_1(B_2^k(r_1)) \oplus B_1^p(r_2)} \Vert A x - A G_2(z) \Vert"
    r" \leq \Vert A x - A G_2(\tilde{z}^p_t) \Vert",
    cases=[{"count": 50}],
    full=[{"count": 2000}],
    note="Theorem 1 is about the left side. Algorithm 1 may stay above it even where each of its minima is exact: "
    "0 against 0.146 in the example.",
    expected=Status.HOLDS,
)
def algorithm_above_optimum(*, count, rng, printed=optimum_of_strip) -> Verdict:
    """Each round against `printed`, the optimum."""
    scope = "drawn problems, exact fractions"
    return fold(
        certified(printed(u, c, x), square, scope=scope)
        for u, c, x in _drawn(count, rng)
        for square in residuals(u, c, x)
    )
