"""What is observed of (4): the draws, the solver behind them, and the contour that is read off."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from ilo_theory import monte_carlo
from ilo_theory.bounds import Setting
from ilo_theory.generators import isometric_chain
from ilo_theory.operators import Gaussian, PartialCirculant
from ilo_theory.optimum.convex import Balls, nearest, times
from ilo_theory.plots.success import remark_1_figure, success_figure
from ilo_theory.success import Errors, hardest_spikes, radius_sweep, success_map

SETTING = Setting(k=2, p=24, n=96, L1=1, L2=1, r1=1, delta=0.05, K=1, gamma=0.5)
DRAWS = pytest.mark.parametrize("draw", [Gaussian.draw, PartialCirculant.draw], ids=["gaussian", "circulant"])


def errors(error, m=(1, 2, 4), K=(1.0,)) -> Errors:
    error = torch.as_tensor(error, dtype=torch.float64)
    return Errors(m, K, error, error[:, 0], 0.0)


def test_isometries_keep_every_length(rng):
    chain = isometric_chain(2, 5, 5, 9, rng=rng).double()
    for layer in chain.layers:
        weight = layer.weight.detach()
        torch.testing.assert_close(
            weight.T @ weight, torch.eye(weight.shape[1], dtype=torch.float64), atol=1e-6, rtol=0
        )


def test_isometries_are_drawn_by_the_generator_alone():
    torch.manual_seed(1)
    first = isometric_chain(2, 5, rng=torch.Generator().manual_seed(0)).layers[0].weight
    torch.manual_seed(2)
    assert torch.equal(first, isometric_chain(2, 5, rng=torch.Generator().manual_seed(0)).layers[0].weight)
    with pytest.raises(ValueError, match=r"isometric_chain\(widths"):
        isometric_chain(5, 2, rng=torch.Generator())


def test_matrices_serve_their_rows_in_turn(rng):
    M, v = torch.randn(3, 4, 5, generator=rng), torch.randn(6, 5, generator=rng)
    expected = torch.stack([M[i // 2] @ v[i] for i in range(6)])
    torch.testing.assert_close(times(M, v), expected)


def test_each_row_has_the_minimum_of_its_own_radius(rng):
    """||M v + s|| where M is orthogonal is nearest at a projection, whose threshold solves one equation."""
    M = torch.linalg.qr(torch.randn(6, 6, generator=rng, dtype=torch.float64)).Q
    target = torch.randn(3, 6, generator=rng, dtype=torch.float64)
    radii = torch.tensor([0.1, 1.0, 3.0], dtype=torch.float64)
    one = torch.ones(1, dtype=torch.float64)
    found = nearest(M[None], -target @ M.T, Balls(0, 0.0, radii), 0 * target, one, tolerance=1e-9, steps=2000)
    for row, point, radius in zip(found.v, target, radii, strict=True):
        size, low, high = point.abs(), 0.0, float(point.abs().max())
        for _ in range(100):
            middle = (low + high) / 2
            low, high = (middle, high) if (size - middle).clamp(min=0).sum() > radius else (low, middle)
        torch.testing.assert_close(row, point.sign() * (size - high).clamp(min=0), atol=1e-6, rtol=0)


@pytest.mark.parametrize("K", [2.0, 3.0, 6.0, 16.0])
def test_hardest_spikes_are_two_delta_long(K):
    spikes = hardest_spikes(K)
    assert K / math.sqrt(spikes) == pytest.approx(2.0, rel=0.07)  # the rounding of K^2/4


@DRAWS
def test_enough_rows_always_find_it_and_fewer_than_spikes_never(draw, rng):
    found = success_map(SETTING, (3, 26, 96), (4.0, 8.0), draw=draw, trials=12, rng=rng)
    assert found.error.shape == (12, 3, 2)
    assert found.best.max() < 0.05  # the truth is in the range
    assert found.share()[1:].min() == 1  # k + p rows determine (z, b)
    assert found.share()[0, 1] == 0  # 16 spikes by 3 numbers
    assert found.error[:, 0].max() <= 2 * (8 + SETTING.r1 / SETTING.delta)  # the diameter of the range
    assert found.gap < 0.05


def test_radius_below_the_deviation_cannot_reach_it(rng):
    """The least error at radius K is that of projecting the deviation, whatever A is."""
    found = radius_sweep(SETTING, (48,), (0.5, 2.0, 40.0), decay=1.0, length=3.0, draw=Gaussian.draw, trials=4, rng=rng)
    best = found.best.mean(0)
    assert best[0] > best[1] > best[2]
    assert best[2] < 0.05
    assert (found.error[:, 0] >= found.best - 0.05).all()
    profile = np.arange(1, 25.0) ** -1.0
    profile *= 3 / np.linalg.norm(profile)
    assert best[0] <= np.linalg.norm(profile)  # b = 0 and z as it is
    assert best[0] >= 0.5 * (profile.sum() - 0.5) / math.sqrt(24)  # l2 >= l1 / sqrt(p), half of it left to z


def test_draws_are_the_same_for_a_seed_and_on_processes():
    def run():
        rng = torch.Generator().manual_seed(3)
        return success_map(SETTING, (8, 24), (2.0, 4.0), draw=Gaussian.draw, trials=12, rng=rng).error

    here = run()
    assert torch.equal(here, run())
    with monte_carlo.processes(2):
        assert torch.equal(here, run())
    assert not torch.equal(here[:2], here[10:])  # another batch has draws of its own


def test_contour_lies_where_the_share_is_crossed():
    # of 4 trials 0, 1 and 4 succeed at m = 1, 2 and 4: half of them a third of the way, in log m, from 2 to 4
    found = errors([[[9.0], [0.5], [0.5]], [[9.0], [9.0], [0.5]], [[9.0], [9.0], [0.5]], [[9.0], [9.0], [0.5]]])
    assert found.share().flatten().tolist() == [0, 0.25, 1]
    assert found.contour() == [pytest.approx(2 * 2 ** (1 / 3))]
    assert found.contour(share=0.1) == [pytest.approx(2**0.4)]
    assert found.contour(level=10) == [1.0]
    assert math.isnan(found.contour(level=0.1)[0])


def test_a_success_is_an_error_of_at_most_the_level():
    found = errors([[[1.5], [1.0], [0.5]], [[1.001], [0.999], [9.0]]])
    assert found.share().flatten().tolist() == [0, 1, 0.5]
    assert found.share(level=1.5).flatten().tolist() == [1, 1, 0.5]


def test_contour_starts_after_the_last_failure():
    found = errors([[[0.5], [9.0], [0.5]]])
    assert found.contour() == [pytest.approx(2 * math.sqrt(2))]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"m": (8, 4)}, "ascending `m`"),
        ({"m": ()}, "ascending `m`"),
        ({"K": (2.0, 2.0)}, "ascending `K`"),
        ({"K": (1.0, 10.0)}, r"2 sqrt\(p\)"),
        ({"setting": replace(SETTING, L2=2)}, "must be 1"),
    ],
)
def test_what_cannot_be_meant_is_refused(change, text, rng):
    arguments = {"setting": SETTING, "m": (4, 8), "K": (1.0, 2.0)} | change
    with pytest.raises(ValueError, match=text):
        success_map(*arguments.values(), draw=Gaussian.draw, trials=2, rng=rng)


def test_figures_draw_what_they_are_given():
    share = np.array([[0.0, 0.0], [1.0, 0.5]])
    figure = success_figure({"one": share}, (8, 16), (1, 2), {"one": [9.0, 16.0]}, {"bound": [20.0, 30.0]}, n=64)
    lines = {line.get_label(): list(line.get_ydata()) for line in figure.axes[0].lines}
    assert lines["bound"] == [20, 30]
    assert [9, 16] in lines.values()
    assert figure.axes[0].collections[0].get_array().flatten().tolist() == [0, 0, 1, 0.5]
    error = np.array([[3.0, 1.0, 2.0]])
    figure = remark_1_figure({8: error}, error / 2, (1, 2, 3), {"bound": [4, 5, 6]}, [3, 2, 1])
    marks = [line.get_xydata().tolist() for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert marks == [[[2, 1]]]
