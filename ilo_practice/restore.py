"""One restoration: a problem, a generator and a recipe give the best images found, and a folder that shows them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import isfinite
from pathlib import Path

import torch
from torch import Tensor

from ilo_practice.framing import made_by
from ilo_practice.images import mse, psnr, write_atomically, write_png
from ilo_practice.memory import Estimate, peak_memory
from ilo_practice.perceptual import Perceptual
from ilo_practice.problems import InverseProblem
from ilo_practice.recipe import Recipe
from ilo_practice.report import write_curve, write_grid
from ilo_theory.generators import Generator, Latent
from ilo_theory.ilo import Progress, Round, Solution, ilo

SMALL = 64  # px: up to here a step takes less time than its memory is found without it


def solve(
    problem: InverseProblem,
    generator: Generator,
    recipe: Recipe,
    *,
    steps: int,
    rng: torch.Generator,
    perceptual: Perceptual | None = None,
    state: Mapping[str, Tensor] | None = None,
    on_step: Callable[[Progress], None] | None = None,
    step: Callable[[Callable], Callable] = lambda f: f,
    adapt: Callable[[list[Round]], list[Round]] = list,
) -> Solution:
    """Restore the images of a problem, each on its own, by `steps` gradient steps an image, restarts included.

    Args:
        problem: what was measured, and how.
        generator: of images of the size that the problem is of, see `framed`, on the same device.
        recipe: which latents move, how fast and how far.
        steps: every gradient step counts: of every start, and of every way back.
        rng: draws the latents, then the added noise.
        perceptual: the network of a recipe's term "lpips".
        state: of a `Progress` of the same call; the run goes on from there, bit for bit.
        on_step: called after every step of the loop, in which all starts of a search move at once.
        step: wraps the step, as in `ilo`.
        adapt: what is made of the recipe's rounds, for a step that asks more of them (`stepping.graphable`).

    Returns:
        The best iterate of every image; after a search, `loss` begins with that of the start which was chosen.

    Raises:
        ValueError: for a generator of images of another size, and for too few steps.
    """
    recipe = recipe.adapted(generator)
    shape, made = problem.made_shape, made_by(generator)
    if shape != made:
        raise ValueError(f"`solve` is asked for images {_size(shape)}, but the generator makes {_size(made)}.")
    batch, starts = len(problem.y), recipe.restarts
    search, rounds = map(adapt, recipe.plan(generator, steps))
    latent = recipe.initial(generator, batch * starts, rng=rng)

    def run(problem: InverseProblem, rounds: list[Round], latent: Latent, **options) -> Solution:
        objective = recipe.objective(problem, perceptual)
        return ilo(generator, objective, rounds, rng=rng, batch=len(problem.y), latent=latent, step=step, **options)

    if not search:
        return run(problem, rounds, latent, state=state, on_step=on_step)
    passed, total = search[0].steps, _length(search) + _length(rounds)

    def in_search(p: Progress) -> None:
        on_step(replace(p, total=total))

    def after_search(p: Progress) -> None:
        on_step(replace(p, step=passed + p.step, total=total, state=p.state | {"search": trace}))

    state = dict(state or {})
    trace = state.pop("search", None)
    if trace is None:
        found = run(problem.repeat(starts), search, latent, state=state or None, on_step=on_step and in_search)
        latent, trace, state = *_best_starts(found, batch), None
    else:
        latent = {key: value[:batch] for key, value in latent.items()}  # whose shape alone counts
    solution = run(problem, rounds, latent, state=state, on_step=on_step and after_search)
    return replace(solution, loss=torch.cat((trace, solution.loss)))


def estimate(
    problem: InverseProblem, generator: Generator, recipe: Recipe, *, steps: int, perceptual: Perceptual | None = None
) -> Estimate:
    """The memory that `solve` takes of these at its peak, that of the search or of what follows it, before it runs."""
    recipe = recipe.adapted(generator)
    search, rounds = recipe.plan(generator, steps)
    parts = [(problem.repeat(recipe.restarts), search)] if search else []
    estimates = []
    for part, phases in [*parts, (problem, rounds)]:
        latent = recipe.initial(generator, len(part.y), rng=torch.Generator().manual_seed(0))
        objective = recipe.objective(part, perceptual)
        estimates.append(peak_memory(generator, objective, phases, latent, compute=generator.resolution <= SMALL))
    return max(estimates, key=lambda of: of.total)


def write_restoration(
    folder: str | Path,
    problem: InverseProblem,
    solution: Solution,
    *,
    observation: Tensor,
    rounds: Mapping[str, int],
    labels: tuple[str, str],
    record: Mapping[str, object],
    truth: Tensor | None = None,
) -> dict:
    """Write one restored image with all that shows how it came about; the score, where the truth is known, comes here.

    Args:
        folder: that holds the files: restored.png, observed.png, comparison.png, loss.png, run.json, and generated.png
            where the image is a part of what the generator made.
        problem, solution: of one image.
        observation: y as a picture [1, C, H, W].
        rounds: the names of the rounds and the iterates of each, for the curve.
        labels: what observation and restoration are called in the comparison.
        record: what run.json holds besides the outcome.
        truth: [1, C, H, W].

    Returns:
        What run.json holds.
    """
    folder = Path(folder)
    outcome = {
        "residual": problem.residual(solution.image).item(),
        "objective": solution.loss[:, 0].nan_to_num(nan=torch.inf).min().item(),
        "status": str(solution.status[0]),
        "violation": {key: value[0].item() for key, value in solution.violation.items()},
    }
    captions = [["", f"residual {outcome['residual']:.3g}"]]
    restored = problem.seen(solution.image)
    columns, images = list(labels), [observation[0], restored[0]]
    if truth is not None:
        truth = truth.to(restored)
        outcome |= {"mse": mse(restored, truth).item(), "psnr": psnr(restored, truth).item()}
        captions = [["", f"PSNR {outcome['psnr']:.1f} dB", ""]]
        columns, images = [*columns, "truth"], [*images, truth[0]]
    write_png(folder / "restored.png", restored)
    if problem.view is not None:
        write_png(folder / "generated.png", solution.image)
    write_png(folder / "observed.png", observation)
    write_grid(folder / "comparison.png", [images], columns=columns, captions=captions)
    write_curve(folder / "loss.png", solution.loss[:, 0], rounds)
    files = sorted({path.name for path in folder.iterdir()} | {"run.json"})
    record = _plain(dict(record) | {"outcome": outcome, "files": files})
    write_atomically(folder / "run.json", (json.dumps(record, indent=1, allow_nan=False) + "\n").encode())
    return record


def _plain(value: object) -> object:
    """A value as JSON knows it, without NaN and infinity."""
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def _best_starts(found: Solution, batch: int) -> tuple[Latent, Tensor]:
    """Of the starts of each image the latent and the losses of that with the lowest objective, NaN being none."""
    lowest = found.loss.nan_to_num(nan=torch.inf).amin(0).unflatten(0, (batch, -1))
    chosen = lowest.argmin(1) + lowest.shape[1] * torch.arange(batch, device=lowest.device)
    return {key: value[chosen] for key, value in found.latent.items()}, found.loss[:, chosen]


def _length(rounds: list[Round]) -> int:
    """The steps of a list of rounds; the way back from the last is not run."""
    return sum(round.steps for round in rounds) + sum(round.back_steps for round in rounds[:-1])


def _size(shape: tuple[int, ...]) -> str:
    channels, height, width = shape
    return f"{height} x {width}, {channels} channel{'s' if channels > 1 else ''}"
