"""The probabilities at the fine scales of the chain, and how they decay: (59) to (61)."""

import math

import sympy as sp

from ilo_theory.bounds.chaining import Chain, decay_threshold, deviation, fine_log_failure, fine_size
from ilo_theory.claims.chaining_algebra import LETTERS, equal, least_coefficient, log_sum, proved
from ilo_theory.verdict import Status, Verdict, certified, claim, fold

SCALES = [
    {"k": k, "p": p, "K": K, "X": X, "i": i}
    for k, p, K, i in ((400, 100, 9.999, 1), (50, 100, 1.5, 3), (20, 10**4, 50.0, 1))
    for X in (1.0, 1e3)
]
CHAINS = [{key: value for key, value in scale.items() if key != "i"} for scale in SCALES]


# --- The choice -------------------------------------------------------------------------------------------------------


def half_rate_steps(share: float) -> list[tuple[float, float]]:
    """Why p log 4K >= share K^2 log 3p + (log 4 - log(3)/2) p for share = 1/2 and 1 <= K <= sqrt(p).

    Divided by K^2, with p = K^2 (1 + b), log K = a and log(1 + b) <= b, the difference is a polynomial in a and b.
    """
    a, b, spare = LETTERS.a, LETTERS.b, sp.log(4) - sp.log(3) / 2
    difference = (1 + b) * (sp.log(4) + a - spare) - sp.Rational(share) * (sp.log(3) + b + 2 * a)
    return [(0, least_coefficient(difference, "a b"))]


@claim(
    "fine-failure",
    "Lemma 4, Eq. (59)",
    r"\log f_i = -6 i p \log 4K - 6 i k \log X \ \Rightarrow \ "
    r"\sum_{i \geq \log_2 q} \vert T_i \vert f_i \leq \frac{1}{4} e^{-m/2}",
    cases=CHAINS,
    note="A choice, and what it is for. With (58).",
    expected=Status.HOLDS,
)
def fine_failure(*, k, p, K, X, printed=fine_log_failure) -> Verdict:
    """log(|T_i| f_i) = -i E with E = p log 4K + k log X >= m/2 + (log 4 - log(3)/2) p, and i >= 1, p >= 2.

    So e^-E <= 3/16 e^(-m/2), and with m >= log 6 the sum, at most e^-E / (1 - e^-E), is less than e^(-m/2) / 4.
    """
    chain = Chain(k, p, K, X)
    exponent = fine_size(LETTERS, LETTERS.i) + printed(LETTERS, LETTERS.i)
    rate = LETTERS.i * (LETTERS.p * LETTERS.log_4K + LETTERS.k * LETTERS.log_X)
    end = 3 / 16 / (1 - math.sqrt(1 / 6) * 3 / 16)
    steps = [(0, least_coefficient(-rate - exponent, "i p k log_4K log_X")), *half_rate_steps(0.5), (end, 1 / 4)]
    total = log_sum(fine_size(chain, i) + printed(chain, i) for i in range(chain.switch, chain.switch + 60))
    scope = "every k, p, 1 < K < √p and X ≥ 1, symbolically; compared at"
    return proved(total, -chain.m / 2 - math.log(4), *steps, scope=scope)


@claim(
    "fine-deviation",
    "Lemma 4, Eq. (60)",
    r"\epsilon_i \leq O\left(1 + \log(4K) \frac{i p}{m} + i\right)",
    cases=SCALES,
    note="Read with O( ) over the whole right side. With O(1) for its first term alone, the others have the factor 24.",
    expected=Status.HOLDS,
)
def fine_deviation(*, k, p, K, X, i, printed=24) -> Verdict:
    """m times the difference is a polynomial with positive coefficients for m = k log X + log 6 + b.

    `printed` is the constant of O( ).
    """
    chain, m = Chain(k, p, K, X), LETTERS.v
    epsilon = deviation(m, LETTERS.log_2 - fine_log_failure(LETTERS, LETTERS.i))
    difference = printed * (m + LETTERS.i * LETTERS.p * LETTERS.log_4K + LETTERS.i * m) - sp.expand(epsilon * m)
    difference = difference.subs(m, LETTERS.k * LETTERS.log_X + sp.log(6) + LETTERS.b)
    ours = deviation(chain.m, chain.log_2 - fine_log_failure(chain, i))
    stated = printed * (1 + chain.log_4K * i * p / chain.m + i)
    scope = "the constant 24, every i ≥ 1, k, p, K > 1 and X ≥ 1, symbolically; compared at"
    return proved(ours, stated, (0, least_coefficient(difference, "i p k log_4K log_X b")), scope=scope)


# --- Their decay ------------------------------------------------------------------------------------------------------


def _decay(p: int, K: float, printed: float, *steps: tuple[float, float], scope: str) -> Verdict:
    """log(|T_i| f_i) against -printed i m, for i = 1 and X = 1: i and k log X change nothing, or help."""
    chain = Chain(1, p, K, 1.0)
    return proved(fine_size(chain, 1) + fine_log_failure(chain, 1), -printed * chain.m, *steps, scope=scope)


@claim(
    "fine-decay",
    "Lemma 4, Eq. (61)",
    r"\log(\vert T_i \vert f_i) \leq -i p \log 4K - i k \log X \leq -i m, \quad 1 < K < \sqrt{p}",
    cases=[{"p": 10**4, "K": K} for K in (2.0, 50.0, 70.0, 74.0, 75.0, 90.0, 99.0)],
    corrected="fine-decay-half",
    note="A constant: for K near √p the last bound is -im/2.",
    expected=Status.REFUTED,
)
def fine_decay(*, p, K, printed=1.0) -> Verdict:
    """`printed` is the factor of -im."""
    return _decay(p, K, printed, scope="i = 1, k log X = 0")


@claim(
    "fine-decay-half",
    "Lemma 4, (61) with -im/2",
    r"\log(\vert T_i \vert f_i) \leq -i m / 2, \quad 1 \leq K \leq \sqrt{p}",
    cases=[{"p": p, "K": math.sqrt(p) * share} for p in (2, 100, 10**4, 10**8) for share in (0.75, 0.9, 1 - 1e-9)],
    expected=Status.HOLDS,
)
def fine_decay_half(*, p, K, printed=0.5) -> Verdict:
    """`printed` is the factor of -im."""
    scope = "every i, k, p, 1 ≤ K ≤ √p and X ≥ 1, symbolically; compared at"
    return _decay(p, K, printed, *half_rate_steps(printed), scope=scope)


@claim(
    "fine-decay-to-root-half",
    "Lemma 4, (61) for K ≤ √(p/2)",
    r"p \log 4K \geq K^2 \log 3p, \quad 1 \leq K \leq \sqrt{p/2}",
    cases=[{"p": p} for p in (2, 3, 10, 100, 10**4, 10**8)],
    expected=Status.HOLDS,
)
def fine_decay_to_root_half(*, p, printed=0.5) -> Verdict:
    """The difference is concave in K, so that both ends decide; `printed` is the largest K^2 / p.

    At K = 1 it is positive for p = 1 and grows with p; at the other end it is p/2 log(16/6).
    """
    scope = "every K by concavity and every p; the ends compared at"
    chains = [Chain(1, p, K, 1.0) for K in (1.0, math.sqrt(printed * p))]
    steps = [(math.log(3), math.log(4)), (6, 16)]
    return fold(proved(chain.m, p * chain.log_4K, *steps, scope=scope) for chain in chains)


@claim(
    "decay-threshold",
    "Lemma 4, (61), where it turns",
    r"p \log 4K \geq K^2 \log 3p \ \Leftrightarrow \ K \leq \kappa(p) \sqrt{p}, "
    r"\quad \kappa(p) > \frac{1}{\sqrt{2}}, \ K \geq 1",
    cases=[{"p": p} for p in (2, 10, 100, 10**4, 10**8, 10**16)],
    note="0.97672 at p = 2, 0.77608 at 100, 0.74324 at 10⁴. κ² = -W(-log(3p)/8p) / (2 log 3p), W the branch of "
    "Lambert's function below -1.",
    expected=Status.HOLDS,
)
def decay_threshold_claim(*, p, printed=decay_threshold) -> Verdict:
    """By bisection between sqrt(p/2) and sqrt(p): the difference is concave in K and positive at K = 1."""
    low, high = math.sqrt(0.5), 1.0
    while low < (middle := (low + high) / 2) < high:
        chain = Chain(1, p, middle * math.sqrt(p), 1.0)
        low, high = (middle, high) if p * chain.log_4K >= chain.m else (low, middle)
    return fold([equal(printed(p), low, scope="bisection"), certified(0.5, low**2, scope="bisection")])
