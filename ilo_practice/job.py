"""One `restore` of the command line: from its arguments to a problem, through the solver, into a folder."""

import hashlib
import inspect
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
from torch import Tensor

from ilo_practice import checkpoints
from ilo_practice.images import write_png
from ilo_practice.inputs import centred, read_input, read_mask
from ilo_practice.measurements import read_measurements, write_measurements
from ilo_practice.problems import MATRICES, PROBLEMS, InverseProblem, Kind
from ilo_practice.report import names_of
from ilo_practice.restore import solve, write_restoration
from ilo_practice.resume import kept_state
from ilo_practice.stylegan2 import StyleGAN2
from ilo_practice.tuned import tuned
from ilo_theory.ilo import Progress
from ilo_theory.operators import Mask

RANGE = 2.0  # from black, -1, to white, 1: the command line counts sigma in shares of it

DEVICES = ("auto", "cpu", "cuda", "mps")

# What `make` and `draw` of PROBLEMS take, as flags.
FLAGS = {
    "mask": {"metavar": "FILE", "help": "a picture: white where pixels are known, black where they are missing"},
    "observe": {"type": float, "metavar": "SHARE", "help": "share of the pixels that a simulation shows"},
    "factor": {"type": int, "metavar": "N", "help": "how many times as large the restored image is"},
    "sigma": {"type": float, "metavar": "S", "help": "of the noise, black to white being 1 (25 of 255 levels: 0.1)"},
    "m": {"type": int, "metavar": "M", "help": "number of random projections of a simulation"},
    "share": {"type": float, "metavar": "SHARE", "help": "the same, as a share of the numbers of an image"},
    "matrix": {"choices": tuple(MATRICES), "help": "what a simulation draws them from, circulant if not given"},
}


def run_restore(args: Namespace, folder: Path, *, on_step: Callable[[int, int, str], None]) -> dict:
    """Run one restoration and write it to `folder`; returns what run.json holds.

    Args:
        args: of the command `restore`.
        folder: an empty one.
        on_step: (steps done, steps in all, what is being done).
    """
    started = time.monotonic()
    device, (simulating, solving) = pick_device(args.device), seeds(args.seed)
    generator = checkpoints.load(args.generator)
    if generator.v_std.isnan().any():  # a file from elsewhere, without the moments of its codes
        generator.fit_codes_(rng=torch.Generator().manual_seed(solving))
    recipe = tuned(args.recipe, args.problem, args.generator)
    recipe = recipe if args.restarts is None else replace(recipe, restarts=args.restarts)
    search, rounds = recipe.plan(generator, args.steps)
    kind = PROBLEMS[args.problem]
    if args.simulate:
        problem, truth = _simulated(args, kind, generator, simulating, folder)
    else:
        problem, truth = _given(args, kind, generator), _truth(args, generator)
    observation = kind.picture(problem)

    run = {
        "seed": args.seed,
        "steps": args.steps,
        "device": device,
        "generator": {"name": args.generator, "sha256": checkpoints.sha256(checkpoints.file_of(args.generator))},
        "recipe": asdict(recipe) | {"name": args.recipe, "build": recipe.build.__name__},
        "problem": {
            "kind": args.problem,
            "m": problem.m,
            "n": math.prod(problem.operator.in_shape),
            "sigma": problem.sigma,
        },
    }
    purpose = repr(run) + hashlib.sha256(problem.y.numpy().tobytes()).hexdigest()
    problem, generator = problem.to(device), generator.to(device)
    with kept_state(args.resume, purpose, device=device) as (state, keep):

        def told(progress: Progress) -> None:
            keep(progress.state)
            on_step(progress.step, progress.total, f"layer {rounds[progress.round].start}")

        rng = torch.Generator().manual_seed(solving)
        solution = solve(problem, generator, recipe, steps=args.steps, rng=rng, state=state, on_step=told)
    arguments = {key: value for key, value in vars(args).items() if key not in ("run", "argv")}
    command = shlex.join(["python", "-m", "ilo_practice", *args.argv])
    seconds = round(time.monotonic() - started, 3)
    return write_restoration(
        folder,
        problem,
        solution,
        observation=observation,
        rounds=names_of(search, rounds),
        labels=("observed", args.recipe),
        record={"command": command, "arguments": arguments, **run, "versions": versions(), "seconds": seconds},
        truth=truth,
    )


def pick_device(name: str) -> str:
    """`auto` is a CUDA device where there is one and else the CPU; a device that is missing is a ValueError."""
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there[name]:
        raise ValueError(f"`--device {name}`: this machine has none; --device cpu works everywhere.")
    return name


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


def _simulated(
    args: Namespace, kind: Kind, generator: StyleGAN2, seed: int, folder: Path
) -> tuple[InverseProblem, Tensor]:
    """The problem of a clean INPUT, and INPUT. What a seed drew is written, so that it can be given back as INPUT."""
    if args.truth:
        raise ValueError("`--truth` is INPUT itself with --simulate: leave it out.")
    needed = {"sigma"} if kind.level == "sigma" else set()
    options = _options(args, _flags(kind.draw) | {"sigma": "sigma" in needed}, generator.resolution)
    x = _sized(args, read_input(args.input, generator.channels), generator.resolution)
    problem = kind.simulate(x, rng=torch.Generator().manual_seed(seed), **options)
    if isinstance(problem.operator, Mask):
        write_png(folder / "mask.png", 2.0 * problem.operator.mask.expand(x.shape[1:])[:1] - 1)
    if "matrix" in options or args.problem == "sense":
        kind_of_matrix = options.get("matrix", "circulant")
        write_measurements(folder / "measurements.safetensors", problem, kind=kind_of_matrix, seed=seed)
    return problem, x


def _given(args: Namespace, kind: Kind, generator: StyleGAN2) -> InverseProblem:
    """The problem of what a user has."""
    flags = _flags(kind.make)
    if "operator" in flags:  # which only a file of measurements can bring
        _options(args, {}, generator.resolution)
        return read_measurements(args.input)
    options = _options(args, flags, generator.resolution)
    y = read_input(args.input, generator.channels)
    return kind.make(_sized(args, y, generator.resolution // max(1, options.get("factor", 1))), **options)


def _truth(args: Namespace, generator: StyleGAN2) -> Tensor | None:
    """The image that the result will be scored against; no solver sees it."""
    if args.truth is None:
        return None
    truth = _sized(args, read_input(args.truth, generator.channels), generator.resolution)
    side = generator.resolution
    if truth.shape[2:] != (side, side):
        height, width = truth.shape[2:]
        raise ValueError(
            f"`--truth {args.truth}` must be of the restored size {side} x {side}, got {height} x {width}."
        )
    return truth


def _flags(function: Callable) -> dict[str, bool]:
    """The arguments of a function of PROBLEMS that are flags, and whether it needs them."""
    parameters = inspect.signature(function).parameters.items()
    return {name: p.default is p.empty for name, p in parameters if name in FLAGS or name == "operator"}


def _options(args: Namespace, flags: dict[str, bool], side: int) -> dict[str, object]:
    """The flags that were given, as arguments: masks read, sigma in the units of images."""
    given = {name: getattr(args, name) for name in FLAGS if getattr(args, name) is not None}
    how = f"--problem {args.problem}" + " --simulate" * args.simulate
    if unused := [name for name in given if name not in flags]:
        raise ValueError(f"`--{unused[0]}` has no meaning for {how}.")
    if missing := [name for name, needed in flags.items() if needed and name not in given]:
        raise ValueError(f"`--{missing[0]}` is needed for {how}.")
    if "sigma" in given:
        if not 0 <= given["sigma"] < math.inf:
            raise ValueError(f"`--sigma` must be >= 0 and finite, got {given['sigma']}.")
        given["sigma"] *= RANGE
    if "mask" in given:
        mask = read_mask(given["mask"])
        given["mask"] = centred(mask, (side, side), fill=True) if args.pad else mask
    return given


def _sized(args: Namespace, image: Tensor, side: int) -> Tensor:
    return centred(image, (side, side), fill=-1.0) if args.pad else image
