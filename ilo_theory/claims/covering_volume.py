"""Volumes and metric entropy: Theorem 4, Corollary 2 and its steps (26) to (28), Remark 4."""

import math
from collections.abc import Callable
from fractions import Fraction

from ilo_theory import bounds, entropy, nets
from ilo_theory.verdict import Evidence, Status, Verdict, certified, claim, fold, identical

LOW = [{"d": d, "reach": reach} for d, reach in ((1, 40.0), (2, 20.0), (3, 9.0))]
REACHES = LOW + [{"d": d, "reach": reach} for d, reach in ((4, 4.0), (8, 8.0), (16, 6.0))]
EVERY_S = "every real s = r/δ up to the reach, by explicit nets with computed radii"
SINCE = "every real s = r/δ from begin to the reach, by explicit nets with computed radii"


# --- Theorem 4 --------------------------------------------------------------------------------------------------------


def _box_ratios(sides: list[Fraction], delta: Fraction) -> tuple[Fraction, Fraction]:
    """Both sides of Theorem 4 for a box and l_inf: vol(box)/vol(delta B) and vol(2/delta box + B)/vol(B)."""
    return math.prod(side / (2 * delta) for side in sides), math.prod(side / delta + 1 for side in sides)


@claim(
    "volume-ratio",
    "Theorem 4, Eq. (24)",
    r"\frac{\mathrm{vol}(\Theta)}{\mathrm{vol}(\delta B_q^d(1))} \leq N(\delta, \Theta, \Vert \cdot \Vert_q) \leq "
    r"\frac{\mathrm{vol}(\frac{2}{\delta} \Theta \oplus B_q^d(1))}{\mathrm{vol}(B_q^d(1))}",
    cases=[
        {"d": d, "delta": Fraction(n, 12)} for d in (1, 2, 3, 4, 8) for n in (1, 2, 3, 4, 6, 7, 9, 12, 18, 24, 48, 120)
    ],
    note="'Arbitrary' is read as bounded and measurable.",
    expected=Status.HOLDS,
)
def volume_ratio(*, d, delta, printed=_box_ratios) -> Verdict:
    """A box cut into cells no wider than 2 delta is covered by their centres, and a wider grid in it is a packing."""
    sides = [Fraction(i + 2, 2) for i in range(d)]
    cells = [math.ceil(side / (2 * delta)) for side in sides]
    covering = math.prod(n if side <= 2 * delta * n else n + 1 for side, n in zip(sides, cells, strict=True))
    packing = math.prod(n if side > 2 * delta * (n - 1) else n - 1 for side, n in zip(sides, cells, strict=True))
    lower, upper = printed(sides, delta)
    scope = "boxes of sides 1, 3/2, 2, … in l_inf, covers and packings laid out in fractions"
    size = packing, covering
    return fold([certified(lower, size, scope=scope), certified(size, upper, scope=scope)])


@claim(
    "volume-ball",
    "Theorem 4, the l1 ball in l2 from below",
    r"\log \frac{(2s)^d \Gamma(d/2 + 1)}{d! \pi^{d/2}} \leq \log N(r/s, B_1^d(r), \Vert \cdot \Vert_2)",
    cases=[{"d": d, "s": s} for d in (1, 2, 3, 4) for s in (0.5, 1.0, 2.0, 3.0)],
    expected=Status.HOLDS,
)
def volume_ball(*, d, s, printed=bounds.volume_entropy) -> Verdict:
    """N(delta) lies between a packing at twice the distance and a net."""
    packing = nets.greedy_packing(nets.maurey_net(d, 1.0, 6), 2 / s)
    step = next(step for step in entropy.steps(d, 4.0) if step.low < s <= step.high)
    return certified(printed(d, 1.0, 1 / s), (math.log(len(packing)), step.upper), scope="explicit packings and nets")


def thickened_volume(d: int, s: float) -> float:
    """vol(B_1^d(s) + B_2^d(1)) / vol(B_2^d(1)) by Steiner's formula, d <= 3.

    The octahedron has 12 edges of length sqrt(2) s, with the angle arccos(1/3) between the normals at each.
    """
    if d == 1:
        return s + 1
    if d == 2:
        return (2 * s**2 + 4 * math.sqrt(2) * s) / math.pi + 1
    edges = 6 * math.sqrt(2) * math.acos(1 / 3) * s
    return (4 / 3 * s**3 + 4 * math.sqrt(3) * s**2 + edges) / (4 / 3 * math.pi) + 1


# --- Corollary 2 ------------------------------------------------------------------------------------------------------


@claim(
    "volume-sum",
    "Corollary 2, Eq. (26)",
    r"N(\delta, B_1^d(r), \Vert \cdot \Vert_2) \leq "
    r"\frac{\mathrm{vol}(\frac{2}{\delta} B_1^d(r) \oplus B_2^d(1))}{\mathrm{vol}(B_2^d(1))}",
    cases=LOW,
    expected=Status.HOLDS,
)
def volume_sum(*, d, reach, printed=thickened_volume) -> Verdict:
    """Steiner's formula."""
    return fold(
        certified((step.lower, step.upper), math.log(printed(d, 2 * step.low)), scope=EVERY_S)
        for step in entropy.steps(d, reach)
    )


@claim(
    "volume-sum-of-balls",
    "Corollary 2, Eq. (27)",
    r"\frac{\mathrm{vol}(\frac{2}{\delta} B_2^d(r) \oplus B_2^d(1))}{\mathrm{vol}(B_2^d(1))} "
    r"\leq \left(\frac{2r}{\delta} + 1\right)^d",
    cases=[{"d": d, "s": s} for d in (1, 2, 3, 4, 16) for s in range(20)],
    note="An equality. B_1 ⊂ B_2 is used for the volume, which is where the bound loses.",
    expected=Status.HOLDS,
)
def volume_sum_of_balls(*, d, s, printed=lambda d, s: (2 * s + 1) ** d) -> Verdict:
    """Steiner's formula for the ball, the sum of C(d, j) (2s)^j, in integers."""
    steiner = sum(math.comb(d, j) * (2 * s) ** j for j in range(d + 1))
    scope = "every δ: polynomials in s compared at more points than their degree"
    return identical(steiner, printed(d, s), scope=scope, evidence=Evidence.PROOF)


def _power(d: int, s: Fraction, printed) -> Verdict:
    return certified((2 * s + 1) ** d, printed(s) ** d, scope="exact fractions")


@claim(
    "volume-power",
    "Corollary 2, Eq. (28)",
    r"\left(\frac{2r}{\delta} + 1\right)^d \leq \left(\frac{4r}{\delta}\right)^d",
    cases=[{"d": d, "s": Fraction(n, 4)} for d in (1, 2, 3, 16) for n in (1, 2, 4, 40)],
    corrected="volume-power-from-half",
    note="Needs δ ≤ 2r.",
    expected=Status.REFUTED,
)
def volume_power(*, d, s, printed=lambda s: 4 * s) -> Verdict:
    """s = r/delta."""
    return _power(d, s, printed)


@claim(
    "volume-power-from-half",
    "Corollary 2, (28) for δ ≤ 2r",
    r"\left(\frac{2r}{\delta} + 1\right)^d \leq \left(\frac{4r}{\delta}\right)^d, \quad \delta \leq 2r",
    cases=[{"d": d, "s": Fraction(n, 2)} for d in (1, 2, 3, 16) for n in (1, 2, 3)],
    expected=Status.HOLDS,
)
def volume_power_from_half(*, d, s, printed=lambda s: 4 * s) -> Verdict:
    """Affine in s before the power, so that the end s = 1/2 and the slope decide."""
    scope = "every δ ≤ 2r and every d: at δ = 2r, and by slopes"
    end = certified(2 * Fraction(1, 2) + 1, printed(Fraction(1, 2)), scope=scope, evidence=Evidence.PROOF)
    slope = certified(2, printed(s + 1) - printed(s), scope=scope, evidence=Evidence.PROOF)
    power = certified((2 * s + 1) ** d, printed(s) ** d, scope=scope, evidence=Evidence.PROOF)
    return fold([end, slope, power])


def _volumetric(d: int, begin: float, reach: float, printed: Callable) -> Verdict:
    """Nets against the bound at the least s from which they are needed: it grows with s."""
    return fold(
        certified((step.lower, step.upper), printed(d, 1.0, 1 / max(begin, step.low)), scope=SINCE)
        for step in entropy.steps(d, reach)
    )


@claim(
    "volumetric-entropy",
    "Corollary 2, Eq. (25)",
    r"\log N(\delta, B_1^d(r), \Vert \cdot \Vert_2) \leq d \log \frac{4r}{\delta}",
    cases=[{"d": d, "begin": begin, "reach": 2.0} for d in (1, 2, 16) for begin in (0.1, 0.2, 0.25, 0.5)],
    corrected="volumetric-entropy-to-4r",
    note="For δ > 4r the right side is negative.",
    expected=Status.REFUTED,
)
def volumetric_entropy(*, d, begin, reach, printed=bounds.volumetric_entropy) -> Verdict:
    """From s = r/delta = begin on."""
    return _volumetric(d, begin, reach, printed)


@claim(
    "volumetric-entropy-to-4r",
    "Corollary 2, δ ≤ 4r",
    r"\log N(\delta, B_1^d(r), \Vert \cdot \Vert_2) \leq d \log \frac{4r}{\delta}, \quad \delta \leq 4r",
    cases=[{**case, "begin": 0.25} for case in REACHES],
    expected=Status.HOLDS,
)
def volumetric_entropy_to_4r(*, d, begin, reach, printed=bounds.volumetric_entropy) -> Verdict:
    """From s = r/delta = begin on."""
    return _volumetric(d, begin, reach, printed)


@claim(
    "volume-inscribed",
    "Sharper: volumes with B_2 ⊂ √d B_1",
    r"\frac{\mathrm{vol}(\frac{2}{\delta} B_1^d(r) \oplus B_2^d(1))}{\mathrm{vol}(B_2^d(1))} \leq "
    r"\left(2s + \sqrt{d}\right)^d \frac{2^d \Gamma(d/2 + 1)}{d! \pi^{d/2}}",
    cases=[{"d": d, "s": s} for d in (1, 2, 3) for s in (0.25, 1.0, 4.0, 64.0)],
    note="Without the loss of (27).",
    expected=Status.HOLDS,
)
def volume_inscribed(*, d, s, printed=lambda d, s: d * math.log(s + math.sqrt(d) / 2)) -> Verdict:
    """Steiner's formula against (s + sqrt(d)/2)^d times the volume of the ball of radius 2."""
    return certified(
        math.log(thickened_volume(d, 2 * s)), printed(d, s) + bounds.volume_entropy(d, 2.0, 1.0), scope="d ≤ 3"
    )


# --- Remark 4 ---------------------------------------------------------------------------------------------------------


@claim(
    "maurey-tighter",
    "Remark 4",
    r"\frac{r^2}{\delta^2} \log(2d+1) \leq d \log \frac{4r}{\delta}, \quad \sqrt{2} \ r / \sqrt{d} \leq \delta \leq r",
    cases=[{"d": d} for d in (*range(2, 65), 512, 10**4, 10**6, 10**9)],
    note="Ω with the constant √2, the limit of δ* √d / r as d grows, δ* being where the two are equal.",
    expected=Status.HOLDS,
)
def maurey_tighter(*, d, printed=2.0) -> Verdict:
    """The right side less the left is concave in s = r/delta: both ends decide. `printed` is the constant, squared."""
    scope = "every δ by concavity, every d as 2d + 1 ≤ 8d and 2d + 1 ≤ 4^d; the ends compared at"
    return fold(
        certified(
            bounds.maurey_entropy(d, 1.0, delta),
            bounds.volumetric_entropy(d, 1.0, delta),
            scope=scope,
            evidence=Evidence.PROOF,
        )
        for delta in (math.sqrt(printed / d), 1.0)
    )
