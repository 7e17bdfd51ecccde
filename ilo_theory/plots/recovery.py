"""The figures of the recovery family: the counterexample, where (6) follows, Remark 2 over K, Algorithm 1 by round."""

import math

import numpy as np
from matplotlib.figure import Figure

from ilo_theory.bounds import Setting
from ilo_theory.plots.style import EXACT, OTHER, PAPER, SHRUNK, VOLUME, Cases


def counterexample_figure(cases: Cases) -> Figure:
    """Theorem 1 at K = √p: a curve of few turns as an example, and the error over that of the true optimum.

    Args:
        cases: of "error-bound".
    """
    figure = Figure(figsize=(9, 4), layout="constrained")
    left = figure.add_subplot(1, 2, 1, projection="3d")
    phi = np.linspace(0, 2 * math.pi * 14, 4000)
    theta = phi / 28
    x, y, z = np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)
    left.plot(x, y, z, color=EXACT, lw=0.7, label=r"$G_2(z)$, on the sphere")
    left.plot([0, 0], [0, 0], [0, 1], color=EXACT, lw=2.5, label=r"$G_2(z)$, the ray")
    left.plot([0.12], [0], [0], "o", color="black", ms=4, label=r"$x = \eta v$")
    direction = np.array([0.35, 0.85, -0.39])
    ends = np.array([0.12, 0, 0]) + np.outer([-1.05, 0.97], direction / np.linalg.norm(direction))
    left.plot(*ends.T, "--", color=VOLUME, lw=1.2, label=r"$x + \ker A$")
    left.plot(*ends.T, "D", color=PAPER, ms=4, label=r"near $G_2(\tilde{z})$")
    left.set(xlabel=r"$x_1$", ylabel=r"$x_2$", zlabel=r"$x_3$", box_aspect=(1, 1, 1))
    for axis in (left.xaxis, left.yaxis, left.zaxis):
        axis.set_ticks([-1, 0, 1])
    left.legend(loc="upper left", bbox_to_anchor=(-0.15, 1.08), fontsize=7, frameon=False)

    right = figure.add_subplot(1, 2, 2)
    etas = np.geomspace(0.02, 0.2, 50)
    right.plot(etas, 1 / etas - 1, color=VOLUME, lw=1, label=r"$(1 - \eta)/\eta$")
    for gamma, colour, marker, size in ((0.8, PAPER, "o", 5), (0.5, OTHER, "s", 9), (0.2, SHRUNK, "^", 12)):
        some = [(case, verdict) for case, verdict in cases if case["gamma"] == gamma]
        if not some:
            continue
        right.axhline(1 + 4 / gamma, color=colour, ls="--", lw=1.2)
        place = {"xytext": (0, 3), "textcoords": "offset points", "ha": "right"}
        right.annotate(rf"(6), $\gamma = {gamma}$", (0.2, 1 + 4 / gamma), **place)
        points = [(case["eta"], verdict.witness["ratio"]) for case, verdict in some]
        share = min(1 - v.witness["successes"] / v.witness["trials"] for _, v in some)
        label = rf"at least this, $\gamma = {gamma}$: certified in {100 * share:.1f} % of draws"
        right.plot(*zip(*points, strict=True), marker, color=colour, mfc="none", ms=size, mew=1.6, label=label)
    right.set(xscale="log", yscale="log", ylim=(2, 60), xlabel=r"$\eta = \Vert x - G_2(\bar{z}) \Vert$")
    right.set_ylabel(r"$\Vert x - G_2(\tilde{z}) \Vert \ / \ \Vert x - G_2(\bar{z}) \Vert$")
    right.set_xticks([0.02, 0.05, 0.1, 0.2])
    right.set_yticks([2, 5, 10, 20, 50])
    for axis in (right.xaxis, right.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("")
    right.grid(alpha=0.25)
    right.legend(loc="lower left", fontsize=7, frameon=False)
    return figure


def range_figure(cases: Cases) -> Figure:
    """The additive term of (6) and that of Theorem 1 with explicit constants over K: (6) follows where it is larger.

    Args:
        cases: of "error-bound-in-range".
    """
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    axes = figure.subplots()
    p, gamma, reach = next((c["p"], c["gamma"], c["reach"]) for c, _ in cases if (c["p"], c["gamma"]) == (10**4, 0.8))
    K = np.concatenate([np.geomspace(0.2, 1, 200), np.geomspace(1, math.sqrt(p), 400)])
    common = {"k": 1, "p": p, "n": 10**6, "L1": 1.0, "L2": 1.0, "r1": 1.0, "delta": 1.0, "gamma": gamma}
    terms = [Setting(K=float(min(x, math.sqrt(p))), **common).additive_error for x in K]
    axes.plot(K, terms, color=PAPER, label="(6), as printed")
    constant = (4 + 2 * math.sqrt(2) * (1 - gamma)) / gamma
    axes.axhline(constant, color=EXACT, label=rf"explicit constants: {constant:.2f}, any $K$")
    axes.axvspan(1, reach, color=SHRUNK, alpha=0.15, lw=0, label=rf"(6) follows: $1 \leq K \leq {reach:g}$")
    axes.axhline(0, color="black", lw=0.7)
    axes.plot([0.25, math.sqrt(p)], [0, 0], "o", color="black", ms=4, label=r"0 at $K = 1/4$ and $\sqrt{p}$")
    axes.set(xscale="log", xlabel="K", ylabel=r"additive term / $\delta$", title=rf"$p = 10^4$, $\gamma = {gamma}$")
    axes.set_yscale("symlog", linthresh=1)
    axes.set_xticks([0.25, 1, 10, 100])
    axes.xaxis.set_major_formatter("{x:g}")
    axes.grid(alpha=0.25)
    axes.legend(fontsize=8, frameon=False, loc="lower center")
    return figure


def comparison_figure(cases: Cases) -> Figure:
    """Remark 2: what the l1 ball costs in measurements, against CSGM on the intermediate layer, over K.

    Args:
        cases: of "fewer-measurements-interval".
    """
    p = 10**4
    low, high = next((case["low"], case["high"]) for case, _ in cases if case["p"] == p)
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    axes = figure.subplots()
    K = np.geomspace(1.0001, math.sqrt(p), 600)
    axes.plot(K, K**2 * math.log(p), color=PAPER, label=r"ours, printed: $K^2 \log p$")
    axes.plot(K, K**2 * math.log(3 * p), color=PAPER, ls=":", label=r"ours, by entropy: $K^2 \log 3p$")
    axes.plot(K, p * np.log(K), color=EXACT, label=r"CSGM, printed: $p \log K$")
    axes.plot(K, p * np.log(4 * K), color=EXACT, ls=":", label=r"CSGM, by entropy: $p \log 4K$")
    for x, text, side in ((low, f"{low:.4f}", "left"), (high, f"{high:.2f}", "right")):
        y = x**2 * math.log(p)
        axes.plot([x], [y], "o", color="black", ms=4)
        shift = {"left": (6, -4), "right": (-2, 16)}[side]
        axes.annotate(f"K = {text}", (x, y), shift, textcoords="offset points", ha=side, fontsize=8)
    half = math.sqrt(p / 2)
    axes.axvline(half, color=SHRUNK, ls="--", lw=1, label=r"$K = \sqrt{p/2}$")
    axes.set(xscale="log", yscale="log", ylim=(3, 3e5), xlabel="K", ylabel="measurements, up to constants")
    axes.set_title(r"$p = 10^4$")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.grid(alpha=0.25)
    axes.legend(fontsize=8, frameon=False, loc="lower right")
    return figure


def residual_figure(cases: Cases) -> Figure:
    """Algorithm 1 with each of its minima exact: the residual of line 4, round by round. It may rise.

    Args:
        cases: of "algorithm-best-of-rounds".
    """
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    axes = figure.subplots()
    for (case, verdict), colour, marker in zip(cases, (PAPER, EXACT, SHRUNK), "osD", strict=False):
        values = verdict.witness["residuals"]
        label = rf"$G_1(z) \propto {tuple(case['u'])} z, \ x = {tuple(case['x'])}$"
        axes.plot(range(1, len(values) + 1), values, marker, ls="-", color=colour, ms=4, label=label)
        best = min(values)
        axes.plot([values.index(best) + 1], [best], "o", mfc="none", color="black", ms=9)
    axes.plot([], [], "o", mfc="none", color="black", ms=9, ls="", label="the best round")
    axes.set(xlabel="round", ylabel=r"$\Vert A G_2(\tilde{z}) - A x \Vert$", ylim=(-0.1, None))
    axes.grid(alpha=0.25)
    axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


FIGURES = {
    "error-bound": counterexample_figure,
    "error-bound-in-range": range_figure,
    "fewer-measurements-interval": comparison_figure,
    "algorithm-best-of-rounds": residual_figure,
}
"""What draws the figure of a claim from its cases; the caption is the first line of the docstring."""
