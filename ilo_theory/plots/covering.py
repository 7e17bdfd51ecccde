"""The figures of the covering family: nets of the l1 ball, bounds on its entropy, Sudakov's constant."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from ilo_theory import bounds
from ilo_theory.plots.style import EXACT, OTHER, PAPER, SHRUNK, VOLUME, Points


def radius_figure(exact: Mapping[int, Points], shrunk: Mapping[int, Points]) -> Figure:
    """Draw the covering radii of Maurey's net and the shrunk net over t, one panel a dimension.

    Args:
        exact, shrunk: for each d the points (t, computed radius / r).
    """
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    for axes, d in zip(figure.subplots(1, len(exact), sharey=True), exact, strict=True):
        t = np.linspace(1, max(x for x, _ in exact[d]), 200)
        axes.plot(t, 1 / np.sqrt(t), color=PAPER, label=r"paper: $r/\sqrt{t}$")
        axes.plot(t, np.sqrt(np.minimum(d, 2 * t)) / (2 * t), color=EXACT, label=r"$\frac{r}{2t}\sqrt{\min(d, 2t)}$")
        axes.plot(t, 1 / (1 + np.sqrt(t)), color=SHRUNK, label=r"$r/(1+\sqrt{t})$")
        axes.plot(*zip(*exact[d], strict=True), "o", color=EXACT, ms=5, label="Maurey's net, computed")
        axes.plot(*zip(*shrunk[d], strict=True), "s", color=SHRUNK, ms=4, label="shrunk net, computed")
        axes.set(title=f"d = {d}", xlabel="draws t", ylim=(0, 1.05))
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.25)
    figure.axes[0].set_ylabel("covering radius / r")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False)
    return figure


def entropy_figure(dimensions: Sequence[int] = (2, 8, 64, 512)) -> Figure:
    """Draw all bounds on log N(delta, B_1^d(r)) over r/delta, one panel a dimension."""
    figure = Figure(figsize=(9.4, 6.6), layout="constrained")
    for axes, d in zip(figure.subplots(2, math.ceil(len(dimensions) / 2)).flat, dimensions, strict=True):
        s = np.geomspace(1, 8 * math.sqrt(d), 400)
        curves = {
            "Corollary 1, Sudakov": (bounds.sudakov_entropy, OTHER, "-"),
            "Theorem 2, Maurey": (bounds.maurey_entropy, PAPER, "-"),
            "Corollary 2, volume": (bounds.volumetric_entropy, VOLUME, "-"),
            "explicit nets, sharper": (bounds.sharp_entropy, EXACT, "-"),
            "volume, from below": (bounds.volume_entropy, VOLUME, ":"),
        }
        for label, (bound, colour, line) in curves.items():
            width = 2.2 if bound is bounds.sharp_entropy else 1.4
            axes.plot(s, [bound(d, 1.0, 1 / x) for x in s], color=colour, ls=line, lw=width, label=label)
        axes.set(title=f"d = {d}", xscale="log", yscale="log", xlim=(1, s[-1]))
        axes.set_ylim(1, 4 * bounds.volumetric_entropy(d, 1.0, 1 / s[-1]))
        axes.set(xlabel=r"$s = r/\delta$", ylabel=r"$\log N$ (nats)")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_major_formatter("{x:g}")
        left, right = sorted([(bounds.crossover(d), r"$s^\ast$"), (math.sqrt(d), r"$\sqrt{d}$")])
        for (x, name), side in ((left, "right"), (right, "left")):
            axes.axvline(x, color="black", lw=0.7, ls="--")
            shift = {"right": (-3, 3), "left": (3, 3)}[side]
            axes.annotate(name, (x, 1), shift, textcoords="offset points", ha=side, va="bottom", fontsize=10)
        axes.grid(alpha=0.25)
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False)
    return figure


def net_figure(t: int, vertices: Points) -> Figure:
    """Draw Maurey's net of t draws in the plane and the vertices of its Voronoi cells in the ball, the farthest marked.

    Args:
        t: number of draws.
        vertices: the vertices of the cells cut by B_1^2(1).
    """
    figure = Figure(figsize=(4.8, 4.8), layout="constrained")
    axes = figure.subplots()
    net = np.array([(i, j) for i in range(-t, t + 1) for j in range(-t, t + 1) if abs(i) + abs(j) <= t]) / t
    corners = np.array(vertices)
    distances = np.hypot(*(corners[:, None] - net[None]).transpose(2, 0, 1)).min(1)
    radius = distances.max()
    for x, y in net:
        axes.add_patch(Circle((x, y), radius, facecolor=EXACT, alpha=0.07, edgecolor="none"))
    axes.plot([1, 0, -1, 0, 1], [0, 1, 0, -1, 0], color="black", lw=1.2, label=r"$B_1^2(r)$")
    axes.plot(*net.T, "o", color=EXACT, ms=5, label=f"net of t = {t}: {len(net)} points")
    farthest = distances > radius * (1 - 1e-9)
    axes.plot(*corners[~farthest].T, "x", color=VOLUME, ms=5, label="other Voronoi vertices")
    axes.plot(*corners[farthest].T, "D", color=PAPER, ms=4, label=f"farthest: {radius:.4f} r from the net")
    axes.set(aspect="equal", xlim=(-1.3, 1.3), ylim=(-1.3, 1.3), xlabel=r"$x_1 / r$", ylabel=r"$x_2 / r$")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def sudakov_figure(ratios: Points) -> Figure:
    """Draw E max of N independent normal variables over sqrt(2 log N), beside the constants that (15) might have.

    Args:
        ratios: the points (N, ratio).
    """
    figure = Figure(figsize=(6, 3.4), layout="constrained")
    axes = figure.subplots()
    axes.plot(*zip(*ratios, strict=True), "o-", color=EXACT, ms=5, label=r"$E \max_{i \leq N} g_i \ / \sqrt{2 \log N}$")
    for value, colour, line, label in (
        (1.0, PAPER, "-", r"as printed, $M(\delta/2)$: 1"),
        (0.5, OTHER, "-", r"with $M(\delta)$: 1/2"),
        (bounds.SUDAKOV, SHRUNK, "--", f"sharp: {bounds.SUDAKOV:.4f}"),
    ):
        axes.axhline(value, color=colour, ls=line, lw=1.4, label=label)
    axes.set(xscale="log", ylim=(0.4, 1.05), xlabel="number of points N", ylabel="ratio")
    axes.grid(alpha=0.25)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return figure
