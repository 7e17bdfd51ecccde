"""The S-REC half of Theorem 1', with explicit constants: for any K > 0, X > 0 and eps = 1 - gamma in (0, 1),

    m >= eps^-2 max(2H + u, W^2)  =>  P(A: S-REC(S, gamma, (4 + 2 sqrt(2) eps) delta)) >= 1 - 1.5 e^-u.

Proof. Two nets for halves make e^H cells in the latent set, whose images V about their centres have radius <= delta. By
Sudakov and Fernique the width of V, w(V) = E sup <g, v>, is <= delta W: an L-Lipschitz map makes it at most L times as
large. (1) Chevet: E sup_V |Av| <= (rad(V) E|g_m| + w(V)) / sqrt(m) <= (1 + W/sqrt(m)) delta, as the increments of the
process R <g, u> + <h, v> are not smaller than those of <u, Gv>. (2) sup_V |Av| is rad(V)/sqrt(m)-Lipschitz in the
normal entries of sqrt(m) A, so that with t = sqrt(2 (H + u)/m) it exceeds its mean by t delta with probability
e^-(H + u). (3) All pairs of centres keep (1 - eps) of their distance but with probability e^(2H)/2 e^(-eps^2 m). (4)
The rest is arithmetic. Each number in brackets is a row, and so are W, H and what follows.
"""

import itertools
import math
from fractions import Fraction

import numpy as np
import torch
from scipy.special import erfc, gammaln
from torch import nn

from ilo_theory import bounds, tails
from ilo_theory.bounds import Setting, explicit_measurements
from ilo_theory.bounds.srec import srec_additive
from ilo_theory.generators import Chain, linear_chain, relu_chain
from ilo_theory.lipschitz import lipschitz_upper
from ilo_theory.operators import Gaussian
from ilo_theory.verdict import Evidence, Status, Verdict, certified, claim, fold, identical, sampled


def _setting(k: int, p: int, X: float, K: float, gamma: float) -> Setting:
    """delta = L1 = L2 = 1; n plays no part."""
    return Setting(k=k, p=p, n=p, L1=1.0, L2=1.0, r1=X, delta=1.0, K=K, gamma=gamma)


# --- The theorem, tried -----------------------------------------------------------------------------------------------


def orthonormal(rows: int, columns: int, rng: torch.Generator) -> torch.Tensor:
    """A random matrix with orthonormal columns."""
    return torch.linalg.qr(torch.randn(rows, columns, generator=rng, dtype=torch.float64)).Q


def hidden_layers(kind: str, widths: tuple[int, ...], rng: torch.Generator) -> list[nn.Module]:
    """The layers of a linear chain, or of a ReLU network without its last one: a ReLU at the end of each."""
    if kind == "linear":
        return [*linear_chain(*widths, rng=rng).double().layers]
    return [*relu_chain(*widths, 1, rng=rng).double().layers][:-1]


TRIED = [
    {"kind": kind, "widths": widths, "X": X, "K": K, "gamma": gamma}
    for kind, widths, X, K in (
        ("linear", (2, 6), 1e3, 1.5),
        ("ReLU", (2, 6, 12), 1e3, 1.5),
        ("ReLU", (1, 3, 8), 50.0, 3.0),
    )
    for gamma in (0.2, 0.5, 0.8)
]


@claim(
    "explicit-srec",
    "Sharper: Theorem 1', S-REC",
    r"m \geq \varepsilon^{-2} \max(2H + u, W^2) \Rightarrow P(\mathrm{SREC}(S, 1 - \varepsilon, (4 + 2\sqrt{2} "
    r"\varepsilon) \delta)) \geq 1 - \frac{3}{2} e^{-u}",
    cases=[case | {"u": 1.0, "draws": 40} for case in TRIED],
    full=[case | {"u": 3.0, "draws": 400} for case in TRIED],
    note="Any K > 0 and X > 0, no hidden constant, no n. It is proved by the rows after it; here it is tried.",
    expected=Status.SUPPORTED,
)
def explicit_srec(*, kind, widths, X, K, gamma, u, draws, rng, n=64, printed=explicit_measurements) -> Verdict:
    """The last layer of G has the orthonormal columns Q: S-REC where no singular value of A Q is below gamma.

    For the linear chain that is also necessary, up to what the additive term forgives.
    """
    chain = Chain(*hidden_layers(kind, widths, rng), nn.Identity(), k=widths[0])  # G without its last layer, Q
    Q = orthonormal(n, widths[-1], rng)
    L1, L2 = lipschitz_upper(chain, 0, 1), lipschitz_upper(chain, 1)
    setting = Setting(k=widths[0], p=widths[1], n=n, L1=L1, L2=L2, r1=1.0, delta=L1 * L2 / X, K=K, gamma=gamma)
    m = max(1, math.ceil(printed(setting, u)))
    diameter = 2 * (X + K)
    good = 0
    for _ in range(draws):
        A = Gaussian.draw(m, (n,), rng=rng).matrix.double()
        values = torch.linalg.svdvals(A @ Q)
        least = values[-1].item() if m >= Q.shape[1] else 0.0
        good += (gamma - least) * diameter <= bounds.explicit_additive(gamma)
    scope = "each draw of A certified by singular values"
    return sampled(good, draws, 1 - 1.5 * math.exp(-u), scope=scope, m=m)


# --- Its proof --------------------------------------------------------------------------------------------------------


def _increments(r2, a, b, v2, w2):
    """E(Y - Y')^2 - E(X - X')^2 from the scalar products a = <u, u'>, b = <v, v'> and squares R^2, |v|^2, |v'|^2."""
    return 2 * (1 - a) * (r2 - b)


@claim(
    "explicit-increments",
    "Theorem 1', its proof (1)",
    r"E(Y_{u,v} - Y_{u',v'})^2 - E(\langle u, Gv \rangle - \langle u', Gv' \rangle)^2 = 2(1 - \langle u, u' \rangle)"
    r"(R^2 - \langle v, v' \rangle) \geq 0",
    cases=[{}],
    note="Y = R⟨g,u⟩ + ⟨h,v⟩, units u, |v| ≤ R. So Sudakov and Fernique give E sup|Gv| ≤ R E|g| + w(V).",
    expected=Status.HOLDS,
)
def explicit_increments(*, rng, printed=_increments) -> Verdict:
    """Affine in each of five scalar products, so that 2^5 points decide; the variances from integer vectors first.

    E<M, G>^2 = |M|_F^2: |v|^2 + |v'|^2 - 2ab for u v^T - u' v'^T, and 2 R^2 (1 - a) + |v|^2 + |v'|^2 - 2b for Y.
    """
    scope = "polynomials in scalar products"
    found = []
    for _ in range(20):
        v, w = torch.randint(-5, 6, (2, 4), generator=rng)
        u, x = torch.eye(3, dtype=torch.long)[torch.randint(3, (2,), generator=rng)]
        square = int((torch.outer(u, v) - torch.outer(x, w)).square().sum())
        a, b = int(u @ x), int(v @ w)
        found.append(identical(square, int(v @ v) + int(w @ w) - 2 * a * b, scope=scope, evidence=Evidence.PROOF))
    for r2, a, b, v2, w2 in itertools.product((0, 1), repeat=5):
        difference = 2 * r2 * (1 - a) + v2 + w2 - 2 * b - (v2 + w2 - 2 * a * b)
        found.append(identical(difference, printed(r2, a, b, v2, w2), scope=scope, evidence=Evidence.PROOF))
    return fold(found)


def expected_norm(m: int) -> float:
    """E|g|, g standard normal in R^m."""
    return math.sqrt(2) * math.exp(gammaln((m + 1) / 2) - gammaln(m / 2))


@claim(
    "explicit-concentration",
    "Theorem 1', its proof (2)",
    r"P\left(\sup_{v \in V} \Vert Av \Vert \geq E \sup_{v \in V} \Vert Av \Vert + t \ \mathrm{rad}(V)\right) \leq "
    r"e^{-m t^2 / 2}, \quad E \Vert g \Vert \leq \sqrt{m}",
    cases=[{"m": m, "t": t} for m in (1, 2, 10, 100, 10**4) for t in (0.01, 0.1, 1.0, 3.0)],
    note="Gaussian concentration (Tsirelson, Ibragimov and Sudakov), here for one vector, where the tail is exact.",
    expected=Status.HOLDS,
)
def explicit_concentration(*, m, t, printed=0.5) -> Verdict:
    """V = {v}: a chi variable. `printed` is the constant of the exponent."""
    mean = expected_norm(m) / math.sqrt(m)
    scope = "V = {v}, by exact tails"
    tail = certified(tails.gaussian_above(m, mean + t), -printed * m * t * t, scope=scope)
    return fold([tail, certified(mean, 1.0, scope=scope)])


def _expected_largest(p: int) -> float:
    """E max |g_i| of p normal variables: the integral of 1 - P(|g| <= x)^p, Gauss and Legendre on panels of 1/10."""
    nodes, weights = np.polynomial.legendre.leggauss(32)
    x = np.linspace(0, 12, 121)[:-1, None] + (1 + nodes) / 20
    return float((-np.expm1(p * np.log1p(-erfc(x / math.sqrt(2)))) * weights).sum() / 20)


@claim(
    "explicit-width",
    "Theorem 1', W",
    r"w(B_2^k(1/2)) + w(B_1^p(K) \cap B_2^p(1/2)) \leq W = \sqrt{k}/2 + \min(K \sqrt{2 \log 2p}, \sqrt{p}/2)",
    cases=[
        {"k": k, "p": p, "K": K} for k, p in ((1, 1), (2, 10), (512, 512), (5, 10**6)) for K in (0.1, 1.0, 4.0, 1e3)
    ],
    note="w is E sup over the set of ⟨g, ·⟩; a cell of the latent set is within two such sets, up to a map that is "
    "1-Lipschitz.",
    expected=Status.HOLDS,
)
def explicit_width(*, k, p, K, printed=bounds.cell_width) -> Verdict:
    """Expectations by integrals: of the l2 norm, and of K times the largest entry."""
    width = expected_norm(k) / 2 + min(K * _expected_largest(p), expected_norm(p) / 2)
    return certified(width, printed(_setting(k, p, 1.0, K, 0.5)), scope="integrals")


@claim(
    "explicit-cell",
    "Theorem 1', the radius of a cell",
    r"\Vert G_2(G_1(z) + b) - G_2(G_1(z_i) + b_j) \Vert \leq \delta \quad \mathrm{for} \quad \Vert z - z_i \Vert \leq "
    r"\frac{\delta}{2 L_1 L_2}, \ \Vert b - b_j \Vert \leq \frac{\delta}{2 L_2}",
    cases=[{"L1": Fraction(a), "L2": Fraction(b)} for a in (1, 7) for b in (1, 3)],
    note="Hence cells for halves, where two δ-nets would make a 2δ-net.",
    expected=Status.HOLDS,
)
def explicit_cell(*, L1, L2, printed=Fraction(1, 2)) -> Verdict:
    """`printed` is the share of delta; both maps may stretch as much as they can, delta = 1."""
    latent, deviation = printed / (L1 * L2), printed / L2
    return certified(L2 * (L1 * latent + deviation), 1, scope="every L1, L2: they cancel", evidence=Evidence.PROOF)


@claim(
    "explicit-assembly",
    "Theorem 1', its proof (3) and (4)",
    r"(1-\varepsilon)(\Vert x_1 - x_2 \Vert - 2\delta) - 2\delta\left(1 + \frac{W + \sqrt{2(H+u)}}{\sqrt{m}}\right) "
    r"\geq \gamma \Vert x_1 - x_2 \Vert - (4 + 2\sqrt{2} \varepsilon) \delta",
    cases=[
        {"eps": Fraction(n, 100), "H": H, "u": u}
        for n in (1, 50, 99)
        for H, u in ((0, 1), (1, 0), (1, 1), (1, 50), (1000, 1))
    ],
    note="ε = 1-γ, m ≥ ε^(-2) max(2H+u, W²). The cells fail with probability e^(-u) at most, the net with half that.",
    expected=Status.HOLDS,
)
def explicit_assembly(*, eps, H, u, printed=lambda eps: (4, 2 * eps)) -> Verdict:
    """At the least m allowed, W as large as it lets; `printed` is (a, b) for a + b sqrt(2).

    2(1 - eps) + 2 + 2W/sqrt(m) <= a, and (2 sqrt(2(H + u)/m))^2 <= 2 b^2. The e^(2H)/2 pairs of centres fail with
    probability e^(-eps^2 m) each (net-embedding).
    """
    scope = "every larger m; exact fractions"
    m = (2 * H + u) / eps**2
    whole, root = printed(eps)
    steps = [(2 * (1 - eps) + 2 + 2 * eps, whole), (8 * (H + u) / m, 2 * root**2), (2 * H - eps**2 * m, -u)]
    return fold(certified(a, b, scope=scope, evidence=Evidence.PROOF) for a, b in steps)


# --- What follows -----------------------------------------------------------------------------------------------------


@claim(
    "explicit-simple",
    "Theorem 1', a simple form",
    r"\max(2H, W^2) \leq 2k \log(1 + 4X) + 2 \lceil 2K^2 \rceil \log(2p+1), \quad X \geq 0.0711",
    cases=[
        {"k": k, "p": p, "X": X, "K": K}
        for k, p in ((1, 1), (2, 10), (512, 512), (5, 10**6))
        for X in (0.0711, 2.0, 1e6)
        for K in (0.1, 1.0, 4.0, 30.0)
    ],
    note="From there on log(1+4X) ≥ 1/4, and W² ≤ k/2 + 4K² log 2p.",
    expected=Status.HOLDS,
)
def explicit_simple(*, k, p, X, K, printed=2.0) -> Verdict:
    """`printed` is the constant before both terms."""
    simple = printed * (k * math.log1p(4 * X) + math.ceil(2 * K * K) * math.log(2 * p + 1))
    return certified(explicit_measurements(_setting(k, p, X, K, 0.5), 0.0) / 4, simple, scope="the two sides computed")


@claim(
    "explicit-implies-printed",
    "Theorem 1', and (41) with the constant 1",
    r"4 + 2\sqrt{2}(1-\gamma) \leq \log(4K) \frac{\sqrt{p}}{K} \log\frac{\sqrt{p}}{K}, \quad 1 \leq K \leq K_1",
    cases=[
        {"p": p, "gamma": gamma, "K": K}
        for p, gamma, K in (
            (9, 0.8, 1.0),
            (100, 0.8, 4.775),
            (100, 0.5, 4.372),
            (10**4, 0.8, 60.4695),
            (10**4, 0.5, 56.755),
            (10**6, 0.8, 676.5),
            (10**6, 0.5, 642.1),
        )
    ],
    note="There (41) follows, m being as in explicit-srec. For p ≤ 8 (γ = 0.8) or p ≤ 10 (γ = 0.5) there is no such K.",
    expected=Status.HOLDS,
)
def explicit_implies_printed(*, p, gamma, K, printed=srec_additive) -> Verdict:
    """The right side falls on [1, sqrt(p)]: its logarithmic slope is 1/log(4K) - 1/log(q) - 1 < 0, as log 4 > 1."""
    scope = "every K from 1 to this one: the right side falls"
    end = certified(bounds.explicit_additive(gamma), printed(K, p), scope=scope)
    return fold([end, certified(1 / math.log(4), 1.0, scope=scope)])
