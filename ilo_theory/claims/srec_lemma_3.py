"""Lemma 3: what it assumes, (29) and (30), and what it concludes, (41), in units with delta = 1.

What is refuted of the conclusion is so by a star: the curve of length 2K delta that visits N orthogonal spokes
R e_1, ..., R e_N in turn, from 0 and back, R = K delta/N. At speed 1 it is the image of [-r2, r2] under a 1-Lipschitz
G2 of one coordinate. The |A e_j| are independent, and N may be chosen after m.
"""

import math
from fractions import Fraction

import torch

from ilo_theory import tails
from ilo_theory.bounds import Setting, explicit_measurements
from ilo_theory.bounds import srec as bounds
from ilo_theory.verdict import Evidence, Status, Verdict, certified, claim, fold, identical

# --- What is assumed --------------------------------------------------------------------------------------------------


def _order(setting: Setting) -> float:
    """k log X + K^2 log p."""
    return (1 - setting.gamma) ** 2 * setting.measurements


@claim(
    "lemma-3-measurements",
    "Lemma 3, Eq. (29)",
    r"m = \frac{1}{(1-\gamma)^2} \Omega\left(k \log \frac{L_1 L_2 r_1}{\delta} + K^2 \log p\right)",
    cases=[
        {"k": k, "p": p, "X": X, "K": K, "constant": constant}
        for k, p, X, K in ((4, 4, 0.25, 1.9), (9, 9, 0.1, 2.9), (100, 4, 0.9, 1.9))
        for constant in (1, 10**3, 10**6)
    ],
    corrected="lemma-3-measurements-explicit",
    note="Read with the conclusion (41). It lacks X = L1 L2 r1/δ > 1: otherwise no measurement may be asked for.",
    expected=Status.REFUTED,
)
def lemma_3_measurements(*, k, p, X, K, constant, rng, gamma=0.8, printed=_order) -> Verdict:
    """G1 and G2 isometries, k >= p or G1 onto p of its coordinates: the least delta for the least m, against (41).

    Along the last singular direction v two points of B_1^p(K) are 2K/|v|_1 >= 2K/sqrt(p) apart.
    """
    setting = Setting(k=k, p=p, n=p, L1=1.0, L2=1.0, r1=X, delta=1.0, K=K, gamma=gamma)
    m = max(1, math.ceil(constant * printed(setting) / (1 - gamma) ** 2))
    A = torch.randn(m, p, generator=rng, dtype=torch.float64) / math.sqrt(m)
    sigma = torch.linalg.svdvals(A)[-1].item() if m >= p else 0.0
    short = max(0.0, gamma - sigma)
    least = short * 2 * K / math.sqrt(p), short * 2 * (X + K)
    scope = "G1, G2 isometries; with probability 1 over A, as m < p"
    return certified(least, bounds.srec_additive(K, p), scope=scope, m=m)


@claim(
    "lemma-3-measurements-explicit",
    "Lemma 3, (29) with constants",
    r"\max(2H + u, W^2) \leq 14 (k \log X + K^2 \log p) + u, \quad X \geq 2, \ p \geq 2, \ K \geq 1",
    note="What Theorem 1' asks for, times (1-γ)²: see explicit-srec. X > 1 would do with a constant that grows.",
    expected=Status.HOLDS,
)
def lemma_3_measurements_explicit(*, printed=14) -> Verdict:
    """H and W^2/2 are at most k log(1 + 4X) + ceil(2K^2) log(2p + 1) (explicit-simple). Term by term, in integers:

    2 log(1 + 4X) <= c log X at X = 2, and 8/(1 + 4X) <= c/X beyond. Where ceil(2K^2) = j >= 3, K^2 > (j - 1)/2, and
    2j log(2p + 1) <= c (j - 1)/2 log p at p = 2 and j = 3; with j both sides grow as 2 log 5 and c/2 log 2, and with p
    the left one more slowly. j = 2 is K = 1.
    """
    scope = "every X ≥ 2, p ≥ 2, K ≥ 1 and k"
    latents = [(9**2, 2**printed), (8, 4 * printed)]
    deviations = [(5**12, 2 ** (2 * printed)), (5**4, 2**printed)]
    return fold(certified(a, b, scope=scope, evidence=Evidence.PROOF) for a, b in latents + deviations)


def _radius(K: Fraction, delta: Fraction, L2: Fraction) -> Fraction:
    return Setting(k=1, p=1, n=1, L1=1.0, L2=L2, r1=1.0, delta=delta, K=K, gamma=0.5).r2


@claim(
    "deviation-radius",
    "Lemma 3, Eq. (30)",
    r"r_2 = \frac{K \cdot \delta}{L_2}, \quad 1 < K < \sqrt{p}",
    cases=[
        {"K": Fraction(a, b), "p": p, "L2": L2, "delta": delta}
        for a, b, p in ((5, 4, 2), (3, 2, 4), (7, 1, 100))
        for L2 in (Fraction(1, 3), Fraction(5))
        for delta in (Fraction(1, 7), Fraction(2))
    ],
    note="A definition: the deviations reach K δ in the image. There is such a K only for p ≥ 2.",
    expected=Status.HOLDS,
)
def deviation_radius(*, K, p, L2, delta, printed=_radius) -> Verdict:
    """max ||L2 b|| over the vertices of the l1 ball is K delta, and the ball has K times the radius of its net."""
    r2 = printed(K, delta, L2)
    farthest = max(sum((L2 * r2 * (i == j)) ** 2 for i in range(p)) for j in range(p))
    setting = Setting.from_radius(float(r2), k=1, p=p, n=p, L1=1.0, L2=float(L2), r1=1.0, delta=float(delta), gamma=0.5)
    scope = "G2 = L2 times the identity"
    return fold(
        [
            identical(farthest, (K * delta) ** 2, scope=scope, evidence=Evidence.DEFINITION),
            identical(setting.K, float(K), scope=scope, evidence=Evidence.DEFINITION),
            identical(setting.r2, float(r2), scope=scope, evidence=Evidence.DEFINITION),
        ]
    )


# --- What is concluded ------------------------------------------------------------------------------------------------


def _printed_log_additive(log_off: float, p: int) -> float:
    """log of log(4K) q log q at K = sqrt(p) (1 - eta), q = 1/(1 - eta), from log eta <= -1.2: or up to 2 eta more."""
    eta = math.exp(log_off)
    return math.log(math.log(4 * math.sqrt(p))) + log_off + 2 * eta


@claim(
    "lemma-3-conclusion",
    "Lemma 3, Eq. (41)",
    r"\Vert AG_2(z_2) - AG_2(z_1) \Vert \geq \gamma \Vert G_2(z_2) - G_2(z_1) \Vert - "
    r"\log(4K) \cdot \frac{\sqrt{p}}{K} \cdot \log\frac{\sqrt{p}}{K} \cdot \delta",
    cases=[
        {"p": p, "gamma": gamma, "constant": constant, "times": times}
        for p in (2, 4, 10**4)
        for gamma in (0.5, 0.8)
        for constant, times in ((1, 1), (10, 10**3), (1000, 10**6))
    ],
    corrected="explicit-srec",
    note="The 2δ of (40) and the O( ) before it are dropped, and as K ↑ √p the right side goes to 0: neither that nor "
    "any constant times it holds uniformly. Where log(4K) q log q ≥ 4 + 2√2(1-γ) it follows from explicit-srec.",
    expected=Status.REFUTED,
)
def lemma_3_conclusion(*, p, gamma, constant, times, printed=_printed_log_additive) -> Verdict:
    """The star, delta = L2 = 1, X = 2: the log of the additive term that it needs against `times` the printed one.

    m is `constant` times (29), which is largest at K = sqrt(p). N P(|A e_j| <= gamma/2) >= 20, so that A has a spoke it
    more than halves with probability 1 - e^-20: its end and 0 need R gamma/2, and no pair needs 4 times as much.
    eta = 1 - K/sqrt(p) is chosen last.
    """
    m = math.ceil(constant * (math.log(2) + p * math.log(p)) / (1 - gamma) ** 2)
    log_N = math.log(20) - tails.gaussian_below(m, gamma / 2)
    log_off = math.log(gamma / (8 * times)) - log_N - 1
    needed = math.log(gamma / 2) + 0.5 * math.log(p) + math.log1p(-math.exp(log_off)) - log_N
    bound = math.log(times) + printed(log_off, p)
    scope = "every A but with probability e^-20, any constants: logs of additive terms"
    return certified((needed, needed + math.log(4)), bound, scope=scope, m=m, log_spokes=log_N, log_off=log_off)


@claim(
    "lemma-3",
    "Lemma 3",
    r"m, \ r_2 \ \mathrm{as} \ \mathrm{in} \ (29), (30) \ \Rightarrow \ \mathrm{SREC}\left(G_2(G_1(B_2^k(r_1)) \oplus "
    r"B_1^p(r_2)), \gamma, \log(4K) \cdot \frac{\sqrt{p}}{K} \cdot \log\frac{\sqrt{p}}{K}\right)",
    cases=[
        {"K": K, "gamma": gamma, "constant": constant}
        for K in (1.5, 4.0)
        for gamma in (0.5, 0.8)
        for constant in (1, 10, 100)
    ],
    corrected="explicit-srec",
    note="A misprint: times δ, as (41) has it. G2 → cG2, δ → cδ scale S, and leave (29), (30) and this term alone.",
    expected=Status.REFUTED,
)
def lemma_3(*, K, gamma, constant, printed=lambda K, p, delta: bounds.srec_additive(K, p)) -> Verdict:
    """G1 and G2 isometries times L1 and L2 = delta, X = 2, k = 1, p so large that m < p: A has a kernel in the l1 ball.

    Two of its points are 2K delta/sqrt(p) apart or more, and measured alike; the diameter is (4 + 2K) delta at most.
    """
    p = 2 * math.ceil(K * K)
    while (m := math.ceil(constant * (math.log(2) + K * K * math.log(p)) / (1 - gamma) ** 2)) >= p:
        p *= 2
    delta = 10 * bounds.srec_additive(K, p) * math.sqrt(p) / (2 * K * gamma)
    setting = Setting(k=1, p=p, n=p, L1=2.0, L2=delta, r1=1.0, delta=delta, K=K, gamma=gamma)
    least = gamma * 2 * setting.r2 * setting.L2 / math.sqrt(p), gamma * (4 + 2 * K) * delta
    return certified(least, printed(K, p, delta), scope="every A, any constant: m < p", m=m, p=p, delta=delta)


def _half_exponent(setting: Setting, m: float) -> float:
    return (1 - setting.gamma) ** 2 * m / 2


@claim(
    "lemma-3-probability",
    "Lemma 3, the probability, as in Theorem 1, (36) and Section 3.1",
    r"1 - e^{-\Omega((1-\gamma)^2 m)}: \quad m \geq \frac{2 \max(2H, W^2)}{(1-\gamma)^2} \ \Rightarrow \ P \geq 1 - "
    r"\frac{3}{2} e^{-(1-\gamma)^2 m / 2}",
    cases=[
        {"k": k, "p": p, "X": X, "K": K, "gamma": gamma, "times": times}
        for k, p, X, K in ((1, 1, 0.5, 1.0), (5, 10**4, 100.0, 10.0), (512, 512, 1e6, 4.0), (3, 10**6, 0.1, 0.2))
        for gamma in (0.01, 0.5, 0.99)
        for times in (2, 10, 10**6)
    ],
    note="Theorem 1' with u = (1-γ)²m/2.",
    expected=Status.HOLDS,
)
def lemma_3_probability(*, k, p, X, K, gamma, times, printed=_half_exponent) -> Verdict:
    """What `explicit_measurements` asks for at that u is at most m: both sides are affine in m or constant."""
    setting = Setting(k=k, p=p, n=p, L1=1.0, L2=1.0, r1=X, delta=1.0, K=K, gamma=gamma)
    m = times * explicit_measurements(setting, 0.0)
    asked = explicit_measurements(setting, printed(setting, m))
    return certified(asked, m, scope="every larger m, by slopes", evidence=Evidence.PROOF)
