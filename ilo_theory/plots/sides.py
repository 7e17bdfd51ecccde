"""The figure of any claim: the two sides of all its cases."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, SymmetricalLogLocator

from ilo_theory.plots.style import STATUS, Cases

LABELLED = 24
"""Up to so many cases, each has its parameters beside it."""

FAR = 1e150
"""Farther out than this, and nearer to 0 than its inverse, sides lie on the edge."""


def sides_figure(cases: Cases) -> Figure:
    """The two sides of lhs ≤ rhs in every case: a disc for lhs, a bar for rhs, the colour for how it came out.

    Args:
        cases: of any claim. An infinite side is a triangle at the edge; NaN is not drawn.
    """
    verdicts, rows = [verdict for _, verdict in cases], range(len(cases))
    labels = _labels([case for case, _ in cases]) if len(cases) <= LABELLED else []
    statistics = [(row, v) for row, v in enumerate(verdicts) if v.evidence == "STATISTICS"]
    intervals = [(row, v.witness["interval"]) for row, v in statistics if "interval" in v.witness]
    inches = 0.075 * max(map(len, labels), default=5) + 0.4
    height = 0.9 + 0.2 * max(2, len(cases)) if labels else 5
    figure = Figure(figsize=(6.2 + inches, height))
    figure.subplots_adjust(inches / (6.2 + inches), 0.5 / height, 0.98, 1 - 0.3 / height)
    axes = figure.subplots()
    limits = _scale(axes, [*chain(*((v.lhs, v.rhs) for v in verdicts), *(interval for _, interval in intervals))])
    at = {side: [min(max(getattr(v, side), limits[0]), limits[1]) for v in verdicts] for side in ("lhs", "rhs")}
    axes.hlines(rows, at["lhs"], at["rhs"], colors=[STATUS[v.status] for v in verdicts], lw=1.6, alpha=0.5)
    for status, colour in STATUS.items():
        some = [row for row in rows if verdicts[row].status == status]
        if some:
            axes.plot([at["lhs"][row] for row in some], some, "o", color=colour, ms=5, label=f"lhs, {status}")
    axes.plot(at["rhs"], rows, "|", color="black", ms=9, mew=1.6, label="rhs")
    if intervals:
        ends = zip(*(interval for _, interval in intervals), strict=True)
        axes.hlines([row for row, _ in intervals], *ends, colors="black", lw=5, alpha=0.2, label="its interval")
    for side in ("lhs", "rhs"):
        for sign, marker in ((1, ">"), (-1, "<")):
            some = [row for row in rows if getattr(verdicts[row], side) == sign * math.inf]
            axes.plot([at[side][row] for row in some], some, marker, color="black", ms=6, clip_on=False)
    axes.set(xlim=limits, ylim=(len(cases) - 0.5, -0.5), xlabel="lhs and rhs", ylabel="" if labels else "case")
    if labels:  # as texts, which are drawn much faster than ticks
        axes.set_yticks([])
        place = {"transform": axes.get_yaxis_transform(), "ha": "right", "va": "center"}
        for row, label in enumerate(labels):
            axes.text(-0.01, row, label, **place)
    axes.grid(axis="x", alpha=0.25)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, borderaxespad=0)
    return figure


def _scale(axes: Axes, sides: Iterable[float]) -> tuple[float, float]:
    """Set a scale that keeps small sides apart, linear where none are small, and return its limits."""
    sides = [min(max(float(side), -FAR), FAR) for side in sides if math.isfinite(side)] or [0.0]
    low, high = min(sides), max(sides)
    sizes = [abs(side) for side in sides if abs(side) > 1 / FAR] or [1.0]
    if low > 0 and high > 30 * low:
        axes.set_xscale("log")
        low = max(low, 1 / FAR)
        margin = (high / low) ** 0.04
        limits = low / margin, high * margin
    elif max(sizes) > 1000 * min(sizes):
        threshold = max(min(sizes), 1e-9 * max(sizes))
        axes.set_xscale("symlog", linthresh=threshold)
        axes.xaxis.set_major_locator(locator := SymmetricalLogLocator(base=10, linthresh=threshold))
        locator.set_params(numticks=7)
        limits = tuple(side + sign * max(abs(side), threshold) for side, sign in ((low, -1), (high, 1)))
    else:
        margin = 0.04 * (high - low) or 0.5 * max(sizes)
        limits = low - margin, high + margin
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:g}")
    return limits


def _labels(cases: Sequence[Mapping]) -> list[str]:
    """What tells the cases apart, or all there is of one."""
    keys = [key for key in dict.fromkeys(chain(*cases)) if len({repr(case.get(key)) for case in cases}) > 1]
    some = [{key: case[key] for key in case if key in keys or len(cases) == 1} for case in cases]
    texts = [", ".join(f"{key} = {_short(value)}" for key, value in case.items()) for case in some]
    return [text if len(text) <= 72 else f"{text[:71]}…" for text in texts]


def _short(value: object) -> str:
    if isinstance(value, float) or (isinstance(value, int) and abs(value) in range(10**6, 10**308)):
        return f"{value:.4g}"
    return str(value) if len(str(value)) <= 20 else f"{str(value)[:19]}…"
