"""Batches of independent trials, on one core, on all of them, or on a Dask cluster: the same numbers everywhere.

A batch has a fixed size and a seed of its own, drawn in order from the caller's generator, and one torch thread:
who computes it, and when, changes no bit of the result.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from multiprocessing import get_context
from typing import TypeVar

import torch

Result = TypeVar("Result")
Map = Callable[..., Iterator]

_MAP: ContextVar[Map] = ContextVar("map", default=map)


def batches(
    trials: Callable[..., Result], count: int, *, size: int, rng: torch.Generator, **parameters
) -> list[Result]:
    """Run `count` trials, `size` in a batch and the rest in the last one, on the workers in force.

    Args:
        trials: a function of a module, called as trials(size, rng=..., **parameters); what it takes and returns can be
            pickled.
        count, size: numbers of trials, >= 1.
        rng: draws one seed a batch.
        parameters: the same for every batch.

    Returns:
        What each batch returned, in order.

    Raises:
        ValueError: for other numbers.
    """
    if not (count >= 1 and size >= 1):
        raise ValueError(f"`batches(count=..., size=...)` must be >= 1, got {count} and {size}.")
    sizes = [size] * (count // size) + [count % size] * (count % size > 0)
    seeds = torch.randint(2**63 - 1, (len(sizes),), generator=rng).tolist()
    return [*_MAP.get()(partial(_batch, trials, parameters), sizes, seeds)]


def _batch(trials: Callable[..., Result], parameters: dict, size: int, seed: int) -> Result:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return trials(size, rng=torch.Generator().manual_seed(seed), **parameters)
    finally:
        torch.set_num_threads(threads)


@contextmanager
def processes(count: int) -> Iterator[None]:
    """Run batches on `count` processes of this machine; 1 means this process."""
    if count == 1:
        yield
        return
    with ProcessPoolExecutor(count, mp_context=get_context("forkserver")) as pool, _in_force(pool.map):
        yield


@contextmanager
def cluster(address: str) -> Iterator[None]:
    """Run batches on the workers of a Dask scheduler, "tcp://host:port"; what a lost worker had is done again.

    Raises:
        OSError: if no scheduler answers there.
    """
    from dask.distributed import Client

    with Client(address, set_as_default=False) as client:

        def mapped(function: Callable, *columns: list) -> Iterator:
            return iter(client.gather(client.map(function, *columns, pure=False, retries=3)))

        with _in_force(mapped):
            yield


@contextmanager
def _in_force(mapped: Map) -> Iterator[None]:
    token = _MAP.set(mapped)
    try:
        yield
    finally:
        _MAP.reset(token)
