"""From the arguments of `restore` to a problem: files read, flags checked against what each kind of problem takes."""

import inspect
import math
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from ilo_practice.framing import framed, made_by
from ilo_practice.images import write_png
from ilo_practice.inputs import centred, read_input, read_mask
from ilo_practice.measurements import read_measurements, write_measurements
from ilo_practice.problems import InverseProblem, Kind
from ilo_practice.simulation import MATRICES
from ilo_theory.generators import Generator
from ilo_theory.operators import Mask

RANGE = 2.0  # from black, -1, to white, 1: the command line counts sigma in shares of it

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


def simulated(
    args: Namespace, kind: Kind, generator: Generator, seed: int, folder: Path
) -> tuple[InverseProblem, Tensor]:
    """The problem of a clean INPUT, and INPUT. What a seed drew is written, so that it can be given back as INPUT."""
    if args.truth:
        raise ValueError("`--truth` is INPUT itself with --simulate: leave it out.")
    needed = {"sigma"} if kind.level == "sigma" else set()
    options = _options(args, _flags(kind.draw) | {"sigma": "sigma" in needed}, generator.resolution)
    x = _padded(args, read_input(args.input, generator.channels), generator.resolution)
    problem = kind.simulate(x, rng=torch.Generator().manual_seed(seed), **options)
    if isinstance(problem.operator, Mask):
        write_png(folder / "mask.png", 2.0 * problem.operator.mask.expand(x.shape[1:])[:1] - 1)
    if "matrix" in options or args.problem == "sense":
        kind_of_matrix = options.get("matrix", "circulant")
        write_measurements(folder / "measurements.safetensors", problem, kind=kind_of_matrix, seed=seed)
    return framed(problem, made_by(generator)), x


def given(args: Namespace, kind: Kind, generator: Generator) -> InverseProblem:
    """The problem of what a user has."""
    flags = _flags(kind.make)
    if "operator" in flags:  # which only a file of measurements can bring
        _options(args, {}, generator.resolution)
        problem = read_measurements(args.input)
    else:
        options = _options(args, flags, generator.resolution)
        y = read_input(args.input, generator.channels)
        y = _padded(args, y, generator.resolution // max(1, options.get("factor", 1)))
        problem = kind.make(y, **options)
    return framed(problem, made_by(generator))


def truth_of(args: Namespace, problem: InverseProblem, generator: Generator) -> Tensor | None:
    """The image that the result will be scored against; no solver sees it."""
    if args.truth is None:
        return None
    truth = _padded(args, read_input(args.truth, generator.channels), generator.resolution)
    wanted, got = ("{} x {}".format(*shape) for shape in (problem.operator.in_shape[1:], truth.shape[2:]))
    if wanted != got:
        raise ValueError(f"`--truth {args.truth}` must be of the restored size {wanted}, got {got}.")
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


def _padded(args: Namespace, image: Tensor, side: int) -> Tensor:
    return centred(image, (side, side), fill=-1.0) if args.pad else image
