"""Batches of trials for the tests: functions of a module without other imports, which worker processes load quickly."""

import os
import signal
import time
from pathlib import Path

import torch


def moments(size: int, *, rng: torch.Generator, matrix: torch.Tensor) -> tuple[int, torch.Tensor, torch.Tensor]:
    """Sums whose last bits would show another order, another seed or another number of threads."""
    x = torch.randn(size, matrix.shape[1], generator=rng)
    return size, (x @ matrix.T).sum(0), x.square().mean()


def marked(size: int, *, rng: torch.Generator, folder: Path, seconds: float) -> float:
    """Leaves a file that names the moment and the process, then takes its time."""
    value = torch.rand(size, generator=rng).sum().item()
    (folder / f"{time.time_ns()}-{os.getpid()}").touch()
    time.sleep(seconds)
    return value


def threads(size: int, *, rng: torch.Generator) -> tuple[int, str | None]:
    """What a worker has: its threads, and the setting that libraries read when they are loaded."""
    return torch.get_num_threads(), os.environ.get("OMP_NUM_THREADS")


def killed(size: int, *, rng: torch.Generator) -> None:
    """The end of the process, as when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def wrong(size: int, *, rng: torch.Generator) -> None:
    raise ValueError("`wrong(size=...)` is always wrong.")
