"""S-REC for a partial circulant F with random signs D: Lemma 1, which is Lemma 5, and what can stand instead of it.

For a unit vector x, ||F D x||^2 = sum_j lambda_j xi_j^2 given D, with independent standard normal xi_j, a sum of the
lambda_j of 1, and the largest at most max |DFT(Dx)|^2 / m. That is <= 4l/m but with probability 4n e^-l (Hoeffding), so

    P(||F D x|| <= 1 - eps) <= e^(-m (2 eps - eps^2)^2 / 16l),    P(||F D x|| >= 1 + 2 sqrt(2/m) l) <= e^-l

of what is left, and m >= 16 l^2 / (2 eps - eps^2)^2 brings both to e^-l. With l the entropy and more, a chain of nets
gives S-REC, at an m that is quadratic in the entropy.
"""

import math

import torch

from ilo_theory import tails
from ilo_theory.bounds import Setting
from ilo_theory.bounds import srec as bounds
from ilo_theory.operators import PartialCirculant
from ilo_theory.verdict import Status, Verdict, certified, claim, fold, sampled

STATEMENT = (
    r"m = \Omega\left(\frac{k \log X + K^2 \log p}{(1-\gamma)^2} \log^4 n\right) \Rightarrow P\left(FD: \mathrm{SREC}"
    r"\left(S, 1-\gamma, \delta \frac{\log 4K}{\gamma} \frac{\sqrt{p}}{K} \log\frac{\sqrt{p}}{K}\right)\right) "
    r"\geq 1 - e^{-\Omega(m)}"
)


def upper_level(m: int, n: int, gamma: float) -> float:
    """log of an upper bound on P(||F D x|| < gamma ||x||): both kinds of failure, at the l where they are equal."""
    return math.log(4 * n + 1) - math.sqrt(m) * (1 - gamma**2) / 4


def _enough(setting: Setting, constant: float, at_least: float) -> int:
    """The first power of ten >= at_least that is `constant` times the m of Lemma 1, for n = 2m."""
    m = 1
    while m < at_least or m < constant * setting.measurements * math.log(2 * m) ** 4:
        m *= 10
    return m


def _segment(gamma: float, X: float) -> Setting:
    """The setting of G1(z) = z e_1, G2(w) = w_1 v, v a unit vector: S is the segment of half length X + K along v."""
    return Setting(k=1, p=4, n=1, L1=1.0, L2=1.0, r1=X, delta=1.0, K=1.5, gamma=gamma)


@claim(
    "lemma-1",
    "Lemma 1",
    STATEMENT,
    cases=[{"rate": rate, "constant": constant} for rate in (1e-2, 1e-3, 1e-4) for constant in (1, 100)],
    corrected="circulant-srec",
    note="False in the probability: for v flat on about √m coordinates it fails with e^(-C√m) or more, n = 2m. γ = 1/2 "
    "here, so that the slip 1-γ for γ makes no difference.",
    expected=Status.REFUTED,
)
def lemma_1(*, rate, constant, printed=lambda rate, m: -rate * m) -> Verdict:
    """A flat v, and m where `rate` m is more than 10 sqrt(m): the log of the probability that S-REC fails.

    It fails where ||FDv|| < (1 - gamma) - add/(2 (X + K)), add the additive term: X = 5 add makes that 0.4 or more.
    """
    gamma = 0.5
    additive = _segment(gamma, 1.0).additive_error
    setting = _segment(gamma, 5 * additive)
    threshold = (1 - gamma) - additive / (2 * (setting.X + setting.K))
    m = _enough(setting, constant, (10 / rate) ** 2)
    low = tails.blocks_below(m, 0.999 * threshold)
    failing = low.log_probability, upper_level(m, 2 * m, threshold)
    return certified(failing, printed(rate, m), scope="logs of probabilities, bounded in closed form", m=m, flat=low.s)


@claim(
    "lemma-5",
    "Lemma 5",
    STATEMENT,
    cases=[
        {"gamma": gamma, "rate": rate, "constant": constant}
        for gamma in (1e-6, 1e-8, 1e-10)
        for rate in (1e-4, 1e-6)
        for constant in (1, 10)
    ],
    corrected="circulant-srec",
    note="The same as Lemma 1. Its S-REC with 1-γ is a misprint for γ, as m ∝ (1-γ)^(-2) shows: false as γ → 0.",
    expected=Status.REFUTED,
)
def lemma_5(*, gamma, rate, constant, printed=lambda gamma: 1 - gamma) -> Verdict:
    """v = e_1: m ||FDe_1||^2 is chi^2_m. The log of the probability that S-REC fails, against that of e^(-rate m).

    X = gamma^-3: the additive term is gamma^2 of the length, times a constant. `printed` is the constant of S-REC.
    """
    setting = _segment(gamma, gamma**-3)
    m = _enough(setting, constant, 10 / rate)
    threshold = printed(gamma) - setting.additive_error / (2 * (setting.X + setting.K))
    failing = tails.gaussian_below(m, max(threshold, 1e-300))
    return certified(failing, -rate * m, scope="v = e_1, where the tail is that of a Gaussian", m=m)


@claim(
    "circulant-conditions",
    "Section 4.3, 'Lemma 1 establishes that such matrices satisfy the conditions for Theorem 1'",
    r"P(\Vert FDx \Vert \leq (1-\varepsilon) \Vert x \Vert) \leq e^{-\varepsilon^2 m}",
    cases=[{"m": m, "eps": 0.5} for m in (100, 200, 400, 900, 1600, 3600)],
    corrected="circulant-srec",
    note="Read as what a Gaussian A gives the proof of Theorem 1 for each vector of a net, in (36). A tail e^(-C√m) is "
    "no e^(-Ω(m)).",
    expected=Status.REFUTED,
)
def circulant_conditions(*, m, eps, printed=lambda m, eps: -eps * eps * m) -> Verdict:
    """x flat on s coordinates: a certified lower bound on the tail, beside the exact one of a Gaussian."""
    low = tails.circulant_below(m, 1 - eps)
    tail = low.log_probability, min(0.0, upper_level(m, 2 * m, 1 - eps))
    gaussian, scope = tails.gaussian_below(m, 1 - eps), "flat x: logs of probabilities, certified from a spectrum"
    return certified(tail, printed(m, eps), scope=scope, flat=low.s, gaussian=gaussian)


# --- What can stand instead -------------------------------------------------------------------------------------------


@claim(
    "circulant-srec-tail",
    "Lemma 1, what can stand: the lower tail",
    r"\lambda_j \leq \lambda \Rightarrow P(\Vert FDx \Vert \leq (1 - \varepsilon) \Vert x \Vert) \leq "
    r"e^{-(2\varepsilon - \varepsilon^2)^2 / 4\lambda}",
    cases=[{"count": count, "eps": eps} for count in (1, 2, 10, 1000) for eps in (0.01, 0.2, 0.5, 0.9)],
    note="Given D, ‖FDx‖² = Σ λ_j ξ_j² with Σ λ_j = ‖x‖² = 1 (Laurent and Massart). The upper tail is circulant-tail.",
    expected=Status.HOLDS,
)
def circulant_lower_tail(*, count, eps, printed=4) -> Verdict:
    """`count` equal lambdas, by exact tails; any others by a transform, whose one inequality is checked by derivatives.

    log E e^(-t lambda_j (xi^2 - 1)) = x - log(1 + 2x)/2 <= x^2 at x = t lambda_j, as 2x/(1 + 2x) <= 2x. The sum of the
    squares is at most t^2 lambda, and t = (2 eps - eps^2)/(2 lambda) gives the bound.
    """
    scope = "equal λ_j by exact tails; all others by the transform, x = ε being a point of it"
    exact = certified(tails.gaussian_below(count, 1 - eps), -((2 * eps - eps**2) ** 2) * count / printed, scope=scope)
    return fold([exact, certified(2 * eps / (1 + 2 * eps), 2 * eps, scope=scope)])


@claim(
    "circulant-srec",
    "Lemma 1, what can stand",
    r"m \geq \frac{16 \ell^2}{(1-\gamma^2)^2}, \ \ell = 2H + u + \log(4n+1) \Rightarrow P(FD: \mathrm{SREC}(S, \gamma, "
    r"\delta C_m)) \geq 1 - \frac{5}{2} e^{-u}",
    cases=[
        {"kind": kind, "X": X, "gamma": gamma, "u": 2.0, "draws": 40, "n": 2**16}
        for kind, X, gamma in (("flat", 1e3, 0.2), ("flat", 1e3, 0.5), ("drawn", 300.0, 0.5))
    ],
    full=[
        {"kind": kind, "X": X, "gamma": gamma, "u": 3.0, "draws": 400, "n": 2**17}
        for kind, X, gamma in (("flat", 1e3, 0.2), ("flat", 1e3, 0.5), ("drawn", 300.0, 0.5))
    ],
    note="Quadratic in the entropy H; C_m is the sum of a chain, bounds.srec.circulant_additive. Whether m linear in H "
    "will do is open. Proved by both tails and a union bound; here tried.",
    expected=Status.SUPPORTED,
)
def circulant_srec(*, kind, X, gamma, u, draws, n, rng, printed=bounds.circulant_measurements) -> Verdict:
    """G1 and G2 isometries, k = 1, p = 2, the range of G2 drawn or spanned by two neighbouring windows."""
    setting = Setting(k=1, p=2, n=n, L1=1.0, L2=1.0, r1=X, delta=1.0, K=1.2, gamma=gamma)
    m = max(1, math.ceil(printed(setting, u)))
    Q = torch.zeros(n, 2, dtype=torch.float64)
    s = math.isqrt(m)
    Q[:s, 0], Q[s : 2 * s, 1] = 1, 1
    if kind == "drawn":
        Q = torch.randn(n, 2, generator=rng, dtype=torch.float64)
    Q = torch.linalg.qr(Q).Q.T.contiguous()
    additive, good = bounds.circulant_additive(setting, m, u), 0
    for _ in range(draws):
        values = torch.linalg.svdvals(PartialCirculant.draw(m, (n,), rng=rng).double()(Q))
        least = values[-1].item() if m >= 2 else 0.0
        good += (gamma - least) * 2 * (setting.X + setting.K) <= additive
    scope = "G1, G2 isometries, each draw decided by singular values"
    vacuous_from = gamma * 2 * (setting.X + setting.K)
    return sampled(good, draws, 1 - 2.5 * math.exp(-u), scope=scope, m=m, additive=additive, vacuous_from=vacuous_from)
