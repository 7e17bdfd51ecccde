"""Figures of a choice of parameters, for sliders: entropies, tails, and what m measurements promise."""

import math
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ilo_theory import bounds
from ilo_theory.bounds import Setting
from ilo_theory.bounds.embedding import longer, shorter
from ilo_theory.plots.style import EXACT, OTHER, PAPER, SHRUNK, VOLUME, tidy


def entropy_choice(*, p: int, r2: float, delta: float) -> Figure:
    """Bounds on the entropy of B_1^p(r2) over the radius of the covering balls, with one radius marked.

    Args:
        p: dimension.
        r2: radius of the l1 ball.
        delta: of the covering balls, the one that is marked.
    """
    figure, axes = _one()
    grid = np.geomspace(r2 / (4 * math.sqrt(p)), r2, 120)
    for label, bound, colour, dashes in (
        ("Theorem 2, Maurey", bounds.maurey_entropy, PAPER, "-"),
        ("Corollary 2, volumes", bounds.volumetric_entropy, VOLUME, "-"),
        ("explicit nets, sharper", bounds.sharp_entropy, EXACT, "-"),
        ("volume, from below", bounds.volume_entropy, VOLUME, ":"),
    ):
        values = np.array([bound(p, r2, value) for value in grid])
        axes.plot(grid, np.where(values > 0, values, math.nan), dashes, color=colour, lw=1.8, label=label)
    marked = min(delta, r2)
    axes.axvline(marked, color=SHRUNK, lw=1)
    axes.axvline(r2 / math.sqrt(p), color="black", lw=0.7, ls="--")
    axes.annotate(r" $r_2/\sqrt{p}$", (r2 / math.sqrt(p), 1), xycoords=("data", "axes fraction"), va="top")
    sharp = bounds.sharp_entropy(p, r2, marked)
    title = f"p = {p}, s = r₂/δ = {r2 / marked:.3g}: at most e^{sharp:.4g} balls"
    axes.set(title=title, xlabel="δ (radius of the covering balls)", ylabel="log N (nats)", xscale="log", yscale="log")
    axes.legend(frameon=False, loc="lower left")
    return figure


def tail_choice(*, m: int, epsilon: float, log_N: float) -> Figure:
    """The bounds on log P that a Gaussian A stretches or shrinks a vector, and how many points m rows keep apart.

    Args:
        m: measurements.
        epsilon: the distortion that is marked, in (0, 1).
        log_N: the logarithm of how many points a net has.
    """
    figure, axes = _one()
    grid = np.linspace(0.01, 0.99, 120)
    axes.plot(grid, [longer(m, value) for value in grid], color=EXACT, lw=1.8, label="‖Ax‖ ≥ (1 + ε)‖x‖")
    axes.plot(grid, [shorter(m, value) for value in grid], color=PAPER, lw=1.8, label="‖Ax‖ ≤ (1 - ε)‖x‖")
    axes.axhline(-2 * log_N, color=VOLUME, lw=1, ls="--", label="one pair of the net in e^(2 log N)")
    axes.axvline(epsilon, color=SHRUNK, lw=1)
    kept = shorter(m, epsilon) < -2 * log_N
    title = f"m = {m}: {'all' if kept else 'not all'} pairs are promised (1 - ε) of their distance, ε = {epsilon:.3g}"
    axes.set(title=title, xlabel="ε (distortion)", ylabel="bound on log P (nats)")
    axes.legend(frameon=False, loc="lower left")
    return figure


def promise_choice(*, k: int, p: int, n: int, X: float, K: float, delta: float, best: float, u: float) -> Figure:
    """The error that Theorem 1' promises over m, each m with the gamma that it gives.

    Args:
        k, p, n, K, delta: of `Setting`.
        X: L1 L2 r1 / delta.
        best: the least error that is possible, ||x - G2(z-bar)||.
        u: the bound fails with a probability of at most 2.5 e^-u.
    """
    figure, axes = _one()
    setting = Setting(k=k, p=p, n=n, L1=1, L2=1, r1=X * delta, delta=delta, K=K, gamma=0.5)
    least = bounds.explicit_measurements(replace(setting, gamma=1e-9), u)
    grid = np.geomspace(1.02 * least, max(50 * least, 1.1 * n), 200)
    errors = [bounds.explicit_error(replace(setting, gamma=bounds.explicit_gamma(setting, m, u)), best) for m in grid]
    axes.plot(grid, errors, color=EXACT, lw=1.8, label="Theorem 1'")
    axes.axhline(best, color=VOLUME, lw=1, ls="--", label="the least possible")
    axes.axvline(least, color=PAPER, lw=1, ls=":", label=f"nothing below m = {least:.4g}")
    axes.axvline(n, color="black", lw=1)
    axes.annotate(" n", (n, 1), xycoords=("data", "axes fraction"), va="top")
    title = f"K = {K:.3g}, δ = {delta:.3g}, so r₂ L₂ = {K * delta:.3g}"
    axes.set(title=title, xlabel="m (measurements)", ylabel="error promised", xscale="log", yscale="log")
    figure.legend(frameon=False, loc="outside lower center", ncols=3)
    return figure


def margin_choice(*, K: float, gamma: float, p: int) -> Figure:
    """The additive terms of S-REC over K, printed and proved, in units of delta.

    Args:
        K: the one that is marked, at most sqrt(p).
        gamma: of S-REC.
        p: numbers in the intermediate layer.
    """
    figure, axes = _one()
    root = math.sqrt(p)
    grid = np.geomspace(0.3, root, 200)[:-1]
    base = Setting(k=1, p=p, n=1, L1=1, L2=1, r1=1, delta=1, K=1, gamma=gamma)
    printed = [replace(base, K=float(value)).additive_error * gamma for value in grid]
    axes.plot(grid, printed, color=PAPER, lw=1.8, label="log 4K √p/K log √p/K, printed")
    axes.axhline(bounds.explicit_additive(gamma), color=OTHER, lw=1.8, ls="--", label="4 + 2√2(1 - γ), proved")
    axes.axvline(min(K, root), color=SHRUNK, lw=1)
    axes.set(title=f"p = {p}, γ = {gamma:.2f}, K = {min(K, root):.3g}", xscale="log", yscale="log")
    axes.set(xlabel="K = r₂ L₂ / δ", ylabel="additive term of S-REC / δ")
    axes.legend(frameon=False, loc="lower left")
    return figure


def _one() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6.8, 4), layout="constrained")
    axes = figure.subplots()
    tidy(axes)
    axes.grid(alpha=0.2)
    return figure, axes
