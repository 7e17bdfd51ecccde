"""Sudakov's minoration: Theorem 3, Corollary 1 and the steps between them, (15) to (23).

Among Gaussian processes with given least distance between M points the independent ones have the smallest expected
maximum (Sudakov and Fernique), so that orthonormal sets decide the constant in (15). Expectations are integrals, to
rounding. An expected maximum grows with the number of variables: one comparison at the ends covers a block of numbers.
"""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from scipy.optimize import linprog
from scipy.special import erfc, log_ndtr

from ilo_theory import bounds, entropy, nets
from ilo_theory.verdict import Evidence, Status, Verdict, certified, claim, fold, identical

JUST_BELOW = 1 - 1e-9
NODES, WEIGHTS = np.polynomial.legendre.leggauss(32)


def _integral(f: Callable[[np.ndarray], np.ndarray], a: float, b: float) -> float:
    """Gauss and Legendre on panels of 1/10: to rounding for what follows."""
    edges = np.linspace(a, b, round(10 * (b - a)) + 1)
    return float((f(edges[:-1, None] + (1 + NODES) / 20) * WEIGHTS).sum() / 20)


def _expected_maximum(count: float) -> float:
    """E max of independent standard normal variables."""
    above = _integral(lambda x: -np.expm1(count * log_ndtr(x)), 0, 40)
    return above - _integral(lambda x: np.exp(count * log_ndtr(x)), -40, 0)


def _expected_norm(d: float) -> float:
    """E ||w||_inf, w standard normal in R^d."""
    return _integral(lambda x: -np.expm1(d * np.log1p(-erfc(x / math.sqrt(2)))), 0, 40)


# --- Theorem 3 --------------------------------------------------------------------------------------------------------


def _minoration(M: int, up_to: int, antipodal: bool, printed: Callable) -> Verdict:
    """The bound just before M(delta) or M(delta/2) falls to 1, for M to up_to points, against the complexity of M."""
    distance = 2.0 if antipodal else math.sqrt(2)

    def largest(count: int) -> float:
        deltas = (distance * JUST_BELOW, 2 * distance * JUST_BELOW)
        return max(printed(delta, lambda x: count if x < distance else 1) for delta in deltas)

    complexity = _expected_norm(1) if antipodal else _expected_maximum(M)
    return certified((largest(M), largest(up_to)), complexity, scope=SETS_COVERED)


def _at_delta(constant: float) -> Callable:
    """constant delta sqrt(log M(delta))."""
    return lambda delta, packing: constant * delta * math.sqrt(math.log(packing(delta)))


SETS_COVERED = "M to up_to orthonormal points, and {e_1, -e_1}, at the worst δ"
SETS = [{"M": M} for M in (2, 3, 4, 5, 10, 30, 100, 1000, 10**4)] + [{"M": 2, "antipodal": True}]
BLOCK_ENDS = (2, 3, 5, 13, 131, 10**4, 10**9, 10**20, 10**50, 10**130, 10**300)
BLOCKS = [{"M": low, "up_to": high - 1} for low, high in pairwise(BLOCK_ENDS)]


@claim(
    "sudakov",
    "Theorem 3, Eq. (15)",
    r"\mathcal{G}(T) \geq \frac{\delta}{2} \sqrt{\log M(\delta/2, T, \rho_X)}",
    cases=SETS,
    corrected="sudakov-sharp",
    note="M(δ/2) for M(δ) is a misprint. The next row reads it with M(δ).",
    expected=Status.REFUTED,
)
def sudakov(*, M, up_to=None, antipodal=False, printed=bounds.sudakov_minoration) -> Verdict:
    """As printed."""
    return _minoration(M, up_to or M, antipodal, printed)


@claim(
    "sudakov-textbook",
    "Theorem 3, with M(δ)",
    r"\mathcal{G}(T) \geq \frac{\delta}{2} \sqrt{\log M(\delta, T, \rho_X)}",
    cases=SETS,
    corrected="sudakov-sharp",
    note="The misprint repaired. The constant 1/2 fails for two points alone, by 4 %.",
    expected=Status.REFUTED,
)
def sudakov_textbook(*, M, up_to=None, antipodal=False, printed=0.5) -> Verdict:
    """`printed` is the constant."""
    return _minoration(
        M, up_to or M, antipodal, lambda delta, packing: printed * delta * math.sqrt(math.log(packing(delta)))
    )


@claim(
    "sudakov-sharp",
    "Theorem 3, corrected",
    r"\mathcal{G}(T) \geq \frac{\delta}{\sqrt{2 \pi \log 2}} \sqrt{\log M(\delta, T, \rho_X)}",
    cases=BLOCKS + SETS,
    note="The largest constant, 0.4792: two orthogonal points attain it. Other sets by Sudakov-Fernique.",
    expected=Status.HOLDS,
)
def sudakov_sharp(*, M, up_to=None, antipodal=False, printed=bounds.SUDAKOV) -> Verdict:
    """`printed` is the constant."""
    return _minoration(
        M, up_to or M, antipodal, lambda delta, packing: printed * delta * math.sqrt(math.log(packing(delta)))
    )


# --- Corollary 1: the complexity of the l1 ball -----------------------------------------------------------------------


def _supremum(w: torch.Tensor, signs: tuple[int, ...] = (1, -1)) -> float:
    """sup <u, w> over the u = sum over signs of s p_s, p_s >= 0, of total sum at most 1: both signs make B_1^d(1)."""
    cost = -torch.cat([sign * w for sign in signs]).numpy()
    return -linprog(cost, A_ub=np.ones((1, len(cost))), b_ub=[1.0]).fun


DRAWS = [{"d": d, "draws": 10} for d in (1, 2, 3, 10, 50)]


@claim(
    "gaussian-complexity",
    "Corollary 1, Eq. (17), and Symbols",
    r"\mathcal{G}(B_1^d(r)) = E_w \sup_u u^T w = E_w \sup_u \vert u^T w \vert, \quad \Vert u \Vert_1 \leq r",
    cases=DRAWS,
    note="𝒢 is used as the width, without |·|: on a symmetric set the same.",
    expected=Status.HOLDS,
)
def gaussian_complexity(*, d, draws, rng, printed=(1, -1)) -> Verdict:
    """For each w, by linear programmes; `printed` holds the signs that make the set."""
    pairs = [(_supremum(w, printed), _supremum(-w, printed)) for w in torch.randn(draws, d, generator=rng).double()]
    scope = "pathwise, seeded draws of w"
    return fold(identical(one, max(one, two), scope=scope, evidence=Evidence.DEFINITION) for one, two in pairs)


@claim(
    "dual-norm",
    "Corollary 1, Eq. (18)",
    r"E_w \sup_{\Vert u \Vert_1 \leq r} u^T w \leq r E_w \Vert w \Vert_\infty",
    cases=DRAWS,
    note="An equality.",
    expected=Status.HOLDS,
)
def dual_norm(*, d, draws, rng, printed=1.0) -> Verdict:
    """For each w, by a linear programme; `printed` is the factor on the right."""
    vectors = torch.randn(draws, d, generator=rng).double()
    scope = "pathwise, seeded draws of w"
    return fold(certified(_supremum(w), printed * float(w.abs().max()), scope=scope) for w in vectors)


@claim(
    "gaussian-maximum",
    "Corollary 1, Eq. (19)",
    r"E_w \Vert w \Vert_\infty \leq 2 \sqrt{\log d}",
    cases=[{"d": d} for d in (1, 2, 3, 10, 512, 10**6)],
    corrected="gaussian-maximum-from-2",
    note="At d = 1 alone.",
    expected=Status.REFUTED,
)
def gaussian_maximum(*, d, printed=bounds.gaussian_maximum) -> Verdict:
    """By an integral."""
    return certified(_expected_norm(d), printed(d), scope="integrals")


@claim(
    "gaussian-maximum-from-2",
    "Corollary 1, (19) for d ≥ 2",
    r"E_w \Vert w \Vert_\infty \leq 2 \sqrt{\log d}, \quad d \geq 2",
    cases=[
        {"d": low, "up_to": high - 1}
        for low, high in pairwise((2, 5, 14, 71, 1000, 10**5, 10**9, 10**17, 10**33, 10**65, 10**129, 10**257))
    ],
    expected=Status.HOLDS,
)
def gaussian_maximum_from_2(*, d, up_to, printed=bounds.gaussian_maximum) -> Verdict:
    """The right side at d against the left one at up_to."""
    return certified((_expected_norm(d), _expected_norm(up_to)), printed(d), scope="every d to up_to, by integrals")


# --- Corollary 1: the entropy -----------------------------------------------------------------------------------------


@claim(
    "sudakov-algebra",
    "Corollary 1, Eqs. (20)-(21), the step",
    r"\frac{\delta}{2} \sqrt{\log M} \leq 2 r \sqrt{\log d} \ \Rightarrow \ \log M \leq 16 \frac{r^2}{\delta^2} \log d",
    cases=[{"s": s} for s in (0, 1, 2, 3)],
    expected=Status.HOLDS,
)
def sudakov_algebra(*, s, printed=16) -> Verdict:
    """Quadratics in s = r/delta that agree at three points."""
    return identical((2 * 2 * s) ** 2, printed * s * s, scope="every r, δ, d, M", evidence=Evidence.PROOF)


@claim(
    "sudakov-packing",
    "Corollary 1, (21), the bound",
    r"\log M(\delta/2, B_1^d(r), \Vert \cdot \Vert_2) \leq 16 \frac{r^2}{\delta^2} \log d",
    cases=[{"d": 1, "delta": delta} for delta in (1.0, 2.0, 3.0)],
    corrected="sudakov-packing-from-2",
    note="Rests on (15) and (19). Read with r for r_1. For d ≥ 2, with M(δ/2), it is not decided here.",
    expected=Status.REFUTED,
)
def sudakov_packing(*, d, delta, printed=bounds.sudakov_entropy) -> Verdict:
    """A packing by points of a lattice from below; from above M(delta/2) <= N(delta/4)."""
    packing = nets.greedy_packing(nets.maurey_net(d, 1.0, 60), delta / 2)
    return certified(
        (math.log(len(packing)), _net_size(d, 4 / delta)), printed(d, 1.0, delta), scope="explicit packings and nets"
    )


def _net_size(d: int, s: float) -> float:
    """log of the size of a net for r/delta = s."""
    return next(step.upper for step in entropy.steps(d, s) if s <= step.high)


REACHES = [{"d": d, "reach": reach} for d, reach in ((2, 20.0), (3, 9.0), (4, 4.0), (8, 8.0), (16, 6.0))]


@claim(
    "sudakov-packing-from-2",
    "Corollary 1, (21) with M(δ), d ≥ 2",
    r"\log M(\delta, B_1^d(r), \Vert \cdot \Vert_2) \leq 16 \frac{r^2}{\delta^2} \log d, \quad d \geq 2",
    cases=REACHES,
    expected=Status.HOLDS,
)
def sudakov_packing_from_2(*, d, reach, printed=bounds.sudakov_entropy) -> Verdict:
    """M(delta) <= N(delta/2): nets for 2r/delta, and the packings at delta themselves."""
    scope = "every real s = 2r/δ up to the reach, by explicit nets with computed radii"
    steps = entropy.steps(d, reach)[1:]  # the first has 2r <= delta, where M = 1
    return fold(certified((step.lower, step.upper), printed(d, 1.0, 2 / step.low), scope=scope) for step in steps)


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
    return certified(
        (math.log(len(packing)), _net_size(d, 1 / delta)), printed(d, 1.0, delta), scope="explicit packings and nets"
    )


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
    scope = "every real s = r/δ up to the reach, by explicit nets with computed radii"
    steps = entropy.steps(d, reach)
    return fold(certified((v.lower, v.upper), printed * v.low**2 * math.log(d), scope=scope) for v in steps)


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
    return certified(_expected_norm(up_to) ** 2, printed * math.log(2 * d + 1), scope="every d to up_to, by integrals")
