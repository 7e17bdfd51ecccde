"""A restoration as a figure of a few choices, for the sliders of `ilo_theory.plots.explorer`."""

from dataclasses import replace

import torch
from matplotlib.figure import Figure

from ilo_practice.checkpoints import load
from ilo_practice.images import psnr
from ilo_practice.problems import PROBLEMS
from ilo_practice.restore import solve
from ilo_practice.studies import STUDIES
from ilo_practice.study import simulate
from ilo_practice.tuned import tuned
from ilo_theory.plots.images import strips_figure


def restoration_choice(
    *, study: str, kind: str, steps: int, image: int, percent: int, radii: float, noise: float = 0.0, seed: int = 0
) -> Figure:
    """One image of a study, what was measured of it, and what CSGM and ILO make of that, with their PSNR.

    Args:
        study: its name, whose generator, images and tuned values are taken.
        kind: "sense" or "inpaint", of which a share of the numbers is measured.
        steps: of both restorations.
        image: which one, from 0.
        percent: m as a share of n, 1 to 100.
        radii: the factor of all l1 radii of ILO, and so of every K; at 0 it stays in the range.
        noise: standard deviation of what is added to the measurements, in units of [-1, 1].
        seed: draws A, the noise and the start.

    Raises:
        ValueError: for another kind, or an image that the study does not have.
    """
    if kind not in ("sense", "inpaint"):
        raise ValueError(f"`restoration_choice(kind=...)` must be 'sense' or 'inpaint', got {kind!r}.")
    truth = next(iter(STUDIES[study].sets.values()))((image, image + 1))
    if not len(truth):
        raise ValueError(f"`restoration_choice(image=...)` must be one of {study}, got {image}.")
    generator = load(STUDIES[study].generator)
    problem = simulate(kind, percent / 100, truth, sigma=noise, rng=torch.Generator().manual_seed(seed))
    csgm, ilo = (tuned(name, kind, study) for name in ("csgm", "ilo"))
    recipes = {"CSGM": csgm, f"ILO, radii × {radii:g}": replace(ilo, radius_scale=radii * ilo.radius_scale)}
    found = {
        name: solve(problem, generator, recipe, steps=steps, rng=torch.Generator().manual_seed(seed)).image
        for name, recipe in recipes.items()
    }
    images = torch.cat(
        [image.expand(-1, 3, -1, -1) for image in (truth, PROBLEMS[kind].picture(problem), *found.values())]
    )
    words = [f"{name}: {psnr(made, truth).item():.1f} dB" for name, made in found.items()]
    return strips_figure({"": images}, {"": ["truth", f"m = {problem.m}", *words]}, side=1.8)
