"""The figures of radii in practice: the error of a restoration as the l1 balls of its recipe grow."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from ilo_theory.plots.style import EXACT, OTHER, PAPER, SHRUNK, VOLUME, tidy

COLOURS = (PAPER, EXACT, SHRUNK, OTHER, VOLUME)


def scale_figure(errors: Mapping[str, np.ndarray], scales: Sequence[float], *, title: str) -> Figure:
    """The mean error and its standard error over the factor of all radii, a line a number of measurements.

    The least mean of each line has a ring.

    Args:
        errors: by what the line is called, [len(scales), images], ||x - G(z)|| with values in [-1, 1].
        scales: the factors, ascending, of which 0 may be the first and inf the last.
        title: what is restored.
    """
    figure = Figure(figsize=(7, 3.8), layout="constrained")
    axes = figure.subplots()
    places = range(len(scales))
    errors = {label: np.asarray(error) for label, error in errors.items()}
    for (label, error), colour in zip(errors.items(), COLOURS, strict=False):
        mean, count = error.mean(axis=1), error.shape[1]
        spread = error.std(axis=1, ddof=1) / math.sqrt(count) if count > 1 else 0
        axes.errorbar(places, mean, spread, fmt="o-", color=colour, ms=4, lw=1.8, capsize=2, label=label)
        least = int(mean.argmin())
        axes.plot(least, mean[least], "o", color=colour, ms=10, mfc="none")
    axes.set_xticks(places, [_named(scale) for scale in scales])
    axes.set(
        xlabel="radii, as multiples of the recipe's (and so K)",
        ylabel=r"$\Vert x - G(z) \Vert_2$, mean and standard error",
        title=title,
    )
    axes.set_ylim(0, 1.25 * max(error.mean(axis=1).max() for error in errors.values()))
    tidy(axes)
    axes.legend(frameon=False, loc="upper left")
    return figure


def _named(scale: float) -> str:
    if scale == 0:
        return "0\n(the range of G)"
    return "∞\n(no balls)" if scale == math.inf else f"{scale:g}"
