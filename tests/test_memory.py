"""The estimate of memory beside what a process grew by, what is free, and the line that refuses a run."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from ilo_practice import memory
from ilo_practice.memory import Estimate, check_memory, free_memory, pages_of, peak_memory
from ilo_practice.stylegan2.checkpointing import checkpointed
from ilo_theory.generators import Chain
from ilo_theory.ilo import Round, ilo
from tests.peak_rss import MeanSquare
from tests.tiny import tiny
from tests.toys import seeded


@pytest.mark.parametrize("checkpointed", [False, True])
def test_estimate_is_near_what_a_process_grows_by(checkpointed):
    """Of a thin network, in a process of its own; the ratios at full size are in the docstring of `peak_memory`."""
    command = [sys.executable, "-m", "tests.peak_rss", "512", "16", str(checkpointed)]
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}  # Dask leaves one
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, env=alone).stdout)
    assert 0.7 < found["needed"] / found["grown"] < 1.5, found


@dataclass(frozen=True)
class MeanOfImage:
    """An objective that holds nothing."""

    def __call__(self, image: Tensor, latent: dict, *, rng: torch.Generator) -> Tensor:
        return image.flatten(1).mean(1)


def test_known_program_is_counted_to_the_byte():
    """z -> exp z -> exp exp z: the backward pass needs both results, [2, 1000] floats of 4 bytes each."""

    class Exp(nn.Module):
        def forward(self, z):
            return z.exp()

    generator = Chain(Exp(), Exp(), k=1000)
    latent = {"z": torch.zeros(2, 1000)}
    estimate = peak_memory(generator, MeanOfImage(), [Round(0, 1, 0.1, ("z",))], latent)
    values = 2 * 1000 * 4
    assert estimate.weights == 0
    assert 2 * values <= estimate.activations <= 2 * values + 64, "and a few numbers"
    # the gradients by the image, by exp z and by z, of which at most three are there at once
    assert 2 * values <= estimate.workspace - memory.LIBRARIES <= 3 * values + 64
    assert estimate.optimiser == 2 * values + 4 * values


def test_estimate_counts_what_is_there():
    network = tiny(4, 3)
    weights = sum(t.numel() * t.element_size() for t in (*network.parameters(), *network.buffers()))
    latent, y = network.init_codes(1, rng=seeded()), torch.zeros(1, 3, 32, 32)
    rounds = [Round(0, 1, 0.1, ("v",)), Round(2, 1, 0.1, ("v",))]
    estimate = peak_memory(network, MeanSquare(y), rounds, latent)
    more = peak_memory(network, MeanSquare(y.expand(5, -1, -1, -1)), rounds, network.init_codes(5, rng=seeded()))
    assert weights + y.numel() * 4 <= estimate.weights <= 3 * weights, "with what a frozen weight is prepared to"
    assert 4.5 < more.activations / estimate.activations <= 5.01, "five images leave five times as much"
    last = peak_memory(network, MeanSquare(y), rounds[1:], network(latent, 0, 2))
    assert (
        last.activations < estimate.activations == peak_memory(network, MeanSquare(y), rounds[:1], latent).activations
    )
    assert estimate.total == estimate.weights + estimate.needed
    assert str(estimate).startswith(f"{estimate.total / 1e9:.3g} GB (weights ")


def test_estimate_leaves_everything_as_it_was():
    """Nothing without numbers stays in what was estimated: a run before and one after it are the same."""
    network, latent = tiny(3, 3), tiny(3, 3).init_codes(1, rng=seeded())
    objective, rounds = MeanSquare(torch.zeros(1, 3, 16, 16)), [Round(0, 2, 0.1, ("v",)), Round(1, 2, 0.1, ("x",))]
    before = ilo(network, objective, rounds, rng=seeded(), latent=latent)
    state = {key: value.clone() for key, value in network.state_dict().items()}
    peak_memory(network, objective, rounds, latent)
    assert all(torch.equal(state[key], value) for key, value in network.state_dict().items())
    assert torch.equal(ilo(network, objective, rounds, rng=seeded(), latent=latent).image, before.image)


def test_estimate_with_and_without_numbers_is_one():
    """But that what is prepared of frozen weights is there already or not."""
    network = tiny(4, 3)
    latent, objective = network.init_codes(2, rng=seeded()), MeanSquare(torch.zeros(2, 3, 32, 32))
    rounds = [Round(0, 1, 0.1, ("v",)), Round(2, 1, 0.1, ("v", "x"))]
    for some in (rounds, rounds[:1], rounds[1:]):
        point = network(latent, 0, some[0].start)
        computed = peak_memory(network, objective, some, point, compute=True)
        traced = peak_memory(network, objective, some, point)
        assert (computed.workspace, computed.optimiser) == (traced.workspace, traced.optimiser)
        assert computed.total == pytest.approx(traced.total, rel=1e-3)
        assert computed.activations <= traced.activations < 1.5 * computed.activations


@pytest.mark.parametrize("start", [0, 1])
def test_checkpointed_generator_is_the_same(start):
    network = tiny(4, 3).double()
    view = checkpointed(network)
    latent = network(network.init_codes(2, rng=seeded()), 0, start)
    moved = {key: value.clone().requires_grad_() for key, value in latent.items()}
    plain, other = network(moved, start), view(moved, start)
    assert torch.equal(plain, other)
    keys = [key for key in moved if key != "rgb" or start]
    for a, b in zip(
        torch.autograd.grad(plain.square().sum(), [moved[k] for k in keys], allow_unused=True),
        torch.autograd.grad(other.square().sum(), [moved[k] for k in keys], allow_unused=True),
        strict=True,
    ):
        assert (a is None) == (b is None)
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)  # the layers' parts are added in another order
    for stop in range(start, 4):
        split = view(latent, start, stop)
        assert torch.equal(view(split, stop), plain.detach())
        assert split.keys() == network(latent, start, stop).keys()
    assert (view.resolution, view.num_layers, view.noise_shapes) == (32, 4, network.noise_shapes)
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        view.nothing_of_this_name  # noqa: B018


def test_checkpointing_keeps_less():
    network = tiny(5, 3)
    latent, objective = network.init_codes(1, rng=seeded()), MeanSquare(torch.zeros(1, 3, 64, 64))
    rounds = [Round(0, 1, 0.1, ("v",))]
    plain = peak_memory(network, objective, rounds, latent)
    less = peak_memory(checkpointed(network), objective, rounds, latent)
    assert less.activations < plain.activations / 2
    assert less.needed < plain.needed


def estimate_of(needed):
    return Estimate(weights=10**9, activations=needed - 2, workspace=1, optimiser=1)


def test_what_fits_passes_and_what_does_not_is_one_line():
    check_memory(estimate_of(10**9), 10**9)
    check_memory(estimate_of(10**15), None)
    with pytest.raises(MemoryError) as refused:
        check_memory(estimate_of(2 * 10**9 + 1), 2 * 10**9 - 10**7)
    assert str(refused.value) == (
        "a step needs about 2 GB of memory beside the weights, and 1.99 GB are free: try --checkpointing, fewer "
        "restarts or images at once or another --device."
    )
    with pytest.raises(MemoryError, match=r"free: try fewer restarts or images at once or another --device\.$"):
        check_memory(estimate_of(10**12), 1, checkpointing=True)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A Linux with 8 GB available and no container, told by files that tests may add to."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(memory, "MEMORY_INFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "CGROUP", tmp_path / "cgroup")
    (tmp_path / "meminfo").write_text("MemTotal:  16000000 kB\nMemFree:  1 kB\nMemAvailable:   8000000 kB\n")
    (tmp_path / "cgroup/memory").mkdir(parents=True)
    return tmp_path


def test_free_memory_of_a_machine(machine):
    assert free_memory("cpu") == 8_000_000 * 1024


@pytest.mark.parametrize(
    ("names", "field"),
    [
        (("memory.max", "memory.current", "memory.stat"), "inactive_file"),
        (
            ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat"),
            "total_inactive_file",
        ),
    ],
)
def test_free_memory_of_a_container(machine, names, field):
    for name, content in zip(names, ("3000", "2500", f"anon 7\n{field} 400\n"), strict=True):
        (machine / "cgroup" / name).write_text(content)
    assert free_memory("cpu") == 900
    (machine / "cgroup" / names[0]).write_text(str(2**63 - 4096))
    assert free_memory("cpu") == 8_000_000 * 1024
    if names[0] == "memory.max":
        (machine / "cgroup" / names[0]).write_text("max\n")
        assert free_memory("cpu") == 8_000_000 * 1024


def test_free_memory_without_a_list_of_it(machine, monkeypatch):
    (machine / "meminfo").unlink()
    monkeypatch.setattr(memory.os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_AVPHYS_PAGES": 100}.__getitem__)
    assert free_memory("cpu") == 409_600

    def unknown(name):
        raise ValueError(name)

    monkeypatch.setattr(memory.os, "sysconf", unknown)
    assert free_memory("cpu") is None


VM_STAT = """Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                               10.
Pages active:                            999.
Pages inactive:                           20.
Pages speculative:                         3.
Pages wired down:                        777.
"""


def test_free_memory_of_a_mac(monkeypatch):
    assert pages_of(VM_STAT) == 33 * 16384
    assert pages_of("no such thing") is None
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(memory.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess("", 0, VM_STAT))
    monkeypatch.setattr(memory, "_left_in_container", lambda: None)
    assert free_memory("cpu") == 33 * 16384


def test_free_memory_of_a_card_counts_what_torch_keeps(monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (1000, 5000))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda: 300)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda: 100)
    assert free_memory("cuda") == 1200
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 900)
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: 200)
    assert free_memory("mps") == 700
