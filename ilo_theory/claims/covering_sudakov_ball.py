"""The Gaussian complexity of the l1 ball, (17) to (19), and what Sudakov's minoration says of it, (20)."""

import math
from itertools import pairwise

import numpy as np
import torch
from scipy.optimize import linprog

from ilo_theory import bounds, entropy
from ilo_theory.claims.covering_sudakov import expected_norm
from ilo_theory.verdict import Evidence, Status, Verdict, certified, claim, fold, identical

# --- The complexity of the l1 ball ------------------------------------------------------------------------------------


def _supremum(w: torch.Tensor, signs: tuple[int, ...] = (1, -1)) -> float:
    """sup <u, w> over the u = sum over signs of s p_s, p_s >= 0, of total sum at most 1: both signs make B_1^d(1)."""
    cost = -torch.cat([sign * w for sign in signs]).numpy()
    return -linprog(cost, A_ub=np.ones((1, len(cost))), b_ub=[1.0]).fun


DRAWS = [{"d": d, "draws": 10} for d in (1, 2, 3, 10, 50)]


@claim(
    "gaussian-complexity",
    "Corollary 1, Eq. (17)",
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
    return certified(expected_norm(d), printed(d), scope="integrals")


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
    return certified((expected_norm(d), expected_norm(up_to)), printed(d), scope="every d to up_to, by integrals")


# --- From below -------------------------------------------------------------------------------------------------------


@claim(
    "sudakov-ball",
    "Corollary 1, Eq. (20)",
    r"\mathcal{G}(B_1^d(r)) \geq \frac{\delta}{2} \sqrt{\log M(\delta/2, B_1^d(r), \Vert \cdot \Vert_2)}",
    cases=[{"d": d} for d in (1, 2, 3, 4, 8, 16, 512, 10**6)],
    corrected="sudakov-ball-sharp",
    note="(15) for the ball: false for every d, by its 2d vertices as δ/2 rises to √2 r.",
    expected=Status.REFUTED,
)
def sudakov_ball(*, d, printed=bounds.sudakov_minoration) -> Verdict:
    """The limits at which M falls: from 2d as the distance passes sqrt(2) r, from 2 as it passes 2r."""

    def packing(distance: float) -> int:
        return 2 * d if distance <= math.sqrt(2) else 2 if distance <= 2 else 1

    most = max(printed(delta, packing) for delta in (math.sqrt(2), 2.0, 2 * math.sqrt(2), 4.0))
    return certified(most, expected_norm(d), scope="limits δ/2 ↑ √2 r and 2r, and δ likewise, by integrals")


NETS = "by explicit nets with computed radii"
REACHES = [{"d": d, "reach": reach} for d, reach in ((2, 20.0), (3, 9.0), (4, 4.0), (8, 8.0), (16, 6.0))]


@claim(
    "sudakov-ball-sharp",
    "Corollary 1, (20) corrected",
    r"\mathcal{G}(B_1^d(r)) \geq \frac{\delta}{\sqrt{2 \pi \log 2}} \sqrt{\log M(\delta, B_1^d(r))}",
    cases=[{"d": 1, "reach": 40.0}, *REACHES],
    note="The constant of Theorem 3, corrected, here without it: M(δ) ≤ N(δ/2). Attained for d = 1 and 2.",
    expected=Status.HOLDS,
)
def sudakov_ball_sharp(*, d, reach, printed=bounds.SUDAKOV) -> Verdict:
    """`printed` is the constant; nets for 2r/delta, and the packings at delta themselves."""
    scope = f"every real s = 2r/δ up to the reach, {NETS}"
    steps = entropy.steps(d, reach)[1:]  # the first has 2r <= delta, where M = 1
    constants = (printed * 2 / step.low for step in steps)
    sides = ((c * math.sqrt(step.lower), c * math.sqrt(step.upper)) for c, step in zip(constants, steps, strict=True))
    return fold(certified(side, expected_norm(d), scope=scope) for side in sides)
