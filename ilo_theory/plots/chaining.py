"""The figures of the chaining family: what the chain adds up to, where its probabilities decay, a path on a comb."""

import math

import numpy as np
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from ilo_theory.bounds.chaining import Chain, chained_error, decay_threshold, printed_error, subgaussian_error
from ilo_theory.plots.style import EXACT, OTHER, PAPER, SHRUNK, VOLUME, Cases


def ladder_figure(cases: Cases) -> Figure:
    """Additive terms over K, in units of δ, at the same m: the printed one, the chain's own, by widths, and attacked.

    Args:
        cases: parameters p and K; witnesses with the |Av| that was found and its bound by the width.
    """
    p = cases[0][0]["p"]
    root = math.sqrt(p)
    K = np.geomspace(1, root * (1 - 1e-3), 600)
    chains = [Chain(1, p, float(x), 1.0) for x in K]
    figure = Figure(figsize=(7.2, 4.4), layout="constrained")
    axes = figure.subplots()
    for label, bound, colour in (
        ("printed: log(4K) q log q", printed_error, PAPER),
        ("this chain, constants put right", chained_error, VOLUME),
        ("this chain, sub-Gaussian tails", subgaussian_error, OTHER),
    ):
        axes.plot(K, [bound(chain) for chain in chains], color=colour, lw=1.8, label=label)
    axes.axhline(6, color=EXACT, lw=1.8, label="Gaussian widths, all of Lemma 4: 6")
    points = [(case["K"], verdict.witness) for case, verdict in cases]
    for key, marker, colour, label in (
        ("bound", "s", EXACT, r"$1 + w/\sqrt{m}$ for $B_1(K) \cap B_2(1)$"),
        ("found", "o", SHRUNK, r"$\sup \Vert Av \Vert$ there, found"),
    ):
        axes.plot([x for x, _ in points], [w[key] for _, w in points], marker, color=colour, ms=6, label=label)
    axes.axvline(root, color="black", lw=0.8, ls="--")
    axes.annotate(r"$\sqrt{p}$", (root, 0.05), (-4, 3), textcoords="offset points", ha="right")
    axes.set(xscale="log", yscale="log", xlabel=f"K   (p = {p}, q = √p / K)", ylabel="additive error / δ")
    axes.set_ylim(0.05, 3 * chained_error(chains[0]))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.grid(alpha=0.25)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return figure


def decay_figure(cases: Cases) -> Figure:
    """Where p log 4K exceeds K² log 3p, so that log(|T_i| f_i) ≤ -im: left of the curve, which falls towards 1/√2.

    Args:
        cases: parameters p; the right sides are the K / sqrt(p) at which the sign turns.
    """
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    share, p = np.meshgrid(np.linspace(0.3, 1, 400), np.geomspace(2, 1e16, 400))
    extent = np.maximum(share * np.sqrt(p), 1)
    ratio = np.log(4 * extent) / (share**2 * np.log(3 * p))
    levels = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 2, 3, 4])
    norm = TwoSlopeNorm(vcenter=1, vmin=levels[0], vmax=levels[-1])
    filled = axes.contourf(share, p, ratio, levels, cmap="PuOr", norm=norm, extend="max")
    figure.colorbar(filled, ax=axes, label=r"$p \, \log 4K \, / \, (K^2 \log 3p)$", ticks=[0.5, 0.7, 1, 1.5, 2, 4])
    axes.fill_betweenx(p[:, 0], 0.3, 1 / np.sqrt(p[:, 0]), color="white")
    axes.annotate("K < 1", (0.32, 2.4))
    curve = np.geomspace(2, 1e16, 200)
    axes.plot([decay_threshold(float(x)) for x in curve], curve, color="black", lw=1.8, label=r"$\kappa(p)$")
    axes.plot([v.rhs for _, v in cases], [case["p"] for case, _ in cases], "o", color="black", ms=5, label="bisection")
    axes.axvline(math.sqrt(0.5), color="black", ls="--", lw=1, label=r"$1/\sqrt{2}$")
    axes.set(yscale="log", xlim=(0.3, 1), ylim=(2, 1e16), xlabel=r"$K / \sqrt{p}$", ylabel="dimension p")
    axes.legend(loc="upper left", framealpha=0.9)
    return figure


def comb_figure(cases: Cases) -> Figure:
    """Neighbours on the path further apart than δ_0: a comb whose nets at δ and δ/2 are nested and minimal.

    Args:
        cases: witnesses with the feet of the comb's teeth and the point x; the first is drawn.
    """
    witness = cases[0][1].witness
    feet, x = witness["feet"], witness["x"]
    near = min(feet, key=lambda foot: abs(foot - x))
    figure = Figure(figsize=(6.8, 3.6), layout="constrained")
    axes = figure.subplots()
    for centres, radius, colour in ((feet[::3], 1.0, PAPER), (feet, 0.5, EXACT)):
        for foot in centres:
            axes.add_patch(Circle((foot, 0), radius, facecolor=colour, alpha=0.07, edgecolor="none"))
    axes.plot([feet[0], feet[-1]], [0, 0], color="black", lw=2)
    for foot, tip in zip(feet, (0.5, -0.5, 0.5, -0.5), strict=True):
        axes.plot([foot, foot], [0, tip], color="black", lw=2)
    axes.plot(feet[::3], [0, 0], "o", color=PAPER, ms=13, label=r"$N_0$, $\delta_0 = 1$")
    axes.plot(feet, [0] * 4, "o", color=EXACT, ms=7, label=r"$N_1$, $\delta_1 = 1/2$")
    axes.plot([x], [0], "D", color=SHRUNK, ms=7, label=f"x = {x:g}")
    axes.annotate("", (feet[0], 0.16), (near, 0.16), arrowprops={"arrowstyle": "<->", "lw": 1.2})
    axes.annotate(
        rf"$\Vert x_1 - x_0 \Vert = {near - feet[0]:g} \, \delta_0$", ((feet[0] + near) / 2, 0.2), ha="center"
    )
    axes.set(aspect="equal", xlim=(-1.1, 3.1), ylim=(-1.05, 1.05), xlabel="in units of δ", yticks=[-1, 0, 1])
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    return figure


def needed_figure(cases: Cases) -> Figure:
    """The constant that the printed O( ) would need as K rises to √p: it grows without bound.

    Args:
        cases: parameters p; witnesses with the pairs of K and the constant needed.
    """
    figure = Figure(figsize=(5.6, 3.4), layout="constrained")
    axes = figure.subplots()
    for (case, verdict), colour in zip(cases, (PAPER, EXACT, SHRUNK), strict=False):
        K, constants = zip(*verdict.witness["needed"], strict=True)
        off = [1 - x / math.sqrt(case["p"]) for x in K]
        axes.plot(off, constants, "o-", color=colour, ms=5, label=f"p = {case['p']}")
    axes.set(xscale="log", yscale="log", xlabel=r"$1 - K/\sqrt{p}$", ylabel="constant needed")
    axes.invert_xaxis()
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    return figure


FIGURES = {
    "width-attacked": ladder_figure,
    "decay-threshold": decay_figure,
    "chain-step": comb_figure,
    "chain-sum-printed": needed_figure,
    "chain-error-printed": needed_figure,
}
