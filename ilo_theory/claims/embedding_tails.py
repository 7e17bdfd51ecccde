"""Tails of ||F D x|| that are e^(-C sqrt(m)), by certificates, and what they refute of (3), (44) and JL for F D.

The vectors are flat on s consecutive coordinates: see `ilo_theory.tails`. Probabilities are given by their logarithms.
"""

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np

from ilo_theory import tails
from ilo_theory.bounds import embedding as bounds
from ilo_theory.verdict import Status, Verdict, certified, claim

ROWS = [{"m": m} for m in (100, 400, 900, 1600)]
MORE = [*ROWS, {"m": 3600}, {"m": 6400}]

# --- Both tails from below --------------------------------------------------------------------------------------------


def _rooted(tail: tails.Tail, closed: tails.Tail, gaussian: float, m: int, constant: float) -> Verdict:
    """-log P <= constant sqrt(m), and in the witness the same in closed form, and a Gaussian's."""
    curves = {"certified": tail.log_probability, "closed": closed.log_probability, "gaussian": gaussian}
    scope = "x flat on s coordinates, whose signs align"
    return certified(-tail.log_probability, constant * math.sqrt(m), scope=scope, s=tail.s, **curves)


@claim(
    "circulant-upper-tail-root",
    "Section 3.4, (3) for FD from below",
    r"\sup_x P(\Vert FDx \Vert \geq 2 \Vert x \Vert) \geq e^{-2.2 \sqrt{m}}, \quad n \geq 2m",
    cases=ROWS,
    full=MORE,
    note="A Gaussian has e^(-0.807m). In closed form, at every m, the constant comes down to √(8 log 2) = 2.36.",
    expected=Status.HOLDS,
)
def circulant_upper_tail(*, m, printed=2.2) -> Verdict:
    """`printed` is the constant."""
    return _rooted(tails.circulant_above(m, 2), tails.mean_above(m, 2), tails.gaussian_above(m, 2), m, printed)


@claim(
    "circulant-lower-tail-root",
    "Lemma 1, the lower tail of FD",
    r"\sup_x P(\Vert FDx \Vert \leq \Vert x \Vert / 2) \geq e^{-2 \sqrt{m}}, \quad n \geq 2m",
    cases=ROWS,
    full=MORE,
    note="A Gaussian has e^(-0.318m).",
    expected=Status.HOLDS,
)
def circulant_lower_tail(*, m, printed=2.0) -> Verdict:
    """`printed` is the constant."""
    half = 0.5
    found = tails.circulant_below(m, half), tails.blocks_below(m, half), tails.gaussian_below(m, half)
    return _rooted(*found, m, printed)


def _variance_of_cut(gamma: float) -> float:
    """The variance of a standard normal variable given that it is at most gamma in size."""
    inside, density = math.erf(gamma / math.sqrt(2)), math.exp(-gamma * gamma / 2) / math.sqrt(2 * math.pi)
    return 1 - 2 * gamma * density / inside


@claim(
    "circulant-lower-tail-blocks",
    "Lemma 1, the lower tail of FD for every m",
    r"P(\Vert FDx \Vert \leq \gamma \Vert x \Vert) \geq 2^{-s} P(\vert N(0,1) \vert \leq \gamma)^J, "
    r"\quad s = b \lceil 3/\gamma^2 \rceil, \quad J = \lceil (m+s-1)/b \rceil",
    cases=[
        {"m": m, "gamma": gamma, "b": b} for m in (1, 4, 16, 100) for gamma in (0.25, 0.5, 0.9, 1.0) for b in (1, 2, 7)
    ],
    note="So e^(-C√m) with b near √m. Given that the sums of all J blocks of b are small, E‖FDx‖² ≤ γ²/2: Markov.",
    expected=Status.HOLDS,
)
def circulant_lower_tail_blocks(*, m, gamma, b, printed=2.0) -> Verdict:
    """The conditional mean, from the covariance of N variables given their blocks, against gamma^2/`printed`."""
    s = b * math.ceil(3 / gamma**2)
    N = m + s - 1
    block = np.arange(N) // b
    same = (block[:, None] == block) / b
    covariance = np.eye(N) - (1 - _variance_of_cut(gamma)) * same
    windows = np.stack([np.roll(np.arange(N) < s, i) for i in range(m)]) / math.sqrt(s * m)
    mean = float(np.einsum("ij,jk,ik->", windows, covariance, windows, optimize=True))
    return certified(mean, gamma**2 / printed, scope="the conditional mean, exactly", N=N)


# --- What they refute -------------------------------------------------------------------------------------------------


def _between(m: int, c: float) -> tuple[float, float]:
    """What log sup_x P(||F D x|| >= c ||x||) lies between, for n = 2m and c > 1."""
    found = tails.circulant_above if m <= 10**4 else tails.mean_above
    above = bounds.circulant_failure(2 * m, (c - 1) * math.sqrt(m / 8))
    return found(m, c).log_probability, min(0.0, above)


@claim(
    "circulant-fixed-vector-twice",
    "Section 3.4, condition (3), a fixed vector under FD",
    r"P(\Vert FDx \Vert \geq 2 \Vert x \Vert) \leq e^{-cm}",
    cases=[{"c": c, "m": math.ceil((3 / c) ** 2)} for c in (0.5, 0.1, 0.01, 1e-3, 1e-4, 1e-5)],
    corrected="circulant-tail",
    note="False for every c, from m = (3/c)² on: the exponent is of the order √m. x is flat on about √m coordinates.",
    expected=Status.REFUTED,
)
def circulant_fixed_vector_twice(*, c, m, printed: Callable = lambda c, m: -c * m) -> Verdict:
    """`printed` is the bound on log P."""
    return certified(_between(m, 2.0), printed(c, m), scope="n = 2m, x flat on s coordinates")


@claim(
    "circulant-fixed-vector-tail",
    "Lemma 5, the proof, (44) for FD",
    r"\epsilon \geq 2 + \frac{4}{m} \log \frac{2}{f} \ \Rightarrow \ "
    r"P(\Vert FDx \Vert \geq (1 + \epsilon) \Vert x \Vert) \leq f",
    cases=[{"m": m, "log_f": math.log(2) - m} for m in (100, 400, 900, 1600)],
    corrected="circulant-tail",
    note="False for large m: at m = 400, ε = 6 it claims e^(-399.3), but P ≥ e^(-171.9). The chain needs it.",
    expected=Status.REFUTED,
)
def circulant_fixed_vector_tail(*, m, log_f, printed=bounds.fixed_vector_excess) -> Verdict:
    """At epsilon = 6."""
    return certified(_between(m, 1 + printed(m, log_f)), log_f, scope="n = 2m, x flat on s coordinates")


@claim(
    "circulant-sets",
    "Section 7.1.4, JL for a set of size 2^O(m)",
    r"\vert E \vert = 2^{\theta m} \ \Rightarrow \ P(\exists x \in E: \Vert FDx \Vert \geq 2 \Vert x \Vert) "
    r"\leq e^{-cm}",
    cases=[
        {"theta": theta, "c": c, "m": round(10 / (theta * c))} for theta in (1.0, 0.5, 0.1) for c in (1.0, 0.1, 0.01)
    ],
    corrected="circulant-tail",
    note="An overclaim. E: all signs on s = θm coordinates, one of them D's own: P stays above a constant. Krahmer and "
    "Ward's Theorem 3.1 does give JL for the δ-net itself; its RIP order is impossible only from e^(m/40) points on.",
    expected=Status.REFUTED,
)
def circulant_sets(*, theta, c, m, printed: Callable = lambda c, m: -c * m) -> Verdict:
    """`printed` is the bound on log P; no sign has to align, for E has all of them."""
    s = round(theta * m)
    found = tails.mean_above(m, 2.0, s).log_probability + (s - 1) * math.log(2)
    return certified((found, 0.0), printed(c, m), scope="n = 2m, the 2^s flat vectors with all signs", s=s)


# --- The order that Krahmer and Ward's theorem asks for ---------------------------------------------------------------


def _rank(rows: list[list[int]]) -> int:
    """The rank of an integer matrix, by elimination in fractions."""
    rest, rank = [[Fraction(entry) for entry in row] for row in rows], 0
    for column in range(len(rows[0])):
        pivot = next((row for row in rest if row[column]), None)
        if pivot is not None:
            rest = [row for row in rest if row is not pivot]
            rest = [[a - row[column] / pivot[column] * b for a, b in zip(row, pivot, strict=True)] for row in rest]
            rank += 1
    return rank


@claim(
    "krahmer-ward-order",
    "Section 7.1.4, the order of the RIP in Krahmer and Ward's Theorem 3.1",
    r"\mathrm{RIP\ of\ order\ } s \ \Rightarrow \ s \leq m, \quad s \geq 40 \log(4N/\eta) "
    r"\ \Rightarrow \ N \leq \frac{\eta}{4} e^{m/40}",
    cases=[{"m": m} for m in range(1, 13)],
    note="Their theorem asks for it, at N points and probability 1 - η: any m + 1 columns of FD have a kernel.",
    expected=Status.HOLDS,
)
def krahmer_ward_order(*, m, printed=1) -> Verdict:
    """The rank of m + `printed` columns of an integer circulant, against their number less one."""
    g = [pow(3, j * j + 1, 101) - 50 for j in range(2 * m + 2)]
    rank = _rank([[g[(j - i) % len(g)] for j in range(m + printed)] for i in range(m)])
    return certified(rank, m + printed - 1, scope="m rows of a circulant of integers, in fractions")
