"""The counterexample to Theorem 1 and the exact probabilities beside it, against simulation; the family's figures."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ilo_theory.bounds import Setting
from ilo_theory.claims.recovery_counterexample import SpiralCurve, draw_failures, printed_error, spiral_generator
from ilo_theory.claims.recovery_theorem import REACHES
from ilo_theory.operators import Gaussian
from ilo_theory.plots.recovery import FIGURES
from ilo_theory.verdict import CLAIMS, Status, verify
from tests.toys import seeded

CURVE = SpiralCurve(60)
TRIALS = 400


def plausible(successes: int, trials: int, probability: float) -> bool:
    """Whether that many are as probable as one in a million, from above and from below."""
    below, above = stats.binom.cdf(successes, trials, probability), stats.binom.sf(successes - 1, trials, probability)
    return min(below, above) > 1e-6


# --- The curve --------------------------------------------------------------------------------------------------------


@given(a=st.floats(-200, 200), gap=st.floats(-3, 3))
def test_curve_has_lipschitz_constant_1(a, gap):
    ends = torch.tensor([[a], [a + gap]], dtype=torch.float64)
    assert CURVE(ends).diff(dim=0).norm() <= abs(gap) * (1 + 1e-9) + 1e-9


def test_curve_goes_along_the_ray_and_then_on_the_sphere():
    z = torch.linspace(-CURVE.radius, CURVE.radius, 20001, dtype=torch.float64)
    points = CURVE(z[:, None])
    ray = z + CURVE.radius <= 1
    torch.testing.assert_close(points[ray], (z[ray] + CURVE.radius)[:, None] * torch.tensor([0.0, 0, 1]).double())
    norms = points[~ray].norm(dim=1)
    assert norms.max() <= 1 + 1e-12
    assert norms.min() >= math.sqrt(1 - CURVE.longest**2 / 4) - 1e-12
    assert points[-1].tolist() == pytest.approx([0, 0, -1], abs=1e-9)
    steps = points.diff(dim=0).norm(dim=1)
    assert steps.max() <= (z[1] - z[0]) * (1 + 1e-9)
    assert steps.sum() == pytest.approx(2 * CURVE.radius, rel=1e-3)  # at speed 1, but for the cut corners


def test_curve_comes_near_to_every_point_of_the_sphere():
    points = torch.nn.functional.normalize(torch.randn(5000, 3, generator=seeded(), dtype=torch.float64), dim=1)
    near = CURVE(CURVE.latent_near(points)[:, None])
    assert (near - points).norm(dim=1).max() <= math.pi / (2 * CURVE.turns) + CURVE.longest**2 / 8 + 1e-3


def test_generator_looks_at_one_coordinate():
    generator = spiral_generator(5, p=3)
    z = torch.randn(4, 3, generator=seeded(), dtype=torch.float64)
    other = z * torch.tensor([1.0, 0, -7]).double()
    assert torch.equal(generator({"z": z}, start=1), generator({"z": other}, start=1))
    assert torch.equal(generator({"z": z[:, :1]}, stop=1)["z"], torch.zeros(4, 3).double())


def test_what_is_certified_is_true_of_the_whole_curve():
    """The best point of the curve in measurements, found by going along all of it, for the same matrices."""
    eta, turns, count = 0.1, 15, 60
    failed, least = draw_failures(count, turns=turns, p=1, eta=eta, rng=seeded(3))
    rng = seeded(3)
    x = torch.tensor([eta, 0, 0], dtype=torch.float64)
    curve = SpiralCurve(turns)
    z = torch.linspace(-curve.radius, curve.radius, 200_000, dtype=torch.float64)
    gaps = curve(z[:, None]) - x
    on_sphere = z + curve.radius > 1
    assert gaps.norm(dim=1).min() == pytest.approx(eta, abs=1e-6)
    for fails in failed:
        A = Gaussian.draw(2, (3,), rng=rng).matrix.double()
        best = (gaps @ A.T).norm(dim=1).argmin()
        if fails:
            assert on_sphere[best]
            assert gaps[best].norm() >= math.sqrt(1 - curve.longest**2 / 4) - eta
    assert 5 <= count - sum(failed) <= 55  # of so coarse a curve, both happen
    assert least >= math.sqrt(1 - curve.longest**2 / 4) - eta


def test_a_finer_curve_fails_more_often():
    failures = [sum(draw_failures(4000, turns=t, p=1, eta=0.05, rng=seeded())[0]) for t in (40, 400, 2000)]
    assert failures == sorted(failures)
    assert failures[-1] > 0.98 * 4000


def test_tails_of_the_general_counterexample():
    outcome = CLAIMS["error-bound-formula"].run(gamma=0.2, p=2, constant=1)
    m, spoiled = (outcome.verdict.witness[key] for key in ("m", "spoiled"))
    n = m + 1
    assert spoiled == pytest.approx(stats.chi2.sf(4 * m * n, m * n) + stats.chi2.cdf(4e-12 * m * n, m - 1), rel=1e-6)
    assert m == math.ceil((2 + 2 * math.log(2)) / 0.64)


# --- Exact probabilities, simulated -----------------------------------------------------------------------------------


def test_probability_for_a_line_is_that_of_drawn_matrices():
    gamma, m, trials = 0.99, 2, 20_000
    A = torch.randn(trials, m, 2, generator=seeded(), dtype=torch.float64)  # A e and A h, any scale
    ratio = (A[:, :, 0] * A[:, :, 1]).sum(1) / A[:, :, 0].square().sum(1)
    fails = int(((1 + ratio.square()).sqrt() > 1 + 4 / gamma).sum())
    verdict = verify("error-bound-probability", gamma=gamma, m=m)
    assert 0.01 < verdict.lhs < 0.1
    assert plausible(fails, trials, verdict.lhs)


def test_an_x_chosen_after_a_does_what_the_distribution_says():
    """S a segment, x along A^T A e: the measured optimum found by a fine search on the segment."""
    gamma, K, p, X, constant, wide = 0.8, 1.0, 4, 50.0, 0.1, 41
    case = {"gamma": gamma, "K": K, "p": p, "X": X, "constant": constant, "wide": wide}
    verdict = verify("error-bound-every-x", **case)
    m, n = verdict.witness["m"], verdict.witness["n"]
    assert 0.2 < verdict.rhs < 0.8
    setting = Setting(k=1, p=p, n=n, L1=X, L2=1.0, r1=1.0, delta=1.0, K=K, gamma=gamma)
    rng, kept = seeded(1), 0
    grid = torch.linspace(-X - K, X + K, 4001, dtype=torch.float64)
    for _ in range(TRIALS):
        A = torch.randn(m, n, generator=rng, dtype=torch.float64) / math.sqrt(m)
        h = A.T @ A[:, 0]
        h[0] = 0
        h /= h.norm()
        rho = float((A @ h) @ A[:, 0] / A[:, 0].square().sum())
        best = (X + K) / rho
        seen = (grid[:, None] * A[:, 0] - best * (A @ h)).norm(dim=1)
        error = math.hypot(float(grid[seen.argmin()]), best)
        kept += error <= printed_error(setting, best)
    assert plausible(kept, TRIALS, verdict.rhs)


@pytest.mark.parametrize(("p", "gamma", "reach"), REACHES)
def test_reach_is_the_largest_to_six_digits(p, gamma, reach):
    assert verify("error-bound-in-range", p=p, gamma=gamma, reach=reach).status is Status.HOLDS
    assert verify("error-bound-in-range", p=p, gamma=gamma, reach=reach * (1 + 1e-5)).status is Status.REFUTED


@pytest.mark.parametrize(("gamma", "p"), [(0.8, 8), (0.5, 10)])
def test_for_small_p_the_printed_term_is_too_small_at_every_K(gamma, p):
    assert verify("error-bound-in-range", p=p, gamma=gamma, reach=1.0).status is Status.REFUTED


# --- Figures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FIGURES)
def test_figure_is_drawn_from_the_cases(name):
    quick = {"turns": 100, "trials": 100} if name == "error-bound" else {}
    figure = FIGURES[name](CLAIMS[name].run(**quick).cases)
    assert type(figure).__name__ == "Figure"
    figure.canvas.draw()
    assert all(axes.get_xlabel() and axes.get_ylabel() and axes.get_legend() for axes in figure.axes)
    assert FIGURES[name].__doc__.splitlines()[0].endswith(".")
