"""The fine scales of the chain, i >= log2(sqrt(p)/K), whose nets are those of volumes: (55) to (58).

Each line is a step from the one before, for all k, p, K and X >= 1. As K < sqrt(p), such i are at least 1.
"""

import math
from collections.abc import Callable

from ilo_theory.bounds.chaining import Chain, fine_size, volume_size
from ilo_theory.claims.chaining_algebra import LETTERS, least_coefficient, log_difference_sizes, proved, step
from ilo_theory.verdict import Status, Verdict, claim, fold

SCALES = [
    {"k": k, "p": p, "K": K, "X": X, "i": i}
    for k, p, K, i in ((400, 100, 9.999, 1), (50, 100, 1.5, 3), (20, 10**4, 50.0, 1))
    for X in (1.0, math.e, 1e3)
]
FROM_E = [scale for scale in SCALES if scale["X"] >= math.e]
EVERY = "every i ≥ 1, k, p, K and X ≥ 1, symbolically; compared at"
AT_LEAST_1 = 1 + LETTERS.j  # i


# --- The sizes --------------------------------------------------------------------------------------------------------


@claim(
    "fine-size-volume",
    "Lemma 4, Eq. (55)",
    r"\log \vert T_i \vert \leq p \log 4K \frac{\delta}{\delta_i} + p \log 4K \frac{\delta}{\delta_{i+1}} + "
    r"k \log \frac{L_1 L_2 r_1}{\delta_i} + k \log \frac{L_1 L_2 r_1}{\delta_{i+1}}",
    cases=SCALES,
    note="It drops the 4 of (31) and the halves of a sum of two nets, but its bound on the l1 ball has room for both. "
    "Smaller p are not decided here.",
    expected=Status.HOLDS,
)
def fine_size_volume(*, k, p, K, X, i, printed=volume_size) -> Verdict:
    """Half of delta_i for each net, u = K 2^i / sqrt(p) >= 1: per dimension, the nets against 4K 2^i = 4u sqrt(p).

    Maurey's net takes t <= up + 1 draws and has (2t + p)^p / p! <= (e (2u + 1 + 2/p))^p points at most; the latent one
    (4 + 1/(X 2^i))^min(k, p) <= 4.5^p times the (X 2^i)^k that the bound has for it. At p = 86, u = 1 the product
    4.5 e (2u + 1 + 2/p) is below 4u sqrt(p), which grows faster with u, and with p.
    """
    chain, root = Chain(k, p, K, X), math.sqrt(86)
    steps = [(4.5 * math.e * (3 + 2 / 86), 4 * root), (4.5 * math.e * 2, 4 * root), (86, p)]
    scope = "every G1, G2, i, k, X ≥ 1, p ≥ 86 and K < √p, by explicit nets; compared at"
    return proved(log_difference_sizes(chain, i, 0.5), printed(chain, i), *steps, scope=scope)


def _split(c, i):
    return 2 * c.p * c.log_4K + c.p * (2 * i + 1) + 2 * c.k * c.log_X + c.k * (2 * i + 1)


def _rounded(c, i):
    return 2 * c.p * c.log_4K + 3 * c.p * i + 2 * c.k * c.log_X + 3 * c.k * i


@claim(
    "fine-size-split",
    "Lemma 4, Eq. (56)",
    r"\ldots \leq 2 p \log 4K + p (2i+1) + 2 k \log \frac{L_1 L_2 r_1}{\delta} + k (2i+1)",
    cases=SCALES,
    note="From (55): log 2 ≤ 1.",
    expected=Status.HOLDS,
)
def fine_size_split(*, k, p, K, X, i, printed=_split) -> Verdict:
    """The difference, (p + k) (2i + 1) (1 - log 2), has positive coefficients."""
    chain = Chain(k, p, K, X)
    least = least_coefficient(printed(LETTERS, LETTERS.i) - volume_size(LETTERS, LETTERS.i), "k p log_4K log_X i")
    return proved(volume_size(chain, i), printed(chain, i), (0, least), scope=EVERY)


def _rounding(chain: Chain, i: int, printed: Callable, scope: str) -> Verdict:
    """The difference for i = 1 + j, (p + k) j, has positive coefficients."""
    difference = printed(LETTERS, AT_LEAST_1) - _split(LETTERS, AT_LEAST_1)
    return proved(
        _split(chain, i), printed(chain, i), (0, least_coefficient(difference, "k p log_4K log_X j")), scope=scope
    )


@claim(
    "fine-size-rounded",
    "Lemma 4, Eq. (57)",
    r"\ldots \leq 2 p \log 4K + 3 p i + 2 k \log \frac{L_1 L_2 r_1}{\delta} + 3 k i, \quad K < \sqrt{p}",
    cases=SCALES,
    note="From (56). Needs i ≥ 1: automatic in Lemma 4, where K < √p.",
    expected=Status.HOLDS,
)
def fine_size_rounded(*, k, p, K, X, i, printed=_rounded) -> Verdict:
    """The first fine scale is among the cases."""
    chain = Chain(k, p, K, X)
    scope = "every fine scale, k, p, K < √p and X ≥ 1, symbolically; compared at"
    return fold([_rounding(chain, i, printed, scope), step(1, chain.switch, scope)])


@claim(
    "fine-size-end-point",
    "Lemma 4, (57) at K = √p",
    r"2 p \log 4K + p (2i+1) \leq 2 p \log 4K + 3 p i, \quad i = \log \frac{\sqrt{p}}{K} = 0",
    cases=[{"k": k, "p": p, "X": 10.0} for k in (1, 50) for p in (100, 10**4)],
    corrected="fine-size-rounded",
    note="The end point K = √p, which Theorem 1 admits: there the first fine scale is i = 0, and (57) to (59) would "
    "give a single difference and f_0 = 1.",
    expected=Status.REFUTED,
)
def fine_size_end_point(*, k, p, X, printed=_rounded) -> Verdict:
    """At i = 0."""
    chain = Chain(k, p, math.isqrt(p), X)
    return _rounding(chain, chain.switch, printed, "both sides")


def _merging(k: int, p: int, K: float, X: float, i: int, printed: Callable, scope: str) -> Verdict:
    """The difference for i = 1 + j, log 4K = 1 + a, log X = 1 + b has positive coefficients, as log 4 > 1."""
    chain, logs = Chain(k, p, K, X), {LETTERS.log_4K: 1 + LETTERS.a, LETTERS.log_X: 1 + LETTERS.b}
    difference = (printed(LETTERS, AT_LEAST_1) - _rounded(LETTERS, AT_LEAST_1)).subs(logs)
    steps = [(0, least_coefficient(difference, "k p a b j")), (1, math.log(4))]
    return proved(_rounded(chain, i), printed(chain, i), *steps, scope=scope)


@claim(
    "fine-size-merged",
    "Lemma 4, Eq. (58)",
    r"\ldots \leq 5 i p \log 4K + 5 i k \log \frac{L_1 L_2 r_1}{\delta}",
    cases=[{"k": k, "p": p, "K": K, "X": 1.0, "i": 1} for k, p, K in ((9, 9, 1.5), (400, 100, 9.999))],
    corrected="fine-size-merged-from-e",
    note="From (57). Needs L1 L2 r1 ≥ e δ, where 'log' of it is at least 1.",
    expected=Status.REFUTED,
)
def fine_size_merged(*, k, p, K, X, i, printed=fine_size) -> Verdict:
    """At X = 1."""
    return _merging(k, p, K, X, i, printed, "both sides")


@claim(
    "fine-size-merged-from-e",
    "Lemma 4, (58) for L1 L2 r1 ≥ e δ",
    r"2 p \log 4K + 3 p i + 2 k \log X + 3 k i \leq 5 i (p \log 4K + k \log X), \quad X = L_1 L_2 r_1/\delta \geq e",
    cases=FROM_E,
    expected=Status.HOLDS,
)
def fine_size_merged_from_e(*, k, p, K, X, i, printed=fine_size) -> Verdict:
    """As above, without X < e."""
    return _merging(k, p, K, X, i, printed, "every i ≥ 1, k, p, K ≥ 1 and X ≥ e, symbolically; compared at")


@claim(
    "fine-size",
    "Lemma 4, (55) to (58) for every p",
    r"\log \vert T_i \vert \leq 5 i (p \log 4K + k \log X), \quad i \geq 1, X = L_1 L_2 r_1 / \delta \geq 5",
    cases=[
        {"k": k, "p": p, "K": K, "X": X, "i": i}
        for k, p, K, i in ((2, 2, 1.001, 1), (9, 9, 1.5, 1), (50, 100, 9.999, 1), (20, 10**4, 50.0, 2))
        for X in (5.0, 1e3)
    ],
    note="What the proof needs is true, with both nets laid out.",
    expected=Status.HOLDS,
)
def fine_size_corrected(*, k, p, K, X, i, printed=fine_size) -> Verdict:
    """With the share 0.6 of delta_i for the latent net.

    As Maurey's net at s = r/delta has (4s)^p points at most, T_i has from both (4K 2^i)^p (4K 2^(i+1))^p / 0.4^2p; with
    log 4K >= log 4 the bound exceeds this by p ((8i - 5) log 2 + 2 log 0.4) >= 0. The latent ones have
    (1 + cX 2^i)^k (1 + cX 2^(i+1))^k, c = 2/0.6; and 5i log X - log(1 + cX 2^i) - log(1 + cX 2^(i+1)) is positive at
    X = 5, i = 1, its slope in X is at least 3/X, and from i to i + 1 it grows by 5 log 5 - 2 log 2 at least.
    """
    chain = Chain(k, p, K, X)
    latent = math.log1p(20 / 0.6) + math.log1p(40 / 0.6)
    steps = [(-2 * math.log(0.4), 3 * math.log(2)), (latent, 5 * math.log(5)), (2 * math.log(2), 5 * math.log(5))]
    scope = "every G1, G2, i ≥ 1, k, p, K ≥ 1 and X ≥ 5, by explicit nets; compared at"
    return proved(log_difference_sizes(chain, i, 0.6), printed(chain, i), *steps, scope=scope)
