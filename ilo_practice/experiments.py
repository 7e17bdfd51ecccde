"""Experiments: every method of a study with equal steps and equal search effort, scored by the true error.

`tuning` chooses among as many candidates for every method, on other images than those that `comparison` reports.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from math import inf
from multiprocessing import get_context
from pathlib import Path
from statistics import mean

import torch

from ilo_practice.checkpoints import file_of, load, sha256
from ilo_practice.images import mse, write_atomically
from ilo_practice.problems import PROBLEMS
from ilo_practice.recipe import Recipe
from ilo_practice.recipes import RECIPES
from ilo_practice.report import write_grid
from ilo_practice.restore import solve
from ilo_practice.studies import DIGITS, STUDIES
from ilo_practice.study import Images, Study, simulate
from ilo_practice.tables import interval, level_name, results_table
from ilo_practice.tuned import tuned

Told = Callable[[int, int, str], None]
"""told(done, total, what): how far it is."""

STEPS = 200  # of the demo: with which Section 4.3 has ILO beat CSGM, 50 in each of the first four layers
DEMO = (50, 58)
DEMO_LEVELS = {"sense": 0.1, "inpaint": 0.1, "superres": 4, "denoise": 0.6}
SHOWN = 2  # digits of the demo that its picture shows


@dataclass(frozen=True)
class Run:
    """A method of a study, by its recipe, on images [first, last) of a set at one level."""

    study: str
    method: str
    recipe: Recipe
    set: str
    kind: str
    level: float
    images: Images
    seed: int
    steps: int

    def errors(self) -> list[float]:
        """The true mean squared error of each image; every method meets the same A and the same noise for a seed."""
        study = STUDIES[self.study]
        generator, wrap = load(study.generator), study.methods[self.method].wrap
        generator = generator if wrap is None else wrap(generator)
        found = []
        for group, part in enumerate(study.sets[self.set](self.images).split(study.group)):
            rng = torch.Generator().manual_seed(1000 * self.seed + group)
            problem = simulate(self.kind, self.level, part, rng=rng)
            solution = solve(problem, generator, self.recipe, steps=self.steps, rng=rng)
            found += mse(solution.image, part).nan_to_num(nan=inf).tolist()
        return found

    @property
    def mark(self) -> str:
        """Tells this run from every other."""
        return hashlib.sha256(repr(replace(self, recipe=replace(self.recipe, build=None))).encode()).hexdigest()


def run_all(runs: Sequence[Run], *, workers: int, on_step: Told, kept: Path | None = None) -> list[list[float]]:
    """The errors of each run, by processes of one thread each: the same to the bit for any number of workers.

    Args:
        runs: in the order of the answers.
        workers: processes.
        on_step: told after every run.
        kept: a file of finished runs, a line each, which a stopped experiment goes on from; it is removed at the end.
    """
    done = _finished(kept)
    left = [run for run in runs if run.mark not in done]
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        for run, errors in zip(left, pool.map(Run.errors, left), strict=True):
            done[run.mark] = errors
            if kept is not None:
                with kept.open("a") as file:
                    file.write(json.dumps([run.mark, errors]) + "\n")
            on_step(len(runs) - len(left) + left.index(run) + 1, len(runs), f"{run.kind} {run.level:g}, {run.method}")
    if kept is not None:
        kept.unlink(missing_ok=True)
    return [done[run.mark] for run in runs]


def _finished(kept: Path | None) -> dict[str, list[float]]:
    """The whole lines of the file; of the one that was being written when an experiment stopped nothing is taken."""
    if kept is None or not kept.exists():
        return {}
    return dict(json.loads(line) for line in kept.read_text().splitlines(keepends=True) if line.endswith("\n"))


def tuning(
    study: Study,
    folder: str | Path,
    *,
    seed: int,
    on_step: Told,
    workers: int | None = None,
    kept: Path | None = None,
) -> None:
    """Write <study>-recipes.json: for every method, set and kind the candidate of least true error on tuning images."""
    methods = {name: method for name, method in study.methods.items() if method.tuned_by is None}
    cases = list(product(study.sets, study.tuned_at.items(), methods))
    runs = [
        Run(
            study.name, name, replace(RECIPES[methods[name].recipe], **changes),
            part, kind, level, study.tuning, seed, study.steps,
        )
        for part, (kind, level), name in cases
        for changes in methods[name].candidates
    ]  # fmt: skip
    found = iter(run_all(runs, workers=_cores(workers), on_step=on_step, kept=kept))
    rows = []
    for part, (kind, _), name in cases:
        candidates = methods[name].candidates
        scores = [mean(next(found)) for _ in candidates]
        changes = candidates[scores.index(min(scores))]
        rows.append({"set": part, "kind": kind, "method": name, "changes": changes, "scores": scores})
    record = {"seed": seed, "weights": sha256(file_of(study.generator)), "steps": study.steps, "rows": rows}
    _write_json(folder, f"{study.name}-recipes", record)


def comparison(
    study: Study,
    folder: str | Path,
    *,
    seed: int,
    on_step: Told,
    workers: int | None = None,
    kept: Path | None = None,
) -> None:
    """Write the study's table: <study>.json (every error) and <study>.md (means and intervals)."""
    cases = [(part, kind, level) for part in study.sets for kind, level in study.problems]
    runs = [
        Run(
            study.name, name, chosen(study, name, kind, part),
            part, kind, level, study.reported, seed, study.steps,
        )
        for part, kind, level in cases
        for name, method in study.methods.items()
    ]  # fmt: skip
    rows = []
    if study.baseline is not None:
        name, errors_of = study.baseline
        for part, kind, level in cases:
            errors = errors_of(study.sets[part](study.reported)).tolist()
            rows.append({"set": part, "kind": kind, "level": level, "method": name, "mse": errors})
    for run, errors in zip(runs, run_all(runs, workers=_cores(workers), on_step=on_step, kept=kept), strict=True):
        rows.append({"set": run.set, "kind": run.kind, "level": run.level, "method": run.method, "mse": errors})
    for row in rows:
        errors = torch.tensor(row["mse"], dtype=torch.float64)
        row["low"], row["high"] = interval(torch.clone, errors, rng=torch.Generator().manual_seed(seed))
        row["mean"] = errors.mean().item()
    count = study.reported[1] - study.reported[0]
    about = {"title": study.title, "seed": seed, "weights": sha256(file_of(study.generator))}
    record = about | {"steps": study.steps, "images": count, "rows": rows}
    _write_json(folder, study.name, record)
    write_atomically(Path(folder) / f"{study.name}.md", results_table(record).encode())


def chosen(study: Study, name: str, kind: str, part: str) -> Recipe:
    """The recipe of a method of the study, with the values that this study, or the one it names, has chosen."""
    method = study.methods[name]
    if method.tuned_by is not None:
        return tuned(method.recipe, kind, method.tuned_by)
    return tuned(method.recipe, kind, study.name, method=name, part=part)


def picture(study: Study, folder: str | Path, *, seed: int, on_step: Told, **_) -> None:
    """Write <study>.png: images that are neither reported nor tuned on, as each method restores them."""
    cases = [(part, kind, level) for part in study.sets for kind, level in study.problems]
    total, done, rows, generator = len(cases) * len(study.methods), 0, [], load(study.generator)
    for part, kind, level in cases:
        images = study.sets[part](study.shown)
        problem = simulate(kind, level, images, rng=torch.Generator().manual_seed(seed))
        shown = [images, PROBLEMS[kind].picture(problem)]
        for name, method in study.methods.items():
            on_step(done, total, f"{part}, {PROBLEMS[kind].title}, {name}")
            recipe = chosen(study, name, kind, part)
            network = generator if method.wrap is None else method.wrap(generator)
            rng = torch.Generator().manual_seed(seed)
            shown.append(solve(problem, network, recipe, steps=study.steps, rng=rng).image)
            done += 1
        rows.append([column[i] for i in range(len(images)) for column in shown])
    several = len(study.sets) > 1
    names = [f"{part}\n" * several + level_name(kind, level).replace(", ", "\n") for part, kind, level in cases]
    columns = ["truth", "observed", *study.methods] * (study.shown[1] - study.shown[0])
    write_grid(Path(folder) / f"{study.name}.png", rows, columns=columns, rows=names)


def demo(folder: str | Path, *, seed: int, on_step: Told) -> list[dict]:
    """Restore held-out digits from four kinds of measurements, by CSGM and by ILO, with as many steps.

    Writes demo.png and demo.json. Returns a row a problem: kind, level, and the mean true squared errors of the methods
    and of the mean training digit as an answer to everything.
    """
    generator, methods = load("digits"), {"CSGM": "csgm", "ILO": "ilo"}
    images = DIGITS.sets["digits"](DEMO)
    baseline = DIGITS.baseline[1](images)
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


EXPERIMENTS: Mapping[str, Mapping[str, Callable]] = {
    name: {do.__name__: partial(do, study) for do in (tuning, comparison, picture)} for name, study in STUDIES.items()
}
"""By the name of a study: what chooses its values, what makes its table, and what its picture."""


def _cores(workers: int | None) -> int:
    return workers or os.cpu_count() or 1


def _write_json(folder: str | Path, name: str, record: dict) -> None:
    write_atomically(Path(folder) / f"{name}.json", (json.dumps(record, indent=1) + "\n").encode())
