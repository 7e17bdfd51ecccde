"""The mean of t draws, (10) to (14): each step from the mean square distance to its bound.

The same number is found from all t-tuples of draws, from the binomial law of one coordinate, or by adding up t draws of
that coordinate; as in covering_maurey, exact fractions at enough points are a proof.
"""

import itertools
import math
from collections.abc import Callable
from fractions import Fraction
from functools import cache, reduce

from ilo_theory import nets
from ilo_theory.claims.covering_maurey import EVERY_X, Vector, draw, lattice, moments, same
from ilo_theory.verdict import Evidence, Status, Verdict, certified, claim, fold, identical

Law = dict[Fraction, Fraction]
"""The values of a random number, and their probabilities."""

MORE = [{"d": d, "t": t} for d in (1, 2, 3) for t in (1, 2, 3)]
MEANS = MORE[:-1]


def all_sums(d: int, t: int) -> set[tuple[int, ...]]:
    """List t Z-bar/r for every x: the sums of t of the 2d + 1 values, over all t-tuples."""
    values = [(0,) * d, *(tuple(sign * (i == j) for j in range(d)) for i in range(d) for sign in (1, -1))]
    return {tuple(map(sum, zip(*draws, strict=True))) for draws in itertools.product(values, repeat=t)}


@claim(
    "maurey-average",
    "Theorem 2, Eq. (10)",
    r"\bar{Z} = \frac{1}{t} \sum_{i=1}^t Z_i; \quad \mathrm{all\ of\ them\ are\ } r z / t, \ \Vert z \Vert_1 \leq t",
    cases=[{"d": d, "t": t} for d, most in ((1, 6), (2, 4), (3, 3), (4, 2)) for t in range(1, most + 1)],
    expected=Status.HOLDS,
)
def maurey_average(*, d, t, printed=nets.maurey_net) -> Verdict:
    """The net against the list: as many points in both as in either."""
    sums = all_sums(d, t)
    net = {tuple(map(round, row)) for row in (t * printed(d, 1.0, t)).tolist()}
    return identical(len(sums & net), len(sums | net), scope="all tuples listed", evidence=Evidence.DEFINITION)


@cache
def outcomes(x: Vector, t: int) -> list[tuple[Vector, Fraction]]:
    """List the values of Z-bar with their probabilities, over all t-tuples of draws."""
    draws = itertools.product([(z, share) for z, share in draw(x) if share], repeat=t)
    return [
        (tuple(sum(z[j] for z, _ in row) / t for j in range(len(x))), math.prod(share for _, share in row))
        for row in draws
    ]


def _expectation(x: Vector, t: int, value: Callable[[Vector], Fraction]) -> Fraction:
    """E value(Z-bar)."""
    return sum(share * value(z) for z, share in outcomes(x, t))


def mean_square(x: Vector, t: int) -> Fraction:
    """Find E |Z-bar - x|^2 as E |Z-bar|^2 - 2 E <Z-bar, x> + |x|^2."""
    square = _expectation(x, t, lambda z: sum(z_j * z_j for z_j in z))
    return square - 2 * _expectation(x, t, lambda z: _inner(z, x)) + _inner(x, x)


def _inner(a: Vector, b: Vector) -> Fraction:
    return sum(a_j * b_j for a_j, b_j in zip(a, b, strict=True))


def _variance_of(law: Law) -> Fraction:
    mean = sum(value * share for value, share in law.items())
    return sum(value * value * share for value, share in law.items()) - mean**2


def _binomial(x_j: Fraction, t: int) -> Law:
    """The law of coordinate j of Z-bar: the number of draws that fall on its axis, over t, with the sign of x_j."""
    share, sign = abs(x_j), 1 if x_j > 0 else -1
    return {Fraction(sign * b, t): math.comb(t, b) * share**b * (1 - share) ** (t - b) for b in range(t + 1)}


def _convolution(x_j: Fraction, t: int) -> Law:
    """The law of 1/t times the sum of t independent draws of coordinate j, draw by draw."""
    one = {Fraction(1 if x_j > 0 else -1, t): abs(x_j), Fraction(0): 1 - abs(x_j)}

    def add(law: Law, other: Law) -> Law:
        total: Law = {}
        for (a, p), (b, q) in itertools.product(law.items(), other.items()):
            total[a + b] = total.get(a + b, 0) + p * q
        return total

    return reduce(add, [one] * t)


def _degree(t: int) -> int:
    """That of all that follows: t from the probabilities, 2 from the square; the square of a mean has 2t."""
    return max(t + 2, 2 * t)


@claim(
    "maurey-coordinates",
    "Theorem 2, Eq. (11)",
    r"E \Vert \bar{Z} - x \Vert^2 = E \left[\sum_j (\bar{Z}_j - x_j)^2\right]",
    cases=MEANS,
    full=MORE,
    expected=Status.HOLDS,
)
def maurey_coordinates(*, d, t, printed=lambda gap: gap * gap) -> Verdict:
    """By inner products, and coordinate by coordinate in each outcome."""

    def summed(x: Vector) -> Fraction:
        return _expectation(x, t, lambda z: sum(printed(a - b) for a, b in zip(z, x, strict=True)))

    return same((x, mean_square(x, t), summed(x)) for x in lattice(d, t + 2))


@claim(
    "maurey-linearity",
    "Theorem 2, Eq. (12)",
    r"E \left[\sum_j (\bar{Z}_j - x_j)^2\right] = \sum_j E \left[(\bar{Z}_j - x_j)^2\right] = \sum_j V(\bar{Z}_j)",
    cases=MEANS,
    full=MORE,
    expected=Status.HOLDS,
)
def maurey_linearity(*, d, t, printed=_variance_of) -> Verdict:
    """The sum in each outcome, each coordinate over all outcomes, and the variance of its binomial law."""

    def sides(x: Vector) -> tuple[Fraction, Fraction, Fraction]:
        joint = _expectation(x, t, lambda z: sum((a - b) ** 2 for a, b in zip(z, x, strict=True)))
        single = sum(_expectation(x, t, lambda z, j=j: (z[j] - x[j]) ** 2) for j in range(d))
        return joint, single, sum(printed(_binomial(x_j, t)) for x_j in x)

    found = {x: sides(x) for x in lattice(d, _degree(t))}
    return fold(same((x, row[i], row[i + 1]) for x, row in found.items()) for i in (0, 1))


@claim(
    "maurey-substitution",
    "Theorem 2, Eq. (13)",
    r"\sum_j V(\bar{Z}_j) = \sum_j V \left(\frac{1}{t} \sum_{i=1}^t (Z_i)_j\right)",
    cases=MEANS,
    full=MORE,
    expected=Status.HOLDS,
)
def maurey_substitution(*, d, t, printed=_convolution) -> Verdict:
    """The binomial law of a coordinate of the mean against t draws of that coordinate, added up."""

    def total(law: Callable[[Fraction, int], Law], x: Vector) -> Fraction:
        return sum(_variance_of(law(x_j, t)) for x_j in x)

    return same((x, total(_binomial, x), total(printed, x)) for x in lattice(d, _degree(t)))


@claim(
    "maurey-mean-square",
    "Theorem 2, from (13) to (14)",
    r"\sum_j V \left(\frac{1}{t} \sum_{i=1}^t (Z_i)_j\right) = \frac{1}{t^2} t \sum_j V(Z_j)",
    cases=MEANS,
    full=MORE,
    note="The coordinates of one draw are dependent, but only variances are added.",
    expected=Status.HOLDS,
)
def maurey_mean_square(*, d, t, printed=lambda t, variance: t * variance / t**2) -> Verdict:
    """t draws added up against the variances of one."""
    found = ((x, sum(_variance_of(_convolution(x_j, t)) for x_j in x)) for x in lattice(d, _degree(t)))
    return same((x, variance, printed(t, sum(moments(x)[1]))) for x, variance in found)


def _error(d: int, t: int, printed: Callable) -> Verdict:
    """The mean square is printed(|x|_1, |x|_2^2, t), and that is at most 1/t; r = 1."""
    stated = {x: printed(sum(map(abs, x)), sum(x_i**2 for x_i in x), t) for x in lattice(d, t + 2)}
    at_most = certified(max(stated.values()), Fraction(1, t), scope=EVERY_X, evidence=Evidence.PROOF)
    return fold([same((x, mean_square(x, t), value) for x, value in stated.items()), at_most])


@claim(
    "maurey-error",
    "Theorem 2, Eq. (14)",
    r"E \Vert \bar{Z} - x \Vert^2 = \frac{r \Vert x \Vert_1}{t} \leq \frac{r^2}{t}",
    cases=MEANS,
    full=MORE,
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
    full=MORE,
    expected=Status.HOLDS,
)
def maurey_error_exact(*, d, t, printed=lambda norm, square, t: (norm - square) / t) -> Verdict:
    """Against all t-tuples of draws."""
    return _error(d, t, printed)
