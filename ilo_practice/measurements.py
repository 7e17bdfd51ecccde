"""Files of random projections: y, and what draws A again (its kind, m, the image's shape, the seed)."""

import json
from math import prod
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ilo_practice.images import write_atomically
from ilo_practice.problems import InverseProblem, sensing
from ilo_practice.simulation import MATRICES
from ilo_theory.operators import LinearOperator

NEEDED = ("y", "kind", "m", "shape", "seed")


def write_measurements(path: str | Path, problem: InverseProblem, *, kind: str, seed: int) -> None:
    """Write the sensing problem of one image as .safetensors: the tensor y [m], the rest as JSON in the header.

    Args:
        path: of the file.
        problem: whose operator is the first thing that a generator of random numbers of this seed drew.
        kind: of the operator, a key of `MATRICES`.
        seed: that drew it.
    """
    about = {"kind": kind, "m": problem.m, "shape": problem.operator.in_shape, "seed": seed, "sigma": problem.sigma}
    tensors = {"y": problem.y[0].cpu(), "check": fingerprint(problem.operator)}
    write_atomically(path, save(tensors, {key: json.dumps(value) for key, value in about.items()}))


def read_measurements(path: str | Path) -> InverseProblem:
    """The sensing problem in a .safetensors file such as the above, or a .npz with the same names; A is drawn again.

    `sigma` may be missing, and so may `check`, a few numbers that tell one A from another.

    Raises:
        ValueError: for a file that lacks anything else, for values that are not finite, and where the seed draws
            another A here than the one that was measured with.
    """
    call = f"`read_measurements({str(path)!r})`"
    if not Path(path).is_file():
        raise FileNotFoundError(f"{call}: there is no such file.")
    try:
        found = _from_npz(path) if Path(path).suffix == ".npz" else _from_safetensors(path)
        if missing := [name for name in NEEDED if name not in found]:
            raise ValueError(f"it lacks {missing[0]!r}")
        y = torch.as_tensor(found["y"], dtype=torch.float32)
        kind, m, seed, sigma = str(found["kind"]), int(found["m"]), int(found["seed"]), float(found.get("sigma", 0))
        shape = tuple(int(size) for size in found["shape"])
        if kind not in MATRICES or len(shape) != 3:
            raise ValueError(f"kind must be of {sorted(MATRICES)} and shape be [C, H, W], got {kind!r}, {list(shape)}")
    except (SafetensorError, BadZipFile, OSError, EOFError, TypeError, ValueError) as error:
        raise ValueError(f"{call} is not a file of measurements: {error}") from None
    operator = MATRICES[kind](m, shape, rng=torch.Generator().manual_seed(seed))
    if "check" in found:
        check = torch.as_tensor(found["check"], dtype=torch.float32)
        if not torch.allclose(fingerprint(operator), check, rtol=1e-3, atol=1e-4):
            raise ValueError(f"{call}: seed {seed} draws another A here than the one that was measured with.")
    return sensing(y[None], operator, sigma=sigma)


def fingerprint(operator: LinearOperator) -> Tensor:
    """The first eight numbers of A, on the CPU, applied to a ramp: another A gives others."""
    return operator(torch.linspace(-1, 1, prod(operator.in_shape)).reshape(operator.in_shape))[:8]


def _from_safetensors(path: str | Path) -> dict[str, object]:
    with safe_open(path, framework="pt") as file:
        about = {key: json.loads(value) for key, value in (file.metadata() or {}).items()}
        names = set(file.keys())
        return about | {name: file.get_tensor(name) for name in names & {"y", "check"}}


def _from_npz(path: str | Path) -> dict[str, object]:
    with np.load(path, allow_pickle=False) as file:
        return {key: value.item() if value.ndim == 0 else value for key, value in file.items()}
