"""The table of symbols: what each letter stands for, against its definition on finite sets."""

import itertools
import math
from fractions import Fraction

import torch

from ilo_theory import balls, nets
from ilo_theory.verdict import Evidence, Status, Verdict, claim, fold, identical


@claim(
    "symbols-numbers",
    "Symbols, N and M",
    r"N(\delta, \Theta, \Vert \cdot \Vert_q), \ M(\delta, \Theta, \Vert \cdot \Vert_q): "
    r"\mathrm{the\ sizes\ of\ a\ least\ cover\ and\ a\ largest\ packing}",
    cases=[{"count": count, "delta": Fraction(n, 2)} for count in (1, 2, 7, 20) for n in range(9)],
    note="The table says 'δ-cover', and everywhere the number is meant. On a line all the norms are one.",
    expected=Status.HOLDS,
)
def symbols_numbers(
    *, count, delta, printed=lambda n, steps: (-(-n // (2 * steps + 1)), -(-n // (steps + 1)))
) -> Verdict:
    """The numbers of `count` whole points in a row; `printed` gives both, from how many steps delta spans."""
    points = torch.arange(count, dtype=torch.float64)[:, None]
    found = nets.covering_number(points, float(delta)), nets.packing_number(points, float(delta))
    pairs = zip(printed(count, int(delta)), found, strict=True)
    return fold(identical(lhs, rhs, scope="points in a row", evidence=Evidence.DEFINITION) for lhs, rhs in pairs)


PROJECTIONS = balls.project_l1_ball, balls.project_l2_ball


@claim(
    "symbols-balls",
    "Symbols, the balls",
    r"B_q^k(r) = \mathrm{all\ } x \in R^k: \ \Vert x \Vert_q \leq r",
    cases=[{"k": k, "q": q, "r": r} for k in (1, 2, 3) for q in (1, 2) for r in (0.5, 1.0, 2.0, 2.25, 5.0)],
    expected=Status.HOLDS,
)
def symbols_balls(*, k, q, r, printed=PROJECTIONS) -> Verdict:
    """Points with whole coordinates that the projection leaves where they are, against the norm in integers."""
    rows = list(itertools.product(range(-6, 7), repeat=k))
    x = torch.tensor(rows, dtype=torch.float64)
    unmoved = int(((printed[q - 1](x, r) - x).abs().amax(1) < 1e-12).sum())
    inside = sum(sum(abs(z) ** q for z in row) <= Fraction(r) ** q for row in rows)
    return identical(unmoved, inside, scope="whole coordinates up to 6", evidence=Evidence.DEFINITION)


@claim(
    "symbols-sum",
    "Symbols, the Minkowski sum",
    r"S_1 \oplus S_2 = \mathrm{all\ } x + y: \ x \in S_1, y \in S_2; \quad B_1^k(r) \oplus B_1^k(r') = B_1^k(r + r')",
    cases=[{"k": k, "r": r, "other": other} for k in (1, 2, 3) for r in (0, 1, 2, 3) for other in (0, 1, 2)],
    expected=Status.HOLDS,
)
def symbols_sum(*, k, r, other, printed=lambda r, other: r + other) -> Verdict:
    """The whole points of two balls, added pair by pair, against those of one; `printed` gives its radius."""
    one, two = (nets.integer_points(k, radius).tolist() for radius in (r, other))
    sums = {tuple(a + b for a, b in zip(x, y, strict=True)) for x, y in itertools.product(one, two)}
    ball = {tuple(row) for row in nets.integer_points(k, printed(r, other)).tolist()}
    return identical(len(sums & ball), len(sums | ball), scope="whole points", evidence=Evidence.DEFINITION)


def _inner(u: list[float], w: list[float]) -> float:
    """<u, w>, rounded once: exactly odd in u."""
    return math.fsum(a * b for a, b in zip(u, w, strict=True))


@claim(
    "symbols-complexity",
    "Symbols, the Gaussian complexity",
    r"E_w \sup_{u \in T} \vert u^T w \vert = E_w \sup_{u \in T \cup -T} u^T w = \mathcal{G}(T \cup -T)",
    cases=[{"d": d, "count": count} for d in (1, 2, 3, 10) for count in (1, 2, 20)],
    note="𝒢 is used as the width, without |·|. On a symmetric set, such as a ball, it is the complexity.",
    expected=Status.HOLDS,
)
def symbols_complexity(*, d, count, rng, printed=(1, -1)) -> Verdict:
    """For each of ten w; `printed` holds the signs with which T enters."""
    T, vectors = (torch.randn(n, d, generator=rng, dtype=torch.float64).tolist() for n in (count, 10))
    union = [[sign * u_i for u_i in u] for u in T for sign in printed]
    pairs = [(max(abs(_inner(u, w)) for u in T), max(_inner(u, w) for u in union)) for w in vectors]
    scope = "pathwise, seeded draws of T and w"
    return fold(identical(lhs, rhs, scope=scope, evidence=Evidence.DEFINITION) for lhs, rhs in pairs)
