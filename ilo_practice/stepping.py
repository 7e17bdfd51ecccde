"""Faster ways to run the one step of `ilo`, for its argument `step=`: compiled, or replayed as a CUDA graph.

Neither is ever required, and neither is another loop. `step=lambda f: cuda_graph(compiled(f))` is both.
"""

import importlib.util
import inspect
import os
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from ilo_theory.ilo import Round

State = dict[str, Tensor]
Step = Callable[[State], State]

COMPILATIONS = 64  # of one function, two a minimisation: torch would give up after 8, and say nothing
COMPILERS = ("g++", "clang++", "c++", "cl")


def compiled(advance: Step, *, backend: str | Callable = "inductor") -> Step:
    """The step with what it computes compiled by torch: generator and objective as one function, the projections too.

    The first two steps of every minimisation compile, for up to a minute at 1024 px. Results agree within rounding.

    Raises:
        RuntimeError: in one line, at the first step, where there is no compiler or it fails.
    """
    fast = torch.compile(lambda state: advance(state), backend=backend, dynamic=False)
    asked = backend != "inductor"

    def run(state: State) -> State:
        nonlocal asked
        if not asked:
            _need_compiler(_device_of(state))
            asked = True
        try:
            with torch._dynamo.config.patch(recompile_limit=COMPILATIONS):
                return fast(state)
        except torch._dynamo.exc.TorchDynamoException as error:
            cause = getattr(error, "inner_exception", error)
            reason = f"{type(cause).__name__}: {str(cause).strip()}".partition("\n")[0]
            raise RuntimeError(f"`--compile` failed, leave it out to run without: {reason}") from error

    return run


def graphable(rounds: Sequence[Round]) -> list[Round]:
    """The same rounds, their optimisers keeping all of their memory on the device, as `cuda_graph` needs it.

    Adam is run fused, in one kernel; it rounds otherwise than torch's default does.
    """
    return [replace(round, optimiser=_on_device(round.optimiser)) for round in rounds]


def _on_device(optimiser: Callable) -> Callable:
    known = inspect.signature(optimiser).parameters
    if "capturable" not in known:
        return optimiser
    return partial(optimiser, **{name: True for name in ("capturable", "fused") if name in known})


def cuda_graph(advance: Step) -> Step:
    """The step captured once into a CUDA graph and replayed: one launch in place of hundreds.

    A step is captured the second time that its tensors have the same names and shapes, so that whatever is set up,
    compiled or tuned at a first call is done. What the state holds is copied into fixed tensors and out of them, so
    that states stay as they were told. The graph keeps the memory of one step until its minimisation ends.

    It must not wait for the host nor take numbers from it: the rounds are those of `graphable`, and an objective that
    draws noise in every step is refused.

    Raises:
        ValueError: where there is no CUDA device.
        RuntimeError: in one line, at the first step, for one that cannot be replayed.
    """
    if not torch.cuda.is_available():
        raise ValueError("`--cuda-graph` needs a CUDA device, and this machine has none.")
    return replaying(advance, capture, watch=HostFree)


def capture(function: Callable[[], State]) -> tuple[State, Callable[[], None]]:
    """The tensors that hold what `function` gives, filled anew whenever the returned replay is called."""
    graph = torch.cuda.CUDAGraph()
    try:
        with torch.cuda.graph(graph):
            outputs = function()
    except RuntimeError as error:
        reason = str(error).strip().partition("\n")[0]
        raise RuntimeError(f"`--cuda-graph`: the step cannot be captured, run it without: {reason}") from error
    return outputs, graph.replay


def replaying(advance: Step, capture: Callable, *, watch: Callable[[], AbstractContextManager]) -> Step:
    """`cuda_graph` for any way to capture, its first step run in what `watch` gives."""
    recordings: dict[tuple, _Recording] = {}
    seen: Counter[tuple] = Counter()
    checked = False

    def run(state: State) -> State:
        nonlocal checked
        if not checked:
            _need_on_device(state)
            with torch.compiler.set_stance("force_eager"), watch():
                result = advance(state)
            checked = True
            return result
        signature = tuple(sorted((name, value.dtype, value.shape) for name, value in state.items()))
        if signature not in recordings:
            seen[signature] += 1
            if seen[signature] < 2:
                return advance(state)
            recordings[signature] = _Recording(advance, state, capture)
        return recordings[signature](state)

    return run


class _Recording:
    """One captured step, with the fixed tensors it reads and writes."""

    def __init__(self, advance: Step, state: State, capture: Callable):
        device = _device_of(state)
        self.inputs = {name: value.to(device, copy=True) for name, value in state.items()}
        self.held: dict[str, tuple[Tensor, int]] = {}  # what was copied last, so that frozen latents are copied once
        self.outputs, self.replay = capture(lambda: advance(dict(self.inputs)))

    def __call__(self, state: State) -> State:
        moved = []
        for name, value in state.items():
            mark = self.held.get(name)
            if mark is None or mark[0] is not value or mark[1] != value._version:
                self.held[name] = (value, value._version)
                moved.append(name)
        _copy([self.inputs[name] for name in moved], [state[name] for name in moved])
        self.replay()
        result = {name: torch.empty_like(value) for name, value in self.outputs.items()}
        _copy(list(result.values()), list(self.outputs.values()))
        return result


def _copy(targets: list[Tensor], sources: list[Tensor]) -> None:
    """Copy on the device in few launches; a number that lies on the CPU goes along as the argument of one."""
    near = [i for i, source in enumerate(sources) if source.device == targets[i].device]
    if near:
        torch._foreach_copy_([targets[i] for i in near], [sources[i] for i in near])
    for target, source in zip(targets, sources, strict=True):
        if source.device != target.device:
            target.fill_(source.item())


class HostFree(TorchDispatchMode):
    """Refuses operations whose result the host waits for, or that bring what the host has computed to the device."""

    WAITING = frozenset({"_local_scalar_dense", "nonzero", "is_nonzero", "equal", "masked_select", "unique"})

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = function.overloadpacket.__name__
        if name in self.WAITING:
            raise RuntimeError(f"`--cuda-graph`: the step waits for the device ({name}); run it without.")
        result = function(*args, **kwargs)
        if name in ("_to_copy", "copy_") and isinstance(result, Tensor):
            source = args[1] if name == "copy_" else args[0]
            if source.device != result.device:
                raise RuntimeError(
                    f"`--cuda-graph`: the step brings {list(source.shape)} from {source.device} to {result.device}, as "
                    "noise that is drawn in every step; run it without."
                )
        return result


def _need_on_device(state: State) -> None:
    """Refuse a state of which more than the rate is on the CPU."""
    device = _device_of(state)
    if astray := [name for name, value in state.items() if value.device != device and name != "rate"]:
        raise RuntimeError(
            f"`--cuda-graph` needs the whole state on {device}, but {astray[0]} is on {state[astray[0]].device}: run "
            "the rounds of `graphable(rounds)`."
        )


def _device_of(state: State) -> torch.device:
    return state["here_loss"].device


def _need_compiler(device: torch.device) -> None:
    """Raise RuntimeError where torch's compiler would find no compiler of its own for the device."""
    if device.type == "cpu":
        candidates = (os.environ.get("CXX"), *COMPILERS)
        if not any(name and shutil.which(name) for name in candidates):
            raise RuntimeError(f"`--compile` needs a C++ compiler ({', '.join(COMPILERS)} or $CXX), and there is none.")
    elif device.type == "cuda" and importlib.util.find_spec("triton") is None:
        raise RuntimeError("`--compile` needs the package triton on a CUDA device, and it is not installed.")
