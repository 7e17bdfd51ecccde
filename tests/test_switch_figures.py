"""The figures of switches and choices draw what they are given, for every choice that a slider allows."""

import math

import numpy as np
import pytest

from ilo_theory import bounds
from ilo_theory.nets import maurey_net
from ilo_theory.plots.choices import entropy_choice, margin_choice, promise_choice, tail_choice
from ilo_theory.plots.images import strips_figure
from ilo_theory.plots.switches import dependence_figure, legs_figure, lengths_figure, net_figure, over_m_figure


def labelled(figure):
    return {line.get_label(): line for axes in figure.axes for line in axes.lines}


def test_net_has_a_disc_for_each_point_and_ball():
    figure = net_figure(maurey_net(2, 1.0, 2).numpy(), 1.0, 0.25)
    assert [len([p for p in axes.patches if hasattr(p, "radius")]) for axes in figure.axes] == [26, 26]
    figure.canvas.draw()


def test_lengths_are_all_counted_but_for_the_longest():
    figure = lengths_figure({"a": np.linspace(0, 1, 100), "b": np.full(50, 0.5)}, 0.5)
    counts = sum(patch.get_height() for patch in figure.axes[0].patches[1:])
    assert 148 <= counts <= 150


def test_legs_end_where_they_should():
    lines = labelled(legs_figure({"half": (0.1, 0.2), "whole": (0.3, 0.4)}, 0.35))
    assert list(lines["whole"].get_xydata()[0]) == [0.3, 0.4]


def test_unseen_and_dependence_draw_their_points():
    lines = labelled(over_m_figure([8, 16], {"l1": [1.5, 0.5], "l2": [2, 2]}, 1.0, ylabel="y"))
    assert list(lines["l1"].get_ydata()) == [1.5, 0.5]
    lines = labelled(dependence_figure({"before": [(2.0, 1.0, 9.0)], "after": [(30.0, 2.0, 17.0)]}))
    assert lines["after"].get_xydata().tolist() == [[2, 30]]
    assert lines["Theorem 1'"].get_ydata().tolist() == [9, 17]


def test_strips_have_a_panel_an_image():
    images = np.zeros((2, 1, 4, 4))
    figure = strips_figure({"seen": images, "found": np.full((1, 3, 4, 4), 9.0)}, {"seen": ["1 dB", "2 dB"]})
    assert [len(axes.images) for axes in figure.axes] == [1, 1, 1, 0]
    assert figure.axes[1].get_xlabel() == "2 dB"
    assert figure.axes[2].images[0].get_array().max() == 1
    assert figure.axes[0].images[0].get_array().max() == 0.5


@pytest.mark.parametrize("p", [2, 10000])
@pytest.mark.parametrize(("r2", "delta"), [(0.1, 1.0), (10.0, 0.01), (1.0, 0.1)])
def test_entropies_of_any_choice(p, r2, delta):
    figure = entropy_choice(p=p, r2=r2, delta=delta)
    line = labelled(figure)["explicit nets, sharper"]
    x, y = line.get_xdata()[5], line.get_ydata()[5]
    assert y == pytest.approx(bounds.sharp_entropy(p, r2, x))
    figure.canvas.draw()


@pytest.mark.parametrize(("m", "log_N", "all_kept"), [(200, 20.0, True), (200, 30.0, False), (10, 500.0, False)])
def test_tails_say_whether_a_net_is_kept(m, log_N, all_kept):
    figure = tail_choice(m=m, epsilon=0.5, log_N=log_N)
    assert ("not all" not in figure.axes[0].get_title()) is all_kept
    assert (-m * 0.25 < -2 * log_N) is all_kept


@pytest.mark.parametrize("change", [{}, {"K": 20.0}, {"best": 0.0}, {"X": 1.0, "k": 50}, {"p": 4, "K": 0.5}])
def test_promises_fall_to_those_of_many_measurements(change):
    choice = {"k": 2, "p": 16, "n": 784, "X": 20.0, "K": 2.0, "delta": 1.0, "best": 4.0, "u": 10.0} | change
    figure = promise_choice(**choice)
    errors = labelled(figure)["Theorem 1'"].get_ydata()
    assert (np.diff(errors) <= 1e-9).all()
    assert errors[-1] > 3 * choice["best"] + 4 * choice["delta"]  # the limit of gamma = 1
    figure.canvas.draw()


@pytest.mark.parametrize("K", [1.0, 8.0, 500.0])
def test_margins_are_those_of_the_bounds(K):
    figure = margin_choice(K=K, gamma=0.8, p=10000)
    line = labelled(figure)["log 4K √p/K log √p/K, printed"]
    x, y = line.get_xdata()[50], line.get_ydata()[50]
    assert y == pytest.approx(math.log(4 * x) * 100 / x * math.log(100 / x))
    assert f"K = {min(K, 100):.3g}" in figure.axes[0].get_title()
