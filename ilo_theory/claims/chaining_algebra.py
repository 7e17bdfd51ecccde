"""What the proofs of the chaining family share: letters, inequalities between polynomials, sizes of nets.

A polynomial whose coefficients all are >= 0 is >= 0 wherever its letters are. A range is made one of letters >= 0 by
substitution, as i = 1 + j for i >= 1; inequalities in 4^i are shown at the first i and for the step to the next.
"""

import math
from collections.abc import Iterable
from dataclasses import replace
from types import SimpleNamespace

import sympy as sp

from ilo_theory import bounds
from ilo_theory.bounds.chaining import Chain
from ilo_theory.verdict import Evidence, Status, Verdict, certified, fold, identical
from ilo_theory.verdict.earned import Side

_names = ("i", "j", "k", "p", "K", "log_3p", "log_4K", "log_X", "a", "b", "v")
LETTERS = SimpleNamespace(**{name: sp.Symbol(name, nonnegative=True) for name in _names}, log_2=sp.log(2))
"""Stands for a `Chain` in the lines of the proof; i and j are scales, a, b and v what exceeds the end of a range."""
LETTERS.m = LETTERS.K**2 * LETTERS.log_3p + LETTERS.k * LETTERS.log_X


def least_coefficient(expression: sp.Expr, letters: str) -> float:
    """The least coefficient of a polynomial in the letters named, with spaces between."""
    symbols = [getattr(LETTERS, name) for name in letters.split()]
    return min(float(coefficient) for coefficient in sp.Poly(sp.expand(expression), *symbols).coeffs())


def same(one: sp.Expr, other: sp.Expr) -> tuple[float, float]:
    """The step that two expressions are one."""
    return 0.0, 0.0 if sp.simplify(one - other) == 0 else -1.0


def step(lhs: float, rhs: float, scope: str) -> Verdict:
    """A step of a proof, lhs <= rhs: one that fails proves nothing, and refutes nothing."""
    return certified((-math.inf, lhs), rhs, scope=scope, evidence=Evidence.PROOF)


def rising(expression: sp.Expr, letters: str) -> list[tuple[float, float]]:
    """The steps that show a polynomial in 4^j and these letters to be >= 0 for j = 0, 1, ...: its start, its growth."""
    growth = expression.subs(LETTERS.j, LETTERS.j + 1) - expression
    growth = sp.expand(growth).subs(4**LETTERS.j, 1 + LETTERS.v)
    return [
        (0, least_coefficient(expression.subs(LETTERS.j, 0), letters)),
        (0, least_coefficient(growth, letters + " v")),
    ]


def proved(lhs: Side, rhs: Side, *steps: tuple[float, float], scope: str, **witness) -> Verdict:
    """An instance lhs <= rhs of what the steps prove for all parameters; where all is well, its sides are shown."""
    instance = certified(lhs, rhs, scope=scope, evidence=Evidence.PROOF, **witness)
    found = fold([instance, *(step(*sides, scope) for sides in steps)])
    return _settled(instance) if found.status is Status.HOLDS else found


def equal(one: float, other: float, *steps: tuple[float, float], scope: str, **witness) -> Verdict:
    """An instance one = other of what the steps prove for all parameters; without any, a certificate."""
    evidence = Evidence.PROOF if steps else Evidence.CERTIFICATE
    instance = identical(one, other, scope=scope, evidence=evidence, **witness)
    found = fold([instance, *(step(*sides, scope) for sides in steps)])
    return _settled(instance) if found.status is Status.HOLDS else found


def _settled(found: Verdict) -> Verdict:
    """Sides that differ by rounding made one: no other machine then shows another case as the closest."""
    return replace(found, lhs=found.rhs) if math.isclose(found.lhs, found.rhs, rel_tol=1e-9) else found


def log_sum(logarithms: Iterable[float]) -> float:
    """log of the sum of e^x, x in the list."""
    largest = max(logarithms := [*logarithms])
    return largest + math.log(math.fsum(math.exp(x - largest) for x in logarithms))


def log_net_sizes(chain: Chain, i: int, share: float) -> tuple[float, float]:
    """Enclose log N(delta_i, S): from below for one S, from above for each.

    Above: a maximal packing of the latent ball, or of its image in R^p, at the share of delta_i, at most
    (1 + 2X 2^i/share)^min(k, p) points, plus Maurey's net of B_1^p(r2) at the rest of delta_i, by its exact radius.
    Below: for k <= p let G1 be an isometry onto the first k coordinates and G2 the projection on these. Then S has
    B_2^k(X delta) within it, and by volume N >= (X 2^i)^k.
    """
    s = chain.K * 2**i / (1 - share)
    draws = math.ceil(min(s * s, s * math.sqrt(chain.p)) / 2)
    latent = min(chain.k, chain.p) * math.log1p(2 * chain.X * 2**i / share)
    lower = chain.k * (chain.log_X + i * chain.log_2) if chain.k <= chain.p else 0.0
    return lower, latent + bounds.log_delannoy(chain.p, draws)


def log_difference_sizes(chain: Chain, i: int, share: float) -> tuple[float, float]:
    """Enclose log |T_i| for minimal nets: |N_{i+1}| <= |T_i| <= |N_i| |N_{i+1}|."""
    (_, coarse), (lower, fine) = (log_net_sizes(chain, scale, share) for scale in (i, i + 1))
    return lower, coarse + fine
