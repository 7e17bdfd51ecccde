"""Maurey's random vertex, (9), its mean and its variance.

All are identities between polynomials in x on each orthant, with r = 1 by scaling. Polynomials of total degree at most
n that agree at the points z/n, |z|_1 <= n, are the same: exact fractions at these points are a proof.
"""

from collections.abc import Callable, Iterable
from fractions import Fraction

from ilo_theory import nets
from ilo_theory.verdict import Evidence, Status, Verdict, certified, claim, fold, identical

Vector = tuple[Fraction, ...]
SINGLE = [{"d": d} for d in (1, 2, 3, 4)]
EVERY_X = "every x in the ball and every r, by exact fractions at enough points to determine the polynomials"


def lattice(d: int, degree: int) -> list[Vector]:
    """List points of B_1^d(1) that determine a polynomial of this total degree on each orthant."""
    return [tuple(Fraction(z, degree) for z in row) for row in nets.integer_points(d, degree).tolist()]


def draw(x: Vector) -> list[tuple[Vector, Fraction]]:
    """List the values of Z with their probabilities: sgn(x_i) e_i with |x_i|, and 0."""
    axes = [tuple(Fraction((i == j) * (1 if x_i > 0 else -1)) for j in range(len(x))) for i, x_i in enumerate(x)]
    return [*zip(axes, map(abs, x), strict=True), ((Fraction(0),) * len(x), 1 - sum(map(abs, x)))]


def moments(x: Vector) -> tuple[Vector, Vector]:
    """Find mean and variance of each coordinate of Z, from its distribution."""
    law = draw(x)
    mean = tuple(sum(z[j] * share for z, share in law) for j in range(len(x)))
    return mean, tuple(sum((z[j] - mean[j]) ** 2 * share for z, share in law) for j in range(len(x)))


def same(sides: Iterable[tuple[Vector, Fraction, Fraction]]) -> Verdict:
    """Judge whether the two sides agree at every x."""
    return fold(identical(lhs, rhs, scope=EVERY_X, evidence=Evidence.PROOF, x=[*map(str, x)]) for x, lhs, rhs in sides)


@claim(
    "maurey-draw",
    "Theorem 2, Eq. (9)",
    r"\sum_i \frac{\vert x_i \vert}{r} + \left(1 - \frac{\Vert x \Vert_1}{r}\right) = 1, \quad \mathrm{no\ share} < 0",
    cases=SINGLE,
    note="Read with x in the ball for 'x in R^d'.",
    expected=Status.HOLDS,
)
def maurey_draw(*, d, printed=draw) -> Verdict:
    """Shares are affine on each orthant."""
    shares = {x: [share for _, share in printed(x)] for x in lattice(d, 2)}
    least = certified(0, min(map(min, shares.values())), scope=EVERY_X, evidence=Evidence.PROOF)
    return fold([least, same((x, sum(row), 1) for x, row in shares.items())])


@claim(
    "maurey-mean",
    "Theorem 2, the mean of Z",
    r"E[Z_i] = \mathrm{sgn}(x_i) r \cdot \frac{\vert x_i \vert}{r} = x_i",
    cases=SINGLE,
    expected=Status.HOLDS,
)
def maurey_mean(*, d, printed=lambda x_i: x_i) -> Verdict:
    """Degree 1."""
    return same((x, mean, printed(x_i)) for x in lattice(d, 2) for mean, x_i in zip(moments(x)[0], x, strict=True))


def _variance(d: int, printed: Callable) -> Verdict:
    """Degree 3 at most."""
    return same((x, var, printed(x_i)) for x in lattice(d, 3) for var, x_i in zip(moments(x)[1], x, strict=True))


@claim(
    "maurey-variance",
    "Theorem 2, the variance of Z",
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
    "Theorem 2, the variance of Z, corrected",
    r"V[Z_i] = r \vert x_i \vert - x_i^2",
    cases=SINGLE,
    expected=Status.HOLDS,
)
def maurey_variance_exact(*, d, printed=lambda x_i: abs(x_i) - x_i**2) -> Verdict:
    """Against the distribution of Z."""
    return _variance(d, printed)
