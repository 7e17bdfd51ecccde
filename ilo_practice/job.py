"""One `restore` of the command line: from its arguments to a problem, through the solver, into a folder."""

import hashlib
import math
import platform
import shlex
import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from ilo_practice import checkpoints
from ilo_practice.arguments import given, simulated, truth_of
from ilo_practice.devices import describe, pick_device
from ilo_practice.execution import EXECUTION, executed, prepare_process, rounds_of, step_of
from ilo_practice.memory import check_memory, free_memory, gigabytes
from ilo_practice.perceptual import Perceptual, perceptual
from ilo_practice.problems import PROBLEMS, InverseProblem
from ilo_practice.recipe import Recipe, scheduled
from ilo_practice.registry import opened
from ilo_practice.report import names_of
from ilo_practice.restore import estimate, solve, write_restoration
from ilo_practice.resume import kept_state
from ilo_practice.settings import varied
from ilo_practice.tuned import tuned
from ilo_theory.generators import Generator
from ilo_theory.ilo import Progress


def run_restore(
    args: Namespace,
    folder: Path,
    *,
    on_step: Callable[[int, int, str], None],
    on_start: Callable[[str], None] = lambda said: None,
) -> dict:
    """Run one restoration and write it to `folder`; returns what run.json holds.

    Args:
        args: of the command `restore`.
        folder: an empty one.
        on_step: (steps done, steps in all, what is being done).
        on_start: told before the first step how much memory it will take.
    """
    started = time.monotonic()
    device, (simulating, solving) = pick_device(args.device), seeds(args.seed)
    prepare_process(args, device)
    source = opened(args.generator)
    generator = checkpoints.load(source)
    recipe, steps = recipe_of(args, generator)
    if recipe.code == "v" and generator.v_std.isnan().any():  # a file from elsewhere, without the moments of its codes
        generator.fit_codes_(rng=torch.Generator().manual_seed(solving))
    search, rounds = recipe.plan(generator, steps)
    kind = PROBLEMS[args.problem]
    if args.simulate:
        problem, truth = simulated(args, kind, generator, simulating, folder)
    else:
        problem = given(args, kind, generator)
        truth = truth_of(args, problem, generator)
    network = perceptual_of(args, recipe, problem, rng=torch.Generator().manual_seed(solving))
    observation = kind.picture(problem)

    run = {
        "seed": args.seed,
        "steps": steps,
        "device": device,
        "execution": {name: getattr(args, name) for name in EXECUTION},
        "generator": {"name": args.generator, "sha256": checkpoints.sha256(checkpoints.file_of(source))},
        "recipe": asdict(recipe) | {"name": args.recipe, "build": recipe.build.__name__},
        "perceptual": network and dict(network.about),
        "problem": {
            "kind": args.problem,
            "m": problem.m,
            "n": math.prod(problem.operator.in_shape),
            "sigma": problem.sigma,
        },
    }
    purpose = repr(run) + hashlib.sha256(problem.y.numpy().tobytes()).hexdigest()
    problem, generator, network = problem.to(device), generator.to(device), network and network.to(device)
    generator = executed(generator, args)
    memory = estimate(problem, generator, recipe, steps=steps, perceptual=network)
    free = free_memory(device)
    check_memory(memory, free, checkpointing=args.checkpointing)
    with kept_state(args.resume, purpose, device=device, every=args.keep_every) as (state, keep):
        on_start(f"memory at the peak: about {memory}" + (f"; free {gigabytes(free)}" if free else ""))

        def told(progress: Progress) -> None:
            keep(progress.state)
            on_step(progress.step, progress.total, f"layer {rounds[progress.round].start}")

        rng = torch.Generator().manual_seed(solving)
        options = {"steps": steps, "rng": rng, "perceptual": network, "state": state, "on_step": told}
        options |= {"step": step_of(args), "adapt": rounds_of(args)}
        solution = solve(problem, generator, recipe, **options)
    arguments = {key: value for key, value in vars(args).items() if key not in ("run", "argv")}
    command = shlex.join(["python", "-m", "ilo_practice", *args.argv])
    seconds = round(time.monotonic() - started, 3)
    about = {"versions": versions(), "machine": describe(device)}
    return write_restoration(
        folder,
        problem,
        solution,
        observation=observation,
        rounds=names_of(search, rounds),
        labels=("observed", args.recipe),
        record={"command": command, "arguments": arguments, **run, **about, "seconds": seconds},
        truth=truth,
    )


def recipe_of(args: Namespace, generator: Generator) -> tuple[Recipe, int]:
    """The recipe that was asked for, as tuned for the generator and then varied, and its steps in all.

    Raises:
        ValueError: for settings that do not fit together, or that ask for layers which the generator lacks.
    """
    recipe = tuned(args.recipe, args.problem, args.generator)
    recipe = recipe if args.restarts is None else replace(recipe, restarts=args.restarts)
    first = args.start_layer or 0
    last = generator.num_layers - 1 if args.end_layer is None else args.end_layer
    if not 0 <= first <= last < generator.num_layers:
        most = generator.num_layers - 1
        raise ValueError(f"`--start-layer {first} --end-layer {last}` must be layers in turn, of 0 to {most}.")
    steps = 300 if args.steps is None else args.steps
    if args.schedule is not None:
        if args.steps is not None:
            raise ValueError(f"`--steps {args.steps}` is the sum of --schedule: give one of them.")
        recipe, steps = scheduled(recipe, args.schedule, start=first), sum(args.schedule)
        if recipe.starts[-1] > last:
            raise ValueError(f"`--schedule` of {len(args.schedule)} rounds from layer {first} passes layer {last}.")
    elif (args.start_layer, args.end_layer) != (None, None):
        recipe = replace(recipe, starts=tuple(range(first, last + 1)))
    return varied(recipe, args.set).adapted(generator), steps


def perceptual_of(
    args: Namespace, recipe: Recipe, problem: InverseProblem, *, rng: torch.Generator
) -> Perceptual | None:
    """The network of the term "lpips", where that counts."""
    if not recipe.sees(problem):
        return None
    return perceptual(args.perceptual, trunk=args.perceptual_trunk, rng=rng)


def seeds(seed: int) -> tuple[int, int]:
    """Two seeds from one: what damages an image and what searches for it must share no random numbers."""
    if not 0 <= seed < 2**32:
        raise ValueError(f"`--seed` must be from 0 to 2^32 - 1, got {seed}.")
    simulating, solving = torch.randint(2**32, (2,), generator=torch.Generator().manual_seed(seed)).tolist()
    return simulating, solving


def versions() -> dict[str, str]:
    """Of what a result depends on."""
    ours = {"python": platform.python_version(), "ilo-verified": version("ilo-verified")}
    return ours | {"torch": torch.__version__, "numpy": np.__version__}
