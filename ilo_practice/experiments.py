"""Experiments on held-out digits: every method with equal steps and equal search effort, scored by the true error.

The methods are the rows of `RECIPES`, the levels those of `LEVELS`. `tuning` chooses among as many candidates for every
method, on other digits than those that `comparison` reports.
"""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from math import inf
from multiprocessing import get_context
from pathlib import Path
from statistics import mean

import torch
from torch import Tensor

from ilo_practice.checkpoints import file_of, load, sha256
from ilo_practice.digits import as_input, read_test_digits
from ilo_practice.images import mse, write_atomically
from ilo_practice.problems import PROBLEMS, InverseProblem
from ilo_practice.recipes import RECIPES, Recipe
from ilo_practice.report import write_grid
from ilo_practice.restore import solve
from ilo_practice.tables import interval, level_name, results_table
from ilo_practice.tuned import tuned

Told = Callable[[int, int, str], None]
"""told(done, total, what): how far it is."""

STEPS = 200  # with which Section 4.3 has ILO beat CSGM: 50 in each of the first four layers
REPORTED, DEMO, TUNING = (0, 50), (50, 58), (100, 110)
SHOWN = 2  # digits of the demo that its picture shows
GROUP = 10  # digits that share a draw of A

# sigma in units of [-1, 1]: a tenth to a half of the range
LEVELS = {
    "inpaint": (0.05, 0.1, 0.2, 0.5),
    "sense": (0.03, 0.05, 0.1),
    "superres": (2, 4),
    "denoise": (0.2, 0.6, 1.0),
}
TUNED_AT = {"inpaint": 0.1, "sense": 0.05, "superres": 4, "denoise": 0.6}
DEMO_LEVELS = {"sense": 0.1, "inpaint": 0.1, "superres": 4, "denoise": 0.6}


def grid(**options: Iterable) -> list[dict]:
    """All combinations of the options, each as changes of a recipe."""
    return [dict(zip(options, values, strict=True)) for values in product(*options.values())]


FROM_ONE_Z = {"codes": ["z"], "noises": [0], "spheres": [False], "geodesic": [0.0]}

# As many candidates for every method: the search effort is equal.
CANDIDATES: dict[str, list[dict]] = {
    "csgm": grid(lr=[(0.01,), (0.02,), (0.05,), (0.1,), (0.2,), (0.3,), (0.5,), (1.0,)]),
    "csgm-restarts": grid(lr=[(0.05,), (0.1,), (0.2,), (0.4,)], restarts=[4, 8]),
    "csgm-wplus": grid(lr=[(0.1,), (0.2,), (0.3,), (0.5,)], restarts=[1, 3]),
    "ilo": [
        *grid(lr=[(0.2,), (0.4,)], radius_scale=[0.3, 1.0], restarts=[3]),
        *grid(**FROM_ONE_Z, lr=[(0.1,), (0.2,)], radius_scale=[0.3, 1.0], restarts=[6]),
    ],
    "algorithm-1": grid(lr=[(0.1, 0.1), (0.3, 0.1)], radius_scale=[0.1, 1.0], restarts=[1, 4]),
}


@dataclass(frozen=True)
class Run:
    """A method, by its recipe, on held-out digits [first, last) at one level."""

    method: str
    recipe: Recipe
    kind: str
    level: float
    digits: tuple[int, int]
    seed: int
    steps: int = STEPS

    def errors(self) -> list[float]:
        """The true mean squared error of each digit; every method meets the same A and the same noise for a seed."""
        images, _ = held_out(self.digits)
        found = []
        for group, part in enumerate(images.split(GROUP)):
            rng = torch.Generator().manual_seed(1000 * self.seed + group)
            problem = simulate(self.kind, self.level, part, rng=rng)
            solution = solve(problem, load("digits"), self.recipe, steps=self.steps, rng=rng)
            found += mse(solution.image, part).nan_to_num(nan=inf).tolist()
        return found


def run_all(runs: Sequence[Run], *, workers: int, on_step: Told) -> list[list[float]]:
    """The errors of each run, by processes of one thread each: the same to the bit for any number of workers."""
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        found = []
        for run, errors in zip(runs, pool.map(Run.errors, runs), strict=True):
            found.append(errors)
            on_step(len(found), len(runs), f"{run.kind} {run.level:g}, {run.method}")
    return found


def held_out(digits: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Held-out digits [first, last) as images, and the errors of the mean training digit as an answer to each."""
    shipped = read_test_digits()
    images = as_input(shipped.images[slice(*digits)])
    return images, mse(as_input(shipped.mean[None]).expand_as(images), images)


def simulate(kind: str, level: float, images: Tensor, *, rng: torch.Generator) -> InverseProblem:
    """The problem of known images at one level."""
    return PROBLEMS[kind].simulate(images, rng=rng, **{PROBLEMS[kind].level: level})


def tuning(folder: str | Path, *, seed: int, on_step: Told, workers: int | None = None) -> None:
    """Write digits-recipes.json: for every method and problem, the candidate of least true error on tuning digits."""
    runs = [
        Run(method, replace(RECIPES[method], **changes), kind, level, TUNING, seed)
        for (kind, level), method in product(TUNED_AT.items(), RECIPES)
        for changes in CANDIDATES[method]
    ]
    found = iter(run_all(runs, workers=_cores(workers), on_step=on_step))
    rows = []
    for kind, method in product(TUNED_AT, RECIPES):
        candidates = CANDIDATES[method]
        scores = [mean(next(found)) for _ in candidates]
        changes = candidates[scores.index(min(scores))]
        rows.append({"kind": kind, "method": method, "changes": changes, "scores": scores})
    _write_json(
        folder, "digits-recipes", {"seed": seed, "weights": sha256(file_of("digits")), "steps": STEPS, "rows": rows}
    )


def comparison(folder: str | Path, *, seed: int, on_step: Told, workers: int | None = None) -> None:
    """Write the table of results on held-out digits: digits.json (every error) and digits.md (means and intervals)."""
    levels = [(kind, level) for kind, values in LEVELS.items() for level in values]
    runs = [
        Run(method, tuned(method, kind, "digits"), kind, level, REPORTED, seed)
        for (kind, level), method in product(levels, RECIPES)
    ]
    baseline = held_out(REPORTED)[1].tolist()
    rows = [{"kind": kind, "level": level, "method": "mean digit", "mse": baseline} for kind, level in levels]
    for run, errors in zip(runs, run_all(runs, workers=_cores(workers), on_step=on_step), strict=True):
        rows.append({"kind": run.kind, "level": run.level, "method": run.method, "mse": errors})
    for row in rows:
        errors = torch.tensor(row["mse"], dtype=torch.float64)
        row["low"], row["high"] = interval(torch.clone, errors, rng=torch.Generator().manual_seed(seed))
        row["mean"] = errors.mean().item()
    record = {"seed": seed, "weights": sha256(file_of("digits")), "steps": STEPS, "digits": len(baseline), "rows": rows}
    _write_json(folder, "digits", record)
    write_atomically(Path(folder) / "digits.md", results_table(record).encode())


def demo(folder: str | Path, *, seed: int, on_step: Told) -> list[dict]:
    """Restore held-out digits from four kinds of measurements, by CSGM and by ILO, with as many steps.

    Writes demo.png and demo.json. Returns a row a problem: kind, level, and the mean true squared errors of the methods
    and of the mean training digit as an answer to everything.
    """
    generator, methods = load("digits"), {"CSGM": "csgm", "ILO": "ilo"}
    images, baseline = held_out(DEMO)
    total, done, rows, pictures = len(DEMO_LEVELS) * len(methods), 0, [], []
    for kind, level in DEMO_LEVELS.items():
        problem = simulate(kind, level, images, rng=torch.Generator().manual_seed(seed))
        row = {"kind": kind, "level": level, "mean digit": baseline.mean().item()}
        shown = [images, PROBLEMS[kind].picture(problem)]
        for title, method in methods.items():
            on_step(done, total, f"{PROBLEMS[kind].title}, {title}")
            rng = torch.Generator().manual_seed(seed)
            restored = solve(problem, generator, tuned(method, kind, "digits"), steps=STEPS, rng=rng).image
            shown.append(restored)
            row[method] = mse(restored, images).mean().item()
            done += 1
        rows.append(row)
        pictures.append([picture[i] for i in range(SHOWN) for picture in shown])
    write_grid(
        Path(folder) / "demo.png",
        pictures,
        columns=["truth", "observed", *methods] * SHOWN,
        rows=[level_name(row["kind"], row["level"]).replace(", ", "\n") for row in rows],
    )
    _write_json(folder, "demo", {"seed": seed, "rows": rows})
    return rows


EXPERIMENTS = {"digits": comparison, "tuning": tuning}


def _cores(workers: int | None) -> int:
    return workers or os.cpu_count() or 1


def _write_json(folder: str | Path, name: str, record: dict) -> None:
    write_atomically(Path(folder) / f"{name}.json", (json.dumps(record, indent=1) + "\n").encode())
