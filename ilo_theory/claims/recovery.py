"""What is recovered, and from what: measurements, the extended range, and the two optima (3) and (4) in it.

The set of latents is compact and G2 is continuous, so both minima are attained. Here k = p = 1, G1(z) = 2z, and G2 runs
along a polygon with whole corners: its minimisers are known in exact fractions. Nothing is said of their number.
"""

import itertools
from collections.abc import Callable
from fractions import Fraction

import torch

from ilo_theory import nets
from ilo_theory.operators import Gaussian, LinearOperator, PartialCirculant
from ilo_theory.verdict import Evidence, Status, Verdict, certified, claim, fold, identical

Vector = tuple[Fraction, ...]

# --- Measurements -----------------------------------------------------------------------------------------------------


def _whole(shape: tuple[int, ...], rng: torch.Generator) -> torch.Tensor:
    return torch.randint(-9, 10, shape, generator=rng, dtype=torch.float64)


def _operator(kind: str, m: int, n: int, rng: torch.Generator) -> tuple[LinearOperator, list[list[float]]]:
    """An operator of whole entries, and its matrix by definition."""
    if kind == "Gaussian":
        matrix = _whole((m, n), rng)
        return Gaussian(matrix, (n,)), matrix.tolist()
    row, signs = _whole((n,), rng), 2 * torch.randint(2, (n,), generator=rng) - 1
    matrix = [[row[(j - i) % n].item() * signs[j].item() for j in range(n)] for i in range(m)]
    return PartialCirculant(row, signs, torch.arange(m), (n,)), matrix


def _measured(matrix: list[list[float]], x: list[float], noise: list[float]) -> list[float]:
    """y = Ax + noise, entry by entry."""
    return [sum(a * b for a, b in zip(row, x, strict=True)) + w for row, w in zip(matrix, noise, strict=True)]


@claim(
    "measurement-model",
    "Section 2.1, Eq. (1)",
    r"y = A x + \mathrm{noise}, \quad A \in \mathbb{R}^{m \times n}, \ x \in \mathbb{R}^n, \ y \in \mathbb{R}^m",
    cases=[{"kind": kind, "m": m, "n": n} for kind in ("Gaussian", "circulant") for m, n in ((1, 1), (2, 7), (30, 64))],
    note="'A: R^{m×n}' is a slip for A ∈ R^{m×n}. Theorem 1 and Algorithm 1 use Ax without noise: see noisy-recovery.",
    expected=Status.HOLDS,
)
def measurement_model(*, kind, m, n, rng, printed=_measured) -> Verdict:
    """The operators of the project against sums of products."""
    operator, matrix = _operator(kind, m, n, rng)
    x, noise = _whole((n,), rng), _whole((m,), rng)
    seen = (operator(x) + noise).tolist()
    error = max(abs(round(a, 6) - b) for a, b in zip(seen, printed(matrix, x.tolist(), noise.tolist()), strict=True))
    return identical(error, 0, scope="operators of whole entries, to 6 decimals", evidence=Evidence.DEFINITION)


# --- The extended range -----------------------------------------------------------------------------------------------


def _l1(a: tuple[int, ...], b: tuple[int, ...]) -> int:
    return sum(abs(i - j) for i, j in zip(a, b, strict=True))


@claim(
    "extended-range",
    "Section 3.2, the extended range",
    r"G_1(B) \oplus B_1^p(r_2) = \lbrace z : \min_{g \in G_1(B)} \Vert z - g \Vert_1 \leq r_2 \rbrace",
    cases=[{"p": p, "r1": r1, "r2": r2} for p in (1, 2, 3) for r1 in (1, 3) for r2 in (0, 1, 2)],
    note="The Minkowski sum of the range of the first generator and the l1 ball is that range, dilated.",
    expected=Status.HOLDS,
)
def extended_range(*, p, r1, r2, printed=_l1) -> Verdict:
    """All sums against all whole points within a distance, which is `printed`; G1(z) = (z, |z|, -z)."""
    reached = [(z, abs(z), -z)[:p] for z in range(-r1, r1 + 1)]
    ball = nets.integer_points(p, r2).tolist()
    sums = {tuple(map(sum, zip(g, b, strict=True))) for g in reached for b in ball}
    box = itertools.product(range(-r1 - r2 - 1, r1 + r2 + 2), repeat=p)
    dilated = {z for z in box if min(printed(z, g) for g in reached) <= r2}
    return identical(len(sums ^ dilated), 0, scope="whole points, all of them", evidence=Evidence.DEFINITION)


# --- The two optima ---------------------------------------------------------------------------------------------------


POLYGONS = {
    "V": [(-4, (-4, 4)), (0, (0, 0)), (4, (4, 4))],
    "zigzag": [(-4, (0, 0)), (-2, (3, 1)), (0, (0, 2)), (2, (3, 3)), (4, (0, 4))],
    "loop": [(-4, (-2, 0)), (-2, (2, 0)), (0, (2, 2)), (2, (-2, 2)), (4, (-2, -1))],
}
IDENTITY = ((1, 0), (0, 1))
TARGETS = ((0, 2), (1, 1), (3, 2), (9, 9), (0, -5))
OPTIMA = [{"polygon": polygon, "x": x, "r1": 1, "r2": r2} for polygon in POLYGONS for x in TARGETS for r2 in (0, 1, 2)]


def _apply(matrix: tuple[tuple[int, ...], ...], x: Vector) -> Vector:
    return tuple(sum(a * b for a, b in zip(row, x, strict=True)) for row in matrix)


def in_extended_range(t: Fraction, r1: int, r2: int) -> bool:
    """Whether t = 2z + b with |z| <= r1 and |b| <= r2."""
    return abs(t - 2 * max(-r1, min(r1, t / 2))) <= r2


def _on_segment(a: Vector, b: Vector, y: Vector) -> tuple[Fraction, list[Fraction]]:
    """The least |a + s (b - a) - y|^2 over 0 <= s <= 1, and the s that have it: one, or both ends for all of them."""
    step, gap = [q - p for p, q in zip(a, b, strict=True)], [q - p for p, q in zip(a, y, strict=True)]
    square = sum(q * q for q in step)
    s = sum(p * q for p, q in zip(step, gap, strict=True)) / square if square else Fraction(0)
    s = max(Fraction(0), min(Fraction(1), s))
    value = sum((s * q - p) ** 2 for p, q in zip(gap, step, strict=True))
    return value, [s] if square else [Fraction(0), Fraction(1)]


def point_at(polygon: str, t: Fraction) -> Vector:
    """G2(t)."""
    for (t0, a), (t1, b) in itertools.pairwise(POLYGONS[polygon]):
        if t0 <= t <= t1:
            return tuple(p + (t - t0) / Fraction(t1 - t0) * (q - p) for p, q in zip(a, b, strict=True))
    raise ValueError(f"`point_at(t=...)` must be on the polygon, got {t}.")


def minimisers(polygon: str, matrix, y: Vector, reach: int, member: Callable) -> tuple[Fraction, list[Fraction]]:
    """The least |A G2(t) - y|^2 over |t| <= reach that a member t attains, and these t; infinite where none does."""
    knots = sorted({Fraction(t) for t, _ in POLYGONS[polygon] if abs(t) < reach} | {Fraction(-reach), Fraction(reach)})
    values: dict[Fraction, Fraction] = {}
    for t0, t1 in itertools.pairwise(knots) if reach else [(knots[0], knots[0])]:
        value, shares = _on_segment(*(_apply(matrix, point_at(polygon, t)) for t in (t0, t1)), y)
        values |= {t0 + s * (t1 - t0): value for s in shares}
    least = min(values.values())
    attained = [t for t, value in values.items() if value == least and member(t)]
    return (least, attained) if attained else (float("inf"), [])


def _attained(polygon: str, matrix, x: Vector, r1: int, r2: int, member: Callable) -> Verdict:
    """The exact minimum against the least over a grid of the latents z and b, the ends of their intervals included."""
    y = _apply(matrix, x)
    value, where = minimisers(polygon, matrix, y, 2 * r1 + r2, lambda t: member(t, r1, r2))
    grid = {2 * Fraction(i * r1, 12) + Fraction(j * r2, 12) for i in range(-12, 13) for j in range(-12, 13)}
    images = (_apply(matrix, point_at(polygon, t)) for t in grid)
    least = min(sum((a - b) ** 2 for a, b in zip(image, y, strict=True)) for image in images)
    scope = "minimisers in exact fractions against a grid of all latents"
    return certified(value, least, scope=scope, evidence=Evidence.DEFINITION, minimisers=[*map(str, where)])


@claim(
    "true-optimum",
    "Theorem 1, Eq. (3)",
    r"\bar{z} \in \operatorname{argmin}_{z \in G_1(B_2^k(r_1)) \oplus B_1^p(r_2)} \Vert x - G_2(z) \Vert",
    cases=OPTIMA,
    note="The minimum is attained, for the set is compact. It need not be unique: (0, 2) has two nearest points on V.",
    expected=Status.HOLDS,
)
def true_optimum(*, polygon, x, r1, r2, printed=in_extended_range) -> Verdict:
    """`printed` says which latents may be chosen."""
    return _attained(polygon, IDENTITY, x, r1, r2, printed)


@claim(
    "measured-optimum",
    "Theorem 1, Eq. (4)",
    r"\tilde{z} \in \operatorname{argmin}_{z \in G_1(B_2^k(r_1)) \oplus B_1^p(r_2)} \Vert A x - A G_2(z) \Vert",
    cases=[case | {"A": A} for case in OPTIMA for A in (((1, 0),), ((0, 1),), ((1, 0), (0, 2)))],
    note="The minimum is attained. Whole segments may be minimisers, and the bound is for each: see every-optimum.",
    expected=Status.HOLDS,
)
def measured_optimum(*, polygon, x, r1, r2, A, printed=in_extended_range) -> Verdict:
    """`printed` says which latents may be chosen."""
    return _attained(polygon, A, x, r1, r2, printed)


@claim(
    "true-optimum-hidden",
    "Section 3.2, the true optimum",
    r"\mathrm{there\ are\ } x, x' : \ A x = A x', \ \bar{z}(x) \neq \bar{z}(x')",
    cases=[{"polygon": "V", "x": (1, 1)}, {"polygon": "zigzag", "x": (0, 0)}, {"polygon": "loop", "x": (2, 0)}],
    note="So no algorithm that is given Ax alone can compute the true optimum, as the paper says. Where m < n.",
    expected=Status.HOLDS,
)
def true_optimum_hidden(*, polygon, x, printed=(0, 4)) -> Verdict:
    """`printed` is x' - x, in the kernel of A = (1, 0)."""
    other = tuple(a + b for a, b in zip(x, printed, strict=True))
    sets = [minimisers(polygon, IDENTITY, point, 4, lambda t: True)[1] for point in (x, other)]
    scope = "two images with the same measurements, minimisers in exact fractions"
    same = identical(*(_apply(((1, 0),), point)[0] for point in (x, other)), scope=scope)
    common = certified(len({*sets[0]} & {*sets[1]}), 0, scope=scope, minimisers=[[*map(str, ts)] for ts in sets])
    return fold([same, common])
