"""Experiments: every method of a study with equal steps and equal search effort, scored by the true error.

`tuning` chooses among as many candidates for every method, on other images than those that `comparison` reports.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from math import inf
from multiprocessing import get_context
from pathlib import Path
from statistics import mean

import torch
from torch import Tensor

from ilo_practice.checkpoints import file_of, load, sha256
from ilo_practice.images import mse, write_atomically
from ilo_practice.problems import PROBLEMS
from ilo_practice.recipe import Recipe
from ilo_practice.recipes import RECIPES
from ilo_practice.report import write_grid
from ilo_practice.restore import solve
from ilo_practice.studies import STUDIES
from ilo_practice.study import Images, Study, simulate
from ilo_practice.tables import interval, level_name, results_table
from ilo_practice.tuned import tuned

Told = Callable[[int, int, str], None]
"""told(done, total, what): how far it is."""

Case = tuple[str, str, float]
"""A set of a study, a kind of problem and its level."""


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
        generator = study.methods[self.method].wrapped(load(study.generator))
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
    write_json(folder, f"{study.name}-recipes", record)


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
    write_json(folder, study.name, record)
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
    columns = restored(study, cases, study.methods, study.shown, seed=seed, on_step=on_step)
    write_strips(study, Path(folder) / f"{study.name}.png", cases, columns, study.methods)


def restored(
    study: Study, cases: Sequence[Case], methods: Iterable[str], images: Images, *, seed: int, on_step: Told
) -> list[list[Tensor]]:
    """For each case the truths, what was observed of them, and what each method makes of that."""
    generator = load(study.generator)
    networks = {name: study.methods[name].wrapped(generator) for name in methods}
    total, rows = len(cases) * len(networks), []
    for part, kind, level in cases:
        truth = study.sets[part](images)
        problem = simulate(kind, level, truth, rng=torch.Generator().manual_seed(seed))
        columns = [truth, PROBLEMS[kind].picture(problem)]
        for done, (name, network) in enumerate(networks.items(), len(rows) * len(networks)):
            on_step(done, total, f"{part}, {PROBLEMS[kind].title}, {name}")
            rng = torch.Generator().manual_seed(seed)
            columns.append(solve(problem, network, chosen(study, name, kind, part), steps=study.steps, rng=rng).image)
        rows.append(columns)
    return rows


def write_strips(
    study: Study, path: Path, cases: Sequence[Case], columns: Sequence[Sequence[Tensor]], methods: Iterable[str]
) -> None:
    """A row for each case, in which the columns of one image stand together."""
    count = len(columns[0][0])
    several = len(study.sets) > 1
    write_grid(
        path,
        [[column[i] for i in range(count) for column in row] for row in columns],
        columns=["truth", "observed", *methods] * count,
        rows=[f"{part}\n" * several + level_name(kind, level).replace(", ", "\n") for part, kind, level in cases],
    )


EXPERIMENTS: Mapping[str, Mapping[str, Callable]] = {
    name: {do.__name__: partial(do, study) for do in (tuning, comparison, picture)} for name, study in STUDIES.items()
}
"""By the name of a study: what chooses its values, what makes its table, and what its picture."""


def _cores(workers: int | None) -> int:
    return workers or os.cpu_count() or 1


def write_json(folder: str | Path, name: str, record: dict) -> None:
    write_atomically(Path(folder) / f"{name}.json", (json.dumps(record, indent=1) + "\n").encode())
