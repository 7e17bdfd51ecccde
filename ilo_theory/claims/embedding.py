"""Lengths of fixed vectors under a Gaussian matrix: one vector, (44) and condition (3); N points, condition (1).

m ||A x||^2 / ||x||^2 is chi^2 with m degrees of freedom. Its tails are exact, and compared as logarithms.
"""

import math
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import count

from ilo_theory import tails
from ilo_theory.bounds import embedding as bounds
from ilo_theory.verdict import Evidence, Status, Verdict, certified, claim, fold, identical
from ilo_theory.verdict.earned import ROUNDING

EXACT = "exact χ² tails"
PROOF = Evidence.PROOF
ROWS = (1, 2, 3, 5, 10, 30, 100, 1000)


def alike(lhs: float, rhs: float, **particulars) -> Verdict:
    """`identical`, but a float within rounding of the other counts as it: which case is the tightest is no accident."""
    return identical(rhs if math.isclose(lhs, rhs, rel_tol=ROUNDING) else lhs, rhs, **particulars)


# --- The law ----------------------------------------------------------------------------------------------------------


def _poisson(x: Fraction, k: int) -> tuple[float, float]:
    """log P(N < k) and log P(N >= k) for a Poisson variable N of mean x, from its terms to 150 digits."""
    with localcontext(prec=150):
        mean = Decimal(x.numerator) / x.denominator
        sums, term = [Decimal(0), Decimal(0)], Decimal(1)
        for j in count():
            sums[j >= k] += term
            term *= mean / (j + 1)
            if j > max(k, 2 * mean) and term < sums[1] / 10**150:
                return tuple(float(s.ln() - mean) for s in sums)


@claim(
    "chi-squared-tails",
    "Section 3.4, the law of ‖Ax‖ for a Gaussian",
    r"P(\Vert Ax \Vert \geq c \Vert x \Vert) = Q(\frac{m}{2}, \frac{c^2 m}{2}), "
    r"\ P(\Vert Ax \Vert \leq c \Vert x \Vert) = P(\frac{m}{2}, \frac{c^2 m}{2})",
    cases=[{"m": m, "c": Fraction(c)} for m in (2, 10, 50, 200) for c in ("1/4", "1/2", "3/2", "2", "7")],
    note="9.12e-3 for m = 10, c = 1/2 from below; 7.86e-20 for m = 50, c = 2 from above. Beyond a double's range too.",
    expected=Status.HOLDS,
)
def chi_squared_tails(*, m, c, printed=(tails.gaussian_above, tails.gaussian_below)) -> Verdict:
    """For an even m, chi^2_m > 2x if and only if a Poisson variable of mean x is below m/2."""
    exact = _poisson(c * c * m / 2, m // 2)
    scope = "logarithms, against Poisson sums to 150 digits"
    found = [tail(m, float(c)) for tail in printed]
    return fold(alike(lhs, rhs, scope=scope) for lhs, rhs in zip(found, exact, strict=True))


# --- One vector -------------------------------------------------------------------------------------------------------


@claim(
    "gaussian-fixed-vector-tail",
    "Lemma 4, Eq. (44)",
    r"\epsilon \geq 2 + \frac{4}{m} \log \frac{2}{f} \ \Rightarrow \ "
    r"P(\Vert Ax \Vert \geq (1 + \epsilon) \Vert x \Vert) \leq f",
    cases=[{"m": m, "log_f": log_f} for m in ROWS for log_f in (-1e-3, -0.7, -3.0, -30.0, -300.0, -3000.0)],
    note="Very loose: gaussian-upper-tail has ε = √(2 log(1/f)/m), which is all that chaining needs.",
    expected=Status.HOLDS,
)
def gaussian_fixed_vector_tail(*, m, log_f, printed=bounds.fixed_vector_excess) -> Verdict:
    """At the smallest epsilon."""
    return certified(tails.gaussian_above(m, 1 + printed(m, log_f)), log_f, scope=EXACT)


@claim(
    "gaussian-fixed-vector-margin",
    "Lemma 4, (44) for every m and f",
    r"\epsilon = 2 + \frac{4}{m} L \ \Rightarrow \ \frac{m \epsilon^2}{2} \geq 16 L \geq \log \frac{1}{f}, "
    r"\quad L = \log \frac{2}{f}",
    note="With e^(-mε²/2), (44) in one line, and with (f/2)^16 for f.",
    expected=Status.HOLDS,
)
def gaussian_fixed_vector_margin(*, printed=16) -> Verdict:
    """(m/L) epsilon^2/2 is a + b t + c/t in t = L/m, at least b + 2 sqrt(ac): a, b, c from three values of t."""
    at = [Fraction(2 + 4 * t) ** 2 / 2 for t in (0, 1, 2)]
    square = (at[2] - 2 * at[1] + at[0]) / 2
    linear = at[1] - at[0] - square
    return certified(
        printed, linear + 2 * math.isqrt(int(square * at[0])), scope="every m, every f ≤ 1", evidence=PROOF
    )


@claim(
    "gaussian-upper-tail",
    "Lemma 4, (44) sharper",
    r"P(\Vert Ax \Vert \geq (1 + \epsilon) \Vert x \Vert) \leq e^{-m \epsilon^2/2}, \quad \epsilon \geq 0",
    cases=[{"m": m, "epsilon": e} for m in ROWS for e in (0.01, 0.1, 0.5, 1.0, 3.0, 30.0)],
    expected=Status.HOLDS,
)
def gaussian_upper_tail(*, m, epsilon, printed=bounds.longer) -> Verdict:
    """And Chernoff's exponent (a - 1 - log a)/2, a = (1 + epsilon)^2, for log(1 + epsilon) <= epsilon."""
    exact = certified(tails.gaussian_above(m, 1 + epsilon), printed(m, epsilon), scope=EXACT)
    chernoff = -m * (epsilon + epsilon**2 / 2 - math.log1p(epsilon))
    return fold([exact, certified(chernoff, printed(m, epsilon), scope="and Chernoff's exponent")])


@claim(
    "gaussian-lower-tail",
    "Section 3.4, (1) for one vector",
    r"P(\Vert Ax \Vert \leq (1 - \epsilon) \Vert x \Vert) "
    r"\leq e^{-m (\epsilon^2 + \epsilon^3/3 + \epsilon^4/4 + \ldots)} \leq e^{-m \epsilon^2}",
    cases=[{"m": m, "epsilon": e} for m in ROWS for e in (0.01, 0.1, 0.2, 0.5, 0.8, 0.99)],
    expected=Status.HOLDS,
)
def gaussian_lower_tail(*, m, epsilon, printed=bounds.shorter) -> Verdict:
    """Both inequalities."""
    series = -m * (epsilon**2 + math.fsum(epsilon**j / j for j in range(3, 4000)))
    exact = certified(tails.gaussian_below(m, 1 - epsilon), series, scope=EXACT)
    return fold([exact, certified(series, printed(m, epsilon), scope="and the series")])


@claim(
    "gaussian-fixed-vector-twice",
    "Section 3.4, condition (3), a fixed vector under a Gaussian",
    r"P(\Vert Ax \Vert \geq 2 \Vert x \Vert) = Q(m/2, 2m) \leq e^{-m(3 - \log 4)/2} = e^{-0.807 m}",
    cases=[{"m": m} for m in [*range(1, 101), 1000, 10**4, 10**5]],
    note="For an x that does not depend on A.",
    expected=Status.HOLDS,
)
def gaussian_fixed_vector_twice(*, m, printed=bounds.TWICE) -> Verdict:
    """`printed` is the rate."""
    return certified(tails.gaussian_above(m, 2.0), -printed * m, scope=EXACT)


# --- N points ---------------------------------------------------------------------------------------------------------

POINTS = [
    {"log_N": log_N, "epsilon": e, "u": u}
    for log_N in (math.log(2), 5.0, 100.0, 2000.0)
    for e in (0.05, 0.2, 0.5, 0.9)
    for u in (0.0, 10.0)
]


def _log_pairs(log_N: float) -> float:
    """log of N (N - 1) / 2."""
    return 2 * log_N + math.log1p(-math.exp(-log_N)) - math.log(2)


@claim(
    "jl-net",
    "Section 3.4, condition (1), JL on a net",
    r"m \geq \frac{2 \log N + u}{\epsilon^2} \ \Rightarrow \ P(\exists i, j: \Vert A(x_i - x_j) \Vert "
    r"\leq (1 - \epsilon) \Vert x_i - x_j \Vert) \leq \frac{1}{2} e^{-u}",
    cases=POINTS,
    note="For a Gaussian and any N points that do not depend on it. Only this side is used, in (36).",
    expected=Status.HOLDS,
)
def jl_net(*, log_N, epsilon, u, printed=bounds.points_measurements) -> Verdict:
    """The union bound over all pairs."""
    m = math.ceil(printed(log_N, epsilon, u))
    failure = _log_pairs(log_N) + tails.gaussian_below(m, 1 - epsilon)
    return certified(failure, -u - math.log(2), scope=f"the union bound, by {EXACT}", m=m)


@claim(
    "jl-net-two-sided",
    "Section 3.4, (1) from both sides",
    r"m \geq \frac{2(2 \log N + u)}{\epsilon^2} \ \Rightarrow \ P(\exists i, j: "
    r"\vert \Vert A(x_i - x_j) \Vert - \Vert x_i - x_j \Vert \vert \geq \epsilon \Vert x_i - x_j \Vert) \leq e^{-u}",
    cases=POINTS,
    expected=Status.HOLDS,
)
def jl_net_two_sided(*, log_N, epsilon, u, printed=bounds.points_isometry_measurements) -> Verdict:
    """The union bound over all pairs and both tails."""
    m = math.ceil(printed(log_N, epsilon, u))
    above, below = tails.gaussian_above(m, 1 + epsilon), tails.gaussian_below(m, 1 - epsilon)
    failure = _log_pairs(log_N) + above + math.log1p(math.exp(below - above))
    return certified(failure, -u, scope=f"the union bound, by {EXACT}", m=m)
