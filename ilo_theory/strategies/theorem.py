"""Settings of Theorem 1."""

import math

from hypothesis import strategies as st

from ilo_theory.bounds import Setting

MAGNITUDES = st.integers(-30, 30).map(lambda i: 10 ** (i / 5))  # from 10^-6 to 10^6


@st.composite
def theorem_settings(draw: st.DrawFn, printed: bool = False) -> Setting:
    """Settings of Theorem 1 from one number to millions, with constants over twelve orders of magnitude.

    Args:
        printed: only those of which the printed theorem speaks, K <= sqrt(p).
    """
    k, p, n = (draw(st.integers(1, most)) for most in (10**4, 3 * 10**6, 3 * 10**6))
    L1, L2, r1, delta = (draw(MAGNITUDES) for _ in range(4))
    K = draw(st.floats(0.01, 1)) * math.sqrt(p) if printed else draw(MAGNITUDES)
    gamma = draw(st.integers(1, 99)) / 100
    return Setting(k=k, p=p, n=n, L1=L1, L2=L2, r1=r1, delta=delta, K=K, gamma=gamma)
