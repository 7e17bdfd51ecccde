"""The figures of the embedding family: how often a length fails, with the signs and without; tails over m."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from ilo_theory.plots.style import EXACT, OTHER, PAPER, SHRUNK, VOLUME, Cases

MARKS = (("o", EXACT), ("s", PAPER), ("^", SHRUNK), ("D", OTHER))
FLOOR = 5e-4


def failure_figure(cases: Cases) -> Figure:
    """How often a squared length is off by ε: a Gaussian's exact law, and drawn circulants with the signs and without.

    Shares with 95 % intervals; those of nothing seen reach down to the axis. The panels over m are at the largest n.

    Args:
        cases: of "circulant-scale".
    """
    n, shown = max((case["n"], v.witness) for case, v in cases)
    figure = Figure(figsize=(10.4, 6.4), layout="constrained")
    panels = figure.subplots(2, 3, sharey=True)
    for row, (kind, words) in zip(panels, (("signed", "FD"), ("unsigned", "F, no signs")), strict=True):
        for axes, epsilon in zip(row, ("0.25", "0.5"), strict=False):
            axes.plot(*zip(*shown["law"][epsilon], strict=True), color="black", lw=1.4, label="Gaussian, exact")
            rows = [m for m, _ in shown["law"][epsilon]]
            bound = [4 / (m * float(epsilon) ** 2) for m in rows]
            axes.plot(rows, bound, color=VOLUME, lw=1.2, ls="--", label=r"$4/(m \epsilon^2)$")
            for i, (name, curves) in enumerate(shown[kind].items()):
                _shares(axes, [m * 1.09 ** (i - 1.5) for m in shown["rows"]], curves[epsilon], i, name)
            axes.set(title=rf"{words}, $\epsilon$ = {float(epsilon):g}, n = {n:,}", xlabel="measurements m")
            axes.set(xscale="log", xticks=shown["rows"])
        column = shown["rows"].index(64)
        sizes = sorted((case["n"], v.witness) for case, v in cases)
        for i, name in enumerate(shown[kind]):
            found = [witness[kind][name]["0.5"][column] for _, witness in sizes]
            _shares(row[2], [size * 1.14 ** (i - 1.5) for size, _ in sizes], found, i, name)
        row[2].axhline(dict(shown["law"]["0.5"])[64], color="black", lw=1.4)
        row[2].axhline(4 / (64 * 0.25), color=VOLUME, lw=1.2, ls="--")
        row[2].set(title=rf"{words}, $\epsilon$ = 0.5, m = 64", xlabel="pixels n", xscale="log")
        row[2].set_xticks([size for size, _ in sizes], [rf"$2^{{{round(math.log2(size))}}}$" for size, _ in sizes])
        row[0].set(yscale="log", ylim=(FLOOR, 1.4), ylabel="share that fails")
    for axes in panels.flat:
        axes.minorticks_off()
        axes.grid(alpha=0.25)
    for axes in panels[:, :2].flat:
        axes.xaxis.set_major_formatter("{x:g}")
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=6, frameon=False)
    return figure


def _shares(axes: Axes, x: list[float], points: list[list[float]], i: int, label: str) -> None:
    """Shares with their intervals; where nothing failed there is an interval alone."""
    marker, colour = MARKS[i]
    for at, (_, low, high) in zip(x, points, strict=True):
        axes.plot([at, at], [max(low, FLOOR / 2), high], color=colour, lw=1.2)
    seen = [(at, share) for at, (share, *_) in zip(x, points, strict=True) if share]
    axes.plot(*(zip(*seen, strict=True) if seen else ([], [])), marker, color=colour, ms=4.5, label=label)


def tails_figure(cases: Cases) -> Figure:
    """How improbable it is that ‖Ax‖ is twice ‖x‖, or half of it: for a Gaussian −log P grows like m, for FD like √m.

    Args:
        cases: of "circulant-upper-tail-root" or "circulant-lower-tail-root".
    """
    m = [case["m"] for case, _ in cases]
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.subplots()
    for key, colour, marker, slope, label in (
        ("gaussian", EXACT, "o", 1.0, "Gaussian, exact; dashed: slope 1"),
        ("closed", VOLUME, "v", 0.5, "FD, flat x: at most, in closed form; slope 1/2"),
        ("certified", PAPER, "s", 0.5, "FD, flat x: at most, by a spectrum; slope 1/2"),
    ):
        values = [-v.witness[key] for _, v in cases]
        axes.plot(m, values, marker, color=colour, ms=5, label=label)
        axes.plot(m, [values[0] * (x / m[0]) ** slope for x in m], color=colour, lw=1.1, ls="--")
    axes.set(xscale="log", yscale="log", xlabel="measurements m", ylabel=r"$-\log P$ (nats)")
    axes.set_xticks(m)
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    return figure


FIGURES = {
    "circulant-scale": failure_figure,
    "circulant-upper-tail-root": tails_figure,
    "circulant-lower-tail-root": tails_figure,
}
"""What draws the figure of a claim from its cases; the caption is the first line of the docstring."""
