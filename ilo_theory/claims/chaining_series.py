"""The sum over all scales of the chain: (68), (69), and what it really comes to.

Logarithms in i are to base 2, so that the first fine scale is I = ceil(log2 q), q = sqrt(p)/K.
"""

import math
from collections.abc import Callable
from functools import cache

import sympy as sp

from ilo_theory.bounds.chaining import (
    Chain,
    chained_error,
    chained_order,
    coarse_log_failure,
    deviation,
    fine_log_failure,
    printed_error,
    subgaussian_deviation,
    subgaussian_error,
)
from ilo_theory.claims.chaining_algebra import LETTERS, equal, proved, same
from ilo_theory.verdict import Status, Verdict, certified, claim, fold

GRID = [{"p": p, "share": share} for p in (2, 9, 100, 10**4, 10**8) for share in (0.0, 0.1, 0.5, 0.9, 1 - 1e-9)]
LATENT = ((1, 1.0), (10, 10.0), (10**9, 1e300))  # (k, X): k log X is none, some, or most of m
ALL = "every p ≥ 2, 1 ≤ K < √p and k log X ≥ 0, by the steps of a proof; compared at"
LARGEST_RATIO = math.log(4 * math.sqrt(2)) / math.log(6)
"""log 4K / log 3p is below it: it grows with K < sqrt(p), and there it falls with p >= 2, as log(3)/2 < log 4."""


def _extent(p: int, share: float) -> float:
    """K in [1, sqrt(p)), on the scale of its logarithm."""
    return math.sqrt(p) ** share


# --- As printed -------------------------------------------------------------------------------------------------------


@claim(
    "chain-substituted",
    "Lemma 4, Eq. (68)",
    r"\sum_{i \geq \log_2 q} \log(4K) \frac{i p}{m} \frac{\delta}{2^i} \leq "
    r"\sum_{i \geq \log_2 q} \log(4K) \frac{i p}{K^2 \log 3p} \frac{\delta}{2^i}",
    cases=[{"p": 100, "K": K, "X": X} for K in (1.5, 9.0) for X in (1.0, 10.0, 1e6)],
    note="From (67), with the ε_i of (54) and (60) as they stand: but for this m ≥ K² log 3p nothing changes. 1 + ε_i "
    "is in its O(1).",
    expected=Status.HOLDS,
)
def chain_substituted(*, p, K, X, printed=lambda c: c.K**2 * c.log_3p) -> Verdict:
    """Term by term: m = K^2 log 3p + k log X is at least `printed`, a polynomial."""
    chain = Chain(1, p, K, X)
    terms = [i / 2**i for i in range(chain.switch, chain.switch + 60)]
    sides = [p * chain.log_4K / below * math.fsum(terms) for below in (chain.m, printed(chain))]
    left = LETTERS.m - printed(LETTERS)
    least = min(map(float, sp.Poly(left, LETTERS.k, LETTERS.K, LETTERS.log_3p, LETTERS.log_X).coeffs()))
    return proved(*sides, (0, least), scope="every k, p, K and X ≥ 1, symbolically; compared at")


def printed_letters(p, K):
    q = sp.sqrt(p) / K
    return sp.log(4 * K) * q * sp.log(q)


def limit_at_root(p: int, printed: Callable) -> float:
    """The limit of printed(p, K) as K rises to sqrt(p)."""
    K = sp.Symbol("K", positive=True)
    return float(sp.limit(printed(sp.Integer(p), K), K, sp.sqrt(p), "-"))


@claim(
    "chain-sum-printed",
    "Lemma 4, Eq. (69)",
    r"\sum_{i < \log q} (O(1) + 3 \cdot 4^{i+1}) \frac{\delta}{2^i} + \ldots \leq "
    r"O\left(\log(4K) q \log q\right) \delta, \quad q = \frac{\sqrt{p}}{K}",
    cases=[{"p": p} for p in (100, 10**4)],
    corrected="chain-sum",
    note="'1 +' is forgotten beside log q, and 1/log 3p dropped: as K ↑ √p the right side goes to 0, and no constant "
    "helps. 'Ax - x_l' is a slip in the text as held.",
    expected=Status.REFUTED,
)
def chain_sum_printed(*, p, printed=printed_letters) -> Verdict:
    """The first of the coarse terms, which is there for every K < sqrt(p), against the limit of the right side."""
    needed = []
    for off in (0.5, 0.1, 0.01, 1e-4, 1e-8):
        chain = Chain(1, p, (1 - off) * math.sqrt(p), 1.0)
        needed.append([chain.K, math.fsum(3 * 4 ** (i + 1) / 2**i for i in range(chain.switch)) / printed_error(chain)])
    scope = "K ↑ √p, by a limit, and every constant of O( )"
    return certified(3 * 4, limit_at_root(p, printed), scope=scope, needed=needed)


# --- The two series ---------------------------------------------------------------------------------------------------


@cache
def _series() -> tuple[sp.Symbol, sp.Expr, sp.Expr]:
    """I, and both sums by sympy."""
    i, letter = (sp.Symbol(name, integer=True, nonnegative=True) for name in "iI")
    coarse = sp.summation(12 * 4**i / 2**i, (i, 0, letter - 1))
    return letter, coarse, sp.summation((letter + i) / sp.Integer(2) ** (letter + i), (i, 0, sp.oo))


@claim(
    "chain-series",
    "Lemma 4, (68), its series",
    r"\sum_{i=0}^{I-1} 12 \cdot 4^i 2^{-i} = 12 (2^I - 1), \quad \sum_{i=I}^{\infty} i 2^{-i} = 2^{1-I} (I+1)",
    cases=[{"I": I} for I in (0, 1, 2, 7)],
    note="The first is why √p/K is there, without a logarithm.",
    expected=Status.HOLDS,
)
def chain_series(*, I, printed=(lambda I: 12 * (2**I - 1), lambda I: 2 ** (1 - I) * (I + 1))) -> Verdict:
    """Symbolic in I; and term by term."""
    terms = [sum(12 * 2**i for i in range(I)), math.fsum(i / 2**i for i in range(I, I + 90))]
    scope = "every I, symbolically; compared at"
    letter, *sums = _series()
    symbolic = [same(ours, formula(letter)) for ours, formula in zip(sums, printed, strict=True)]
    values = [float(formula(sp.Integer(I))) for formula in printed]
    return fold(equal(*sides, *symbolic, scope=scope) for sides in zip(terms, values, strict=True))


def _summed(chain: Chain, epsilon: Callable[[float, float], float]) -> float:
    """The sum over i of 1.5 (1 + epsilon_i) / 2^i, epsilon_i = epsilon(m, log f_i), term by term."""
    logs = [coarse_log_failure(chain, i) for i in range(chain.switch)]
    logs += [fine_log_failure(chain, i) for i in range(chain.switch, chain.switch + 90)]
    return math.fsum(1.5 * (1 + epsilon(chain.m, log)) / 2**i for i, log in enumerate(logs))


def _by_union(m: float, log_failure: float) -> float:
    return deviation(m, math.log(2) - log_failure)


@claim(
    "chain-sum-closed",
    "Lemma 4, (68) with its constants",
    r"\sum_i \frac{3}{2} \frac{1 + \epsilon_i}{2^i} = \frac{3}{2} \left(6 + \frac{8 \log 2}{m} + 48 (2^I - 1) + "
    r"24 \frac{p \log 4K + k \log X}{m} 2^{1-I} (I+1)\right)",
    cases=[{"p": 10**4, "K": K, "X": X} for X in (1.0, 100.0) for K in (1.0, 10.0, 50.0, 99.0)],
    note="At p = 10⁴, X = 1 it is 15205.17, 1894.13, 229.02 and 123.62 for K = 1, 10, 50, 99, where log(4K) q log q is "
    "638.41, 84.94, 7.345 and 0.0607.",
    expected=Status.HOLDS,
)
def chain_sum_closed(*, p, K, X, printed=chained_error) -> Verdict:
    """Term by term, from the f_i as chosen."""
    chain = Chain(1, p, K, X)
    return equal(_summed(chain, _by_union), printed(chain), scope="sums to rounding", printed=printed_error(chain))


@claim(
    "chain-sum-closed-subgaussian",
    "Lemma 4, (68) with sub-Gaussian tails",
    r"\epsilon_i = \sqrt{\frac{2}{m} \log \frac{1}{f_i}}: \ \sum_i \frac{3}{2} \frac{1 + \epsilon_i}{2^i} = "
    r"\frac{3}{2} \left(2 + 2 \sqrt{6} I + \sqrt{12 \frac{p \log 4K + k \log X}{m}} "
    r"\sum_{i \geq I} \frac{\sqrt{i}}{2^i}\right)",
    cases=[{"p": 10**4, "K": K, "X": X} for X in (1.0, 100.0) for K in (1.0, 10.0, 50.0, 99.0)],
    note="At p = 10⁴, X = 1 it is 62.83, 41.01, 20.39 and 15.73 for K = 1, 10, 50, 99.",
    expected=Status.HOLDS,
)
def chain_sum_closed_subgaussian(*, p, K, X, printed=subgaussian_error) -> Verdict:
    """Term by term, from the f_i as chosen."""
    chain = Chain(1, p, K, X)
    return equal(_summed(chain, subgaussian_deviation), printed(chain), scope="sums to rounding")


# --- The true orders --------------------------------------------------------------------------------------------------

CONSTANT = 214
_rest = 9 + 12 * math.log(2) / math.log(6) - 72  # of the closed form, as m >= log 6, beside 144 q and the fine term
_peak = 2 / (math.e * math.log(2))  # max (1 + x) 2^-x, at x = 1/log 2 - 1 < 1
ORDER_STEPS = [
    (1 / math.log(2) - 1, 1),
    (144 + 72 * LARGEST_RATIO, CONSTANT),
    (72 / math.log(2), CONSTANT),
    (_rest, 0),
    (144 + _rest + 72 * _peak, CONSTANT),
]
"""Why `chained_error` <= 214 `chained_order`, for log 4K / log 3p = rho and R <= max(1, q^2 rho), a mediant.

2^I <= 2q and 2^(1-I) (I + 1) <= 2 (1 + log2 q)/q: with f(x) = (1 + x) 2^-x, f(I) <= f(log2 q), since f(0) = f(1) = 1,
and f rises, then falls from before 1 on. So 1.5 (...) <= rest + 144 q + 72 max(q rho (1 + log2 q), f(log2 q)).
"""


@claim(
    "chain-sum",
    "Lemma 4, (69) corrected",
    r"\sum_i \frac{3}{2} \frac{1 + \epsilon_i}{2^i} \leq 214 q \left(1 + \frac{\log 4K}{\log 3p} \log q\right), "
    r"\quad q = \frac{\sqrt{p}}{K}",
    cases=GRID,
    note="The order that the chain has, with explicit constants, for all 1 ≤ K < √p.",
    expected=Status.HOLDS,
)
def chain_sum(*, p, share, printed=CONSTANT) -> Verdict:
    """The closed form; K = sqrt(p)^share. `printed` is the constant."""
    chains = [Chain(k, p, _extent(p, share), X) for k, X in LATENT]
    return fold(proved(chained_error(c), printed * chained_order(c), *ORDER_STEPS, scope=ALL) for c in chains)


@claim(
    "chain-sum-inside",
    "Lemma 4, (69) for K ≤ √p/2",
    r"\sum_i \frac{3}{2} \frac{1 + \epsilon_i}{2^i} \leq 309 \log(4K) q \log q, \quad 1 \leq K \leq \sqrt{p}/2",
    cases=[{"p": p, "share": share} for p in (4, 9, 100, 10**4, 10**8) for share in (0.0, 0.5, 1.0)],
    note="The printed order, with a constant, away from K = √p.",
    expected=Status.HOLDS,
)
def chain_sum_inside(*, p, share, printed=309) -> Verdict:
    """log q >= log 2, log 4K >= log 4 and log 3p >= log 12 in the row above; K = (sqrt(p)/2)^share."""
    scope = "every p ≥ 4, 1 ≤ K ≤ √p/2 and k log X ≥ 0, by the steps of a proof; compared at"
    inside = CONSTANT * (1 / (math.log(2) * math.log(4)) + 1 / math.log(12))
    chains = [Chain(k, p, (math.sqrt(p) / 2) ** share, X) for k, X in LATENT]
    steps = [*ORDER_STEPS, (inside, printed)]
    return fold(proved(chained_error(c), printed * printed_error(c), *steps, scope=scope) for c in chains)


@claim(
    "chain-sum-subgaussian",
    "Sharper: the same chain with sub-Gaussian tails",
    r"\epsilon_i = \sqrt{\frac{2}{m} \log \frac{1}{f_i}}: \ \sum_i \frac{3}{2} \frac{1 + \epsilon_i}{2^i} \leq "
    r"26 + 12.5 \log_2 q",
    cases=GRID,
    note="(44) has 4 log(2/f)/m where √(2 log(1/f)/m) is enough: that alone brings √p/K into the bound.",
    expected=Status.HOLDS,
)
def chain_sum_subgaussian(*, p, share, printed=(26, 12.5)) -> Verdict:
    """The closed form; K = sqrt(p)^share. `printed` is (a, b) of a + b log2 q.

    By Cauchy and Schwarz the sum of sqrt(i)/2^i is at most 2^(1-I) sqrt(I + 1), and sqrt(R) 2^(1-I) is at most
    max(1, 2 sqrt(rho)) as above; sqrt(I + 1) <= 1 + I/2 and I <= 1 + log2 q.
    """
    fine = math.sqrt(12) * 2 * math.sqrt(LARGEST_RATIO)
    slope, start = 1.5 * (2 * math.sqrt(6) + fine / 2), 1.5 * (2 + fine)
    steps = [(slope, 12.5), (start + slope, 26), (1, 2 * math.sqrt(LARGEST_RATIO))]
    chains = [Chain(k, p, _extent(p, share), X) for k, X in LATENT]
    stated = [printed[0] + printed[1] * math.log2(c.q) for c in chains]
    return fold(proved(subgaussian_error(c), b, *steps, scope=ALL) for c, b in zip(chains, stated, strict=True))


@claim(
    "chain-ladder",
    "Sharper: the ladder of additive terms",
    r"6 \leq \sum_i \frac{3}{2 \cdot 2^i} \left(1 + \sqrt{\frac{2}{m} \log \frac{1}{f_i}}\right) \leq "
    r"\sum_i \frac{3}{2 \cdot 2^i} \left(3 + \frac{4}{m} \log \frac{2}{f_i}\right)",
    cases=GRID,
    note="From below: by Gaussian widths, by the chain with sub-Gaussian tails, and with those of (44).",
    expected=Status.HOLDS,
)
def chain_ladder(*, p, share, printed=6.0) -> Verdict:
    """Term by term sqrt(2y) <= 2 + 4y, as 4y + 2 - sqrt(2y) has no root; and I >= 1 leaves 1.5 (2 + 2 sqrt(6))."""
    chains = [Chain(k, p, _extent(p, share), X) for k, X in LATENT]
    steps = [(2 - 4 * 4 * 2, 0), (6, 1.5 * (2 + 2 * math.sqrt(6)))]
    rungs = [(printed, subgaussian_error(c)) for c in chains]
    rungs += [(subgaussian_error(c), chained_error(c)) for c in chains]
    return fold(proved(*rung, *steps, scope=ALL) for rung in rungs)
