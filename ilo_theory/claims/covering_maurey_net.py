"""Maurey's net, all the means of t draws: from (14) to Theorem 2.

From every x some mean is as near as the mean square says, so that all means together are a net. How many draws, how
many means, and what (8) makes of them.
"""

import itertools
import math
from collections.abc import Callable
from fractions import Fraction

from ilo_theory import bounds, entropy, nets
from ilo_theory.claims.covering_maurey import lattice
from ilo_theory.claims.covering_maurey_mean import MEANS, MORE, all_sums, mean_square, outcomes
from ilo_theory.verdict import Status, Verdict, certified, claim, fold, identical

EVERY_S = "every real s = r/δ up to the reach, by explicit nets with computed radii"


@claim(
    "maurey-first-moment",
    "Theorem 2, by the pigeonhole principle",
    r"\min_{\bar{Z}} \Vert \bar{Z} - x \Vert^2 \leq E \Vert \bar{Z} - x \Vert^2",
    cases=MEANS,
    full=MORE,
    note="A first-moment argument: not all that is drawn lies above its mean.",
    expected=Status.HOLDS,
)
def maurey_first_moment(*, d, t, printed=1) -> Verdict:
    """`printed` is the factor on the right."""
    nearest = {
        x: min(sum((a - b) ** 2 for a, b in zip(z, x, strict=True)) for z, _ in outcomes(x, t))
        for x in lattice(d, t + 2)
    }
    scope = "exact fractions, x in the lattice of step 1/(t + 2)"
    return fold(certified(least, printed * mean_square(x, t), scope=scope) for x, least in nearest.items())


@claim(
    "maurey-draws",
    "Theorem 2, the choice of t",
    r"t = r^2 / \delta^2 \mathrm{\ draws\ make\ } r^2 / t \leq \delta^2",
    cases=[{"square": Fraction(n, 4)} for n in range(4, 17)],
    corrected="maurey-draws-exact",
    note="Needs r²/δ² to be whole. Rounding up would cost; rounding down is enough.",
    expected=Status.REFUTED,
)
def maurey_draws(*, square, printed=lambda square: square) -> Verdict:
    """The least whole number of draws with r^2/t <= delta^2 against the number printed; `square` is r^2/delta^2."""
    least = next(t for t in itertools.count(1) if Fraction(1, t) <= 1 / square)
    return certified(least, printed(square), scope="exact fractions")


@claim(
    "maurey-draws-exact",
    "Theorem 2, the choice of t, corrected",
    r"t = \lfloor r^2 / \delta^2 \rfloor, \ \delta \leq r \ \Rightarrow \ "
    r"\mathrm{all\ } \bar{Z} \mathrm{\ cover\ } B_1^d(r) \mathrm{\ at\ } \delta",
    cases=[{"d": d, "t": t} for d in range(1, 13) for t in range(1, d + 3)],
    note="So that (8) holds for every real r²/δ². In general r/δ < √(t + 1) ≤ √2t, and the net's radius is ≤ r/√2t.",
    expected=Status.HOLDS,
)
def maurey_draws_exact(*, d, t, printed=lambda t: t + 1) -> Verdict:
    """`printed` is the square of the s = r/delta below which t draws are to do; the net's exact radius says."""
    reach = Fraction(t * t) / nets.lattice_radius_squared(d, t)
    return certified(printed(t), reach, scope="every real s from √t to √(t + 1), in exact fractions")


MOST = {1: 40, 2: 20, 3: 8, 4: 4, 8: 12, 16: 12}


@claim(
    "maurey-net",
    "Theorem 2, the net of all means",
    r"t \geq r^2 / \delta^2 \ \Rightarrow \ \mathrm{all\ } \bar{Z} \mathrm{\ cover\ } B_1^d(r) \mathrm{\ at\ } \delta",
    cases=[{"d": d, "t": t} for d in MOST for t in range(1, MOST[d] + 1)],
    expected=Status.HOLDS,
)
def maurey_net(*, d, t, printed=bounds.maurey_radius) -> Verdict:
    """The net's exact covering radius."""
    scope = "nets laid out, radius by their Voronoi vertices for d ≤ 4 and as an exact extremum beyond"
    return certified(1 / entropy.maurey_reach(d, t), printed(1.0, t), scope=scope)


def _count(d: int, t: int, printed: Callable) -> Verdict:
    """Against the different sums, all of them listed."""
    return identical(printed(d, t), len(all_sums(d, t)), scope="all tuples of draws listed")


COUNTS = [{"d": d, "t": t} for d, most in ((1, 7), (2, 5), (3, 4), (4, 3)) for t in range(1, most + 1)]


@claim(
    "maurey-count",
    "Theorem 2, the number of means",
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
    "Theorem 2, the number of means, corrected",
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
