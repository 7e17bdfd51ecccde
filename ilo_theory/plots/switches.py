"""The figures of assumptions kept and removed, side by side: they take what `ilo_theory.assumptions` computed."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from ilo_theory.plots.style import EXACT, OTHER, PAPER, VOLUME, tidy


def net_figure(net: np.ndarray, r: float, radius: float) -> Figure:
    """A net in the plane with discs round its points, over the l1 ball, which they cover, and the l2 ball.

    Args:
        net: [N, 2].
        r: radius of both balls.
        radius: of the discs.
    """
    turn = np.linspace(0, 2 * np.pi, 200)
    outlines = {
        "the l1 ball: covered": np.array([(r, 0), (0, r), (-r, 0), (0, -r), (r, 0)]),
        "the l2 ball: not covered": r * np.column_stack((np.cos(turn), np.sin(turn))),
    }
    figure = Figure(figsize=(8, 4.2), layout="constrained")
    for axes, (title, outline) in zip(figure.subplots(1, 2, sharey=True), outlines.items(), strict=True):
        axes.fill(*outline.T, color=PAPER, alpha=0.35, lw=0)
        for point in net:
            axes.add_patch(Circle(point, radius, facecolor="white", edgecolor="none"))
        for point in net:
            axes.add_patch(Circle(point, radius, facecolor=EXACT, alpha=0.12, edgecolor="none"))
        axes.plot(*outline.T, color="black", lw=1.2)
        axes.plot(*np.asarray(net).T, "o", color=EXACT, ms=4)
        axes.set(aspect="equal", title=title, xlabel=r"$x_1$", xlim=(-1.35 * r, 1.35 * r), ylim=(-1.35 * r, 1.35 * r))
    figure.axes[0].set_ylabel(r"$x_2$")
    return figure


def lengths_figure(lengths: Mapping[str, np.ndarray], distortion: float) -> Figure:
    """Squared lengths of A x over draws of A, for a unit vector x, and the interval that is asked for.

    Args:
        lengths: by what A has or lacks, [trials].
        distortion: half the width of the interval about 1.
    """
    lengths = {name: np.asarray(values) for name, values in lengths.items()}
    most = max(float(np.quantile(values, 0.98)) for values in lengths.values())
    edges = np.linspace(0, most, 60)
    figure = Figure(figsize=(7, 3.4), layout="constrained")
    axes = figure.subplots()
    axes.axvspan(1 - distortion, 1 + distortion, color=VOLUME, alpha=0.12, lw=0, label="asked for")
    for (name, values), colour in zip(lengths.items(), (EXACT, PAPER, OTHER), strict=False):
        axes.hist(values, edges, color=colour, alpha=0.6, label=name)
    axes.set(xlabel=r"$\Vert Ax \Vert^2$", ylabel="draws of A", xlim=(0, most))
    axes.legend(frameon=False)
    tidy(axes)
    return figure


def legs_figure(legs: Mapping[str, Sequence[float]], delta: float) -> Figure:
    """The farthest points from sums of two nets: the two covering radii as legs, delta as the circle to stay in.

    Args:
        legs: by what the nets are for, the covering radii of both.
        delta: what the sums should come within.
    """
    figure = Figure(figsize=(4.6, 4.4), layout="constrained")
    axes = figure.subplots()
    axes.add_patch(Circle((0, 0), delta, facecolor=VOLUME, alpha=0.12, edgecolor=VOLUME, label=r"within $\delta$"))
    for (name, (x, y)), colour in zip(legs.items(), (EXACT, PAPER, OTHER), strict=False):
        axes.plot([0, x, x], [0, 0, y], color=colour, lw=1, ls=":")
        axes.annotate("", (x, y), (0, 0), arrowprops={"arrowstyle": "->", "color": colour, "lw": 1.8})
        axes.plot(x, y, "o", color=colour, ms=5, label=name)
    most = 1.25 * max(delta, *(value for pair in legs.values() for value in pair))
    axes.set(aspect="equal", xlim=(0, most), ylim=(0, most))
    axes.set(xlabel="distance left in the segment", ylabel="distance left in the l1 ball")
    axes.legend(frameon=False, loc="upper left", fontsize=8)
    tidy(axes)
    return figure


def over_m_figure(m: Sequence[int], found: Mapping[str, Sequence[float]], level: float, *, ylabel: str) -> Figure:
    """A quantity in one ball and in another over m, and the most that was asked for.

    Args:
        m: numbers of measurements.
        found: by the ball, for each m a number.
        level: what is asked for.
        ylabel: what the number is, with its unit.
    """
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    axes = figure.subplots()
    for (name, values), colour, mark in zip(found.items(), (EXACT, PAPER), ("o-", "s-"), strict=True):
        axes.plot(m, values, mark, color=colour, ms=4, lw=1.8, label=name)
    axes.axhline(level, color=VOLUME, lw=1, ls="--", label="asked for")
    axes.set(xlabel="m (measurements)", ylabel=ylabel)
    axes.set_ylim(0, 1.1 * max(level, *(max(values) for values in found.values())))
    figure.legend(frameon=False, loc="outside right upper")
    tidy(axes)
    return figure


def dependence_figure(draws: Mapping[str, Sequence[tuple[float, float, float]]]) -> Figure:
    """The error at (4) over the least that is possible, with what Theorem 1' promises, one point a draw.

    Args:
        draws: by how x was chosen, (error, best, bound) of each draw in one unit.
    """
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    axes = figure.subplots()
    for (name, some), colour, mark in zip(draws.items(), (EXACT, PAPER), ("o", "s"), strict=True):
        error, best, _ = np.array(some).T
        axes.plot(best, error, mark, color=colour, ms=6, alpha=0.7, mew=0, label=name)
    _, best, bound = np.array([draw for some in draws.values() for draw in some]).T
    order = best.argsort()
    axes.plot(best[order], bound[order], color=VOLUME, lw=1.8, label="Theorem 1'")
    axes.set(xlabel=r"$\Vert x - G_2(\bar{z}) \Vert / \delta$", ylabel=r"$\Vert x - G_2(\tilde{z}) \Vert / \delta$")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    tidy(axes)
    return figure
