"""The figures of the covering family: nets of the l1 ball, bounds on its entropy, Sudakov's constant."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from ilo_theory import bounds
from ilo_theory.plots.style import EXACT, OTHER, PAPER, SHRUNK, VOLUME, Cases


def exact_radius_figure(cases: Cases) -> Figure:
    """Maurey's net in the plane, whose discs just cover the ball; its radius over t: Voronoi vertices and formulas.

    Args:
        cases: of "exact-net-radius"; the vertices for d = 2, t = 3 are drawn.
    """
    figure = Figure(figsize=(8.6, 7), layout="constrained")
    plane, *others = figure.subplots(2, 2).flat
    _net(plane, 3, next(v.witness["vertices"] for case, v in cases if (case["d"], case["t"]) == (2, 3)))
    _radii(others, cases, EXACT, "o", "Maurey's net, computed")
    others[1].set_ylabel("covering radius / r")
    figure.legend(*others[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    return figure


def shrunk_radius_figure(cases: Cases) -> Figure:
    """The covering radius of the shrunk net over t, by its Voronoi vertices, and the formulas of three nets.

    Args:
        cases: of "shrunk-net-radius".
    """
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    panels = [*figure.subplots(1, 3, sharey=True)]
    _radii(panels, cases, SHRUNK, "s", "shrunk net, computed")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    return figure


def _radii(panels: list[Axes], cases: Cases, colour: str, marker: str, label: str) -> None:
    """One panel each for d = 2, 3, 4."""
    for axes, d in zip(panels, (2, 3, 4), strict=True):
        points = [(case["t"], verdict.lhs) for case, verdict in cases if case["d"] == d]
        t = np.linspace(1, max(x for x, _ in points), 200)
        axes.plot(t, 1 / np.sqrt(t), color=PAPER, label=r"paper: $r/\sqrt{t}$")
        axes.plot(t, np.sqrt(np.minimum(d, 2 * t)) / (2 * t), color=EXACT, label=r"$\frac{r}{2t}\sqrt{\min(d, 2t)}$")
        axes.plot(t, 1 / (1 + np.sqrt(t)), color=SHRUNK, label=r"$r/(1+\sqrt{t})$")
        axes.plot(*zip(*points, strict=True), marker, color=colour, ms=5, label=label)
        axes.set(title=f"d = {d}", xlabel="draws t", ylim=(0, 1.05))
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.25)
    panels[0].set_ylabel("covering radius / r")


def _net(axes: Axes, t: int, vertices: list) -> None:
    """Maurey's net of t draws in the plane, and the vertices of its Voronoi cells in the ball, the farthest marked."""
    net = np.array([(i, j) for i in range(-t, t + 1) for j in range(-t, t + 1) if abs(i) + abs(j) <= t]) / t
    corners = np.array(vertices)
    distances = np.hypot(*(corners[:, None] - net[None]).transpose(2, 0, 1)).min(1)
    radius = distances.max()
    for x, y in net:
        axes.add_patch(Circle((x, y), radius, facecolor=EXACT, alpha=0.07, edgecolor="none"))
    axes.plot([1, 0, -1, 0, 1], [0, 1, 0, -1, 0], color="black", lw=1.2, label=r"$B_1^2(r)$")
    axes.plot(*net.T, "o", color=EXACT, ms=4, label=f"net of {len(net)} points")
    farthest = distances > radius * (1 - 1e-9)
    axes.plot(*corners[~farthest].T, "x", color=VOLUME, ms=4, label="Voronoi vertices")
    axes.plot(*corners[farthest].T, "D", color=PAPER, ms=3, label=f"the farthest: {radius:.4f} r")
    axes.set(aspect="equal", xlim=(-1.3, 1.3), ylim=(-1.3, 1.3), xlabel=r"$x_1 / r$", ylabel=r"$x_2 / r$")
    axes.set_title(f"d = 2, t = {t}")
    axes.legend(fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))


def entropy_figure(cases: Cases) -> Figure:
    """Bounds on the entropy of the l1 ball over s = r/δ; at s* Theorem 2 and Corollary 2 meet.

    Args:
        cases: of "maurey-tighter"; four of their dimensions are drawn.
    """
    known = [case["d"] for case, _ in cases if case["d"] > 1]
    dimensions = [min(known, key=lambda d: abs(d - aim)) for aim in (2, 8, 64, 512)]
    figure = Figure(figsize=(9.4, 6.6), layout="constrained")
    for axes, d in zip(figure.subplots(2, 2).flat, dimensions, strict=True):
        s = np.geomspace(1, 8 * math.sqrt(d), 200)
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


def sudakov_figure(cases: Cases) -> Figure:
    """Sudakov's minoration for N orthonormal points: whatever constant stands in it must stay below all of them.

    Args:
        cases: of "sudakov" and of those that correct it; their right sides are expected maxima.
    """
    some = [(case["M"], v.rhs) for case, v in cases if not {"antipodal", "up_to"} & case.keys()]
    figure = Figure(figsize=(7, 3.4), layout="constrained")
    axes = figure.subplots()
    ratios = [(count, maximum / math.sqrt(2 * math.log(count))) for count, maximum in some]
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


FIGURES = {
    "exact-net-radius": exact_radius_figure,
    "shrunk-net-radius": shrunk_radius_figure,
    "maurey-tighter": entropy_figure,
    "sudakov": sudakov_figure,
    "sudakov-textbook": sudakov_figure,
    "sudakov-sharp": sudakov_figure,
}
"""What draws the figure of a claim from its cases; the caption is the first line of the docstring."""
