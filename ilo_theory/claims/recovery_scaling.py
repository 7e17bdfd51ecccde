"""Remark 3, how the parameters may scale, and Remark 5, the constants at gamma = 4/5."""

import math
from fractions import Fraction

import torch
from torch import nn

from ilo_theory.bounds import Setting
from ilo_theory.generators import Chain, relu_chain
from ilo_theory.lipschitz import lipschitz_lower, lipschitz_upper
from ilo_theory.verdict import Evidence, Status, Verdict, certified, claim, fold, identical


def _scaled(k: int, p: int, n: int, d1: int, d2: int) -> Setting:
    """The choice of Remark 3: L1 = n^d1, L2 = n^d2, r1 = n^(d1 + d2), delta = 1/sqrt(p), K = sqrt(k), gamma = 4/5."""
    L1, L2 = float(n**d1), float(n**d2)
    return Setting(k=k, p=p, n=n, L1=L1, L2=L2, r1=L1 * L2, delta=1 / math.sqrt(p), K=math.sqrt(k), gamma=0.8)


SIZES = [
    {"k": k, "p": p, "n": n}
    for k, p in ((1, 2), (1, 512), (16, 16), (16, 10**4), (512, 10**6))
    for n in (2, 784, 10**6)
]

# --- Remark 3: Lipschitz constants and errors -------------------------------------------------------------------------


def _ones(n: int, depth: int) -> Chain:
    """A network of `depth` layers of n neurons, all weights 1."""
    layers = []
    for _ in range(depth):
        linear = nn.Linear(n, n, bias=False, dtype=torch.float64)
        nn.init.ones_(linear.weight)
        layers.append(nn.Sequential(linear, nn.ReLU()))
    return Chain(*layers, k=n)


@claim(
    "lipschitz-product",
    "Remark 3, the Lipschitz constants",
    r"L \leq L_1 \cdot L_2",
    cases=[{"widths": widths, "split": split} for widths in ((2, 5, 9, 12), (4, 4, 4, 4)) for split in (1, 2)]
    + [{"widths": (n, n, n), "split": 1, "ones": True} for n in (2, 5)],
    expected=Status.HOLDS,
)
def lipschitz_product(*, widths, split, ones=False, rng, printed=lambda L1, L2: L1 * L2) -> Verdict:
    """The largest Jacobian seen of G against the products of norms of its two parts; equal where all weights are 1."""
    chain = _ones(widths[0], len(widths) - 1) if ones else relu_chain(*widths, rng=rng).double()
    points = chain.init(50, rng=rng)["z"].double()
    seen = lipschitz_lower(chain, {"z": points.abs() + 0.1 if ones else points}, rng=rng)
    bound = printed(lipschitz_upper(chain, stop=split), lipschitz_upper(chain, start=split))
    return certified(round(seen, 9), round(bound, 9), scope="ReLU networks, drawn or of ones")


@claim(
    "lipschitz-power",
    "Remark 3, d layers of n neurons",
    r"L \leq n^d \mathrm{\ for\ weights\ in\ } [-1, 1], \mathrm{\ attained}",
    cases=[{"n": n, "d": d} for n in (1, 2, 5, 16) for d in (1, 2, 3)],
    expected=Status.HOLDS,
)
def lipschitz_power(*, n, d, rng, printed=lambda n, d: n**d) -> Verdict:
    """Drawn weights by the product of norms; all weights 1 by the slope from 0 to (1, ..., 1)."""
    layers = []
    for _ in range(d):
        layers += [nn.utils.skip_init(nn.Linear, n, n, bias=False, dtype=torch.float64), nn.ReLU()]
        nn.init.uniform_(layers[-2].weight, -1, 1, generator=rng)
    ends = {"z": torch.stack([torch.zeros(n), torch.ones(n)]).double()}
    slope = _ones(n, d)(ends).diff(dim=0).norm().item() / math.sqrt(n)
    scope = "ReLU networks, drawn and of ones"
    below = certified(lipschitz_upper(Chain(*layers, k=n)), printed(n, d), scope=scope)
    return fold([below, identical(round(slope, 6), printed(n, d), scope=scope)])


@claim(
    "error-linear",
    "Remark 3, the first term of (6)",
    r"\Vert x - G_2(\bar{z}) \Vert = O(n), \quad x, G_2(\bar{z}) \in [-1, 1]^n",
    cases=[{"n": n} for n in (1, 2, 3, 10, 784, 3 * 2**10, 3 * 2**20)],
    note="At most linearly: for bounded pixels it is 2√n at most, the diagonal of the cube.",
    expected=Status.HOLDS,
)
def error_linear(*, n, printed=lambda n: 2 * n) -> Verdict:
    """The diagonal: each coordinate of a difference is at most 2."""
    diagonal = torch.full((n,), 2.0, dtype=torch.float64).norm().item()
    return certified(diagonal, printed(n), scope="all images, by the farthest two")


# --- Remark 3: the choice of delta and K ------------------------------------------------------------------------------


@claim(
    "scaling-additive",
    "Remark 3, the additive term",
    r"\delta = 1/\sqrt{p}, \ K = \sqrt{k}: \ \mathrm{additive\ term} ="
    r" \frac{\log(4 \sqrt{k})}{\gamma \sqrt{k}} \log \sqrt{p/k}",
    cases=SIZES,
    expected=Status.HOLDS,
)
def scaling_additive(*, k, p, n, printed=lambda k: math.log(4 * math.sqrt(k)) / math.sqrt(k)) -> Verdict:
    """(6) against `printed` times the second logarithm over gamma."""
    said = printed(k) * math.log(math.sqrt(p / k)) / 0.8
    return identical(round(_scaled(k, p, n, 2, 1).additive_error, 9), round(said, 9), scope="evaluated, to 9 decimals")


@claim(
    "scaling-sublinear",
    "Remark 3, the additive term, sublinear",
    r"\delta = 1/\sqrt{p}, \ K = \sqrt{k}: \ \mathrm{additive\ term} \leq \frac{\log 2}{\gamma} \log p = o(n)",
    cases=SIZES,
    note="Where log p = o(n).",
    expected=Status.HOLDS,
)
def scaling_sublinear(*, k, p, n, printed=lambda p, gamma: math.log(2) * math.log(p) / gamma) -> Verdict:
    """(6) against the right side, to 9 decimals: equal at k = 1.

    For all k <= p: log(4K)/K falls from K = 1 on, where it is log 4, and log sqrt(p/k) is at most log(p)/2.
    """
    scope, term = "all 1 ≤ k ≤ p by proof; compared at", _scaled(k, p, n, 2, 1).additive_error
    return certified(round(term, 9), round(printed(p, 0.8), 9), scope=scope, evidence=Evidence.PROOF)


@claim(
    "scaling-vanishing",
    "Remark 3, the additive term to 0",
    r"p \geq k^2: \ \frac{1}{8} \leq \frac{\log(4 \sqrt{k}) \log \sqrt{p/k}}{(1 + \log k) \log p} \leq 0.7",
    cases=[{"k": k, "p": p} for k in (1, 2, 10, 100, 10**4) for p in (10**8, 10**12, 10**30)],
    note="The remark asks for sublinear, no more. The term goes to 0 exactly where log p · log k = o(√k).",
    expected=Status.HOLDS,
)
def scaling_vanishing(*, k, p, printed=(1 / 8, 0.7)) -> Verdict:
    """Instances. For all p >= k^2: log(4 sqrt(k)) is from (1 + log k)/2 to log(4) (1 + log k), and log sqrt(p/k) from
    log(p)/4 to log(p)/2."""
    scope = "all p ≥ k² by proof; compared at"
    ratio = 0.8 * _scaled(k, p, 2, 1, 1).additive_error * math.sqrt(k) / ((1 + math.log(k)) * math.log(p))
    step = certified((-math.inf, math.log(4) / 2), printed[1], scope=scope, evidence=Evidence.PROOF)
    sides = [(printed[0], ratio), (ratio, printed[1])]
    return fold([step, *(certified(*side, scope=scope, evidence=Evidence.PROOF) for side in sides)])


@claim(
    "scaling-measurements",
    "Remark 3, measurements",
    r"K = \sqrt{k}: \ k \log X + K^2 \log p \leq 3 k \log X",
    cases=SIZES,
    note="The order of CSGM, as the remark says: X = n^2d √p exceeds √p. The increase in Remark 1 is log p / log X.",
    expected=Status.HOLDS,
)
def scaling_measurements(*, k, p, n, printed=3) -> Verdict:
    """Instances; and for all: log p <= 2 log(n^2d sqrt(p))."""
    setting, scope = _scaled(k, p, n, 2, 1), "all by proof; compared at"
    ours = setting.measurements * (1 - setting.gamma) ** 2
    theirs = k * (6 * math.log(n) + math.log(p) / 2)
    return certified(ours, printed * theirs, scope=scope, evidence=Evidence.PROOF)


@claim(
    "scaling-radius",
    "Remark 3, the radius",
    r"r_2 = \sqrt{k/p} \ n^{-d_2}",
    cases=[case | {"d2": d2} for case in SIZES for d2 in (1, 4)],
    expected=Status.HOLDS,
)
def scaling_radius(*, k, p, n, d2, printed=lambda k, p, n, d2: math.sqrt(k / p) * float(n) ** -d2) -> Verdict:
    """r2 = K delta / L2."""
    ratio = _scaled(k, p, n, 2, d2).r2 / printed(k, p, n, d2)
    return identical(round(ratio, 9), 1, scope="the ratio of both sides, to 9 decimals")


# --- Remark 5 ---------------------------------------------------------------------------------------------------------


@claim(
    "csgm-constant",
    "Remark 5",
    r"\gamma = 4/5: \ 1 + 4/\gamma = 6",
    note="The 6 of CSGM, Theorem 1.2.",
    expected=Status.HOLDS,
)
def csgm_constant(*, printed=Fraction(4, 5)) -> Verdict:
    """`printed` is gamma."""
    return identical(1 + 4 / printed, 6, scope="exact fractions", evidence=Evidence.PROOF)


@claim(
    "csgm-other-constants",
    "Remark 5, CSGM's other constants",
    r"\gamma = 4/5: \ 2/\gamma \leq 3, \ 1/\gamma \leq 2",
    note="CSGM has 3 times the noise and 2 times the accuracy of the minimisation; see noisy-recovery.",
    expected=Status.HOLDS,
)
def csgm_other_constants(*, printed=Fraction(4, 5)) -> Verdict:
    """`printed` is gamma."""
    sides = [(2 / printed, 3), (1 / printed, 2)]
    return fold(certified(*side, scope="exact fractions", evidence=Evidence.PROOF) for side in sides)
