"""The figures of K and r2 in use: where (4) succeeds, and the trade that Remark 1 describes."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
from matplotlib.figure import Figure

from ilo_theory.plots.style import EXACT, OTHER, PAPER, SHRUNK, VOLUME, tidy

LINES = ((PAPER, "-"), (OTHER, "--"), (SHRUNK, "-."), (VOLUME, ":"))
"""One for each prediction, in order."""

FALLING = "additive term of (6), which falls as Remark 1 says"


def success_figure(
    shares: Mapping[str, np.ndarray],
    m: Sequence[int],
    K: Sequence[float],
    contours: Mapping[str, Sequence[float]],
    predictions: Mapping[str, Sequence[float]],
    *,
    n: int,
) -> Figure:
    """The share of trials that succeed over K and m, one panel an operator, with what each bound asks for.

    Args:
        shares: by the operator's name, [len(m), len(K)] in [0, 1].
        m, K: the numbers of measurements, and the radii in units of delta / L2, both ascending.
        contours: by the operator's name, for each K the m from which on half of the trials succeed.
        predictions: by the bound's name, for each K the m that it asks for; NaN where it says nothing.
        n: the number of pixels, at and above which a bound says nothing.
    """
    figure = Figure(figsize=(4.6 * len(shares), 4.6), layout="constrained")
    panels = np.atleast_1d(figure.subplots(1, len(shares), sharey=True))
    for axes, (name, share) in zip(panels, shares.items(), strict=True):
        image = axes.pcolormesh(K, m, np.asarray(share), cmap="Blues", vmin=0, vmax=2.2, shading="nearest", lw=0)
        axes.plot(K, contours[name], "o-", color=EXACT, ms=4, lw=1.8, label="observed: half of the trials succeed")
        for (label, rows), (colour, dashes) in zip(predictions.items(), cycle(LINES)):
            axes.plot(K, rows, dashes, color=colour, lw=1.8, label=label)
        axes.axhline(n, color="black", lw=1)
        axes.annotate(f" m = n = {n}", (K[0], n), (0, 2), textcoords="offset points", fontsize=8)
        axes.set(title=name, xlabel=r"K = r₂ L₂ / δ", yscale="log", ylim=(m[0], 2.5 * n))
        axes.set_yticks(ticks := [2**i for i in range(3, 14) if m[0] <= 2**i <= 2.5 * n], [f"{t}" for t in ticks])
        axes.minorticks_off()
    panels[0].set_ylabel("m (measurements)")
    bar = figure.colorbar(image, ax=list(panels), label="share of trials with an error ≤ δ", pad=0.01, aspect=30)
    bar.ax.set_ylim(0, 1)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    return figure


def remark_1_figure(
    errors: Mapping[int, np.ndarray],
    best: np.ndarray,
    K: Sequence[float],
    predictions: Mapping[str, Sequence[float]],
    additive: Sequence[float],
) -> Figure:
    """Remark 1: what a larger extended range gains, above, and what it asks for, below.

    Args:
        errors: by m, [trials, len(K)], the errors in units of delta.
        best: [trials, len(K)], the least errors that are possible, in units of delta.
        K: the radii in units of delta / L2, ascending.
        predictions: by the bound's name, for each K the m that it asks for; NaN where it says nothing.
        additive: for each K the additive term of (6) in units of delta.
    """
    errors, best = {m: np.asarray(error) for m, error in errors.items()}, np.asarray(best)
    figure = Figure(figsize=(7.2, 6.4), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1.5, 1))
    shades = _shades(len(errors))
    for (m, error), colour in zip(errors.items(), shades, strict=True):
        low, middle, high = np.quantile(error, (0.1, 0.5, 0.9), axis=0)
        above.fill_between(K, low, high, color=colour, alpha=0.15, lw=0)
        above.plot(K, middle, "-", color=colour, lw=1.8, label=f"m = {m}")
        least = int(middle.argmin())
        above.plot(K[least], middle[least], "o", color=colour, ms=7, mec="white")
    above.plot(K, np.median(best, axis=0), color="black", lw=1.4, ls="--", label="the best possible (3)")
    above.plot(K, np.where(np.asarray(K) >= 1, additive, np.nan), color=PAPER, lw=1.2, ls=":", label=FALLING)
    above.set(ylabel="error / δ", ylim=(0, 1.25 * max(np.median(e, axis=0).max() for e in errors.values())))
    above.set_title("median error (bands: 10 % to 90 %), its least marked", loc="left")
    above.legend(frameon=False, ncols=2, loc="upper center")
    for (label, rows), (colour, dashes) in zip(predictions.items(), cycle(LINES)):
        below.plot(K, rows, dashes, color=colour, lw=1.8, label=label)
    for (m, error), colour in zip(errors.items(), shades, strict=True):
        below.axhline(m, color=colour, lw=1.2)
        below.plot(K[int(np.median(error, axis=0).argmin())], m, "o", color=colour, ms=7, mec="white", zorder=3)
        below.annotate(f"m = {m}", (K[-1], m), (0, 2), textcoords="offset points", ha="right", fontsize=8, color=colour)
    below.set(xlabel=r"K = r₂ L₂ / δ", ylabel="m asked for", yscale="log")
    below.set_title("what the bounds ask for, and the K that was best at each m", loc="left")
    below.legend(frameon=False, ncols=2, loc="upper center")
    below.margins(y=0.15)
    tidy(above, below)
    return figure


def _shades(count: int) -> list[tuple[float, float, float]]:
    """From a light to the full blue."""
    full = np.array([int(EXACT[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return [tuple(1 - (1 - full) * share) for share in np.linspace(0.4, 1, count)]
