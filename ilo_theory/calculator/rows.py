"""What each bound asks for and promises in one setting, and where it says nothing.

Every bound has one form: with m measurements, ||x - G2(z-tilde)|| <= factor ||x - G2(z-bar)|| + additive, all lengths
in the l2 norm of images. The paper's hide constants in Omega( ) and O( ), which are 1 here; the others are proved, with
explicit constants, for an x that does not depend on A.
"""

import math
from dataclasses import dataclass, replace

from ilo_theory.bounds import (
    Setting,
    explicit_additive,
    explicit_gamma,
    explicit_measurements,
)
from ilo_theory.bounds.srec import (
    chained_additive,
    chained_measurements,
    circulant_additive,
    circulant_measurements,
    csgm_measurements,
    csgm_order,
)

LEVEL = 10.0
"""u, where none is given: what is proved then fails with a probability of at most 3.5 e^-10 = 1.6e-4."""


@dataclass(frozen=True)
class Bound:
    """One row: how many measurements a bound asks for, and which error it promises.

    Args:
        name: of the bound.
        reference: the equation or theorem.
        measurements: m, not rounded up; None where the bound names none.
        factor: of the least error that is possible in the set; None where the bound names none.
        additive: the rest of the error, in the l2 norm of images; None where the bound names none.
        probability: with which it holds, at least; None: 1 - e^-Omega(m), not known.
        proved: whether it is proved with these constants; those printed are not, see CLAIMS.md.
        says_nothing: why, a reason each; empty where the bound says something.
    """

    name: str
    reference: str
    measurements: float | None
    factor: float | None
    additive: float | None
    probability: float | None
    proved: bool
    says_nothing: tuple[str, ...] = ()

    @property
    def vacuous(self) -> bool:
        """Whether it says nothing: it names no m or no error, asks for m >= n, or promises what is true anyway."""
        return bool(self.says_nothing)


def calculate(setting: Setting, u: float = LEVEL, *, diameter: float | None = None) -> tuple[Bound, ...]:
    """All bounds in one setting: CSGM's (r2 = 0), Theorem 1's, the corrected chain's, Theorem 1' for both operators.

    Args:
        setting: dimensions, Lipschitz constants, r1, delta, K and gamma. CSGM's rows do not look at K.
        u: what is proved fails with a probability of at most 2.5 e^-u, for circulant matrices and chains 3.5 e^-u.
        diameter: no two images are further apart, l2; 2 sqrt(n) for values in [-1, 1]. None: 2 (X + K) delta, the
            diameter of the extended range at most. An additive error as large says nothing.

    Raises:
        ValueError: if u < 0 or not diameter > 0.
    """
    _check("calculate", u, diameter)
    rows = _csgm_quoted, _csgm, _printed, _chained, _explicit, _circulant
    return tuple(_judged(row(setting, u), setting, diameter) for row in rows)


def with_measurements(setting: Setting, m: int, u: float = LEVEL, *, diameter: float | None = None) -> Bound:
    """What Theorem 1' promises for m Gaussian measurements, by the largest gamma that they give.

    Args:
        setting, u, diameter: as for `calculate`; the setting's own gamma is not looked at.
        m: how many there are.

    Raises:
        ValueError: if m < 1, u < 0 or not diameter > 0.
    """
    if not m >= 1:
        raise ValueError(f"`with_measurements(m=...)` must be >= 1, got {m}.")
    _check("with_measurements", u, diameter)
    name, gamma = f"Theorem 1' at m = {m}", explicit_gamma(setting, m, u)
    if gamma <= 0:
        reason = "no gamma > 0 for so few"
        return Bound(name, "explicit constants", float(m), None, None, 1 - 2.5 * math.exp(-u), True, (reason,))
    # a gamma of 1 - 1e-17 is 1
    best = _explicit(replace(setting, gamma=min(gamma, math.nextafter(1, 0))), u)
    found = replace(best, name=f"{name}, gamma = {gamma:.3g}", measurements=float(m))
    return _judged(found, setting, diameter)


def _check(call: str, u: float, diameter: float | None) -> None:
    if not 0 <= u < math.inf:
        raise ValueError(f"`{call}(u=...)` must be >= 0 and finite, got {u}.")
    if diameter is not None and not diameter > 0:
        raise ValueError(f"`{call}(diameter=...)` must be > 0, got {diameter}.")


# --- One function a bound ---------------------------------------------------------------------------------------------


# Section 3.1
def _csgm_quoted(s: Setting, u: float) -> Bound:
    reasons = () if s.X >= 1 else ("X < 1, so log X < 0",)
    m = None if reasons else csgm_order(s.k, s.X) / (1 - s.gamma) ** 2
    return Bound("CSGM, as quoted", "Section 3.1", m, 1 + 4 / s.gamma, s.delta / s.gamma, None, False, reasons)


def _csgm(s: Setting, u: float) -> Bound:
    m = csgm_measurements(s.k, s.X, 1 - s.gamma, u)
    return _gaussian("CSGM", "Section 3.1, explicit constants", s, m, 1.0, 2.5 * math.exp(-u))


# Theorem 1
def _printed(s: Setting, u: float) -> Bound:
    root = math.sqrt(s.p)
    beyond = root < s.K
    reasons = [f"K > sqrt(p) = {root:.4g}"] if beyond else []
    reasons += ["K = sqrt(p), where the error of 0 is refuted"] if root == s.K else []
    reasons += ["X < 1, so log X < 0"] if s.X < 1 else []
    reasons += ["K <= 1/4, so log 4K <= 0"] if s.K <= 0.25 else []
    m = None if beyond or s.X < 1 else s.measurements
    additive = None if beyond or s.K <= 0.25 else s.additive_error
    reference = "Theorem 1, (5) and (6)"
    return Bound("Theorem 1, as printed", reference, m, 1 + 4 / s.gamma, additive, None, False, tuple(reasons))


def _chained(s: Setting, u: float) -> Bound:
    m = chained_measurements(s, u)
    additive = chained_additive(s, math.ceil(m), u)
    return _gaussian("corrected chaining", "Lemma 4, explicit constants", s, m, additive, 3.5 * math.exp(-u))


def _explicit(s: Setting, u: float) -> Bound:
    m, additive = explicit_measurements(s, u), explicit_additive(s.gamma)
    return _gaussian("Theorem 1'", "explicit constants", s, m, additive, 2.5 * math.exp(-u))


def _circulant(s: Setting, u: float) -> Bound:
    m = circulant_measurements(s, u)
    additive = circulant_additive(s, math.ceil(m), u) * s.delta / s.gamma
    # ||FDv|| <= (1 + 2 sqrt(2/m) l) ||v|| but for (4n + 1) e^-l, for the one v = x - G2(z-bar)
    stretch = 1 + 2 * math.sqrt(2 / m) * (u + math.log(4 * s.n + 1))
    name, reference = "Theorem 1', signed circulant", "Lemma 1, explicit constants"
    return Bound(name, reference, m, 1 + 2 * stretch / s.gamma, additive, max(0.0, 1 - 3.5 * math.exp(-u)), True)


def _gaussian(name: str, reference: str, s: Setting, m: float, additive: float, failure: float) -> Bound:
    """The row of a proved bound for Gaussian A, `additive` being the delta of its S-REC in units of delta.

    ||Av|| <= (1 + sqrt(2u/m)) ||v|| but for e^-u, for the one v = x - G2(z-bar), and m >= u/eps^2.
    """
    factor = 1 + (2 + 2 * math.sqrt(2) * (1 - s.gamma)) / s.gamma
    return Bound(name, reference, m, factor, additive * s.delta / s.gamma, max(0.0, 1 - failure), True)


def _judged(bound: Bound, s: Setting, diameter: float | None) -> Bound:
    """The bound with all reasons why it says nothing."""
    reasons = list(bound.says_nothing)
    if bound.measurements is not None and bound.measurements >= s.n:
        reasons.append(f"m >= n = {s.n}")
    extent = 2 * (s.X + (0 if bound.name.startswith("CSGM") else s.K)) * s.delta if diameter is None else diameter
    if bound.additive is not None and bound.additive >= extent:
        reasons.append(f"error >= {extent:.4g}, the diameter of {'the set' if diameter is None else 'all images'}")
    return replace(bound, says_nothing=tuple(reasons))
