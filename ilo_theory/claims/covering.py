"""Covers and packings of any set: Definitions 2 and 3, Lemma 2, (22) and the step to (23), nets of Minkowski sums.

All numbers are exact, on finite sets: an integer programme finds them, and the definitions go through all subsets.
A claim takes its printed side as `printed`, in this family and in every other.
"""

import itertools
import math
from collections.abc import Iterator

import torch
from torch import Tensor

from ilo_theory import nets
from ilo_theory.verdict import Evidence, Status, Verdict, certified, claim, fold, identical

# Among integer points many distances equal these delta: there < and <= part.
TIES = (0.5, 1.0, math.sqrt(2), 2.0)
TIED = [{"d": d, "t": t, "delta": delta} for d, t in ((1, 4), (2, 2), (3, 1)) for delta in TIES]
DRAWN = [{"d": d, "count": 11, "delta": delta} for d in (1, 2, 3) for delta in (0.1, 0.3, 0.6)]
LARGER = [{"d": d, "count": 30, "delta": delta} for d in (1, 2, 3) for delta in (0.1, 0.3, 0.6)]
BRUTE_FORCE = "finite sets, against all their subsets"
EXACT = "finite sets, with exact numbers"


def _finite_set(d: int, t: int, count: int, rng: torch.Generator) -> Tensor:
    """The integer points with |z|_1 <= t, or `count` points drawn from the unit cube."""
    return torch.rand(count, d, generator=rng, dtype=torch.float64) if count else nets.integer_points(d, t)


def _subsets(points: Tensor) -> Iterator[tuple]:
    """All non-empty subsets, the small ones first."""
    rows = [tuple(row) for row in points.tolist()]
    return itertools.chain.from_iterable(itertools.combinations(rows, n) for n in range(1, len(rows) + 1))


@claim(
    "covering-number",
    "Definition 2",
    r"N(\delta, T) = \min_{C \subset T} \vert C \vert : \min_{c \in C} \rho(\theta, c) \leq \delta \ \forall \theta",
    cases=TIED + DRAWN,
    note="Read with i in [M] for [N]. Such covers are internal, so that N is not monotone under inclusion.",
    expected=Status.HOLDS,
)
def covering_number(*, d, delta, t=0, count=0, rng, printed=nets.covering_number) -> Verdict:
    """The integer programme against all subsets."""
    points = _finite_set(d, t, count, rng)
    rows = points.tolist()
    smallest = next(c for c in _subsets(points) if all(any(math.dist(x, y) <= delta for y in c) for x in rows))
    return identical(printed(points, delta), len(smallest), scope=BRUTE_FORCE, evidence=Evidence.DEFINITION)


@claim(
    "packing-number",
    "Definition 3",
    r"M(\delta, T) = \max_{P \subset T} \vert P \vert : \rho(\theta, \theta') > \delta \ \forall \theta \neq \theta'",
    cases=TIED + DRAWN,
    expected=Status.HOLDS,
)
def packing_number(*, d, delta, t=0, count=0, rng, printed=nets.packing_number) -> Verdict:
    """The integer programme against all subsets."""
    points = _finite_set(d, t, count, rng)
    apart = (p for p in _subsets(points) if all(math.dist(x, y) > delta for x, y in itertools.combinations(p, 2)))
    return identical(printed(points, delta), max(map(len, apart)), scope=BRUTE_FORCE, evidence=Evidence.DEFINITION)


@claim(
    "packing-and-covering",
    "Lemma 2, Eq. (7)",
    r"M(2\delta, T, \rho) \leq N(\delta, T, \rho) \leq M(\delta, T, \rho)",
    cases=TIED + DRAWN + LARGER,
    expected=Status.HOLDS,
)
def packing_and_covering(*, d, delta, t=0, count=0, rng, printed=2) -> Verdict:
    """Both inequalities; `printed` is the factor on the left."""
    points = _finite_set(d, t, count, rng)
    size = nets.covering_number(points, delta)
    below = certified(nets.packing_number(points, printed * delta), size, scope=EXACT)
    return fold([below, certified(size, nets.packing_number(points, delta), scope=EXACT)])


@claim(
    "packing-monotone",
    "Corollary 1, M(δ) ≤ M(δ/2)",
    r"M(\delta, T) \leq M(\delta/2, T)",
    cases=TIED + DRAWN + LARGER,
    expected=Status.HOLDS,
)
def packing_monotone(*, d, delta, t=0, count=0, rng, printed=0.5) -> Verdict:
    """`printed` is the factor on the right."""
    points = _finite_set(d, t, count, rng)
    return certified(nets.packing_number(points, delta), nets.packing_number(points, printed * delta), scope=EXACT)


@claim(
    "covering-below-packing",
    "Corollary 1, Eq. (22)",
    r"N(\delta, T) \leq M(\delta, T)",
    cases=TIED + DRAWN + LARGER,
    expected=Status.HOLDS,
)
def covering_below_packing(*, d, delta, t=0, count=0, rng, printed=1) -> Verdict:
    """`printed` is the factor on the right."""
    points = _finite_set(d, t, count, rng)
    return certified(nets.covering_number(points, delta), nets.packing_number(points, printed * delta), scope=EXACT)


@claim(
    "covering-below-half-packing",
    "Corollary 1, the step to (23)",
    r"N(\delta, T) \leq M(\delta, T) \leq M(\delta/2, T)",
    cases=TIED + DRAWN + LARGER,
    note="What (21) and (22) give, apart from the bound.",
    expected=Status.HOLDS,
)
def covering_below_half_packing(*, d, delta, t=0, count=0, rng, printed=0.5) -> Verdict:
    """The two ends; `printed` is the factor on the right."""
    points = _finite_set(d, t, count, rng)
    return certified(nets.covering_number(points, delta), nets.packing_number(points, printed * delta), scope=EXACT)


# --- Section 3.3: the net of a sum of two sets ------------------------------------------------------------------------


def _sum(a: Tensor, b: Tensor) -> Tensor:
    """The Minkowski sum of two finite sets, each point once."""
    return (a[:, None] + b[None]).flatten(0, 1).unique(dim=0)


def _sum_of_nets(d: int, t: int, epsilon: float, share: float) -> Verdict:
    """N(epsilon, S1 + S2) <= N(share epsilon, S1) N(share epsilon, S2) for a lattice ball S1 and a cube S2."""
    one = nets.integer_points(d, t)
    two = torch.cartesian_prod(*[torch.arange(3)] * d).reshape(-1, d)
    product = nets.covering_number(one, share * epsilon) * nets.covering_number(two, share * epsilon)
    return certified(nets.covering_number(_sum(one, two), epsilon), product, scope=EXACT)


SUMMANDS = ((1, 1), (1, 4), (2, 1), (2, 2))
SUMS = [{"d": d, "t": t, "epsilon": epsilon} for d, t in SUMMANDS for epsilon in (1.0, 1.5, 2.0, 3.0)]


@claim(
    "sum-of-nets",
    "Section 3.3, the net of a sum",
    r"N(\epsilon, S_1 \oplus S_2) \leq N(\epsilon, S_1) \cdot N(\epsilon, S_2)",
    cases=SUMS,
    corrected="sum-of-half-nets",
    note="The sum of two nets is a net at twice the radius: this changes constants only.",
    expected=Status.REFUTED,
)
def sum_of_nets(*, d, t, epsilon, printed=1.0) -> Verdict:
    """`printed` is the share of epsilon that each net has."""
    return _sum_of_nets(d, t, epsilon, printed)


@claim(
    "sum-of-half-nets",
    "Section 3.3, the net of a sum, corrected",
    r"N(\epsilon, S_1 \oplus S_2) \leq N(\epsilon/2, S_1) \cdot N(\epsilon/2, S_2)",
    cases=SUMS,
    expected=Status.HOLDS,
)
def sum_of_half_nets(*, d, t, epsilon, printed=0.5) -> Verdict:
    """`printed` is the share of epsilon that each net has."""
    return _sum_of_nets(d, t, epsilon, printed)
