"""What is left of the chain below its last scale: ||A (x - x_l)||, (70) to (72), and how long the chain must be."""

import math

import numpy as np
import torch
from scipy.special import gammainc

from ilo_theory.bounds.chaining import norm_log_failure
from ilo_theory.claims.chaining_algebra import proved
from ilo_theory.claims.chaining_path import drawn_path, everywhere
from ilo_theory.tails import log_chi2_above
from ilo_theory.verdict import Evidence, Status, Verdict, certified, claim


@claim(
    "last-step",
    "Lemma 4, Eq. (70)",
    r"\Vert Ax - Ax_l \Vert \leq \Vert A \Vert \cdot \Vert x - x_l \Vert",
    cases=[{"m": m, "n": n} for m, n in ((1, 3), (4, 4), (10, 40))],
    note="'<' is a slip in the text as held: both sides are equal for x = x_l, and along a singular vector.",
    expected=Status.HOLDS,
)
def last_step(*, m, n, rng, printed=lambda norm, distance: norm * distance) -> Verdict:
    """The norm by singular values, at drawn vectors and at the first singular vector, where it is attained."""
    A = torch.randn(m, n, generator=rng, dtype=torch.float64) / math.sqrt(m)
    _, singular, rows = torch.linalg.svd(A, full_matrices=False)
    vectors = torch.cat([torch.randn(50, n, generator=rng, dtype=torch.float64), rows[:1], torch.zeros_like(rows[:1])])
    stated = printed(singular[0], vectors.norm(dim=1))
    return everywhere((vectors @ A.T).norm(dim=1), stated, "drawn A, worst vectors too")


@claim(
    "operator-norm",
    "Lemma 4, Eq. (71)",
    r"P(\Vert A \Vert \leq 2 \sqrt{n}) \geq 1 - e^{-mn (3 - \log 4)/2}",
    cases=[{"m": m, "n": n} for m in (1, 2, 10, 100) for n in (1, 2, 10, 1000)],
    note="With high probability, not always: here is how high.",
    expected=Status.HOLDS,
)
def operator_norm(*, m, n, printed=2.0) -> Verdict:
    """log P of failing: ||A|| is at most ||A||_F, and at least the norm of a row; m times their squares are chi-square.

    For mn degrees of freedom Chernoff's exponent of 4mn is mn/2 (4 - 1 - log 4). `printed` is the factor of sqrt(n).
    """
    threshold = printed**2 * m * n
    sides = log_chi2_above(n, threshold), log_chi2_above(m * n, threshold)
    scope = "every m and n, by Chernoff's inequality for the Frobenius norm; compared at"
    return certified(sides, -m * n * (3 - math.log(4)) / 2, scope=scope, evidence=Evidence.PROOF)


def log_two_row_norm_above(n: int, x: float) -> float:
    """log P(||G||^2 > x), G two rows of n independent standard normal variables, n >= 2.

    The eigenvalues a > b of G G^T have the density (ab)^((n-3)/2) e^(-(a+b)/2) (a - b) / (4 Gamma(n - 1)). That of a is
    integrated over b by incomplete gamma functions, and from x on by Gauss and Laguerre.
    """
    s = (n - 1) / 2
    nodes, weights = np.polynomial.laguerre.laggauss(100)
    a = x + 2 * nodes

    def below(power: float) -> np.ndarray:  # the integral of b^(power - 1) e^(-b/2) up to a, over Gamma(s) 2^s
        return gammainc(power, a / 2) * math.exp(math.lgamma(power) - math.lgamma(s)) * 2 ** (power - s)

    logs = (s - 1) * np.log(a) + np.log(a * below(s) - below(s + 1)) + np.log(weights)
    constant = math.lgamma(s) + s * math.log(2) - math.log(4) - math.lgamma(n - 1) - x / 2 + math.log(2)
    return float(constant + np.logaddexp.reduce(logs))


@claim(
    "operator-norm-tail",
    "Sharper: the norm of a Gaussian matrix",
    r"P(\Vert A \Vert > 2 \sqrt{n}) \leq e^{-(2 \sqrt{nm} - \sqrt{n} - \sqrt{m})^2 / 2}",
    cases=[{"m": m, "n": n} for m in (1, 2) for n in (2, 3, 5, 10, 100, 1000)],
    note="Davidson and Szarek's theorem: E||√m A|| ≤ √n + √m, and the norm is 1-Lipschitz in the entries.",
    expected=Status.HOLDS,
)
def operator_norm_tail(*, m, n, printed=norm_log_failure) -> Verdict:
    """log P, by the laws of one and of two rows."""
    exact = log_chi2_above(n, 4 * n) if m == 1 else log_two_row_norm_above(n, 8 * n)
    return certified(exact, printed(m, n), scope="exact laws of the largest singular value")


@claim(
    "last-distance",
    "Lemma 4, Eq. (72)",
    r"2 \sqrt{n} \Vert x - x_l \Vert \leq 2 \frac{\sqrt{n}}{2^l} \delta",
    cases=[{"n": n, "l": l} for n in (3, 24) for l in (1, 2, 4)],
    note="x_l is the nearest point of a net at δ/2^l.",
    expected=Status.HOLDS,
)
def last_distance(*, n, l, rng, printed=lambda n, l: 2 * math.sqrt(n) / 2**l) -> Verdict:
    """Every x of a drawn path."""
    path = drawn_path(n, l, rng=rng)
    farthest = float((path.points - path.nearest[-1]).norm(dim=1).max())
    return certified(2 * math.sqrt(n) * farthest, printed(n, l) * path.delta, scope="drawn paths")


# --- l = log n --------------------------------------------------------------------------------------------------------


def _left(n: float, base: float) -> float:
    """2 sqrt(n) / 2^l for l = log n to this base."""
    return 2 * math.sqrt(n) / 2 ** (math.log(n) / math.log(base))


LOGARITHMS = {"log2": 2.0, "log": math.e}


@claim(
    "chain-length",
    "Lemma 4, after (72)",
    r"l = \log n: \quad 2 \frac{\sqrt{n}}{2^l} \delta \leq \delta",
    cases=[{"n": n, "logarithm": name} for name in LOGARITHMS for n in (2, 3, 36, 1024)],
    corrected="chain-length-enough",
    note="For small n only. l is taken as it is; rounded up, as a number of scales must be, it is more than enough.",
    expected=Status.REFUTED,
)
def chain_length(*, n, logarithm, printed=1.0) -> Verdict:
    """`printed` is the factor of delta."""
    return certified(_left(n, LOGARITHMS[logarithm]), printed, scope="both sides")


@claim(
    "chain-length-enough",
    "Lemma 4, after (72), for n ≥ 4 or 37",
    r"2 \frac{\sqrt{n}}{2^l} \leq 1, \quad l \geq \log_2 n, \ n \geq 4; \quad l \geq \log n, \ n \geq 37",
    cases=[{"n": 4, "logarithm": "log2"}, {"n": 37, "logarithm": "log"}],
    note="The second for the natural logarithm.",
    expected=Status.HOLDS,
)
def chain_length_enough(*, n, logarithm, printed=1.0) -> Verdict:
    """A power of n whose exponent 1/2 - log 2 / log(base) is negative: the least n decides."""
    base = LOGARITHMS[logarithm]
    slope = 0.5 - math.log(2) / math.log(base)
    return proved(_left(n, base), printed, (slope, 0), scope="every larger n, as the left side falls; from")
