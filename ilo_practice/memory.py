"""How much memory a restoration takes at its peak, found without computing it, and whether so much is free.

A step is run on tensors that have shapes and no numbers (torch's fake tensors), and every storage is followed from its
birth to its end, through the backward pass. What a program's tensors take is so counted exactly; what a library takes
inside of a convolution is counted as one more copy of all that it reads and writes.
"""

import copy
import os
import re
import subprocess
import sys
import warnings
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeCopyMode, FakeTensor, FakeTensorMode
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ilo_theory.generators import Generator, Latent
from ilo_theory.ilo import Objective, Round

MEMORY_INFO = Path("/proc/meminfo")
CONTAINERS = (  # the limit of a container, what it uses, what of that is given back when asked for: cgroups 2 and 1
    ("memory.max", "memory.current", "memory.stat", "inactive_file"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat", "total_inactive_file"),
)
CGROUP = Path("/sys/fs/cgroup")
LIBRARIES = 2**26  # bytes that they set up at a first step: generated code, packed weights, room between allocations
CONVOLUTIONS = ("convolution", "convolution_backward")


@dataclass(frozen=True)
class Estimate:
    """Bytes at the peak of a step, by what they hold."""

    weights: int  # the network's, and what the objective holds: there already when a run begins
    activations: int  # what the forward pass leaves for the backward pass
    workspace: int  # what comes and goes beside them: gradients, temporaries, a library's copies
    optimiser: int  # latents, their best values and the centres of balls, the moments of Adam

    @property
    def total(self) -> int:
        return self.weights + self.activations + self.workspace + self.optimiser

    @property
    def needed(self) -> int:
        """What must be free once the weights are loaded."""
        return self.total - self.weights

    def __str__(self) -> str:
        parts = ("weights", "activations", "workspace", "optimiser")
        return f"{gigabytes(self.total)} (" + ", ".join(f"{p} {gigabytes(getattr(self, p))}" for p in parts) + ")"


def peak_memory(
    generator: Generator, objective: Objective, rounds: Sequence[Round], latent: Latent, *, compute: bool = False
) -> Estimate:
    """The peak of `ilo(generator, objective, rounds, latent=latent)`: that of its hungriest round.

    Args:
        generator: on any device; a checkpointed one is followed as it is.
        objective: made of modules and dataclasses, of which copies without numbers can be made.
        rounds: of the run.
        latent: where it begins, at `rounds[0].start`, all images and starts in its batch; only shapes count.
        compute: run a step of every round with its numbers: of a small network that is quicker than to do without.

    Of what a process grew by on the CPU in one step of a random StyleGAN-2 of 64, 256 and 1024 px the estimate was
    0.94 to 1.06 times as much; trust it within 0.7 to 1.5. CUDA's own context, some half a gigabyte, is not in it.
    """
    point = dict(latent)
    if compute:
        return _hungriest(generator, objective, rounds, point)
    with FakeCopyMode(fake := FakeTensorMode()):
        generator, objective, point = copy.deepcopy((generator, objective, point))
    with fake, Unread(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Accessing the data pointer of FakeTensor")  # where Unread is not asked
        return _hungriest(generator, objective, rounds, point)


def _hungriest(generator: Generator, objective: Objective, rounds: Sequence[Round], point: Latent) -> Estimate:
    estimates, level, asked = [], rounds[0].start, set()
    for round in rounds:
        if round.start > level:
            with torch.no_grad(), Ledger(given=point.values()):
                point, level = generator(point, level, round.start), round.start
        if (what := (round.start, round.variables)) not in asked:
            asked.add(what)
            estimates.append(_of_round(generator, objective, round, point))
    return max(estimates, key=lambda estimate: estimate.total)


def _of_round(generator: Generator, objective: Objective, round: Round, point: Latent) -> Estimate:
    moved = {key: point[key].detach().clone().requires_grad_() for key in round.variables}
    with Ledger(given=[*point.values(), *moved.values()]) as ledger, torch.enable_grad():
        loss = objective(generator({**point, **moved}, round.start), {**point, **moved}, rng=torch.Generator()).sum()
        saved = ledger.live
        torch.autograd.grad(loss, list(moved.values()), allow_unused=True)
    of_network = {tensor.untyped_storage() for tensor in (*generator.parameters(), *generator.buffers())}
    weights = sum(storage.nbytes() for storage in of_network | ledger.constants)
    # the point, the best of the run; of what moves the best of the round, the ball's centre, two moments
    latents = 2 * _bytes(point.values()) + 4 * _bytes(moved.values())
    return Estimate(weights, saved, max(ledger.peak - saved, 0) + LIBRARIES, latents)


class Unread(TorchFunctionMode):
    """Gives addresses of tensors without numbers, which have none, to what tells tensors apart by them."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function is Tensor.data_ptr:
            return id(args[0])
        return function(*args, **(kwargs or {}))


class Ledger(TorchDispatchMode):
    """Counts the bytes of the storages that operations make while they are in use.

    Args:
        given: tensors that are there before and counted elsewhere.
    """

    def __init__(self, given: Iterable[Tensor]):
        super().__init__()
        self.given = {tensor.untyped_storage() for tensor in given}
        self.constants: set[torch.UntypedStorage] = set()
        self.alive: weakref.WeakSet[torch.UntypedStorage] = weakref.WeakSet()
        self.live = self.peak = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function is torch.ops.aten._local_scalar_dense.default and isinstance(args[0], FakeTensor):
            return 0.0  # nobody knows it; what a program asks of its numbers it asks to refuse them
        inputs = _storages((args, kwargs))
        self.constants |= {s for s in inputs if s not in self.alive and s not in self.given}
        result = function(*args, **(kwargs or {}))
        outputs = _storages(result)
        for storage in outputs:
            if storage not in self.alive and storage not in self.given and storage not in self.constants:
                self.alive.add(storage)
                self.live += storage.nbytes()
                weakref.finalize(storage, self._free, storage.nbytes())
        inside = 0
        if function.overloadpacket.__name__ in CONVOLUTIONS:
            inside = sum(storage.nbytes() for storage in inputs | outputs)
        self.peak = max(self.peak, self.live + inside)
        return result

    def _free(self, size: int) -> None:
        self.live -= size


def _storages(values: object) -> set[torch.UntypedStorage]:
    return {leaf.untyped_storage() for leaf in tree_leaves(values) if isinstance(leaf, Tensor)}


def _bytes(values: Iterable[Tensor]) -> int:
    return sum(value.numel() * value.element_size() for value in values)


def free_memory(device: str) -> int | None:
    """Bytes that this process can still take on a device; None where the system does not say.

    On the CPU that is what is available, cached files included, within the limit of the container that it runs in; on
    CUDA what no process holds and what torch's own cache has to spare.
    """
    if device == "cuda":
        free, _ = torch.cuda.mem_get_info()
        return free + torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
    if device == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    known = [value for value in (_available(), _left_in_container()) if value is not None]
    return min(known, default=None)


def check_memory(estimate: Estimate, free: int | None, *, checkpointing: bool = False) -> None:
    """Refuse a run that would not fit, before its first step.

    Args:
        estimate: of `peak_memory`, the weights being loaded.
        free: of `free_memory`; None, not known, refuses nothing.
        checkpointing: whether the estimate is of a checkpointed run already.

    Raises:
        MemoryError: in one line, saying what is needed, what is free and what can be done.
    """
    if free is None or estimate.needed <= free:
        return
    ways = ["fewer restarts or images at once", "another --device"]
    ways = ways if checkpointing else ["--checkpointing", *ways]
    raise MemoryError(
        f"a step needs about {gigabytes(estimate.needed)} of memory beside the weights, and {gigabytes(free)} are "
        f"free: try {', '.join(ways[:-1])} or {ways[-1]}."
    )


def gigabytes(size: int) -> str:
    """A size in units of 10^9 bytes, three digits."""
    return f"{size / 1e9:.3g} GB"


def _available() -> int | None:
    """Of the whole machine: what Linux counts as available, on macOS what is free, inactive or speculative."""
    if sys.platform == "darwin":
        return pages_of(subprocess.run(["vm_stat"], capture_output=True, text=True, check=True).stdout)
    try:
        fields = dict(line.split(":") for line in MEMORY_INFO.read_text().splitlines())
        return 1024 * int(fields["MemAvailable"].split()[0])
    except (OSError, KeyError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def pages_of(vm_stat: str) -> int | None:
    """Bytes that macOS has to spare, of what its command vm_stat prints."""
    size = re.search(r"page size of (\d+) bytes", vm_stat)
    counts = re.findall(r"^Pages (?:free|inactive|speculative):\s+(\d+)\.", vm_stat, re.MULTILINE)
    return int(size[1]) * sum(map(int, counts)) if size and counts else None


def _left_in_container() -> int | None:
    """What the limit of a container leaves; None where there is none."""
    for limit, usage, statistics, reclaimable in CONTAINERS:
        try:
            most = (CGROUP / limit).read_text().strip()
            used = int((CGROUP / usage).read_text())
            fields = dict(line.split() for line in (CGROUP / statistics).read_text().splitlines())
        except OSError:
            continue
        if most != "max":
            return max(int(most) - used + int(fields.get(reclaimable, 0)), 0)
    return None
