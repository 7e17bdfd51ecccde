"""The entropy of the l1 ball from its complexity, (21) to (23), Corollary 1: by Sudakov's minoration and without it."""

import math

from ilo_theory import bounds, entropy, nets
from ilo_theory.claims.covering_sudakov import expected_norm
from ilo_theory.claims.covering_sudakov_ball import NETS, REACHES
from ilo_theory.verdict import Evidence, Status, Verdict, certified, claim, fold, identical


@claim(
    "sudakov-algebra",
    "Corollary 1, from (20) to (21)",
    r"\frac{\delta}{2} \sqrt{\log M} \leq 2 r \sqrt{\log d} \ \Rightarrow \ \log M \leq 16 \frac{r^2}{\delta^2} \log d",
    cases=[{"s": s} for s in (0, 1, 2, 3)],
    expected=Status.HOLDS,
)
def sudakov_algebra(*, s, printed=16) -> Verdict:
    """Quadratics in s = r/delta that agree at three points."""
    return identical((2 * 2 * s) ** 2, printed * s * s, scope="every r, δ, d, M", evidence=Evidence.PROOF)


@claim(
    "sudakov-packing",
    "Corollary 1, Eq. (21)",
    r"\log M(\delta/2, B_1^d(r), \Vert \cdot \Vert_2) \leq 16 \frac{r^2}{\delta^2} \log d",
    cases=[{"d": 1, "delta": delta} for delta in (1.0, 2.0, 3.0)],
    corrected="sudakov-packing-from-2",
    note="At d = 1 alone, though it rests on (15) and (19). Read with r for r_1, a slip in the text as held.",
    expected=Status.REFUTED,
)
def sudakov_packing(*, d, delta, printed=bounds.sudakov_entropy) -> Verdict:
    """A packing by points of a lattice from below; from above M(delta/2) <= N(delta/4)."""
    packing = nets.greedy_packing(nets.maurey_net(d, 1.0, 60), delta / 2)
    sizes = math.log(len(packing)), _net_size(d, 4 / delta)
    return certified(sizes, printed(d, 1.0, delta), scope="explicit packings and nets")


def _net_size(d: int, s: float) -> float:
    """log of the size of a net for r/delta = s."""
    return next(step.upper for step in entropy.steps(d, s) if s <= step.high)


@claim(
    "sudakov-packing-from-2",
    "Corollary 1, (21) for d ≥ 2",
    r"\log M(\delta/2, B_1^d(r), \Vert \cdot \Vert_2) \leq 16 \frac{r^2}{\delta^2} \log d, \quad d \geq 2",
    cases=[{"d": d} for d in (*range(2, 17), 64, 512)],
    note="Without Sudakov, and with equality: d = 2 and δ/2 ↑ 2r, and δ/2 ↑ √2 r by the vertices.",
    expected=Status.HOLDS,
)
def sudakov_packing_from_2(*, d, printed=bounds.sudakov_entropy) -> Verdict:
    """Every delta for this d: on each of finitely many intervals of h = delta/2, log M(h) at most, at its end; r = 1.

    *h^2 >= 2.* Points further apart than h have <x, y> < (2 - h^2)/2, and |sum of them|^2 >= 0 leaves M <= j once h^2
    is 2 + 2/j; and M <= d + 1, as no more vectors have all angles obtuse. B_1^2 is a square whose halves have the
    squared diameter 5/2: M <= 2 from there on. In j >= 2, (1 + 1/j) log(j + 1) rises, and at j = d its excess over
    2 log d falls: d = 3 decides for all above.

    *h^2 < 2.* M(h) <= N(h/2), and s = 2/h > sqrt(2): the shrunk net of t serves s <= 1 + sqrt(t), A(d, t) <= (2d)^t.
    Beyond t = 8 the exact net does, with s^2/2 + 1 draws of 2d + 1, or d log 4s. From d = 4 on each comparison is one
    of a number with log d / log 2d or log d / log(2d + 1), which rise: d = 4 decides for all above.
    """
    scope = "every δ and every d ≥ 2 by proof; its steps compared at"
    two = math.log(2)  # M, at least, for h < 2

    def bound(square: float) -> float:  # at h^2
        return printed(d, 1.0, 2 * math.sqrt(square))

    ends = {1: 4.0, 2: 2.5} if d == 2 else {j: 2 + 2 / j for j in range(1, d + 1)}
    steps = [((two, math.log(j + 1)), bound(end)) for j, end in ends.items()]
    steps.append(((math.log(2 * d),) * 2, bound(2.0)))  # the vertices; the shrunk net of t = 1
    for t in range(2, 9):
        size = math.log(nets.parity_count(d, t)) if d <= 3 else t * math.log(2 * d)
        steps.append(((two, size), bound(4 / (1 + math.sqrt(t - 1)) ** 2)))
    last = (1 + math.sqrt(8)) ** 2  # of s^2
    if d <= 3:
        size, growth = d * math.log(4 * math.sqrt(last)), d / 2
    else:
        size, growth = (last / 2 + 1) * math.log(2 * d + 1), last / 2 * math.log(2 * d + 1)
    steps += [
        ((two, size), bound(4 / last)),
        ((-math.inf, growth), bound(2 / last) - bound(4 / last)),
    ]
    return fold(certified(lhs, rhs, scope=scope, evidence=Evidence.PROOF) for lhs, rhs in steps)


@claim(
    "sudakov-conclusion",
    "Corollary 1, Eq. (23)",
    r"\log N(\delta, B_1^d(r), \Vert \cdot \Vert_2) \leq \frac{16 r^2}{\delta^2} \log d",
    cases=[{"d": 1, "reach": 40.0}, *REACHES],
    corrected="sudakov-entropy-from-2",
    note="The bound of (16), as what (21) and (22) give: the step is right, and the bound fails at d = 1 with (21).",
    expected=Status.REFUTED,
)
def sudakov_conclusion(*, d, reach, printed=bounds.sudakov_entropy) -> Verdict:
    """On each interval of s, packings and nets against the bound where it is least."""
    sides = (((v.lower, v.upper), printed(d, 1.0, 1 / v.low)) for v in entropy.steps(d, reach)[1:])
    return fold(certified(*side, scope=f"every real s = r/δ up to the reach, {NETS}") for side in sides)


@claim(
    "sudakov-entropy",
    "Corollary 1, Eq. (16)",
    r"\log N(\delta, B_1^d(r), \Vert \cdot \Vert_2) \leq \frac{16 r^2}{\delta^2} \log d",
    cases=[{"d": 1, "delta": delta} for delta in (0.1, 0.5, 0.9)],
    corrected="sudakov-entropy-from-2",
    note="At d = 1 alone, where the right side is 0.",
    expected=Status.REFUTED,
)
def sudakov_entropy(*, d, delta, printed=bounds.sudakov_entropy) -> Verdict:
    """A cover has at least as many points as a packing at twice the distance."""
    packing = nets.greedy_packing(nets.maurey_net(d, 1.0, 60), 2 * delta)
    sizes = math.log(len(packing)), _net_size(d, 1 / delta)
    return certified(sizes, printed(d, 1.0, delta), scope="explicit packings and nets")


@claim(
    "sudakov-entropy-from-2",
    "Corollary 1, d ≥ 2, constant 2",
    r"\log N(\delta, B_1^d(r), \Vert \cdot \Vert_2) \leq \frac{2 r^2}{\delta^2} \log d, \quad d \geq 2",
    cases=REACHES,
    note="Without Sudakov: by the shrunk net ceil((s-1)²) log 2d, and ceil((s-1)²) ≤ s², 2d ≤ d².",
    expected=Status.HOLDS,
)
def sudakov_entropy_from_2(*, d, reach, printed=2.0) -> Verdict:
    """`printed` is the constant."""
    steps = entropy.steps(d, reach)
    sides = (((v.lower, v.upper), printed * v.low**2 * math.log(d)) for v in steps)
    return fold(certified(*side, scope=f"every real s = r/δ up to the reach, {NETS}") for side in sides)


@claim(
    "sudakov-order",
    "Theorem 2, last sentence",
    r"\log N \leq 2 \pi \log 2 \ (s E \Vert w \Vert_\infty)^2 \leq 4 \pi \log 2 \ s^2 \log(2d+1), \quad s = r/\delta",
    cases=[{"d": 2**i, "up_to": 2 ** (i + 1) - 1} for i in range(100)],
    note="'The same result (up to constants) follows from Sudakov's minoration': with the sharp constant, times 8.72.",
    expected=Status.HOLDS,
)
def sudakov_order(*, d, up_to, printed=2.0) -> Verdict:
    """(E ||w||_inf)^2 at up_to against `printed` log(2d + 1) at d."""
    return certified(expected_norm(up_to) ** 2, printed * math.log(2 * d + 1), scope="every d to up_to, by integrals")
