"""Norms of whole matrices: condition (2), the operator norms of Section 7.1.4, and the memory that A takes."""

import math

import torch

from ilo_theory import tails
from ilo_theory.bounds import embedding as bounds
from ilo_theory.claims.embedding import alike
from ilo_theory.monte_carlo import batches
from ilo_theory.operators import Gaussian, PartialCirculant
from ilo_theory.verdict import Status, Verdict, certified, claim, fold, sampled

PIXELS = 3 * 1024 * 1024
TEN_PERCENT = math.ceil(PIXELS / 10)

# --- Condition (2) ----------------------------------------------------------------------------------------------------


@claim(
    "gaussian-operator-norm",
    "Section 3.4, condition (2), the operator norm of a Gaussian",
    r"P(\Vert A \Vert_{op} \leq \sqrt{n}) \geq \frac{9}{10}, \quad A_{ij} \sim N(0, 1/m)",
    cases=[{"n": n} for n in (10, 1000, 10**5, PIXELS)],
    corrected="gaussian-operator-norm-pairs",
    note="At m = 1 alone, where the norm is that of one row: P falls to 1/2 as n grows. 'With high probability' is "
    "read as 9/10.",
    expected=Status.REFUTED,
)
def gaussian_operator_norm(*, n, printed=0.9) -> Verdict:
    """m = 1: ||A||^2 is chi^2_n."""
    return certified(printed, math.exp(tails.log_chi2_below(n, n)), scope="m = 1")


def _two_rows(n: int) -> float:
    """log P(||A||_op > sqrt(n)) for m = 2: the larger eigenvalue of a 2 x 2 Wishart matrix exceeds x = 2n.

    Its joint density with the other is (ab)^((n-3)/2) e^(-(a+b)/2) (a - b) / (4 Gamma(n-1)); by parts, once,

        P = Q(n-1, x) + x^h e^(-x/2) 2^h Gamma(h) P(h, x/2) / (2 Gamma(n-1)),    h = (n-1)/2.
    """
    h, x = (n - 1) / 2, 2.0 * n
    one = tails.log_chi2_above(2 * n - 2, 2 * x)
    other = h * math.log(2 * x) - x / 2 + math.lgamma(h) - math.log(2) - math.lgamma(n - 1)
    other += tails.log_chi2_below(n - 1, x)
    return max(one, other) + math.log1p(math.exp(-abs(one - other)))


@claim(
    "gaussian-operator-norm-pairs",
    "Section 3.4, (2) corrected, even m",
    r"P(\Vert A \Vert_{op} > \sqrt{n}) \leq \frac{m}{2} e^{-(\sqrt{2n} - \sqrt{n} - \sqrt{2})^2/2}, "
    r"\quad m = 2, 4, 6, \ldots",
    cases=[{"n": n} for n in (12, 20, 50, 100, 1000, 10**4, 10**5, PIXELS)],
    note="The exact law of two rows; the square of the norm is at most the sum of those of pairs of rows.",
    expected=Status.HOLDS,
)
def gaussian_operator_norm_pairs(*, n, printed=bounds.operator_norm) -> Verdict:
    """Two rows, which fail with a probability p; m/2 pairs, with m/2 p at most."""
    return certified(_two_rows(n), printed(2, n), scope="every even m, by the exact law at m = 2")


NORM_SIZES = ((2, 70), (3, 25), (4, 15), (6, 9), (8, 7), (10, 6))


def norms(size: int, *, rng: torch.Generator, m: int, n: int) -> torch.Tensor:
    """||A||_op [size] of Gaussian matrices."""
    entries = torch.stack([Gaussian.draw(m, (n,), rng=rng).matrix for _ in range(size)])
    return torch.linalg.matrix_norm(entries, 2)


@claim(
    "gaussian-operator-norm-concentration",
    "Section 3.4, (2) for m ≥ 2",
    r"P(\Vert A \Vert_{op} > \sqrt{n}) \leq e^{-(\sqrt{nm} - \sqrt{n} - \sqrt{m})^2/2}, "
    r"\quad \sqrt{nm} > \sqrt{n} + \sqrt{m}",
    cases=[{"m": m, "n": n, "trials": 1500} for m, n in NORM_SIZES],
    full=[{"m": m, "n": n, "trials": 20_000} for m, n in NORM_SIZES],
    note="By Gaussian concentration above the mean, 1 + √(n/m) or less.",
    expected=Status.SUPPORTED,
)
def gaussian_operator_norm_concentration(*, m, n, trials, rng, printed=bounds.operator_norm) -> Verdict:
    """Drawn matrices, at sizes where the bound is 10 to 18 %."""
    found = torch.cat(batches(norms, trials, size=500, rng=rng, m=m, n=n))
    kept = int((found <= math.sqrt(n)).sum())
    return sampled(kept, trials, 1 - math.exp(printed(m, n)), alpha=1e-6 / len(NORM_SIZES), scope="drawn matrices")


# --- The norms of F D -------------------------------------------------------------------------------------------------

SIZES = [{"m": m, "n": n} for m, n in ((1, 7), (3, 3), (5, 12), (20, 32), (60, 90))]


def _circulant(m: int, n: int, rng: torch.Generator) -> PartialCirculant:
    return PartialCirculant.draw(m, (n,), rng=rng).double()


@claim(
    "circulant-operator-norm",
    "Section 7.1.4, ‖FD‖_op ≤ ‖FD‖_F",
    r"\Vert FD \Vert_{op} \leq \Vert FD \Vert_F",
    cases=SIZES,
    note="As for every matrix.",
    expected=Status.HOLDS,
)
def circulant_operator_norm(*, m, n, rng, printed=1.0) -> Verdict:
    """By singular values and by entries; `printed` is the factor."""
    matrix = _circulant(m, n, rng).as_matrix()
    lhs, rhs = float(torch.linalg.matrix_norm(matrix, 2)), printed * float(matrix.square().sum().sqrt())
    return certified(rhs if math.isclose(lhs, rhs, rel_tol=1e-12) else lhs, rhs, scope="drawn matrices")


@claim(
    "circulant-frobenius-norm",
    "Section 7.1.4, ‖FD‖_F² is χ² with n degrees of freedom",
    r"\Vert FD \Vert_F^2 = m \Vert g \Vert_2^2",
    cases=SIZES,
    expected=Status.HOLDS,
)
def circulant_frobenius_norm(*, m, n, rng, printed=lambda m: m) -> Verdict:
    """The entries of the matrix, and those of its first row; `printed` is the factor."""
    operator = _circulant(m, n, rng)
    entries = float(operator.as_matrix().square().sum())
    return alike(entries, printed(m) * float(operator.row.square().sum()), scope="drawn matrices")


@claim(
    "circulant-frobenius-root",
    "Section 7.1.4, ‖FD‖_F ≤ √n",
    r"P(\Vert FD \Vert_F \leq \sqrt{n}) \geq 1 - e^{-cm}",
    cases=[
        *({"c": c, "m": TEN_PERCENT, "n": PIXELS} for c in (1.0, 0.1, 0.01, 1e-3, 1e-4, 1e-5)),
        *({"c": c, "m": round(10 / c), "n": round(100 / c)} for c in (1e-6, 1e-7, 1e-8)),
    ],
    corrected="circulant-frobenius-twice",
    note="A coin toss: P = 0.50011 at n = 3·1024². For every c, as P → 1/2. A step of the proof, harmless with 2√n.",
    expected=Status.REFUTED,
)
def circulant_frobenius_root(*, c, m, n, printed=lambda c, m: c * m) -> Verdict:
    """`printed` is the exponent: against -log P(chi^2_n > n)."""
    fails = tails.log_chi2_above(n, n)
    return certified(printed(c, m), -fails, scope="exact χ² tails", probability=-math.expm1(fails))


@claim(
    "circulant-frobenius-twice",
    "Section 7.1.4, ‖FD‖_F corrected",
    r"P(\Vert FD \Vert_{op} > 2 \sqrt{n}) \leq P(\Vert FD \Vert_F > 2 \sqrt{n}) \leq e^{-0.807 n}",
    cases=[{"n": n} for n in [*range(1, 101), 1000, 10**4, 10**5, PIXELS]],
    expected=Status.HOLDS,
)
def circulant_frobenius_twice(*, n, printed=bounds.TWICE) -> Verdict:
    """`printed` is the rate."""
    return certified(tails.log_chi2_above(n, 4.0 * n), -printed * n, scope="exact χ² tails")


# --- Memory and time --------------------------------------------------------------------------------------------------


@claim(
    "gaussian-memory",
    "Section 3.4, the memory of a Gaussian",
    r"4 m n \leq 10^{12} \ \mathrm{bytes}, \quad n = 3 \cdot 1024^2, \quad m = n/10",
    corrected="gaussian-memory-terabytes",
    note="'Gigabytes' is read as fewer than a thousand of them. An understatement: what follows from it stands.",
    expected=Status.REFUTED,
)
def gaussian_memory(*, m=TEN_PERCENT, n=PIXELS, printed=10**12) -> Verdict:
    """In float32."""
    return certified(_bytes_of_a_gaussian(m, n), printed, scope="float32", m=m, n=n)


def _bytes_of_a_gaussian(m: int, n: int) -> int:
    """m n times what an entry of a drawn matrix takes."""
    return m * n * Gaussian.draw(1, (1,), rng=torch.Generator()).matrix.element_size()


@claim(
    "gaussian-memory-terabytes",
    "Section 3.4, the memory corrected",
    r"3.95 \cdot 10^{12} \leq 4 m n \leq 3.96 \cdot 10^{12} \ \mathrm{bytes}",
    note="Four terabytes.",
    expected=Status.HOLDS,
)
def gaussian_memory_terabytes(*, m=TEN_PERCENT, n=PIXELS, printed=(3.95e12, 3.96e12)) -> Verdict:
    """In float32."""
    found, (low, high) = _bytes_of_a_gaussian(m, n), printed
    return fold([certified(low, found, scope="float32"), certified(found, high, scope="float32")])


@claim(
    "circulant-memory",
    "Section 3.4, the memory of a partial circulant",
    r"100 \cdot \mathrm{bytes}(FD) \leq \mathrm{bytes}(A)",
    cases=[{"n": n} for n in (2**14, 2**16, 2**18)],
    note="'Orders of magnitude less': n + n numbers and the transform of n, against mn. Here m = n/10.",
    expected=Status.HOLDS,
)
def circulant_memory(*, n, printed=100) -> Verdict:
    """All tensors that the operator holds after a product, spectra and twiddles included."""
    operator = PartialCirculant.draw(n // 10, (n,), rng=torch.Generator())
    operator(torch.zeros(n))
    held = sum(tensor.nbytes for tensor in _tensors(operator.__dict__))
    return certified(printed * held, _bytes_of_a_gaussian(n // 10, n), scope="float32, m = n/10")


def _tensors(value: object) -> list[torch.Tensor]:
    """All tensors within containers and plain objects, each once."""
    found, todo, seen = [], [value], set()
    while todo:
        value = todo.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, torch.Tensor):
            found.append(value)
        elif isinstance(value, dict):
            todo.extend(value.values())
        elif isinstance(value, list | tuple):
            todo.extend(value)
        elif type(value).__module__.startswith("ilo_theory") and hasattr(value, "__dict__"):
            todo.append(vars(value))
    return found


@claim(
    "circulant-time",
    "Section 3.4, products by the FFT",
    r"1000 \cdot (10 n \log_2 n + 6 n) \leq 2 m n, \quad n = 3 \cdot 1024^2, \quad m = n/10",
    note="'Much faster': two transforms of 5n log₂ n operations at most, and a product of spectra; a matrix takes 2mn.",
    expected=Status.HOLDS,
)
def circulant_time(*, m=TEN_PERCENT, n=PIXELS, printed=1000) -> Verdict:
    """`printed` is the factor; the spectrum of g is kept."""
    return certified(printed * (10 * n * math.log2(n) + 6 * n), 2 * m * n, scope="operations, by the textbook's count")
