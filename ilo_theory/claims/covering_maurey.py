"""Maurey's empirical method: Theorem 2 and each step of its proof.

The steps are identities between polynomials in x on each orthant, with r = 1 by scaling. Polynomials of total degree at
most n that agree at the points z/n, |z|_1 <= n, are the same: exact fractions at these points are a proof.
"""

import itertools
import math
from collections.abc import Callable, Iterable
from fractions import Fraction

from ilo_theory import bounds, entropy, nets
from ilo_theory.verdict import Evidence, Status, Verdict, certified, claim, fold, identical

Vector = tuple[Fraction, ...]

SINGLE = [{"d": d} for d in (1, 2, 3, 4)]
MEANS = [{"d": d, "t": t} for d in (1, 2, 3) for t in (1, 2, 3)]
EVERY_S = "every real s = r/δ up to the reach, by explicit nets with computed radii"
EVERY_X = "every x in the ball and every r, by exact fractions at enough points to determine the polynomials"


# --- The random mean --------------------------------------------------------------------------------------------------


def _points(d: int, degree: int) -> list[Vector]:
    """Points of B_1^d(1) that determine a polynomial of this total degree on each orthant."""
    return [tuple(Fraction(z, degree) for z in row) for row in nets.integer_points(d, degree).tolist()]


def _draw(x: Vector) -> list[tuple[Vector, Fraction]]:
    """The values of Z with their probabilities: sgn(x_i) e_i with |x_i|, and 0."""
    axes = [tuple(Fraction((i == j) * (1 if x_i > 0 else -1)) for j in range(len(x))) for i, x_i in enumerate(x)]
    return [*zip(axes, map(abs, x), strict=True), ((Fraction(0),) * len(x), 1 - sum(map(abs, x)))]


def _moments(x: Vector) -> tuple[Vector, Vector]:
    """Mean and variance of each coordinate of Z, from its distribution."""
    draw = _draw(x)
    mean = tuple(sum(z[j] * share for z, share in draw) for j in range(len(x)))
    return mean, tuple(sum((z[j] - mean[j]) ** 2 * share for z, share in draw) for j in range(len(x)))


def _mean_square(x: Vector, t: int) -> Fraction:
    """E |Z-bar - x|^2, over all t-tuples of draws."""
    total = Fraction(0)
    for draws in itertools.product([(z, share) for z, share in _draw(x) if share], repeat=t):
        means = (sum(z[j] for z, _ in draws) / t for j in range(len(x)))
        error = sum((mean - x_j) ** 2 for mean, x_j in zip(means, x, strict=True))
        total += error * math.prod(share for _, share in draws)
    return total


def _same(sides: Iterable[tuple[Vector, Fraction, Fraction]]) -> Verdict:
    """The two sides agree at every x."""
    return fold(identical(lhs, rhs, scope=EVERY_X, evidence=Evidence.PROOF, x=[*map(str, x)]) for x, lhs, rhs in sides)


@claim(
    "maurey-draw",
    "Theorem 2, Eq. (9)",
    r"\sum_i \frac{\vert x_i \vert}{r} + \left(1 - \frac{\Vert x \Vert_1}{r}\right) = 1, \quad \mathrm{no\ share} < 0",
    cases=SINGLE,
    note="Read with x in the ball for 'x in R^d'.",
    expected=Status.HOLDS,
)
def maurey_draw(*, d, printed=_draw) -> Verdict:
    """Shares are affine on each orthant."""
    shares = {x: [share for _, share in printed(x)] for x in _points(d, 2)}
    least = certified(0, min(map(min, shares.values())), scope=EVERY_X, evidence=Evidence.PROOF)
    return fold([least, _same((x, sum(row), 1) for x, row in shares.items())])


@claim(
    "maurey-mean",
    "Theorem 2, after (9)",
    r"E[Z_i] = \mathrm{sgn}(x_i) r \cdot \frac{\vert x_i \vert}{r} = x_i",
    cases=SINGLE,
    expected=Status.HOLDS,
)
def maurey_mean(*, d, printed=lambda x_i: x_i) -> Verdict:
    """Degree 1."""
    return _same((x, mean, printed(x_i)) for x in _points(d, 2) for mean, x_i in zip(_moments(x)[0], x, strict=True))


def _variance(d: int, printed: Callable) -> Verdict:
    """Degree 3 at most."""
    return _same((x, var, printed(x_i)) for x in _points(d, 3) for var, x_i in zip(_moments(x)[1], x, strict=True))


@claim(
    "maurey-variance",
    "Theorem 2, after (9)",
    r"V[Z_i] = r \vert x_i \vert",
    cases=SINGLE,
    corrected="maurey-variance-exact",
    note="The second moment without the square of the mean. Only V ≤ r|x| is used, and that is true.",
    expected=Status.REFUTED,
)
def maurey_variance(*, d, printed=abs) -> Verdict:
    """Against the distribution of Z."""
    return _variance(d, printed)


@claim(
    "maurey-variance-exact",
    "Theorem 2, after (9), corrected",
    r"V[Z_i] = r \vert x_i \vert - x_i^2",
    cases=SINGLE,
    expected=Status.HOLDS,
)
def maurey_variance_exact(*, d, printed=lambda x_i: abs(x_i) - x_i**2) -> Verdict:
    """Against the distribution of Z."""
    return _variance(d, printed)


@claim(
    "maurey-mean-square",
    "Theorem 2, Eqs. (10)-(13)",
    r"E \Vert \bar{Z} - x \Vert^2 = \frac{1}{t^2} t \sum_j V[Z_j]",
    cases=MEANS,
    note="The coordinates of one draw are dependent, but only variances are added.",
    expected=Status.HOLDS,
)
def maurey_mean_square(*, d, t, printed=lambda t, variance: t * variance / t**2) -> Verdict:
    """All t-tuples of draws against the variances of one: formal degree t + 2."""
    return _same((x, _mean_square(x, t), printed(t, sum(_moments(x)[1]))) for x in _points(d, t + 2))


def _error(d: int, t: int, printed: Callable) -> Verdict:
    """The mean square is printed(|x|_1, |x|_2^2, t), and that is at most 1/t; r = 1."""
    stated = {x: printed(sum(map(abs, x)), sum(x_i**2 for x_i in x), t) for x in _points(d, t + 2)}
    at_most = certified(max(stated.values()), Fraction(1, t), scope=EVERY_X, evidence=Evidence.PROOF)
    return fold([_same((x, _mean_square(x, t), value) for x, value in stated.items()), at_most])


@claim(
    "maurey-error",
    "Theorem 2, Eq. (14)",
    r"E \Vert \bar{Z} - x \Vert^2 = \frac{r \Vert x \Vert_1}{t} \leq \frac{r^2}{t}",
    cases=MEANS,
    corrected="maurey-error-exact",
    note="The equality inherits the variance. What the proof needs, at most r²/t, is true.",
    expected=Status.REFUTED,
)
def maurey_error(*, d, t, printed=lambda norm, square, t: norm / t) -> Verdict:
    """Against all t-tuples of draws."""
    return _error(d, t, printed)


@claim(
    "maurey-error-exact",
    "Theorem 2, (14) corrected",
    r"E \Vert \bar{Z} - x \Vert^2 = \frac{r \Vert x \Vert_1 - \Vert x \Vert_2^2}{t} \leq \frac{r^2}{t}",
    cases=MEANS,
    expected=Status.HOLDS,
)
def maurey_error_exact(*, d, t, printed=lambda norm, square, t: (norm - square) / t) -> Verdict:
    """Against all t-tuples of draws."""
    return _error(d, t, printed)


# --- The net of all means ---------------------------------------------------------------------------------------------


MOST = {1: 40, 2: 20, 3: 8, 4: 4, 8: 12, 16: 12}


@claim(
    "maurey-net",
    "Theorem 2, after (14)",
    r"t \geq r^2 / \delta^2 \ \Rightarrow \ \mathrm{all\ } \bar{Z} \mathrm{\ cover\ } B_1^d(r) \mathrm{\ at\ } \delta",
    cases=[{"d": d, "t": t} for d in MOST for t in range(1, MOST[d] + 1)],
    note="By the first moment, which the paper calls the pigeonhole principle.",
    expected=Status.HOLDS,
)
def maurey_net(*, d, t, printed=bounds.maurey_radius) -> Verdict:
    """The net's exact covering radius."""
    scope = "nets laid out, radius by their Voronoi vertices for d ≤ 4 and as an exact extremum beyond"
    return certified(1 / entropy.maurey_reach(d, t), printed(1.0, t), scope=scope)


def _count(d: int, t: int, printed: Callable) -> Verdict:
    """The different means of t draws from the 2d + 1 values, by listing all of them."""
    values = [(0,) * d, *(tuple(sign * (i == j) for j in range(d)) for i in range(d) for sign in (1, -1))]
    sums = {tuple(map(sum, zip(*draws, strict=True))) for draws in itertools.product(values, repeat=t)}
    return identical(printed(d, t), len(sums), scope="all tuples of draws listed")


COUNTS = [{"d": d, "t": t} for d, most in ((1, 7), (2, 5), (3, 4), (4, 3)) for t in range(1, most + 1)]


@claim(
    "maurey-count",
    "Theorem 2, after (14)",
    r"\mathrm{there\ are\ } (2d+1)^t \mathrm{\ different\ } \bar{Z}",
    cases=COUNTS,
    corrected="maurey-count-exact",
    note="An upper bound, which is all that is used: the order of the draws is lost in the mean.",
    expected=Status.REFUTED,
)
def maurey_count(*, d, t, printed=lambda d, t: (2 * d + 1) ** t) -> Verdict:
    """Against the list."""
    return _count(d, t, printed)


@claim(
    "maurey-count-exact",
    "Theorem 2, the count corrected",
    r"\mathrm{there\ are\ } D(d,t) = \sum_k 2^k \binom{d}{k} \binom{t}{k} \mathrm{\ different\ } \bar{Z}",
    cases=COUNTS,
    expected=Status.HOLDS,
)
def maurey_count_exact(*, d, t, printed=nets.delannoy) -> Verdict:
    """Against the list."""
    return _count(d, t, printed)


@claim(
    "maurey-entropy",
    "Theorem 2, Eq. (8)",
    r"\log N(\delta, B_1^d(r), \Vert \cdot \Vert_2) \leq \frac{r^2}{\delta^2} \log(2d+1)",
    cases=[{"d": d, "reach": reach} for d, reach in ((1, 40.0), (2, 20.0), (3, 9.0), (4, 4.0), (8, 8.0), (16, 6.0))],
    note="The printed proof takes r²/δ² to be whole. By the exact radius of the net the statement does not need it.",
    expected=Status.HOLDS,
)
def maurey_entropy(*, d, reach, printed=bounds.maurey_entropy) -> Verdict:
    """Nets against the bound where they take over from the last one: it grows with s = r/delta."""
    return fold(
        certified((step.lower, step.upper), printed(d, 1.0, 1 / step.low if step.low else math.inf), scope=EVERY_S)
        for step in entropy.steps(d, reach)
    )
