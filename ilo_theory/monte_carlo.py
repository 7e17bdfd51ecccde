"""Batches of independent trials, on one core, on all of them, or on a Dask cluster: the same numbers everywhere.

A batch has a fixed size and a seed of its own, drawn in order from the caller's generator, and one torch thread:
who computes it, and when, changes no bit of the result.
"""

import logging
import os
import pickle
import re
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from multiprocessing import forkserver, get_context
from typing import TypeVar

import torch

Result = TypeVar("Result")
Map = Callable[..., Iterator]

PATIENCE = 5.0
"""Seconds that a scheduler has to answer, and to show a worker; a lost one may take twice as long to come back."""

_MAP: ContextVar[Map] = ContextVar("map", default=map)


class WorkersLost(Exception):
    """The workers cannot be reached, or died and were not replaced: the machine's failure, not the computation's."""


def batches(
    trials: Callable[..., Result], count: int, *, size: int, rng: torch.Generator, **parameters
) -> list[Result]:
    """Run `count` trials, `size` in a batch and the rest in the last one, on the workers in force.

    Args:
        trials: a function of a module, called as trials(size, rng=..., **parameters); what it takes and returns can be
            pickled. It computes with torch, which has one thread in it.
        count, size: numbers of trials, >= 1.
        rng: draws one seed a batch.
        parameters: the same for every batch, and small: each takes them along.

    Returns:
        What each batch returned, in order.

    Raises:
        ValueError: for other numbers.
        WorkersLost: if the workers in force are no more.
    """
    if not (count >= 1 and size >= 1):
        raise ValueError(f"`batches(count=..., size=...)` must be >= 1, got {count} and {size}.")
    sizes = [size] * (count // size) + [count % size] * (count % size > 0)
    seeds = torch.randint(2**63 - 1, (len(sizes),), generator=rng).tolist()
    return [*spread(partial(_batch, trials, parameters), sizes, seeds)]


def spread(function: Callable[..., Result], *columns: Sequence) -> Iterator[Result]:
    """Call a function of a module on each row of `columns` on the workers in force, with one torch thread, in order.

    Raises:
        WorkersLost: if the workers in force are no more.
    """
    with one_thread():
        yield from _MAP.get()(partial(_alone, function), *columns)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute with one thread in this process, so that the number of cores changes no bit."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _alone(function: Callable[..., Result], *arguments) -> Result:
    torch.set_num_threads(1)
    return function(*arguments)


def _batch(trials: Callable[..., Result], parameters: dict, size: int, seed: int) -> Result:
    return trials(size, rng=torch.Generator().manual_seed(seed), **parameters)


# --- Where they run ---------------------------------------------------------------------------------------------------


@contextmanager
def processes(count: int, *, preload: Sequence[str] = ("torch",)) -> Iterator[None]:
    """Run batches on `count` processes of this machine; 1 means this process.

    Args:
        count: number of processes, >= 1.
        preload: modules imported once, in the server from which all processes are forked.
    """
    if count == 1:
        yield
        return
    context = get_context("forkserver")  # forking this process, which has threads, could block for ever
    context.set_forkserver_preload([*preload])
    with _environment("OMP_NUM_THREADS", "1"):
        forkserver.ensure_running()
    with ProcessPoolExecutor(count, mp_context=context, initializer=_ignore_interrupts) as pool:

        def mapped(function: Callable, *columns: Sequence) -> Iterator:
            # Bytes both ways: torch would hand each tensor over by a file descriptor, and those run out.
            call = partial(_pickled, pickle.dumps(function))
            try:
                yield from map(pickle.loads, pool.map(call, *columns))
            except BrokenProcessPool as error:
                raise WorkersLost("a worker process was killed, perhaps for want of memory") from error

        with _in_force(mapped):
            yield


def _pickled(function: bytes, *arguments) -> bytes:
    return pickle.dumps(pickle.loads(function)(*arguments))


def _ignore_interrupts() -> None:
    """Ctrl-C reaches the whole group of processes, and the first of them answers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def cluster(address: str) -> Iterator[None]:
    """Run batches on the workers of a Dask scheduler; what a lost worker had is done again by another.

    Args:
        address: "tcp://host:port" or "host:port".

    Raises:
        ValueError: for an address of another form.
        WorkersLost: if there is no such cluster, it has other software than this process, or it is lost on the way.
    """
    if not re.fullmatch(r"(tcp://)?([\w.-]+|\[[\w:.%]+\]):\d{1,5}", address):
        raise ValueError(f"`cluster(address=...)` must be tcp://host:port, got {address!r}.")
    with _connected(address) as client:
        _check(client)
        with _in_force(partial(_mapped, client)):
            yield


def _connected(address: str):
    """A client; that something listens is asked first, for a client would knock until its patience ends."""
    try:
        from distributed import Client
    except ImportError as error:
        raise WorkersLost(f"a cluster needs dask.distributed, the extra `cluster` of this package: {error}") from error
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is raised, in one line
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), PATIENCE).close()
        return Client(address, timeout=PATIENCE, set_as_default=False)
    except Exception as error:  # what is no scheduler may answer anything
        raise WorkersLost(f"no Dask scheduler answers at {address}: {error}") from error


def _check(client) -> None:
    """Workers must be there, and have the torch of this process: another one may round differently."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
        versions = {*client.run(_version).values()}
    except (OSError, ImportError) as error:
        raise WorkersLost(f"the cluster has no worker with this package: {error}") from error
    if versions != {_version()}:
        raise WorkersLost(f"the cluster has torch {', '.join(versions)}, this process {_version()}: bits would differ")


def _version() -> str:
    return torch.__version__


def _mapped(client, function: Callable, *columns: Sequence) -> Iterator:
    from distributed import CancelledError, KilledWorker
    from distributed.comm import CommClosedError

    gone = "the cluster was lost: its scheduler does not answer any more"
    if client.status != "running":
        raise WorkersLost(gone)
    try:
        for future in client.map(function, *columns, pure=False):
            yield _awaited(client, future)
    except KilledWorker as error:
        raise WorkersLost("a batch took several workers of the cluster down, perhaps for want of memory") from error
    except (CancelledError, CommClosedError) as error:
        raise WorkersLost(gone) from error


def _awaited(client, future) -> object:
    """The result, waited for as long as there is a worker; the scheduler does again what a lost one had."""
    rounds = 0
    while rounds < 2:
        try:
            return future.result(timeout=PATIENCE)
        except TimeoutError:
            if future.status == "error":  # its own
                raise
            rounds = 0 if client.scheduler_info().get("workers") else rounds + 1
    raise WorkersLost("the cluster was lost: no worker is left")


@contextmanager
def _in_force(mapped: Map) -> Iterator[None]:
    token = _MAP.set(mapped)
    try:
        yield
    finally:
        _MAP.reset(token)


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    """The variable has the value for the processes started here."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        del os.environ[name]
        os.environ.update({name: before} if before is not None else {})
