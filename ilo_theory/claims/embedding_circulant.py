"""What holds for one vector under a partial circulant F D with random signs: mean, variance, and an upper tail.

Given the signs, F D x = X g with the shifts of D x as rows of X: ||F D x||^2 is a weighted sum of chi^2, whose weights
are the eigenvalues of X X^T / m. Small n have few signs: expectations over them are sums over all.
"""

import itertools
import math
from fractions import Fraction

import numpy as np
import torch

from ilo_theory.bounds import embedding as bounds
from ilo_theory.claims.embedding import alike
from ilo_theory.operators import Gaussian, LinearOperator, PartialCirculant
from ilo_theory.verdict import Evidence, Status, Verdict, certified, claim, fold, identical

VECTORS = {
    "spike": lambda n: [1] + [0] * (n - 1),
    "flat on 3": lambda n: [1] * 3 + [0] * (n - 3),
    "flat": lambda n: [1] * n,
    "ramp": lambda n: [*range(1, n + 1)],
    "two apart": lambda n: [2, 0, 0, 1] + [0] * (n - 4),
}
ALL_SIGNS = "every choice of signs"


def _signed(n: int, x: str) -> np.ndarray:
    """D x for all signs, [2^n, n] integers."""
    return np.array([*itertools.product((1, -1), repeat=n)]) * np.array(VECTORS[x](n))


def _shifts(Dx: np.ndarray, m: int) -> np.ndarray:
    """X [..., m, n], where F D x = X g."""
    return np.stack([np.roll(Dx, -i, axis=-1) for i in range(m)], axis=-2)


# --- Mean and variance ------------------------------------------------------------------------------------------------


def _mean_square(operators: list[LinearOperator], x: torch.Tensor) -> float:
    """m E ||A x||^2, for an A that is linear in independent numbers of variance 1/m: one operator for each of them."""
    return math.fsum(float(A(x).square().sum()) for A in operators)


@claim(
    "mean-square-length",
    "Section 3.4, E‖Ax‖² of both ensembles",
    r"E \Vert Ax \Vert^2 = \Vert x \Vert^2, \quad E \Vert FDx \Vert^2 = \Vert x \Vert^2",
    cases=[{"n": n, "m": m, "x": x} for n, m in ((4, 1), (4, 3), (5, 5)) for x in VECTORS],
    note="Whatever the signs are: they matter for the tails.",
    expected=Status.HOLDS,
)
def mean_square_length(*, n, m, x, printed=1.0) -> Verdict:
    """Entry by entry of A; for each choice of signs entry by entry of g. `printed` is the factor."""
    x = torch.tensor(VECTORS[x](n), dtype=torch.float64)
    expected = printed * float(x.square().sum())
    entries, rows = (torch.eye(size, dtype=torch.float64) for size in (m * n, n))
    ensembles = [[Gaussian(entry.reshape(m, n), (n,)) for entry in entries]]
    for signs in itertools.product((1.0, -1.0), repeat=n):
        ensembles.append([PartialCirculant(row, torch.tensor(signs), torch.arange(m), (n,)) for row in rows])
    return fold(alike(_mean_square(A, x) / m, expected, scope=ALL_SIGNS) for A in ensembles)


@claim(
    "circulant-spike",
    "Lemma 1, the length of FDe_j",
    r"m \Vert FDe_j \Vert^2 \sim \chi^2_m",
    cases=[{"n": n, "m": m} for n, m in ((1, 1), (4, 4), (8, 3), (12, 12), (30, 7))],
    note="As for a Gaussian: the entries are m different ones of g, up to sign.",
    expected=Status.HOLDS,
)
def circulant_spike(*, n, m, rng, printed=lambda m: m) -> Verdict:
    """How many of the numbers 1 ... n, written for g, appear up to sign; `printed` of m should."""
    operator = PartialCirculant.draw(m, (n,), rng=rng)
    operator = PartialCirculant(torch.arange(1.0, n + 1).double(), operator.signs, operator.rows, (n,))
    columns = operator.as_matrix().T.abs().round().int().tolist()
    counts = [len(set(column) & {*range(1, n + 1)}) for column in columns]
    return fold(identical(count, printed(m), scope="every j", evidence=Evidence.DEFINITION) for count in counts)


@claim(
    "circulant-variance",
    "Lemma 1, the variance of ‖FDx‖²",
    r"\mathrm{Var} \Vert FDx \Vert^2 \leq \frac{4}{m} \Vert x \Vert^4, \quad n \geq 2m",
    cases=[{"n": n, "m": m, "x": x} for n, m in ((4, 1), (4, 2), (8, 3), (10, 5)) for x in VECTORS],
    note="At most twice a Gaussian's, 2/m, for every x: the squares x_i² x_j² are met once a pair. By Chebyshev, "
    "‖FDx‖²/‖x‖² leaves 1 ∓ ε with P ≤ 4/(mε²).",
    expected=Status.HOLDS,
)
def circulant_variance(*, n, m, x, printed=bounds.circulant_variance) -> Verdict:
    """2 E sum <X_i, X_k>^2 / m^2, in integers; given the signs the mean is the same for all of them."""
    X = _shifts(_signed(n, x), m)
    products = np.einsum("sij,skj->sik", X, X)
    variance = Fraction(2 * int(np.square(products).sum()), m * m * 2**n)
    square = sum(x_i**2 for x_i in VECTORS[x](n))
    return certified(variance, printed(m) * square**2, scope=ALL_SIGNS)


# --- An upper tail, in three steps ------------------------------------------------------------------------------------


@claim(
    "circulant-spectrum",
    "Lemma 5, a tail for FD (1)",
    r"\Vert FDx \Vert = \Vert X g \Vert, \quad \Vert X \Vert_{op} \leq \max_\omega \vert \widehat{Dx}_\omega \vert",
    cases=[{"n": n, "m": m, "x": x} for n, m in ((6, 1), (6, 4), (9, 9), (40, 15)) for x in VECTORS],
    note="So that ‖FDx‖ is Lipschitz in √m g with this over √m, and Gaussian concentration applies.",
    expected=Status.HOLDS,
)
def circulant_spectrum(*, n, m, x, rng, printed=1.0) -> Verdict:
    """X by the operator, entry by entry of g; `printed` is the factor."""
    signs = PartialCirculant.draw(m, (n,), rng=rng).signs.double()
    x = torch.tensor(VECTORS[x](n), dtype=torch.float64)
    rows = torch.eye(n, dtype=torch.float64)
    X = torch.stack([PartialCirculant(row, signs, torch.arange(m), (n,))(x) for row in rows], dim=1)
    norm, largest = float(torch.linalg.matrix_norm(X, 2)), printed * float(torch.fft.fft(signs * x).abs().max())
    return certified(largest if math.isclose(norm, largest, rel_tol=1e-12) else norm, largest, scope="drawn signs")


def _excess(values: np.ndarray, exponent: float) -> float:
    """The largest log of P(value >= v) e^(exponent v^2) over all v, for values [count] that are equally likely."""
    values = np.sort(values)[::-1]
    at_least = np.searchsorted(-values, -values + 1e-9, side="right")  # ties count
    return float((np.log(at_least / len(values)) + exponent * np.square(values)).max())


@claim(
    "circulant-frequency",
    "Lemma 5, a tail for FD (2)",
    r"P(\vert \widehat{Dx}_\omega \vert \geq 2 \sqrt{l} \Vert x \Vert) \leq 4 e^{-l}, \quad \omega = 1, \ldots, n",
    cases=[{"n": n, "x": x} for n in (6, 9, 12) for x in VECTORS],
    note="Hoeffding, for the real part and the imaginary part. For all ω at once: 4n e^(-l).",
    expected=Status.HOLDS,
)
def signs_at_a_frequency(*, n, x, printed=4.0) -> Verdict:
    """For every l; `printed` is the factor."""
    norm = math.sqrt(sum(x_i**2 for x_i in VECTORS[x](n)))
    spectra = np.abs(np.fft.fft(_signed(n, x))) / norm
    found = max(_excess(spectra[:, k], 0.25) for k in range(n))
    return certified(found, math.log(printed), scope=f"{ALL_SIGNS}, every l")


def _chernoff(weights: np.ndarray, at_least: float) -> np.ndarray:
    """Upper bounds on log P(sum_j a_j xi_j^2 >= at_least), one a row a of weights: the least of 99."""
    top = weights.max(axis=-1, keepdims=True)
    best = np.zeros(len(weights))
    for share in np.arange(1, 100) / 100:
        logs = np.log1p(-share * weights / top).sum(axis=-1) / 2
        best = np.minimum(best, -share * at_least / (2 * top[:, 0]) - logs)
    return best


@claim(
    "circulant-tail",
    "Lemma 5, (44) corrected for FD",
    r"P(\Vert FDx \Vert \geq (1 + 2 \sqrt{2} l/\sqrt{m}) \Vert x \Vert) \leq (4n + 1) e^{-l}",
    cases=[
        {"n": n, "m": m, "x": x, "l": l}
        for n, m in ((6, 2), (9, 4), (10, 10))
        for x in VECTORS
        for l in (4.0, 6.0, 10.0, 40.0)
    ],
    note="4n e^(-l) for the spectrum of Dx to exceed 2√l, e^(-l) for g; E‖FDx‖ ≤ ‖x‖. In (3), 2 is reached with "
    "P ≤ (4n + 1) e^(-√(m/8)): the right order, √m.",
    expected=Status.HOLDS,
)
def circulant_tail(*, n, m, x, l, printed=(bounds.circulant_stretch, bounds.circulant_failure)) -> Verdict:
    """The mean over all signs of Chernoff's bound for the weighted chi^2."""
    stretch, failure = printed
    X = _shifts(_signed(n, x), m).astype(float) / math.sqrt(m * sum(x_i**2 for x_i in VECTORS[x](n)))
    weights = np.linalg.eigvalsh(X @ X.transpose(0, 2, 1)).clip(min=0)
    logs = _chernoff(weights, stretch(m, l) ** 2)
    return certified(float(np.logaddexp.reduce(logs)) - n * math.log(2), failure(n, l), scope=ALL_SIGNS)
