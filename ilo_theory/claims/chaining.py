"""The chain of nets in the proof of Lemma 4: what it is made of, (45) to (48), and which method bounds which net."""

import itertools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import sympy as sp
import torch

from ilo_theory import bounds, nets
from ilo_theory.bounds.chaining import deviation
from ilo_theory.claims.chaining_algebra import LETTERS, least_coefficient, proved, step
from ilo_theory.verdict import Evidence, Status, Verdict, certified, claim, fold, identical

# --- The nets ---------------------------------------------------------------------------------------------------------


def smallest_net(length: Fraction, delta: Fraction, fixed: Sequence[Fraction] = ()) -> int:
    """The size of the smallest delta-net of [0, length] that holds the points `fixed`, exactly.

    A piece that they leave uncovered needs ceil(its length / 2 delta) points, and no point serves two pieces.
    """
    ends = [(Fraction(0), Fraction(0)), *sorted((x - delta, x + delta) for x in fixed), (length, length)]
    gaps = [max(Fraction(0), low - high) for (_, high), (low, _) in itertools.pairwise(ends)]
    return len(fixed) + sum(math.ceil(gap / (2 * delta)) for gap in gaps)


@claim(
    "nested-minimal-nets",
    "Lemma 4, the proof, nested nets",
    r"N_0 \subseteq N_1 \subseteq \ldots \subseteq N_l, \quad \vert N_i \vert = N(\delta_i, S)",
    cases=[{"delta": Fraction(1, n)} for n in (2, 4, 6)],
    corrected="minimal-nets-grow",
    note="Need not exist. Only |N_i| ≤ |N_{i+1}| is used.",
    expected=Status.REFUTED,
)
def nested_minimal_nets(*, delta, printed=2) -> Verdict:
    """S = [0, 1]: for delta = 1/2n the minimal net is one alone, and half of delta needs 2n points without its own.

    `printed` is the ratio of delta_i to delta_{i+1}.
    """
    cells = int(1 / (2 * delta))
    net = [(2 * cell + 1) * delta for cell in range(cells)]
    finer = delta / printed
    scope = "S = [0, 1], the smallest net that has the coarse one within it against the smallest of all"
    sizes = smallest_net(Fraction(1), finer, net), smallest_net(Fraction(1), finer)
    return certified(*sizes, scope=scope, coarse=[*map(str, net)])


def _drawn(count: int, d: int, rng: torch.Generator) -> torch.Tensor:
    return torch.rand(count, d, generator=rng, dtype=torch.float64)


@claim(
    "minimal-nets-grow",
    "Lemma 4, nested nets corrected",
    r"\vert N_i \vert \leq \vert N_{i+1} \vert, \quad \vert N_i \vert = N(\delta 2^{-i}, S)",
    cases=[{"d": d, "count": 30, "delta": 1.0} for d in (1, 2, 3)],
    full=[{"d": d, "count": 60, "delta": delta} for d in (1, 2, 3) for delta in (0.7, 1.0)],
    note="A net at δ_{i+1} is one at δ_i.",
    expected=Status.HOLDS,
)
def minimal_nets_grow(*, d, count, delta, rng, printed=1) -> Verdict:
    """Four scales of drawn sets; `printed` is the power of |N_{i+1}|."""
    points = _drawn(count, d, rng)
    sizes = [nets.covering_number(points, delta / 2**i) for i in range(4)]
    scope = "drawn finite sets, exact numbers"
    return fold(certified(small, large**printed, scope=scope) for small, large in itertools.pairwise(sizes))


# --- The differences --------------------------------------------------------------------------------------------------


def differences(fine: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
    """T_i: all y - x, y in the finer net and x in the coarser one, each once."""
    return (fine[:, None] - coarse[None]).flatten(0, 1).unique(dim=0)


SUBSETS = [{"d": 1, "side": 5}, {"d": 2, "side": 2}]


def _pairs_of_sets(d: int, side: int) -> list[tuple[tuple, tuple]]:
    """All pairs of non-empty sets of points of the grid {0, ..., side - 1}^d."""
    grid = [*itertools.product(range(side), repeat=d)]
    sets = [s for size in range(1, len(grid) + 1) for s in itertools.combinations(grid, size)]
    return [*itertools.product(sets, repeat=2)]


@claim(
    "chain-differences",
    "Lemma 4, Eq. (45)",
    r"T_i = \lbrace x_{i+1} - x_i : x_{i+1} \in N_{i+1}, x_i \in N_i \rbrace",
    cases=SUBSETS,
    expected=Status.HOLDS,
)
def chain_differences(*, d, side, printed=differences) -> Verdict:
    """Our T_i against the definition, read element by element: how many vectors are in one and not in the other."""

    def amiss(fine: tuple, coarse: tuple) -> int:
        ours = {tuple(row) for row in printed(torch.tensor(fine), torch.tensor(coarse)).tolist()}
        return len(ours ^ {tuple(y - x for y, x in zip(a, b, strict=True)) for a in fine for b in coarse})

    wrong = sum(amiss(fine, coarse) for fine, coarse in _pairs_of_sets(d, side))
    return identical(wrong, 0, scope="all pairs of subsets of a grid", evidence=Evidence.DEFINITION)


@claim(
    "difference-count",
    "Lemma 4, Eq. (47)",
    r"\log \vert T_i \vert \leq \log \vert N_{i+1} \vert + \log \vert N_i \vert",
    cases=SUBSETS,
    expected=Status.HOLDS,
)
def difference_count(*, d, side, printed=lambda fine, coarse: fine * coarse) -> Verdict:
    """All pairs of subsets, in integers; the map (y, x) -> y - x is onto T_i."""
    worst = {}
    for fine, coarse in _pairs_of_sets(d, side):
        sizes, count = (len(fine), len(coarse)), len({tuple(map(int.__sub__, y, x)) for y in fine for x in coarse})
        worst[sizes] = max(worst.get(sizes, 0), count)
    scope = "any two sets, as images of their product; all pairs of subsets of a grid compared"
    return fold(certified(n, printed(*sizes), scope=scope, evidence=Evidence.PROOF) for sizes, n in worst.items())


def smallest_cover(points: torch.Tensor, delta: float) -> torch.Tensor:
    """A smallest delta-net of a finite set by its own points."""
    near = torch.cdist(points, points) <= delta
    for size in itertools.count(1):
        for rows in itertools.combinations(range(len(points)), size):
            if near[[*rows]].any(0).all():
                return points[[*rows]]


@claim(
    "difference-count-fine",
    "Lemma 4, Eq. (48)",
    r"\log \vert T_i \vert \leq 2 \log \vert N_{i+1} \vert",
    cases=[{"d": d, "count": 14, "delta": delta} for d in (1, 2) for delta in (0.3, 0.6)],
    note="By |N_i| ≤ |N_{i+1}| of minimal nets.",
    expected=Status.HOLDS,
)
def difference_count_fine(*, d, count, delta, rng, printed=2) -> Verdict:
    """Minimal nets of drawn finite sets, laid out; `printed` is the factor."""
    points = _drawn(count, d, rng)
    coarse, fine = (smallest_cover(points, radius) for radius in (delta, delta / 2))
    scope = "drawn finite sets, minimal nets laid out"
    return certified(math.log(len(differences(fine, coarse))), printed * math.log(len(fine)), scope=scope)


# --- The union bound --------------------------------------------------------------------------------------------------


def planar_failure(vectors: list[tuple[float, float, float]]) -> float:
    """P(|<g, t>| > (1 + epsilon) ||t|| for a t), g standard normal in the plane, for (t_1, t_2, epsilon) listed.

    In polar coordinates: the mean over the angle of e^(-rho^2/2), rho the distance to the boundary.
    """
    angles = (np.arange(20_000) + 0.5) * (2 * math.pi / 20_000)
    squared = np.full_like(angles, np.inf)
    for x, y, epsilon in vectors:
        cosines = np.cos(angles - math.atan2(y, x))
        squared = np.minimum(squared, ((1 + epsilon) / cosines) ** 2)
    return float(np.exp(-squared / 2).mean())


def tail_steps(printed: Callable) -> list[tuple[float, float]]:
    """Why P(||At|| >= (1 + epsilon) ||t||) <= f for epsilon = printed(m, log(2/f)).

    Chernoff: log P <= -m/2 (a - 1 - log a), a = (1 + epsilon)^2. It is <= -m epsilon^2/2, as 2 epsilon -
    2 log(1 + epsilon) starts at 0 and its derivative times 1 + epsilon is a polynomial. And m epsilon^2/2 >= log(2/f):
    m times the difference is a polynomial in m and that logarithm, a.
    """
    e, m, a = LETTERS.v, LETTERS.b, LETTERS.a
    slope = sp.cancel(sp.diff(2 * e - 2 * sp.log(1 + e), e) * (1 + e))
    enough = sp.cancel(m * (m * printed(m, a) ** 2 / 2 - a))
    return [(0, least_coefficient(slope, "v")), (0, least_coefficient(enough, "a b"))]


@claim(
    "chain-union",
    "Lemma 4, Eq. (46)",
    r"P(\Vert At \Vert \leq (1+\epsilon_i) \Vert t \Vert \ \forall i, \forall t \in T_i) \geq "
    r"1 - \sum_{i=0}^{l-1} \vert T_i \vert f_i, \quad \epsilon_i = 2 + \frac{4}{m} \log \frac{2}{f_i}",
    cases=[{"sides": sides, "failure": failure} for sides in (3, 8) for failure in (0.5, 1e-2, 1e-4)],
    expected=Status.HOLDS,
)
def chain_union(*, sides, failure, printed=deviation) -> Verdict:
    """By Boole's inequality and the tail of one vector; the probability of failing itself for m = 1, n = 2.

    S holds the corners of a regular polygon and 0, and its nets {0}, S. `printed` is epsilon(m, log(2/f)).
    """
    corners = [(math.cos(2 * math.pi * s / sides), math.sin(2 * math.pi * s / sides)) for s in range(sides)]
    epsilon = float(printed(1, math.log(2 / failure)))
    exact = planar_failure([(x, y, epsilon) for x, y in corners])
    scope = "every finite T_i and every m, by Chernoff's and Boole's inequalities; compared for m = 1, n = 2"
    return proved(exact, sides * failure, *tail_steps(printed), scope=scope)


# --- Section 3.3: which method at which scale -------------------------------------------------------------------------


@claim(
    "order-of-methods",
    "Section 3.3, the order of the two methods",
    r"K^2 4^i \log(2p+1) \leq p \log(4K 2^i) \ \mathrm{for\ } K 2^i \leq \sqrt{p/2}, \quad "
    r"\geq \mathrm{\ for\ } K 2^i \geq 1.2 \sqrt{p}",
    cases=[{"p": dimension} for dimension in (2, 10, 512, 10**4, 10**6)],
    note="'We switch from volumetric epsilon-nets to Maurey's method' reads the scales upwards, from fine to coarse; "
    "along the chain, which refines, Maurey's method comes first.",
    expected=Status.HOLDS,
)
def order_of_methods(*, p, printed=(bounds.maurey_entropy, bounds.volumetric_entropy)) -> Verdict:
    """`printed` is the method for coarse and for fine scales; each must be the smaller bound where it is used.

    p log 4s - s^2 log(2p + 1) is concave in s: for the coarse scales the ends s = 1 and sqrt(p/2) decide. At the latter
    it is p/2 log(8p/(2p + 1)), at the former >= log(4/3) for p = 1, and it grows with p. From 1.2 sqrt(p) on it falls,
    as 2.88 log(2p + 1) > 1, and there it is negative, as (2p + 1)^2.88 / 23.04p grows with p from more than 1.
    """
    scope = "every K, p and i by concavity; the ends compared at"
    coarse, fine = printed
    ends = [(coarse, fine, 1.0), (coarse, fine, math.sqrt(p / 2)), (fine, coarse, 1.2 * math.sqrt(p))]
    sides = [(used(p, s, 1.0), other(p, s, 1.0)) for used, other, s in ends]
    verdicts = [certified(*pair, scope=scope, evidence=Evidence.PROOF) for pair in sides]
    return fold([*verdicts, step(math.log(23.04), 2.88 * math.log(3), scope)])
