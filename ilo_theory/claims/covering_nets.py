"""Two explicit nets of the l1 ball, sharper than the paper's bounds on both sides of delta = r/sqrt(d).

*The exact net* is Maurey's, {r z/t : |z|_1 <= t}, D(d, t) points, at its true covering radius (r/2t) sqrt(min(d, 2t)),
which needs no rounding up of r^2/delta^2. *The shrunk net* holds the means of t vertices +-r e_i times
c = sqrt(t)/(1 + sqrt(t)), A(d, t) points: from every x the mean square distance is r^2/(1 + sqrt(t))^2.
"""

import itertools
import math
from collections.abc import Callable
from fractions import Fraction

from ilo_theory import bounds, nets
from ilo_theory.verdict import Evidence, Status, Verdict, certified, claim, fold, identical

LAID_OUT = [{"d": d, "t": t} for d, most in ((1, 12), (2, 10), (3, 6), (4, 4)) for t in range(1, most + 1)]
LATTICES = [{"d": d, "t": t} for d in range(1, 13) for t in range(1, d + 3)]
COUNTED = [{"d": d, "t": t} for d in (*range(1, 9), 16, 64, 512) for t in (*range(1, 9), 16, 64, 512)]
VORONOI = "nets laid out, farthest point by their Voronoi vertices"


# --- The exact net ----------------------------------------------------------------------------------------------------


@claim(
    "exact-net-radius",
    "Sharper: the exact net",
    r"\max_{x \in B_1^d(r)} \ \min_{\vert z \vert_1 \leq t} \ \Vert x - r z / t \Vert_2 = r \sqrt{\min(d, 2t)} / 2t",
    cases=LAID_OUT,
    expected=Status.HOLDS,
)
def exact_net_radius(*, d, t, printed=bounds.exact_radius) -> Verdict:
    """Voronoi vertices against the formula."""
    net = nets.maurey_net(d, 1.0, t)
    drawn = {"vertices": nets.voronoi_vertices(net, 1.0).tolist()} if d == 2 else {}
    return identical(nets.covering_radius(net, 1.0), printed(d, 1.0, t), scope=VORONOI, **drawn)


@claim(
    "exact-net-lattice",
    "Sharper: the exact net, any d",
    r"\max_{\vert y \vert_1 \leq t} \ \min_{\vert z \vert_1 \leq t} \ \Vert y - z \Vert_2^2 = \min(d, 2t) / 4",
    cases=LATTICES,
    expected=Status.HOLDS,
)
def exact_net_lattice(*, d, t, printed=lambda d, t: Fraction(min(d, 2 * t), 4)) -> Verdict:
    """The exact extremum over all fractional parts and budgets."""
    return identical(nets.lattice_radius_squared(d, t), printed(d, t), scope="exact fractions")


@claim(
    "exact-net-entropy",
    "Sharper: entropy by the exact net",
    r"t = \lceil \min(s^2, s \sqrt{d}) / 2 \rceil \mathrm{\ covers:\ } \log N(r/s, B_1^d(r)) \leq \log D(d,t), \ s > 1",
    cases=LATTICES,
    expected=Status.HOLDS,
)
def exact_net_entropy(*, d, t, printed=lambda d, t: max(Fraction(2 * t), Fraction(4 * t * t, d))) -> Verdict:
    """`printed` is the square of the largest s whose net has t; the net of t must reach it."""
    reach = Fraction(t * t) / nets.lattice_radius_squared(d, t)
    return certified(printed(d, t), reach, scope="every real s up to the last t, in exact fractions")


ALL = "all d ≥ 1 and s ≥ 1 by proof; its steps and the claim compared at"


def _instance(size: float, d: int, t: int, printed: Callable) -> Verdict:
    """The net of t against the bound where it begins to be needed: s^2 = max(1, 2(t - 1), 4(t - 1)^2 / d)."""
    s = math.sqrt(max(1, 2 * (t - 1), 4 * (t - 1) ** 2 / d))
    return certified(size, printed(d, 1.0, 1 / s), scope=ALL, evidence=Evidence.PROOF)


def _proof_step(lhs: float, rhs: float) -> Verdict:
    """A step that fails proves nothing, and refutes nothing."""
    return certified((-math.inf, lhs), rhs, scope=ALL, evidence=Evidence.PROOF)


@claim(
    "exact-net-beats-maurey",
    "Sharper: the exact net against Theorem 2",
    r"\log D(d, \lceil \min(s^2, s \sqrt{d}) / 2 \rceil) \leq s^2 \log(2d+1), \quad d \geq 1, s \geq 1",
    cases=COUNTED,
    expected=Status.HOLDS,
)
def exact_net_beats_maurey(*, d, t, printed=bounds.maurey_entropy) -> Verdict:
    """The instances, where s is just past the last one that t - 1 serves; and why it is so for all.

    Each point of the net is a sum of t of the 2d + 1 values, so D <= (2d + 1)^t; and t = 1, or t <= 2(t - 1) < s^2.
    """
    size = math.log(nets.delannoy(d, t))
    steps = [(size, t * math.log(2 * d + 1)), (t, max(1, 2 * (t - 1)))]
    return fold([_instance(size, d, t, printed), *(_proof_step(*step) for step in steps)])


@claim(
    "exact-net-beats-volume",
    "Sharper: the exact net against Corollary 2",
    r"\log D(d, \lceil \min(s^2, s \sqrt{d}) / 2 \rceil) \leq d \log 4s, \quad d \geq 1, s \geq 1",
    cases=COUNTED,
    expected=Status.HOLDS,
)
def exact_net_beats_volume(*, d, t, printed=bounds.volumetric_entropy) -> Verdict:
    """The instances, as above; and why it is so for all.

    Unit cubes at the points of the net are disjoint in {|y|_1 <= t + d/2}, so D <= (2t + d)^d / d!; and 2t + d is at
    most s (d + sqrt(d) + 2). It remains that (d + sqrt(d) + 2)^d <= 4^d d!: seen up to d = 12, and from 13 on, as
    d! >= (d/e)^d, implied by 1 + 1/sqrt(d) + 2/d <= 4/e, whose left side falls.
    """
    size = math.log(nets.delannoy(d, t))
    steps = [(size, d * math.log(2 * t + d) - math.lgamma(d + 1)), (1 + 1 / math.sqrt(13) + 2 / 13, 4 / math.e)]
    if d <= 12:
        steps.append((d * math.log((d + math.sqrt(d) + 2) / 4), math.lgamma(d + 1)))
    return fold([_instance(size, d, t, printed), *(_proof_step(*step) for step in steps)])


# --- The shrunk net ---------------------------------------------------------------------------------------------------


def _shrunk_mean_square(x: tuple[Fraction, ...], t: int, c: Fraction) -> Fraction:
    """E |c Z-bar - x|^2 over all t-tuples of vertices; the probability that |x|_1 leaves is spread over all of them."""
    d = len(x)
    spare = (1 - sum(map(abs, x))) / (2 * d)
    vertices = [(i, sign, spare + max(sign * x_i, 0)) for i, x_i in enumerate(x) for sign in (1, -1)]
    total = Fraction(0)
    for draws in itertools.product([vertex for vertex in vertices if vertex[2]], repeat=t):
        sums = [sum(sign for axis, sign, _ in draws if axis == i) for i in range(d)]
        error = sum((c * z / t - x_i) ** 2 for z, x_i in zip(sums, x, strict=True))
        total += math.prod(share for *_, share in draws) * error
    return total


@claim(
    "shrunk-net-error",
    "Sharper: the shrunk net, mean square",
    r"E \Vert c \bar{Z} - x \Vert_2^2 = \frac{r^2}{(1 + \sqrt{t})^2}, \quad c = \frac{\sqrt{t}}{1 + \sqrt{t}}",
    cases=[{"d": d, "t": t} for d, t in ((1, 1), (1, 4), (2, 1), (2, 4), (3, 1), (4, 1))],
    note="The same for every x in the ball. The vertices have mean x.",
    expected=Status.HOLDS,
)
def shrunk_net_error(*, d, t, printed=lambda root: 1 / (1 + root) ** 2) -> Verdict:
    """All t-tuples of vertices, for square t, where c is a fraction: formal degree t + 2."""
    root = Fraction(math.isqrt(t))
    points = [tuple(Fraction(z, t + 2) for z in row) for row in nets.integer_points(d, t + 2).tolist()]
    scope = "every x in the ball and every r, by exact fractions at enough points to determine the polynomials"
    errors = ((x, _shrunk_mean_square(x, t, root / (1 + root))) for x in points)
    return fold(identical(e, printed(root), scope=scope, evidence=Evidence.PROOF, x=[*map(str, x)]) for x, e in errors)


@claim(
    "shrunk-net-radius",
    "Sharper: the shrunk net, radius",
    r"\max_{x \in B_1^d(r)} \ \min_{y \in \mathrm{net}} \ \Vert x - y \Vert_2 = \frac{r}{1 + \sqrt{t}}",
    cases=LAID_OUT,
    note="Attained at the vertices r e_1, whose distance to the net is (1 - c) r.",
    expected=Status.HOLDS,
)
def shrunk_net_radius(*, d, t, printed=bounds.shrunk_radius) -> Verdict:
    """Voronoi vertices against the formula."""
    return identical(nets.covering_radius(nets.shrunk_net(d, 1.0, t), 1.0), printed(1.0, t), scope=VORONOI)


@claim(
    "shrunk-net-count",
    "Sharper: the shrunk net, size",
    r"A(d,t) = \sum_k 2^k \binom{d-1}{k} \binom{t+1}{k+1} \leq \binom{2d+t-1}{t} \leq (2d)^t",
    cases=[{"d": d, "t": t} for d in range(1, 6) for t in range(1, 7)] + COUNTED,
    expected=Status.HOLDS,
)
def shrunk_net_count(*, d, t, printed=nets.parity_count) -> Verdict:
    """The points listed where they are few, and both inequalities in integers."""
    scope = "points listed for d ≤ 5 and t ≤ 6, logarithms of integers compared"
    size, multisets, tuples = map(math.log, (printed(d, t), math.comb(2 * d + t - 1, t), (2 * d) ** t))
    steps = [certified(size, multisets, scope=scope), certified(multisets, tuples, scope=scope)]
    if d <= 5 and t <= 6:
        steps.append(identical(printed(d, t), len(nets.shrunk_net(d, 1.0, t).unique(dim=0)), scope=scope))
    return fold(steps)


@claim(
    "shrunk-net-entropy",
    "Sharper: entropy by the shrunk net",
    r"t = \lceil (s-1)^2 \rceil \mathrm{\ covers:\ } \log N(r/s, B_1^d(r)) \leq \log A(d,t) \leq t \log 2d, \ s > 1",
    cases=LAID_OUT,
    expected=Status.HOLDS,
)
def shrunk_net_entropy(*, d, t, printed=lambda d, t: (2 * d) ** t) -> Verdict:
    """The net of t must reach s = 1 + sqrt(t), the last whose ceiling is t, and have no more points than stated."""
    scope = "every real s up to the last t, nets laid out and radius by their Voronoi vertices"
    net = nets.shrunk_net(d, 1.0, t)
    reaches = certified(1 + math.sqrt(t), 1 / nets.covering_radius(net, 1.0), scope=scope)
    return fold([reaches, certified(len(net), printed(d, t), scope=scope)])
