"""Theorem 1 with explicit constants: how many measurements are enough, and for which error."""

import math

from ilo_theory.bounds.lattice import log_delannoy
from ilo_theory.bounds.theorem import Setting


def half_net_entropy(setting: Setting) -> float:
    """The log-size of a delta-net of G2(G1(B_2^k(r1)) + B_1^p(r2)) made of two nets for delta/2.

    H = k log(1 + 4X) + log D(p, ceil(min(2K^2, K sqrt(p)))), D counting the points of Maurey's net.
    """
    k, p, K = setting.k, setting.p, setting.K
    return k * math.log1p(4 * setting.X) + log_delannoy(p, math.ceil(min(2 * K * K, K * math.sqrt(p))))


def cell_width(setting: Setting) -> float:
    """The Gaussian width of a net's cell in units of delta, at most: sqrt(k)/2 + min(K sqrt(2 log 2p), sqrt(p)/2)."""
    k, p, K = setting.k, setting.p, setting.K
    return math.sqrt(k) / 2 + min(K * math.sqrt(2 * math.log(2 * p)), math.sqrt(p) / 2)


def explicit_measurements(setting: Setting, u: float) -> float:
    """The m of Theorem 1 with explicit constants, for any K > 0, not rounded up: eps^-2 max(2H + u, W^2).

    eps = 1 - gamma, H is `half_net_entropy`, W `cell_width`. The bound `explicit_error` then holds with probability at
    least 1 - 2.5 e^-u, for an x that does not depend on A, and S-REC with `explicit_additive` with 1 - 1.5 e^-u.

    Raises:
        ValueError: if u < 0.
    """
    if not u >= 0:
        raise ValueError(f"`explicit_measurements(u=...)` must be >= 0, got {u}.")
    return _at_epsilon_1(setting, u) / (1 - setting.gamma) ** 2


def explicit_gamma(setting: Setting, m: int, u: float) -> float:
    """The gamma that m Gaussian measurements give by `explicit_measurements`; not positive where they give none.

    1 - sqrt(max(2H + u, W^2) / m), whatever the setting's own gamma.
    """
    return 1 - math.sqrt(_at_epsilon_1(setting, u) / m)


def _at_epsilon_1(setting: Setting, u: float) -> float:
    """max(2H + u, W^2), what eps^2 m must be."""
    return max(2 * half_net_entropy(setting) + u, cell_width(setting) ** 2)


def explicit_additive(gamma: float) -> float:
    """The delta of S-REC that goes with `explicit_measurements`, in units of delta: 4 + 2 sqrt(2) (1 - gamma)."""
    return 4 + 2 * math.sqrt(2) * (1 - gamma)


def explicit_error(setting: Setting, best: float) -> float:
    """The bound on ||x - G2(z-tilde)|| that goes with `explicit_measurements`; `best` is ||x - G2(z-bar)||.

    (1 + (2 + 2 sqrt(2) eps)/gamma) best + (4 + 2 sqrt(2) eps) delta/gamma, eps = 1 - gamma.

    Raises:
        ValueError: if best < 0.
    """
    if not best >= 0:
        raise ValueError(f"`explicit_error(best=...)` must be >= 0, got {best}.")
    additive = explicit_additive(setting.gamma)
    return (1 + (additive - 2) / setting.gamma) * best + additive * setting.delta / setting.gamma
