"""The figures of the theory: each is drawn from a real outcome, and the common one shows what it is given."""

import inspect
import math
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ilo_theory import plots
from ilo_theory.claims import claims_of
from ilo_theory.plots.sides import LABELLED, sides_figure
from ilo_theory.verdict import Status

FEWER = {"draws": 4, "trials": 100, "each": 2, "rungs": 3, "pairs": 100}
"""What makes an experiment short: how it comes out is not asked here."""


@pytest.mark.parametrize("name", plots.FIGURES)
def test_a_figure_is_drawn_from_an_outcome(name):
    (claim,) = (claim for claim in claims_of() if claim.name == name)
    known = inspect.signature(claim.check).parameters
    outcome = claim.run(**{key: few for key, few in FEWER.items() if key in known})
    figure = plots.figure_of(name, outcome.cases)
    figure.draw_without_rendering()
    assert figure.axes
    for axes in figure.axes:
        assert axes.has_data()
        assert axes.get_xlabel() or axes.get_ylabel()
        assert all(map(math.isfinite, (*axes.get_xlim(), *axes.get_ylim())))
    assert 20 < len(plots.caption_of(name)) <= 130


# --- The common figure ------------------------------------------------------------------------------------------------


def cases_of(*sides: tuple[float, float], status="HOLDS", **witness) -> list:
    evidence = "STATISTICS" if witness else "CERTIFICATE"
    return [
        ({"d": i}, SimpleNamespace(lhs=lhs, rhs=rhs, status=status, evidence=evidence, witness=witness))
        for i, (lhs, rhs) in enumerate(sides)
    ]


def line(figure, label):
    (axes,) = figure.axes
    return next(found for found in axes.lines if found.get_label() == label)


def test_sides_are_where_they_belong():
    figure = sides_figure(cases_of((1, 2), (3, 4)) + cases_of((5, 4.5), status="REFUTED"))
    (axes,) = figure.axes
    assert axes.get_xscale() == "linear"
    assert line(figure, "lhs, HOLDS").get_xydata().tolist() == [[1, 0], [3, 1]]
    assert line(figure, "lhs, REFUTED").get_xydata().tolist() == [[5, 2]]
    assert line(figure, "rhs").get_xydata().tolist() == [[2, 0], [4, 1], [4.5, 2]]
    assert {*plots.style.STATUS} == {*Status}


def test_an_interval_is_drawn():
    (axes,) = sides_figure(cases_of((0.5, 0.9), interval=[0.8, 0.95])).axes
    (band,) = [found for found in axes.collections if found.get_label() == "its interval"]
    assert band.get_segments()[0].tolist() == [[0.8, 0], [0.95, 0]]


@pytest.mark.parametrize(
    ("sides", "scale"),
    [
        ([(1, 2), (3, 20)], "linear"),
        ([(-1, 1)], "linear"),
        ([(0, 0)], "linear"),
        ([(1, 100)], "log"),
        ([(1e-300, 1e300)], "log"),
        ([(0, 1e-9), (1, 2)], "symlog"),
        ([(-1e6, 1)], "symlog"),
        ([(math.nan, math.inf)], "linear"),
    ],
)
def test_the_scale_keeps_sides_apart(sides, scale):
    (axes,) = sides_figure(cases_of(*sides)).axes
    assert axes.get_xscale() == scale


@settings(max_examples=25)
@given(st.lists(st.tuples(*[st.floats(allow_nan=True, allow_infinity=True)] * 2), min_size=1, max_size=4))
def test_any_sides_are_drawn_inside_the_limits(sides):
    figure = sides_figure(cases_of(*sides))
    (axes,) = figure.axes
    low, high = axes.get_xlim()
    assert -math.inf < low < high < math.inf
    for found in axes.lines:
        assert all(low <= x <= high or math.isnan(x) for x in found.get_xdata())
    figure.draw_without_rendering()


@pytest.mark.parametrize("count", [1, LABELLED, LABELLED + 1, 200])
def test_cases_are_named_while_they_are_few(count):
    figure = sides_figure(cases_of(*[(1, 2)] * count))
    (axes,) = figure.axes
    if count <= LABELLED:
        assert [text.get_text() for text in axes.texts] == [f"d = {i}" for i in range(count)]
        assert [text.get_position()[1] for text in axes.texts] == [*range(count)]
        assert axes.get_ylabel() == ""
    else:
        assert not axes.texts
        assert axes.get_ylabel() == "case"


def test_only_what_tells_cases_apart_is_named():
    cases = [
        ({"p": 10**400, "K": K, "x": "y" * 99}, verdict)
        for K, (_, verdict) in zip((1.5, 2), cases_of((1, 2), (1, 2)), strict=True)
    ]
    (axes,) = sides_figure(cases).axes
    assert [text.get_text() for text in axes.texts] == ["K = 1.5", "K = 2"]
