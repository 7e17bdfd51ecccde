"""Remark 1, how (5) and (6) depend on K, and Remark 2, how (5) compares with CSGM on the intermediate layer."""

import math
from itertools import pairwise

import torch

from ilo_theory import bounds, nets
from ilo_theory.bounds import Setting
from ilo_theory.verdict import Evidence, Status, Verdict, certified, claim, fold, identical


def _setting(p: int, K: float, *, k: int = 1, X: float = math.e, gamma: float = 0.5) -> Setting:
    """With delta = L2 = r1 = 1."""
    return Setting(k=k, p=p, n=10**6, L1=X, L2=1.0, r1=1.0, delta=1.0, K=K, gamma=gamma)


def _proof_step(lhs: float, rhs: float, scope: str) -> Verdict:
    """A step that fails proves nothing, and refutes nothing."""
    return certified((-math.inf, lhs), rhs, scope=scope, evidence=Evidence.PROOF)


# --- Remark 1 ---------------------------------------------------------------------------------------------------------


@claim(
    "true-optimum-falls",
    "Remark 1, the first term of (6)",
    r"K \leq K' \ \Rightarrow \ \min_{z \in G_1(B) \oplus B_1^p(K' \delta / L_2)} \Vert x - G_2(z) \Vert"
    r" \leq \min_{z \in G_1(B) \oplus B_1^p(K \delta / L_2)} \Vert x - G_2(z) \Vert",
    cases=[{"p": p} for p in (1, 2, 3)],
    note="The sets are nested.",
    expected=Status.HOLDS,
)
def true_optimum_falls(*, p, rng, printed=lambda K: K) -> Verdict:
    """Drawn whole G1, G2 and x; `printed` is the radius that K stands for, with delta = L2."""
    found = []
    for _ in range(20):
        G1, G2 = (torch.randint(-2, 3, shape, generator=rng).double() for shape in ((1, p), (p, 3)))
        x = torch.randint(-12, 13, (3,), generator=rng).double()
        reached, best = torch.arange(-2, 3).double()[:, None] @ G1, []
        for K in range(5):
            ball = nets.integer_points(p, printed(K)).double()
            images = (reached[:, None] + ball).flatten(0, 1) @ G2
            best.append(round((images - x).norm(dim=1).min().item(), 9))
        scope = "sets of whole points, K = 0 … 4"
        found += [certified(after, before, scope=scope) for before, after in pairwise(best)]
    return fold(found)


@claim(
    "additive-term-falls",
    "Remark 1, the additive term of (6)",
    r"1 \leq K \leq K' \leq \sqrt{p} \ \Rightarrow \ \frac{\log 4K'}{K'} \log \frac{\sqrt{p}}{K'}"
    r" \leq \frac{\log 4K}{K} \log \frac{\sqrt{p}}{K}",
    cases=[{"p": p} for p in (2, 4, 10, 100, 512, 10**4, 10**6)],
    note="'The additive error scales with K' is garbled in the text as held: a small K costs a larger error.",
    expected=Status.HOLDS,
)
def additive_term_falls(*, p, printed=1.0) -> Verdict:
    """From K = `printed` on: instances; and why it is so for all.

    Both factors fall. log(4tK) = log 4K + log t <= log 4K + (t - 1) log 4K for t >= 1, as log t <= t - 1 and
    log 4K >= 1: so log(4K)/K falls.
    """
    scope = "all p and 1 ≤ K ≤ √p by proof; its step and the claim compared at"
    values = [_setting(p, printed * (math.sqrt(p) / printed) ** (i / 60)).additive_error for i in range(60)]
    found = [certified(b, a, scope=scope, evidence=Evidence.PROOF) for a, b in pairwise([*values, 0.0])]
    return fold([_proof_step(1, math.log(4 * printed), scope), *found])


def _growth(k: int, p: int, X: float, power: float, scope: str) -> Verdict:
    """(5) at K = sqrt(k), from k to 4k: 2^power times as much?"""
    once, twice = (_setting(p, math.sqrt(j), k=j, X=X).measurements for j in (k, 4 * k))
    return identical(round(twice / once, 9), 2**power, scope=scope, K=math.sqrt(k))


SIZES = [{"k": k, "p": p, "X": X} for k in (1, 5, 512) for p in (2048, 10**6) for X in (2.0, 1e6)]


@claim(
    "measurements-quadratic",
    "Remark 1, measurements over K",
    r"m(2K) - m(K) = 4 (m(K) - m(K/2))",
    cases=SIZES,
    note="'((4))' in the remark is a slip for (5).",
    expected=Status.HOLDS,
)
def measurements_quadratic(*, k, p, X, printed=2) -> Verdict:
    """`printed` is the power of K in (5), above a constant."""
    half, once, twice = (_setting(p, K, k=k, X=X).measurements for K in (8.0, 16.0, 32.0))
    c = 2**printed  # m(2K) + c m(K/2) = (1 + c) m(K)
    return identical(round((twice + c * half) / once, 9), 1 + c, scope="(5) evaluated, to 9 decimals")


@claim(
    "root-k-as-held",
    "Remark 1, K of the order of √k, as held",
    r"K = \sqrt{k}: \ m \mathrm{\ scales\ linearly\ on\ } K",
    cases=SIZES,
    corrected="root-k",
    note="A slip in the text as held, K for k; 'only logarithmic in K' is for p.",
    expected=Status.REFUTED,
)
def root_k_as_held(*, k, p, X, printed=1) -> Verdict:
    """`printed` is the power of K."""
    return _growth(k, p, X, printed, "(5) evaluated, to 9 decimals")


@claim(
    "root-k",
    "Remark 1, K of the order of √k",
    r"K = \sqrt{k}: \ m = \frac{k (\log X + \log p)}{(1-\gamma)^2} \mathrm{\ scales\ linearly\ in\ } k"
    r" \mathrm{\ and\ logarithmically\ in\ } p",
    cases=SIZES,
    note="CSGM, k log X, is linear in k too.",
    expected=Status.HOLDS,
)
def root_k(*, k, p, X, printed=2) -> Verdict:
    """`printed` is the power of K; and from p to p^2 and p^3 (5) grows by the same amount."""
    scope = "(5) evaluated, to 9 decimals"
    powers = [_setting(p**i, math.sqrt(k), k=k, X=X).measurements for i in (1, 2, 3)]
    even = identical(round((powers[0] + powers[2]) / powers[1], 9), 2, scope=scope)
    return fold([_growth(k, p, X, printed, scope), even])


# --- Remark 2 ---------------------------------------------------------------------------------------------------------


def csgm(p: int, K: float) -> float:
    """The term p log(L2 r2 / delta) of CSGM on the intermediate layer."""
    return p * math.log(K)


@claim(
    "fewer-measurements",
    "Remark 2",
    r"K < \sqrt{p} \ \Rightarrow \ K^2 \log p < p \log \frac{L_2 r_2}{\delta} = p \log K",
    cases=[{"p": p, "share": share} for p in (10, 100, 10**4, 10**6) for share in (0.0, 0.1, 0.5, 0.8, 0.9, 0.999)],
    corrected="fewer-measurements-entropy",
    note="True up to a factor 2 from K = √e on. At K = 1 the printed p log K is 0, in place of p log 4K.",
    expected=Status.REFUTED,
)
def fewer_measurements(*, p, share, printed=csgm) -> Verdict:
    """K = p^(share / 2), from 1 to almost sqrt(p)."""
    K = p ** (share / 2)
    return certified(K**2 * math.log(p), printed(p, K), scope="both sides evaluated, K = p^(share/2)")


@claim(
    "fewer-measurements-entropy",
    "Remark 2, corrected",
    r"1 \leq K \leq \sqrt{p/2} \ \Rightarrow \ K^2 \log 3p \leq p \log 4K",
    cases=[{"p": p} for p in (2, 3, 10, 100, 10**4, 10**6)],
    note="With the entropies (34) and (25) in place of log p and log K. The errors differ too: the printed (6) exceeds "
    "CSGM's O(δ) by a factor that grows as √p log p for fixed K.",
    expected=Status.HOLDS,
)
def fewer_measurements_entropy(*, p, printed=0.5) -> Verdict:
    """Up to K = sqrt(`printed` p): instances; and why it is so for all.

    The difference is concave in K, and not negative at the ends: log 3p <= p log 4 at p = 2, and from there the right
    side grows faster; log 3p <= 2 log(4 sqrt(p/2)) = log 8p.
    """
    scope = "all p ≥ 2 by proof; its steps and the claim compared at"
    ends = [(math.log(6), 2 * math.log(4)), (math.log(3), math.log(16 * printed))]
    points = [1 + (math.sqrt(printed * p) - 1) * i / 20 for i in range(21)]
    sides = [(K**2 * math.log(3 * p), p * math.log(4 * K)) for K in points]
    found = [certified(*side, scope=scope, evidence=Evidence.PROOF) for side in sides]
    return fold([*(_proof_step(*end, scope) for end in ends), *found])


@claim(
    "fewer-measurements-twice",
    "Remark 2, up to a factor",
    r"\sqrt{e} \leq K \leq \sqrt{p} \ \Rightarrow \ K^2 \log p \leq 2 p \log K",
    cases=[{"p": p} for p in (3, 4, 10, 100, 10**4, 10**6)],
    note="Equal at K = √p.",
    expected=Status.HOLDS,
)
def fewer_measurements_twice(*, p, printed=2) -> Verdict:
    """`printed` is the factor. Instances; and for all: the difference is concave in K, 0 at sqrt(p), p - e log p at
    sqrt(e), and that is least, 0, at p = e."""
    low, high = math.sqrt(math.e), math.sqrt(p)
    scope = "all p ≥ e by proof; compared at"
    points = [low + (high - low) * i / 20 for i in range(21)]
    ratios = [K**2 * math.log(p) / csgm(p, K) for K in points]
    return fold(certified(ratio, printed, scope=scope, evidence=Evidence.PROOF) for ratio in ratios)


@claim(
    "fewer-measurements-interval",
    "Remark 2, where it is so",
    r"p = 10^4: \ K^2 \log p \leq p \log K \ \Leftrightarrow \ 1.00092 \leq K \leq 67.643",
    cases=[
        {"p": 100, "low": 1.05232, "high": 6.33013},
        {"p": 10**4, "low": 1.000924, "high": 67.6428},
        {"p": 10**6, "low": 1.000014, "high": 687.675},
    ],
    note="Literally, with the printed p log K. √p is 100.",
    expected=Status.HOLDS,
)
def fewer_measurements_interval(*, p, low, high, printed=csgm) -> Verdict:
    """The difference of the sides is convex in K, so that it is one interval: its ends, from both sides."""
    scope = "every K from low to high, and no other K, to 2 millionths"
    values = {K: (K**2 * math.log(p), printed(p, K)) for K in (low, high, low * (1 - 2e-6), high * (1 + 2e-6))}
    inside, outside = [*values.values()][:2], [*values.values()][2:]
    return fold(certified(*side, scope=scope) for side in [*inside, *((b, a) for a, b in outside)])


@claim(
    "csgm-additive-error",
    "Remark 2, the error of CSGM",
    r"m = \Omega \left( k \log X + p \log \frac{L_2 r_2}{\delta} \right)"
    r" \ \Rightarrow \ \mathrm{additive\ error\ } O(\delta)",
    cases=[
        {"k": k, "p": p, "K": K, "X": X}
        for k in (1, 512)
        for p in (1, 10, 10**4)
        for K in (math.e, 10.0, 1e4)
        for X in (2.0, 1e6)
    ],
    note="(4 + 2√2(1-γ)) δ/γ by Theorem 1 with explicit constants, with 6.4 for the constant of Ω, K ≥ e and X ≥ 2.",
    expected=Status.HOLDS,
)
def csgm_additive_error(*, k, p, K, X, printed=6.4) -> Verdict:
    """Instances; and why it is so for all.

    max(2H + u, W^2) <= 6.4 (k log X + p log K) + u, as 2 log(1 + 4X) <= 6.4 log X, D <= (8K)^p, 2 log 8K <= 6.4 log K
    and W^2 <= (k + p)/2.
    """
    scope, low = "all X ≥ 2, K ≥ e by proof; its steps and the claim compared at", printed * math.log(2)
    steps = [(2 * math.log(9), low), (2 * math.log(8 * math.e), printed), (0.5, low)]
    found = [_proof_step(*step, scope) for step in steps]
    for gamma in (0.2, 0.5, 0.8):
        setting = _setting(p, K, k=k, X=X, gamma=gamma)
        given = printed * (k * math.log(X) + csgm(p, K)) / (1 - gamma) ** 2
        asked = bounds.explicit_measurements(setting, 0.0)
        found.append(certified(asked, given, scope=scope, evidence=Evidence.PROOF, gamma=gamma))
    return fold(found)
