"""The entropy that Lemma 3 rests on, (31) to (35), in units with delta = 1.

The ball B_2^k(r1) is covered by the cubes of circumradius delta/(L1 L2) that meet it, their centres moved into it:
counted in fractions. For the l1 ball there are Maurey's nets with computed radii. A Lipschitz map takes nets to nets.
"""

import itertools
import math
from fractions import Fraction

import torch

from ilo_theory import entropy, nets
from ilo_theory.bounds import Setting, half_net_entropy
from ilo_theory.bounds import srec as bounds
from ilo_theory.generators import relu_chain
from ilo_theory.lipschitz import lipschitz_upper
from ilo_theory.verdict import Status, Verdict, certified, claim, fold

CUBES = "explicit covers by cubes, counted in fractions"


def cubes(k: int, X: Fraction) -> int:
    """Count the cubes of circumradius 1 of a grid with a corner at 0 that meet B_2^k(X); 1 where X <= 1."""
    if X <= 1:
        return 1
    most = math.ceil(X * X * k / 4) - 1  # their corners nearest to 0 are 2/sqrt(k) times integer points, within X
    squares = [i * i for i in range(math.isqrt(most) + 1)]
    return 2**k * sum(sum(corner) <= most for corner in itertools.product(squares, repeat=k))


def _images_cover(latents: torch.Tensor, delta: float, k: int, rng: torch.Generator) -> Verdict:
    """N(delta, G(T)) <= N(delta / L, T) for a finite T and a ReLU network G of Lipschitz constant <= L: both exact."""
    generator = relu_chain(k, 6, 9, rng=rng).double()
    constant = lipschitz_upper(generator)
    with torch.no_grad():
        images = generator({"z": latents})
    sizes = nets.covering_number(images, delta), nets.covering_number(latents, delta / constant)
    return certified(*map(math.log, sizes), scope="finite sets under a drawn ReLU network")


def _setting(k: int, p: int, X: float, K: float) -> Setting:
    """L1 = L2 = delta = 1; gamma and n play no part."""
    return Setting(k=k, p=p, n=p, L1=1.0, L2=1.0, r1=X, delta=1.0, K=K, gamma=0.5)


# --- The latent ball --------------------------------------------------------------------------------------------------


def _latent(k: int, X: Fraction, printed) -> Verdict:
    first, second = printed(k, X)
    size = max(1, math.ceil(X**k)), cubes(k, X)  # by volumes from below
    return fold([certified(size, first, scope=CUBES), certified(first, second, scope=CUBES)])


@claim(
    "latent-covering",
    "Lemma 3, Eq. (31)",
    r"N\left(\frac{\delta}{L_1 L_2}, B_2^k(r_1), \Vert \cdot \Vert_2\right) \leq \left(\frac{2 L_1 L_2 r_1}{\delta} + 1"
    r"\right)^k \leq \left(\frac{4 L_1 L_2 r_1}{\delta}\right)^k",
    cases=[{"k": k, "X": Fraction(n, 8)} for k in (1, 2, 10) for n in (1, 2, 3, 4, 12)],
    corrected="latent-covering-from-half",
    note="The second inequality needs δ ≤ 2 L1 L2 r1.",
    expected=Status.REFUTED,
)
def latent_covering(*, k, X, printed=bounds.latent_covering) -> Verdict:
    """Both inequalities."""
    return _latent(k, X, printed)


@claim(
    "latent-covering-from-half",
    "Lemma 3, (31) for X ≥ 1/2",
    r"N(\delta/L_1 L_2, B_2^k(r_1), \Vert \cdot \Vert_2) \leq (2X + 1)^k \leq (4X)^k, \quad X \geq 1/2",
    cases=[{"k": k, "X": Fraction(n, 8)} for k in (1, 2, 3, 4) for n in (4, 6, 8, 9, 12, 16, 24, 40)]
    + [{"k": 10, "X": Fraction(n, 8)} for n in (4, 8)],
    note="X = L1 L2 r1/δ.",
    expected=Status.HOLDS,
)
def latent_covering_from_half(*, k, X, printed=bounds.latent_covering) -> Verdict:
    """Both inequalities."""
    return _latent(k, X, printed)


@claim(
    "range-covering",
    "Lemma 3, Eq. (32)",
    r"N(\delta, G(B_2^k(r_1)), \Vert \cdot \Vert_2) \leq \left(\frac{4 L_1 L_2 r_1}{\delta}\right)^k",
    cases=[{"k": k, "X": Fraction(n, 8)} for k in (1, 2, 3) for n in (4, 8, 12, 24)],
    note="Given (31), hence X ≥ 1/2 as there: the image of a net is a net.",
    expected=Status.HOLDS,
)
def range_covering(*, k, X, rng, printed=lambda k, X: (4 * X) ** k) -> Verdict:
    """The net of the ball has as many points, and exact covering numbers of finite sets do not grow under G."""
    latents = torch.randn(10, k, generator=rng, dtype=torch.float64)
    scope = f"X ≥ 1/2; {CUBES}"
    counted = certified((1, cubes(k, X)), printed(k, X), scope=scope)
    return fold([counted, *(_images_cover(latents, delta, k, rng) for delta in (0.5, 2.0))])


# --- The deviations ---------------------------------------------------------------------------------------------------

REACHES = [{"p": p, "reach": reach} for p, reach in ((1, 40.0), (2, 20.0), (3, 9.0), (4, 4.0), (8, 8.0), (16, 6.0))]


@claim(
    "deviation-entropy",
    "Lemma 3, Eq. (33)",
    r"\log N\left(\frac{\delta}{L_2}, B_1^p(r_2), \Vert \cdot \Vert_2\right) "
    r"\leq \frac{r_2^2 L_2^2}{\delta^2} \log(2p+1)",
    cases=REACHES,
    note="With no ceiling, though Maurey's number of draws is whole: the shrunk net and the exact radius pay for it.",
    expected=Status.HOLDS,
)
def deviation_entropy(*, p, reach, printed=lambda p, s: s * s * math.log(2 * p + 1)) -> Verdict:
    """s = r2 L2 / delta."""
    scope = "every real K = r2 L2/δ up to the reach, by explicit nets with computed radii"
    return fold(
        certified((step.lower, step.upper), printed(p, step.low), scope=scope) for step in entropy.steps(p, reach)
    )


@claim(
    "deviation-image-entropy",
    "Lemma 3, Eq. (34)",
    r"\log N(\delta, G_2(B_1^p(r_2)), \Vert \cdot \Vert_2) \leq K^2 \log 3p",
    cases=REACHES,
    note="As 2p + 1 ≤ 3p.",
    expected=Status.HOLDS,
)
def deviation_image_entropy(*, p, reach, rng, printed=lambda p, K: K * K * math.log(3 * p)) -> Verdict:
    """Nets of the l1 ball, packings for an isometry G2, and exact covering numbers, which do not grow under G2."""
    scope = "every real K up to the reach, by explicit nets with computed radii"
    deviations = torch.randn(16, p, generator=rng, dtype=torch.float64)
    steps = entropy.steps(p, reach)
    return fold(
        [
            *(certified((step.lower, step.upper), printed(p, step.low), scope=scope) for step in steps),
            *(_images_cover(deviations, float(delta), p, rng) for delta in (1, 3)),
        ]
    )


# --- Both -------------------------------------------------------------------------------------------------------------


def _sum_entropy(k: int, p: int, X: Fraction, K: Fraction) -> float:
    """log of the size of a net of the extended range for 1: the product of two for 1/2, with counted points.

    Maurey's net of t draws reaches 2K where its squared radius, that of the lattice times (K/t)^2, is at most 1/4.
    """
    t = next(
        t for t in itertools.count(0) if 2 * K <= 1 or (t and 4 * K * K * nets.lattice_radius_squared(p, t) <= t * t)
    )
    return math.log(cubes(k, 2 * X)) + math.log(nets.delannoy(p, t))


def _printed_entropy(k: int, p: int, X: float, K: float) -> float:
    return _setting(k, p, X, K).log_covering


@claim(
    "extended-entropy",
    "Lemma 3, Eq. (35)",
    r"\log N\left(\delta, G_2(G_1(B_2^k(r_1)) \oplus B_1^p(r_2)), \Vert \cdot \Vert_2\right) \leq "
    r"k \log \frac{4 L_1 L_2 r_1}{\delta} + K^2 \log 3p",
    cases=[
        {"k": k, "p": p, "X": Fraction(1, n), "K": Fraction(5, 4)}
        for k, p, n in ((10, 10, 8), (2, 2, 32), (4, 100, 64))
    ],
    corrected="extended-entropy-halved",
    note="For 4X < 1 the right side can be negative. Its derivation adds two δ-nets, which makes a 2δ-net; for X ≥ 1/2 "
    "no counterexample is known.",
    expected=Status.REFUTED,
)
def extended_entropy(*, k, p, X, K, printed=_printed_entropy) -> Verdict:
    """X = L1 L2 r1 / delta."""
    scope = "a net has a point; above, explicit nets"
    return certified((0.0, _sum_entropy(k, p, X, K)), printed(k, p, float(X), float(K)), scope=scope)


def _halved(k: int, p: int, X: float, K: float) -> float:
    return half_net_entropy(_setting(k, p, X, K))


@claim(
    "extended-entropy-halved",
    "Lemma 3, (35) with halves",
    r"\log N \leq H = k \log(1 + 4X) + \log D(p, \lceil \min(2K^2, K \sqrt{p}) \rceil)",
    cases=[
        {"k": k, "p": p, "X": Fraction(n, 8), "K": Fraction(h, 4)}
        for k, p in ((1, 1), (2, 4), (3, 9), (4, 16))
        for n in (1, 4, 8, 20)
        for h in (1, 3, 5, 7, 12)
    ]
    + [{"k": 10, "p": 10, "X": Fraction(1, 8), "K": Fraction(5, 4)}],
    note="Two nets for δ/2, the second Maurey's with its exact radius; D counts its points. Every X, K > 0.",
    expected=Status.HOLDS,
)
def extended_entropy_halved(*, k, p, X, K, printed=_halved) -> Verdict:
    """X = L1 L2 r1 / delta. From below by volumes, where G1 is an isometry."""
    size = max(0.0, k * math.log(X)), _sum_entropy(k, p, X, K)
    return certified(size, printed(k, p, float(X), float(K)), scope="explicit nets, radii and points in fractions")
