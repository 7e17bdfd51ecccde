"""The figures of Theorem 1' in use: what it promises beside what is seen, for a decoder of digits."""

import numpy as np
from matplotlib.figure import Figure

from ilo_theory import bounds
from ilo_theory.plots.style import EXACT, OTHER, PAPER, VOLUME, Cases


def error_figure(cases: Cases) -> Figure:
    """The error at (4) over the distance at (3), one point a draw, with the bound and the least that is possible.

    Args:
        cases: with `share` and `delta`, whose witnesses hold m, n and the points `best_and_error`.
    """
    figure = Figure(figsize=(4.4 * len(cases), 3.9), layout="constrained")
    for axes, (case, verdict) in zip(np.atleast_1d(figure.subplots(1, len(cases))), cases, strict=True):
        share, delta, witness = case["share"], case["delta"], verdict.witness
        best, error = np.array(witness["best_and_error"]).T
        x = np.array([0.8 * best.min(), 1.1 * best.max()])
        setting = bounds.Setting(1, 1, 1, 1, 1, 1, delta, 1, 0.5)  # the bound depends on delta and gamma alone
        bound = [bounds.explicit_error(setting, value) for value in x]
        axes.plot(x, bound, color=PAPER, lw=1.8, label="Theorem 1'")
        axes.plot(best, error, "o", color=EXACT, ms=4, alpha=0.6, mew=0, label="seen, both optima certified")
        axes.plot(x, x, color=VOLUME, ls="--", lw=1, label="the least possible")
        subject = "held-out digits" if share == 1 else f"{share:g} of the way to held-out digits"
        axes.set(title=f"x: {subject}\nδ = {delta:g}, m = {witness['m']} of n = {witness['n']}")
        axes.set(xscale="log", yscale="log", xlabel=r"$\Vert x - G_2(\bar{z}) \Vert$ (pixels in [-1, 1])")
        ticks = np.array([0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128])
        axes.set_xticks(ticks[(ticks >= x[0]) & (ticks <= x[1])])
        axes.set_yticks(ticks[(ticks >= x[0]) & (ticks <= 1.3 * bound[1])])
        axes.minorticks_off()
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter("{x:g}")
        axes.grid(alpha=0.25)
    figure.axes[0].set_ylabel(r"$\Vert x - G_2(\tilde{z}) \Vert$")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    return figure


def ladder_figure(cases: Cases) -> Figure:
    """The error over the best possible, for fewer and fewer rows, with the promise and the rows it asks for.

    Args:
        cases: one, whose witness holds m, bound_over_best and the ladder: rows, 5, 50 and 95 % quantiles, share kept.
    """
    (_, verdict), *_ = cases
    witness = verdict.witness
    rungs, low, middle, high, kept = np.array(witness["ladder"]).T
    figure = Figure(figsize=(6.6, 3.9), layout="constrained")
    axes = figure.subplots()
    axes.fill_between(rungs, low, high, color=EXACT, alpha=0.2, lw=0, label="5 % to 95 % of the draws")
    axes.plot(rungs, middle, "o-", color=EXACT, ms=4, label="median")
    axes.axhline(witness["bound_over_best"], color=PAPER, lw=1.8, label="Theorem 1' (median)")
    axes.axvline(witness["m"], color=PAPER, lw=1, ls="--")
    axes.axvline(16, color=OTHER, lw=1, ls=":")
    for x, text, side in ((witness["m"], "m it asks for ", "right"), (16, " p", "left")):
        axes.annotate(text, (x, 0.97), xycoords=("data", "axes fraction"), ha=side, va="top", fontsize=9)
    for x, y, share in zip(rungs, high, kept, strict=True):
        if share < 1:
            axes.annotate(f"kept in {share:.0%}", (x, y), (0, 3), textcoords="offset points", ha="left", fontsize=8)
    axes.set(xscale="log", yscale="log", xlabel="rows of A", ylabel="error / best possible error")
    axes.set_xticks(rungs, [f"{rung:g}" for rung in rungs])
    axes.set_yticks([1, 2, 4, 8, 16, 32], ["1", "2", "4", "8", "16", "32"])
    axes.minorticks_off()
    axes.grid(alpha=0.25)
    axes.legend(loc="upper left", bbox_to_anchor=(0.42, 0.95), frameon=False)
    return figure


FIGURES = {"explicit-error-digits": error_figure, "explicit-measurements-ladder": ladder_figure}
"""The drawing of a claim's cases, by the claim's name."""
