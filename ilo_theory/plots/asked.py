"""The figure of a calculation: what each bound asks for and promises over K, with one choice of K and m marked."""

import math
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ilo_theory.bounds import Setting, explicit_additive, explicit_measurements
from ilo_theory.plots.style import EXACT, OTHER, PAPER, tidy


def asked_figure(
    *, k: int, p: int, n: int, L1: float, L2: float, r1: float, delta: float, K: float, gamma: float, m: int, u: float
) -> Figure:
    """The m that (5) and Theorem 1' ask for and the additive errors of both, over K up to sqrt(p).

    Args:
        k, p, n, L1, L2, r1, delta, gamma: of `Setting`.
        K: the choice that is marked, at most sqrt(p).
        m: the measurements that there are.
        u: Theorem 1' fails with a probability of at most 2.5 e^-u.
    """
    chosen = Setting(k=k, p=p, n=n, L1=L1, L2=L2, r1=r1, delta=delta, K=min(K, math.sqrt(p)), gamma=gamma)
    grid = np.geomspace(min(1.0, chosen.K), math.sqrt(p), 60)
    settings = [replace(chosen, K=float(value)) for value in np.minimum(grid, math.sqrt(p))]
    figure = Figure(figsize=(8.4, 3.6), layout="constrained")
    asked, promised = figure.subplots(1, 2)
    for axes, bounds in (
        (asked, {"(5)": lambda s: s.measurements, "Theorem 1'": lambda s: explicit_measurements(s, u)}),
        (promised, {"(6)": _printed, "Theorem 1'": lambda s: explicit_additive(s.gamma) / s.gamma}),
    ):
        for (label, bound), colour, dashes in zip(bounds.items(), (PAPER, OTHER), ("-", "--"), strict=True):
            _curve(axes, grid, [bound(s) for s in settings], label, colour, dashes)
        axes.axvline(chosen.K, color=EXACT, lw=1)
        axes.set(xlabel="K = r₂ L₂ / δ", yscale="log", xlim=(grid[0], grid[-1]))
    asked.axhline(m, color=EXACT, lw=1)
    asked.axhline(n, color="black", lw=1, ls=":")
    asked.annotate("n", (grid[0], n), (2, 2), textcoords="offset points")
    asked.set(ylabel="m asked for", title=f"m = {m}, K = {chosen.K:.3g}, so r₂ = {chosen.r2:.3g}")
    promised.set(ylabel="additive error / δ", title=f"δ = {delta:.3g}, γ = {gamma:.3g}, p = {p}")
    tidy(asked, promised)
    for axes in (asked, promised):
        axes.legend(frameon=False)
    return figure


def _printed(setting: Setting) -> float:
    return setting.additive_error / setting.delta


def _curve(axes: Axes, grid: np.ndarray, values: list[float], label: str, colour: str, dashes: str) -> None:
    values = np.array([value if value > 0 else math.nan for value in values])  # a logarithm below 0 says nothing
    axes.plot(grid, values, dashes, color=colour, lw=1.8, label=label)
