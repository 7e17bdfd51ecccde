"""S-REC: the bounds of Section 3.1 and of Lemmas 3 and 4, and those with explicit constants that stand beside them.

k, p, K, delta and gamma are those of Theorem 1, X = L1 L2 r1 / delta, and eps = 1 - gamma.
"""

import math
from dataclasses import replace

from ilo_theory.bounds.explicit import explicit_additive, half_net_entropy
from ilo_theory.bounds.theorem import Setting


def csgm_order(k: int, X: float) -> float:
    """What m must be a multiple of in Section 3.1's quotation, a^2 aside: k log X."""
    return k * math.log(X)


# Eq. (31)
def latent_covering(k: int, X):
    """The two bounds on N(delta / (L1 L2), B_2^k(r1)): (2X + 1)^k and (4X)^k, exact for an exact X."""
    return (2 * X + 1) ** k, (4 * X) ** k


# Eq. (41)
def srec_additive(K: float, p: int) -> float:
    """The additive term of S-REC in units of delta: log(4K) sqrt(p)/K log(sqrt(p)/K)."""
    q = math.sqrt(p) / K
    return math.log(4 * K) * q * math.log(q)


# Eq. (42)
def chain_order(k: int, X: float, K: float, p: int) -> float:
    """What m must be a multiple of in Lemma 4: k log 4X + K^2 log p."""
    return k * math.log(4 * X) + K * K * math.log(p)


# --- With explicit constants ------------------------------------------------------------------------------------------


def csgm_measurements(k: int, X: float, a: float, u: float) -> float:
    """Gaussian measurements for S-REC(G(B_2^k(r1)), 1 - a, delta) with probability >= 1 - 1.5 e^-u, not rounded up.

    a^-2 max(2k log(1 + 4cX) + u, k/4), c = 4 + 2 sqrt(2) a: the net is for delta / c, as its additive term is c times
    its scale.
    """
    return max(2 * k * math.log1p(4 * explicit_additive(1 - a) * X) + u, k / 4) / (a * a)


def circulant_level(setting: Setting, u: float) -> float:
    """2H + u + log(4n + 1): e to the minus this is what each pair of the net may fail with, n frequencies counted."""
    return 2 * half_net_entropy(setting) + u + math.log(4 * setting.n + 1)


def circulant_measurements(setting: Setting, u: float) -> float:
    """Signed partial circulant measurements for S-REC with `circulant_additive`, not rounded up; n must be as large.

    16 l^2 / (1 - gamma^2)^2, l = 2H + u + log(4n + 1): quadratic in the entropy. The probability is >= 1 - 2.5 e^-u.
    """
    return (4 * circulant_level(setting, u) / (1 - setting.gamma**2)) ** 2


def circulant_additive(setting: Setting, m: int, u: float) -> float:
    """The delta of S-REC that goes with m >= `circulant_measurements`, in units of delta, by a chain of halved nets.

    2 gamma + 2 + 3 sum_i 2^-i (1 + 2 sqrt(2/m) l_i) over i < log2 sqrt(2n (log n + u)/m), the operator's norm, where
    l_i = H_i + H_(i+1) + u + (i + 1) log 2 + log(4n + 1) and H_i is H for delta / 2^i.
    """
    n = setting.n
    chain = 0.0
    for i, level in enumerate(_levels(setting, u, math.sqrt(2 * n * (math.log(n) + u) / m))):
        chain += (1 + 2 * math.sqrt(2 / m) * (level + math.log(4 * n + 1))) / 2**i
    return 2 * setting.gamma + 2 + 3 * chain


def chained_measurements(setting: Setting, u: float) -> float:
    """Gaussian measurements for S-REC with `chained_additive`, not rounded up: eps^-2 (2H + u)."""
    return (2 * half_net_entropy(setting) + u) / (1 - setting.gamma) ** 2


def chained_additive(setting: Setting, m: int, u: float) -> float:
    """The delta of S-REC that goes with m >= `chained_measurements`, in units of delta: Lemma 4's chain, corrected.

    2 gamma + 2 + 3 sum_i 2^-i (1 + sqrt(2 l_i / m)) over i < log2 of the operator's norm, which is at most
    (sqrt(n) + sqrt(m) + sqrt(2u)) / sqrt(m), where l_i = H_i + H_(i+1) + u + (i + 1) log 2 and H_i is H for
    delta / 2^i. The probability is >= 1 - 2.5 e^-u: the pairs of the net take e^-u / 2, the chain e^-u, the norm e^-u.
    """
    norm = (math.sqrt(setting.n) + math.sqrt(m) + math.sqrt(2 * u)) / math.sqrt(m)
    chain = sum((1 + math.sqrt(2 * level / m)) / 2**i for i, level in enumerate(_levels(setting, u, norm)))
    return 2 * setting.gamma + 2 + 3 * chain


def _levels(setting: Setting, u: float, norm: float) -> list[float]:
    """H_i + H_(i+1) + u + (i + 1) log 2 for each i < log2 norm."""
    count = max(0, math.ceil(math.log2(norm)))
    entropies = [
        half_net_entropy(replace(setting, delta=setting.delta / 2**i, K=setting.K * 2**i)) for i in range(count + 1)
    ]
    return [entropies[i] + entropies[i + 1] + u + (i + 1) * math.log(2) for i in range(count)]
