"""The figures of K and r2 draw the numbers that they are given, or those of the bounds."""

import math

import numpy as np
import pytest

from ilo_theory.bounds import Setting
from ilo_theory.plots.asked import asked_figure
from ilo_theory.plots.radii import scale_figure

CHOICE = {
    "k": 4,
    "p": 256,
    "n": 2048,
    "L1": 1,
    "L2": 2,
    "r1": 1,
    "delta": 0.05,
    "K": 5,
    "gamma": 0.5,
    "m": 200,
    "u": 14,
}


def test_choice_is_marked_and_bounds_are_those_of_the_setting():
    asked, promised = asked_figure(**CHOICE).axes
    printed = next(line for line in asked.lines if line.get_label() == "(5)")
    K, m = printed.get_xdata()[30], printed.get_ydata()[30]
    assert m == pytest.approx(4 * (4 * math.log(1 * 2 / 0.05) + K**2 * math.log(256)))
    assert "K = 5, so r₂ = 0.125" in asked.get_title()
    assert [list(line.get_xdata()) for line in promised.lines if len(line.get_xdata()) == 2] == [[5, 5]]


@pytest.mark.parametrize("change", [{"K": 0.5}, {"K": 100.0}, {"p": 2}, {"delta": 50.0}])
def test_any_choice_on_a_slider_can_be_drawn(change):
    asked, _ = asked_figure(**CHOICE | change).axes
    values = np.concatenate([line.get_ydata() for line in asked.lines[:2]])
    assert not (values <= 0).any()  # on a logarithmic axis
    asked.figure.canvas.draw()


def test_printed_error_vanishes_at_the_end_point():
    setting = Setting(**{key: CHOICE[key] for key in ("k", "p", "n", "L1", "L2", "r1", "delta", "gamma")}, K=16)
    assert setting.additive_error == 0
    line = next(line for line in asked_figure(**CHOICE).axes[1].lines if line.get_label() == "(6)")
    assert math.isnan(line.get_ydata()[-1])
    assert line.get_ydata()[-2] > 0


def test_least_error_has_a_ring():
    error = np.array([[3.0, 5.0], [1.0, 2.0], [4.0, 4.0]])
    axes = scale_figure({"m = 8": error}, (0, 1, math.inf), title="digits").axes[0]
    ring = next(line for line in axes.lines if line.get_markersize() == 10)
    assert (list(ring.get_xdata()), list(ring.get_ydata())) == ([1], [1.5])
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels == ["0\n(the range of G)", "1", "∞\n(no balls)"]


def test_one_image_has_no_spread():
    axes = scale_figure({"m = 8": np.array([[3.0], [1.0]])}, (0, 1), title="digits").axes[0]
    assert axes.containers[0].has_yerr
