"""Batches give the same bits wherever they run; a worker that dies changes nothing, or ends the run in one line."""

import importlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, nullcontext, suppress
from types import SimpleNamespace

import dask
import pytest
import torch
from distributed import LocalCluster

from ilo_theory import monte_carlo
from ilo_theory.monte_carlo import WorkersLost, batches, cluster, processes
from tests import trials


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def run():
    """Ten batches of 100 and one of 7."""
    return batches(trials.moments, 1007, size=100, rng=seeded(), matrix=torch.randn(9, 33, generator=seeded(1)))


@pytest.fixture(scope="module")
def undisturbed():
    return run()


def assert_same_bits(found, expected):
    assert len(found) == len(expected)
    for (size, total, square), (other_size, other_total, other_square) in zip(found, expected, strict=True):
        assert size == other_size
        assert torch.equal(total, other_total)
        assert torch.equal(square, other_square)


# --- The batches ------------------------------------------------------------------------------------------------------


def test_a_batch_has_its_size_and_its_own_seed(undisturbed):
    assert [size for size, *_ in undisturbed] == [100] * 10 + [7]
    assert len({square.item() for _, _, square in undisturbed}) == 11
    assert_same_bits(run(), undisturbed)


def test_the_first_batches_do_not_depend_on_how_many_follow(undisturbed):
    matrix = torch.randn(9, 33, generator=seeded(1))
    assert_same_bits(batches(trials.moments, 300, size=100, rng=seeded(), matrix=matrix), undisturbed[:3])


def test_the_generator_moves_on():
    rng = seeded()
    first, second = (batches(torch_rand, 2, size=2, rng=rng) for _ in range(2))
    assert first != second


def torch_rand(size, *, rng):
    return torch.rand(size, generator=rng).tolist()


def test_a_batch_has_one_thread_and_the_process_its_own_again():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert batches(trials.threads, 1, size=1, rng=seeded())[0][0] == 1
        with pytest.raises(ValueError, match="always wrong"):
            batches(trials.wrong, 1, size=1, rng=seeded())
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(("count", "size"), [(0, 1), (1, 0), (-1, 1)])
def test_numbers_of_trials_are_positive(count, size):
    with pytest.raises(ValueError, match=f"got {count} and {size}"):
        batches(trials.moments, count, size=size, rng=seeded())


# --- Processes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 3])
def test_any_number_of_processes_gives_the_same_bits(count, undisturbed):
    with processes(count):
        assert_same_bits(run(), undisturbed)
        assert_same_bits(run(), undisturbed)
    assert_same_bits(run(), undisturbed)


def test_processes_have_one_thread_each_and_this_one_its_environment(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    with processes(2):
        assert batches(trials.threads, 4, size=1, rng=seeded()) == [(1, "1")] * 4
    assert os.environ["OMP_NUM_THREADS"] == "7"


def test_an_error_in_a_process_is_the_error_here():
    with processes(2), pytest.raises(ValueError, match="always wrong"):
        batches(trials.wrong, 4, size=1, rng=seeded())


def test_a_killed_process_is_said_in_one_line():
    with processes(2):
        for _ in range(2):
            with pytest.raises(WorkersLost, match=r"^a worker process was killed, perhaps for want of memory$"):
                batches(trials.killed, 4, size=1, rng=seeded())


# --- A cluster --------------------------------------------------------------------------------------------------------


@contextmanager
def refused_afterwards(local):
    """A local cluster, and in the end its port is free."""
    with local:
        yield local.scheduler_address
    host, _, port = local.scheduler_address.removeprefix("tcp://").rpartition(":")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((host, int(port)), 5).close()


@pytest.fixture(scope="module")
def address():
    """The scheduler of two worker processes."""
    two = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0")
    with refused_afterwards(two) as address:
        yield address


def test_a_cluster_gives_the_same_bits(address, undisturbed):
    with cluster(address):
        assert_same_bits(run(), undisturbed)
    with cluster(address.removeprefix("tcp://")):
        assert_same_bits(run(), undisturbed)
        with pytest.raises(ValueError, match="always wrong"):
            batches(trials.wrong, 1, size=1, rng=seeded())
    assert_same_bits(run(), undisturbed)


def test_a_killed_worker_changes_nothing(address, tmp_path):
    alone, two = tmp_path / "alone", tmp_path / "two"
    alone.mkdir()
    two.mkdir()
    expected = batches(trials.marked, 36, size=3, rng=seeded(), folder=alone, seconds=0)
    victims = []

    def kill_one():
        """The one that began a batch just now, once both have begun one."""
        seen = []
        while len({process for _, process in seen}) < 2:
            time.sleep(0.01)
            seen = sorted((int(when), int(process)) for when, process in (p.name.split("-") for p in two.iterdir()))
        os.kill(seen[-1][1], signal.SIGKILL)
        victims.append(seen[-1][1])

    killer = threading.Thread(target=kill_one, daemon=True)
    killer.start()
    with cluster(address):
        found = batches(trials.marked, 36, size=3, rng=seeded(), folder=two, seconds=0.3)
    killer.join()
    assert found == expected
    begun = [int(path.name.split("-")[1]) for path in two.iterdir()]
    assert victims[0] in begun
    assert len(begun) > 12  # what it had was done again


def test_a_batch_that_kills_its_workers_is_given_up(monkeypatch):
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        one = LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0")
    with refused_afterwards(one) as address, cluster(address), pytest.raises(WorkersLost, match="for want of memory"):
        batches(trials.killed, 1, size=1, rng=seeded())


def test_a_lost_scheduler_ends_the_run(monkeypatch, tmp_path):
    script = (
        "import sys; from distributed import LocalCluster\n"
        "if __name__ == '__main__':\n"
        "    one = LocalCluster(n_workers=1, processes=False, protocol='tcp://', dashboard_address=':0')\n"
        "    print(one.scheduler_address, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        address = process.stdout.readline().decode().strip()
        with cluster(address):
            monkeypatch.setattr(monte_carlo, "PATIENCE", 1.0)  # a busy machine takes longer to connect
            timer = threading.Timer(0.5, process.kill)
            timer.start()
            with pytest.raises(WorkersLost, match="its scheduler does not answer any more"):
                batches(trials.marked, 1000, size=1, rng=seeded(), folder=tmp_path, seconds=0.1)
            with pytest.raises(WorkersLost, match="the cluster was lost"):
                run()
        timer.join()


def test_a_cluster_without_workers_is_refused(monkeypatch):
    monkeypatch.setattr(monte_carlo, "PATIENCE", 0.5)
    none = LocalCluster(n_workers=0, processes=False, protocol="tcp://", dashboard_address=":0")
    words = "no worker with this package"
    with refused_afterwards(none) as address, pytest.raises(WorkersLost, match=words), cluster(address):
        pass


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda _: {"one": "2.0", "two": torch.__version__}, r"the cluster has torch .*2\.0"),
        (
            lambda function: {"one": importlib.import_module("no_such_package")},
            "no worker with this package: No module",
        ),
    ],
)
def test_workers_without_this_package_or_this_torch_are_refused(monkeypatch, answer, words):
    client = SimpleNamespace(run=answer, wait_for_workers=lambda *_, **__: None)
    monkeypatch.setattr(monte_carlo, "_connected", lambda _: nullcontext(client))
    with pytest.raises(WorkersLost, match=words), cluster("127.0.0.1:1"):
        pass


@contextmanager
def listening(answer: bytes):
    """A port of this machine that gives every caller the same answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            with suppress(OSError):  # the server was closed
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_what_is_no_scheduler_is_refused(monkeypatch, answer):
    monkeypatch.setattr(monte_carlo, "PATIENCE", 0.5)
    with listening(answer) as address, pytest.raises(WorkersLost, match=f"answers at {address}"), cluster(address):
        pass


@pytest.mark.parametrize("address", ["127.0.0.1:1", "tcp://127.0.0.1:1", "[::1]:1", "127.0.0.1:99999"])
def test_where_nobody_listens_is_refused_at_once(address):
    start = time.monotonic()
    with pytest.raises(WorkersLost, match="no Dask scheduler answers at"), cluster(address):
        pass
    assert time.monotonic() - start < 10


@pytest.mark.parametrize(
    "address", ["", "here", "127.0.0.1", ":8786", "tcp://a:b", "http://127.0.0.1:1", "a:1:2", "a b:1"]
)
def test_an_address_is_host_and_port(address):
    with pytest.raises(ValueError, match=r"must be tcp://host:port, got '"), cluster(address):
        pass


def test_without_dask_a_cluster_says_what_it_needs(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(WorkersLost, match=r"needs dask\.distributed, the extra `cluster`"), cluster("127.0.0.1:1"):
        pass
