"""Lemma 3 from its net to its conclusion, the steps (36) to (40), in units with delta = 1."""

import math

import torch

from ilo_theory import tails
from ilo_theory.verdict import Status, Verdict, certified, claim, fold

# --- The net: (36) ----------------------------------------------------------------------------------------------------


def tail_exponent(a: float) -> float:
    """The Chernoff exponent of P(chi^2_m <= m (1 - a)^2), m times this: (x - 1 - log x)/2 at x = (1 - a)^2."""
    return a * a / 2 - a - math.log1p(-a)


@claim(
    "net-embedding",
    "Lemma 3, Eq. (36)",
    r"\Vert AG_2(\hat{z}_2) - AG_2(\hat{z}_1) \Vert \geq (1-a) \Vert G_2(\hat{z}_2) - G_2(\hat{z}_1) \Vert",
    cases=[
        {"a": a, "entropy": entropy}
        for a in (0.01, 0.1, 0.2, 0.5, 0.8, 0.99)
        for entropy in (math.log(2), 3.0, 30.0, 300.0)
    ],
    note="With the constant 4 in m = Ω(log N)/a², and given (35): it fails with P ≤ e^(-a²m/2)/2. S is in image space "
    "and its points are written as latents, a slip: the net must be the images of one, as in Lemma 4.",
    expected=Status.HOLDS,
)
def net_embedding(*, a, entropy, printed=4) -> Verdict:
    """Over the N (N - 1)/2 pairs of a net of log-size `entropy`, by the exact chi^2 tail; and by its exponent."""
    m = math.ceil(printed * entropy / a**2)
    pairs = entropy + math.log(math.expm1(entropy)) - math.log(2)
    failing, allowed = pairs + tails.gaussian_below(m, 1 - a), -math.log(2) - a * a * m / 2
    exact = certified(failing, allowed, scope="the union bound, by exact tails")
    slope = certified(a * a, tail_exponent(a), scope="every larger m: the exponent is a² m at least")
    return fold([exact, slope])


# --- The triangle: (37) to (40) ---------------------------------------------------------------------------------------


def _draws(m: int, n: int, count: int, rng: torch.Generator) -> list[dict[str, float]]:
    """Pairs of points within 1 of net points, and all that (37) to (40) say of them; a is what (36) allows, and 1e-9.

    All numbers are eighths or integers. In half of the draws the points are on the first axis, whose image under A has
    a whole length: where an inequality is an equality, it is one of floats.
    """
    found = []
    for i in range(count):
        A, x1, x2 = (torch.randint(-9, 10, shape, generator=rng).double() for shape in ((m, n), (n,), (n,)))
        steps, axes = torch.randint(-8, 9, (2, 1), generator=rng) / 8, torch.randint(n, (2,), generator=rng)
        if i % 2:
            x1[1:], x2[1:], axes, A[:, 0] = 0, 0, torch.zeros_like(axes), 0
            A[:2, 0] = torch.tensor([3.0, 4.0])[:m]
        s1, s2 = (x + step * torch.eye(n).double()[j] for x, step, j in zip((x1, x2), steps, axes, strict=True))
        sizes = {"points": x2 - x1, "net": s2 - s1, "second": x2 - s2, "first": x1 - s1}
        norms = {name: float(d.norm()) for name, d in sizes.items()}
        norms |= {f"A {name}": float((A @ d).norm()) for name, d in sizes.items()}
        share = norms["A net"] / norms["net"] if norms["net"] else 1.0
        found.append(norms | {"a": min(1.0, max(0.0, 1 - share) + 1e-9)})
    return found


def _step(lhs, rhs, m: int, n: int, rng: torch.Generator) -> Verdict:
    """lhs >= rhs on 100 draws."""
    return fold(
        certified(rhs(norms), lhs(norms), scope="drawn A, points and net points, half of them on a line")
        for norms in _draws(m, n, 100, rng)
    )


SIZES = [{"m": m, "n": n} for m, n in ((1, 1), (1, 5), (3, 10), (20, 10))]


def _errors(norms: dict[str, float]) -> float:
    return norms["A second"] + norms["A first"]


def _step_37(norms: dict[str, float]) -> float:
    return norms["A net"] - _errors(norms)


def _step_38(norms: dict[str, float]) -> float:
    return (1 - norms["a"]) * norms["net"] - _errors(norms)


def _step_39(norms: dict[str, float]) -> float:
    apart = norms["points"] - (norms["second"] + norms["first"])
    return (1 - norms["a"]) * apart - _errors(norms)


def _step_40(norms: dict[str, float]) -> float:
    return (1 - norms["a"]) * norms["points"] - 2 - _errors(norms)


@claim(
    "through-the-net",
    "Lemma 3, Eq. (37)",
    r"\Vert AG_2(z_2) - AG_2(z_1) \Vert \geq \Vert AG_2(\hat{z}_2) - AG_2(\hat{z}_1) \Vert - "
    r"\Vert AG_2(z_2) - AG_2(\hat{z}_2) \Vert - \Vert AG_2(z_1) - AG_2(\hat{z}_1) \Vert",
    cases=SIZES,
    note="The triangle inequality. In the argmin before it z̃ is written for ẑ, a slip in the text as held.",
    expected=Status.HOLDS,
)
def through_the_net(*, m, n, rng, printed=_step_37) -> Verdict:
    """`printed` is the right side."""
    return _step(lambda norms: norms["A points"], printed, m, n, rng)


@claim(
    "net-isometry",
    "Lemma 3, Eq. (38)",
    r"\Vert AG_2(\hat{z}_2) - AG_2(\hat{z}_1) \Vert - E \geq (1-a) \Vert G_2(\hat{z}_2) - G_2(\hat{z}_1) \Vert - E, "
    r"\quad E = \sum_i \Vert AG_2(z_i) - AG_2(\hat{z}_i) \Vert",
    cases=SIZES,
    note="Given (36).",
    expected=Status.HOLDS,
)
def net_isometry(*, m, n, rng, printed=_step_38) -> Verdict:
    """`printed` is the right side."""
    return _step(_step_37, printed, m, n, rng)


@claim(
    "off-the-net",
    "Lemma 3, Eq. (39)",
    r"(1-a) \Vert G_2(\hat{z}_2) - G_2(\hat{z}_1) \Vert \geq (1-a) \Vert G_2(z_2) - G_2(z_1) \Vert - "
    r"(1-a) \sum_i \Vert G_2(z_i) - G_2(\hat{z}_i) \Vert",
    cases=SIZES,
    note="The triangle inequality, a ≤ 1; the terms in A are the same on both sides.",
    expected=Status.HOLDS,
)
def off_the_net(*, m, n, rng, printed=_step_39) -> Verdict:
    """`printed` is the right side."""
    return _step(_step_38, printed, m, n, rng)


@claim(
    "net-radius",
    "Lemma 3, Eq. (40)",
    r"-(1-a) \sum_i \Vert G_2(z_i) - G_2(\hat{z}_i) \Vert \geq -2\delta",
    cases=SIZES,
    note="The terms that stay are the same on both sides. 2(1-a)δ would do.",
    expected=Status.HOLDS,
)
def net_radius(*, m, n, rng, printed=_step_40) -> Verdict:
    """`printed` is the right side, delta = 1."""
    return _step(_step_39, printed, m, n, rng)
