"""Sliders that draw anew, and the picture that stands where there are none."""

import base64
import io
import sys

import numpy as np
import pytest
from PIL import Image

from ilo_theory.plots.explorer import explore
from ilo_theory.plots.images import strips_figure


def draw(K, p):
    if p == 7:
        raise ValueError("p must not be 7")
    return strips_figure({"x": np.full((1, 1, p, 9), K / 4)})


@pytest.fixture
def explorer():
    return explore(draw, K=(0.5, 4.0, 0.5, 2.0), p=(1, 9, 1, 3))


def parts(explorer):
    """Sliders by name, the picture, the words below."""
    *sliders, picture, words = explorer.widget().children
    return {slider.description: slider for slider in sliders}, picture, words


def test_still_picture_is_that_of_the_start(explorer):
    still = explorer._repr_mimebundle_()["image/png"]
    assert base64.b64decode(still) == explorer.png() == explorer.png(K=2.0, p=3)
    assert explorer.png() != explorer.png(p=4)
    assert Image.open(io.BytesIO(explorer.png())).size[0] > 100
    assert repr(explorer) == "sliders for K = 2, p = 3"


def test_a_moved_slider_draws_anew(explorer):
    sliders, picture, _ = parts(explorer)
    assert picture.value == explorer.png()
    sliders["K"].value = 3.5
    assert picture.value == explorer.png(K=3.5)
    sliders["p"].value = 9
    assert picture.value == explorer.png(K=3.5, p=9)


def test_sliders_keep_to_their_ranges_and_kinds(explorer):
    sliders, _, _ = parts(explorer)
    assert [(s.min, s.max, s.step, s.value) for s in sliders.values()] == [(0.5, 4, 0.5, 2), (1, 9, 1, 3)]
    sliders["p"].value = 20
    assert sliders["p"].value == 9
    assert type(sliders["p"].value) is int
    assert not any(slider.continuous_update for slider in sliders.values())


def test_values_that_do_not_go_together_leave_the_picture_and_say_so(explorer):
    sliders, picture, words = parts(explorer)
    before = picture.value
    sliders["p"].value = 7
    assert (picture.value, words.value) == (before, "p must not be 7")
    sliders["p"].value = 8
    assert (picture.value, words.value) == (explorer.png(p=8), "")


def test_widget_and_still_picture_go_out_together(explorer, monkeypatch):
    view = "application/vnd.jupyter.widget-view+json"
    assert {view, "image/png", "text/plain"} == {*explorer._repr_mimebundle_()}
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    assert {"image/png", "text/plain"} == {*explorer._repr_mimebundle_()}


@pytest.mark.parametrize("bad", [(1, 2, 3), (2, 1, 1, 1), (1, 3, 1, 4), (1, 3, 0, 2), 5])
def test_a_range_that_is_none_is_refused(bad):
    with pytest.raises(ValueError, match=r"explore\(K="):
        explore(draw, K=bad)


def test_no_slider_is_refused():
    with pytest.raises(ValueError, match="needs a range"):
        explore(draw)
