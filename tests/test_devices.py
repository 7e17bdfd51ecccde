"""Devices: what a name means, what a seed gives on any of them, what a record says."""

import json
import os
import subprocess
import sys

import pytest
import torch

from ilo_practice import devices
from ilo_theory.ilo import Round, ilo
from ilo_theory.operators import PartialCirculant
from tests.tiny import tiny


@pytest.mark.parametrize(
    ("cuda", "mps", "chosen"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "cpu"), (False, False, "cpu")],
)
def test_auto_is_cuda_or_the_cpu(monkeypatch, cuda, mps, chosen):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert devices.pick_device("auto") == chosen
    for name, there in (("cpu", True), ("cuda", cuda), ("mps", mps)):
        if there:
            assert devices.pick_device(name) == name
        else:
            with pytest.raises(ValueError, match=rf"^`--device {name}`: this machine has none; --device cpu works"):
                devices.pick_device(name)


def test_unknown_device_is_refused():
    with pytest.raises(ValueError, match=r"^`--device` must be one of auto, cpu, cuda, mps, got 'tpu'\.$"):
        devices.pick_device("tpu")


class Drawn(torch.utils._python_dispatch.TorchDispatchMode):
    """Collects what random numbers are drawn, and where."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if torch.Tag.nondeterministic_seeded in function.tags:
            self.calls.append((function.overloadpacket.__name__, tuple(result.shape), result.device.type))
        return result


def drawn(device):
    """What is drawn when a problem is posed and its restoration begins, for images and a network on the device."""
    seen, rng = Drawn(), torch.Generator().manual_seed(7)
    network, x = tiny(3, 3).to(device), torch.zeros(1, 3, 16, 16, device=device)
    with seen:
        operator = PartialCirculant.draw(20, tuple(x.shape[1:]), rng=rng).to(device)
        latent = network.init_codes(1, rng=rng)
    return seen.calls, operator, latent, rng.get_state()


def test_a_seed_draws_the_same_on_every_device():
    """On the device without numbers the same is drawn, on the CPU, and ends up where the network is."""
    here, operator, latent, state = drawn("cpu")
    there, moved, far, far_state = drawn("meta")
    assert here == there
    assert {device for _, _, device in here} == {"cpu"}
    assert torch.equal(state, far_state)
    assert {value.device.type for value in [*far.values(), *moved.buffers()]} == {"meta"}
    assert {key: value.shape for key, value in latent.items()} == {key: value.shape for key, value in far.items()}
    assert operator.row.abs().sum() > 0


class NoDoubles(torch.utils._python_dispatch.TorchDispatchMode):
    """Refuses float64 on any device but the CPU."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for value in result if isinstance(result, tuple | list) else [result]:
            if isinstance(value, torch.Tensor) and value.device.type != "cpu":
                assert value.dtype not in (torch.float64, torch.complex128), function
        return result


def test_no_float64_reaches_a_device():
    """The step's rate is the one number that comes from the host; it has the precision of the run."""
    network = tiny(2)
    told = []
    objective = lambda image, latent, *, rng: image.square().mean((1, 2, 3))  # noqa: E731
    rounds = [Round(0, 2, 0.1, ("v",), spheres={"v": (2,)}), Round(1, 2, 0.1, ("v", "x"), radii={"x": 1.0})]
    latent = network.init_codes(1, rng=torch.Generator())
    ilo(network, objective, rounds, rng=torch.Generator(), latent=latent, on_step=lambda p: told.append(p.state))
    assert {value.dtype for state in told for value in state.values() if value.is_floating_point()} == {torch.float32}
    far = network.to("meta")
    with NoDoubles():
        objective(far({key: value.to("meta") for key, value in latent.items()}), latent, rng=None)


@pytest.fixture
def precision():
    """The settings of the process, put back afterwards."""
    settings = ((torch.backends.cuda.matmul, "allow_tf32"),)
    settings += ((torch.backends.cudnn, "allow_tf32"), (torch.backends.cudnn, "benchmark"))
    before = [getattr(owner, name) for owner, name in settings]
    yield
    for (owner, name), value in zip(settings, before, strict=True):
        setattr(owner, name, value)


@pytest.mark.usefixtures("precision")
def test_precision_is_said_for_matrices_and_convolutions_alike():
    for tf32, tune in ((True, True), (False, False), (True, False)):
        devices.set_precision(tf32=tf32, tune=tune)
        assert torch.backends.cuda.matmul.allow_tf32 is tf32
        assert torch.backends.cudnn.allow_tf32 is tf32
        assert torch.backends.cudnn.benchmark is tune
    devices.set_precision()
    assert torch.backends.cudnn.allow_tf32 is False, "torch's own default would round convolutions"


def test_record_of_the_cpu():
    about = devices.describe("cpu")
    assert json.loads(json.dumps(about)) == about
    assert about["threads"] == torch.get_num_threads()
    assert about["torch"] == torch.__version__
    assert about["memory"] == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert about["name"]


def test_record_of_a_card(monkeypatch):
    card = type("Card", (), {"name": "A card", "total_memory": 80 * 2**30, "major": 9, "minor": 0})
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: card)
    about = devices.describe("cuda")
    assert (about["name"], about["memory"], about["capability"]) == ("A card", 80 * 2**30, "9.0")
    assert {"cuda", "cudnn", "tf32", "tuned", "threads"} <= about.keys()
    json.dumps(about)


FAULTS = """
import resource, sys, torch
from ilo_practice.devices import keep_memory
torch.set_num_threads(1)
if sys.argv[1] == "keep":
    assert keep_memory()
for _ in range(12):
    torch.ones(10_000_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(12):
    torch.ones(10_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_kept_memory_is_not_faulted_in_again(monkeypatch):
    """Twelve tensors of 40 MB: without it every page of each is faulted in, at least once in 2 MB."""
    faults = {}
    for how in ("keep", "plain"):
        ran = subprocess.run([sys.executable, "-c", FAULTS, how], capture_output=True, text=True, check=True)
        faults[how] = int(ran.stdout)
    assert faults["keep"] < 100 < 12 * 19 <= faults["plain"]
    monkeypatch.setattr(sys, "platform", "darwin")
    assert devices.keep_memory() is False
