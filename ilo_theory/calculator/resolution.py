"""The resolution that suits a radius best: delta and gamma are free, and only k, p, L1, L2, r1, r2 and m are given."""

from dataclasses import replace

from ilo_theory.bounds import Setting, explicit_additive, explicit_gamma
from ilo_theory.calculator.rows import LEVEL

STEPS = 400
SPAN = 1e-6  # of the diameter, the finest delta


def best_resolution(setting: Setting, m: int, u: float = LEVEL, *, diameter: float) -> Setting | None:
    """The setting of the same r2 whose delta and gamma make the additive error of Theorem 1' for m least.

    A coarse delta makes K small, so that m is enough for a large gamma; a fine one makes the error (4 + 2 sqrt(2)
    (1 - gamma)) delta/gamma small. Looked for on a grid of STEPS delta from the diameter
    down to SPAN of it, of which neighbours differ by 3.5 %.

    Args:
        setting: its r2 is kept, its delta, K and gamma are not looked at otherwise.
        m: Gaussian measurements.
        u: Theorem 1' fails with a probability of at most 2.5 e^-u.
        diameter: no two images are further apart, l2.

    Returns:
        None where no delta and gamma promise less than the diameter.

    Raises:
        ValueError: if m < 1 or not diameter > 0.
    """
    for name, value in (("m", m), ("diameter", diameter)):
        if not value > 0:
            raise ValueError(f"`best_resolution({name}=...)` must be > 0, got {value}.")
    least, best = diameter, None
    for step in range(STEPS):
        delta = diameter * SPAN ** (step / STEPS)
        tried = replace(setting, delta=delta, K=setting.r2 * setting.L2 / delta)
        gamma = explicit_gamma(tried, m, u)
        if 0 < gamma < 1 and (error := explicit_additive(gamma) * delta / gamma) < least:
            least, best = error, replace(tried, gamma=gamma)
    return best
