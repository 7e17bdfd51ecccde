"""Lemma 4: from a net to all of the extended range, (42) and (43), in units with delta = L2 = 1."""

import itertools
import math
from fractions import Fraction

import torch
from scipy.special import gammaincinv

from ilo_theory.bounds import Setting, explicit_measurements, log_parity_count
from ilo_theory.bounds import srec as bounds
from ilo_theory.verdict import Evidence, Status, Verdict, certified, claim, fold, sampled


@claim(
    "lemma-4",
    "Lemma 4",
    r"P(\Vert A(x - x') \Vert = O(\ldots) \delta) = 1 - e^{\Omega(m)}",
    cases=[{"m": m, "constant": constant} for m in (1, 10, 100) for constant in (1e-6, 1e-2, 1e-1)],
    corrected="lemma-4-explicit",
    note="A slip in the text as held, for 1 - e^(-Ω(m)). It must also hold for all x at once, as Lemma 3 uses it; that "
    "there is such an M_0 is (35) again.",
    expected=Status.REFUTED,
)
def lemma_4(*, m, constant, printed=lambda exponent: 1 - math.exp(exponent)) -> Verdict:
    """A probability is not negative."""
    return certified(0.0, printed(constant * m), scope="every constant > 0, as e^x > 1")


def _two_points_cover(K: Fraction, h: Fraction) -> bool:
    """Whether (h, h) and (-h, -h) are a net of B_1^2(K) for 1: at the corners of the half x_1 + x_2 >= 0."""
    corners = [(K, Fraction(0)), (Fraction(0), K), (K / 2, -K / 2), (-K / 2, K / 2)]
    return 2 * h <= K and all((x - h) ** 2 + (y - h) ** 2 <= 1 for x, y in corners)


@claim(
    "lemma-4-measurements",
    "Lemma 4, Eq. (42)",
    r"m = \Omega\left(k \log \left(\frac{4 L_1 L_2 r_1}{\delta}\right) + K^2 \log p\right), \quad r_2 = \frac{K \cdot "
    r"\delta}{L_2}, \quad 1 < K < \sqrt{p}",
    cases=[
        {"k": k, "X": X, "K": Fraction(n, 10), "constant": constant}
        for k, X, n in ((2, 1 / 8, 11), (2, 1 / 8, 12), (4, 1 / 6, 12))
        for constant in (1, 10**3, 10**6)
    ],
    corrected="lemma-4-measurements-from-quarter",
    note="Read as what the union bound over M_0 needs, of the order of log |M_0|. For 4X < 1 it may be negative.",
    expected=Status.REFUTED,
)
def lemma_4_measurements(*, k, X, K, constant, printed=bounds.chain_order) -> Verdict:
    """p = 2, G1 = 0, G2 an isometry, and M_0 of two points, as many as Lemma 4 lets it have."""
    is_net = _two_points_cover(K, Fraction(1, 4)) and math.log(2) <= bounds.chain_order(k, X, float(K), 3 * 2)
    scope = "an explicit M_0, in fractions, and any constant"
    return certified(math.log(2) if is_net else 0.0, constant * printed(k, X, float(K), 2), scope=scope)


@claim(
    "lemma-4-measurements-from-quarter",
    "Lemma 4, (42) for X ≥ 1/4",
    r"k \log 4X + K^2 \log 3p \leq \frac{13}{5} (k \log 4X + K^2 \log p), \quad X \geq 1/4, \ p \geq 2",
    note="1 < K < √p makes p ≥ 2.",
    expected=Status.HOLDS,
)
def lemma_4_measurements_from_quarter(*, printed=Fraction(13, 5)) -> Verdict:
    """log 3p <= c log p at p = 2, in integers, and then by slopes; log 4X >= 0."""
    scope = "every k, K, X ≥ 1/4 and p ≥ 2"
    at_two = certified(6**printed.denominator, 2**printed.numerator, scope=scope, evidence=Evidence.PROOF)
    return fold([at_two, certified(1, printed, scope=scope, evidence=Evidence.PROOF)])


@claim(
    "lemma-4-bound",
    "Lemma 4, Eq. (43)",
    r"\Vert A(x - x') \Vert = O\left(\log(4K) \cdot \frac{\sqrt{p}}{K} \cdot \log\frac{\sqrt{p}}{K}\right) \delta",
    cases=[
        {"p": p, "off": off, "times": times, "constant": constant}
        for p in (4, 100, 10**4)
        for off, times in ((1e-2, 1), (1e-5, 10**3), (1e-8, 10**6))
        for constant in (1, 100)
    ],
    corrected="lemma-4-explicit",
    note="As K ↑ √p the right side goes to 0 and the left side does not: a constant would have to depend on K/√p.",
    expected=Status.REFUTED,
)
def lemma_4_bound(*, p, off, times, constant, printed=bounds.srec_additive) -> Verdict:
    """G1 = 0, G2 an isometry, K = sqrt(p) (1 - off), M_0 the shrunk net: x = K e_1 is K/(1 + sqrt(t)) away from it.

    By t = ceil((K - 1)^2) its radius is 1 at most. |A(x - x')| is as quantiles for 1e-9 say, `times` (43) is allowed.
    """
    K = math.sqrt(p) * (1 - off)
    t = math.ceil((K - 1) ** 2)
    apart = K / (1 + math.sqrt(t))
    m = math.ceil(constant * bounds.chain_order(1, 1.0, K, p))
    low, high = (apart * math.sqrt(2 * gammaincinv(m / 2, share) / m) for share in (1e-9, 1 - 1e-9))
    allowed = log_parity_count(p, t) <= bounds.chain_order(1, 1.0, K, 3 * p)
    scope = "an explicit M_0 and one x, but with probability 1e-9"
    return certified(
        (float(low) if allowed else 0.0, float(high)), times * printed(K, p), scope=scope, m=m, apart=apart
    )


def supremum_over_cells(A: torch.Tensor) -> torch.Tensor:
    """max |A v| over the cubes with corners +-1/sqrt(p): over their corners, as the norm is convex. A: [..., m, p]."""
    p = A.shape[-1]
    corners = torch.tensor([*itertools.product((-1.0, 1.0), repeat=p)], dtype=A.dtype) / math.sqrt(p)
    return (A @ corners.T).norm(dim=-2).amax(-1)


def _explicit_supremum(gamma: float) -> float:
    return 1 + (1 + math.sqrt(2)) * (1 - gamma)


@claim(
    "lemma-4-explicit",
    "Lemma 4, corrected",
    r"P\left(\sup_x \Vert A(x - x') \Vert \leq (1 + (1 + \sqrt{2})(1-\gamma)) \delta\right) \geq 1 - e^{-u}",
    cases=[
        {"p": p, "X": X, "K": K, "gamma": gamma, "u": 1.0, "draws": 60}
        for p, X, K in ((1, 4.0, 0.9), (3, 10.0, 1.5), (6, 50.0, 2.0))
        for gamma in (0.2, 0.5, 0.8)
    ],
    full=[
        {"p": p, "X": X, "K": K, "gamma": gamma, "u": 3.0, "draws": 1000}
        for p, X, K in ((1, 4.0, 0.9), (3, 10.0, 1.5), (6, 50.0, 2.0), (8, 1e4, 2.5))
        for gamma in (0.1, 0.2, 0.5, 0.8)
    ],
    note="At the m of Theorem 1', for all x at once, without a chain. Proved by the explicit-srec rows; here tried.",
    expected=Status.SUPPORTED,
)
def lemma_4_explicit(*, p, X, K, gamma, u, draws, rng, printed=_explicit_supremum) -> Verdict:
    """G1 and G2 isometries, k = p: the points x - x' of the grid of cubes of circumradius 1 are one cube."""
    setting = Setting(k=p, p=p, n=p, L1=1.0, L2=1.0, r1=X, delta=1.0, K=K, gamma=gamma)
    m = math.ceil(explicit_measurements(setting, u))
    size = max(1, 10**6 // (m * p))
    good = 0
    for first in range(0, draws, size):
        A = torch.randn(min(size, draws - first), m, p, generator=rng, dtype=torch.float64) / math.sqrt(m)
        good += int((supremum_over_cells(A) <= printed(gamma)).sum())
    scope = "G1, G2 isometries; suprema by enumeration"
    return sampled(good, draws, 1 - math.exp(-u), scope=scope, m=m)
