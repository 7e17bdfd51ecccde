"""Where a run is computed: picking a device, what is the same on all of them, and what a record says of it.

The same on every device: whatever a seed draws (the operator A, added noise, the first latent) is drawn on the CPU by
one `torch.Generator` and moved, so that a seed poses the same problem everywhere and starts from the same point.
Nothing on a device is float64, which MPS lacks, unless the network that is run is.

What differs, from the first step on by rounding and after hundreds of steps visibly: the order in which sums are
reduced, the algorithm of a convolution, and on the CPU the number of threads. On one machine, device and number of
threads a CPU run repeats itself bit for bit; on CUDA atomic additions may not.
"""

import ctypes
import os
import platform
import sys
from pathlib import Path

import torch

DEVICES = ("auto", "cpu", "cuda", "mps")


def pick_device(name: str) -> str:
    """The device that `--device name` means: `auto` is CUDA, else the CPU.

    `auto` leaves MPS aside, whose operators are not all there and whose results were compared with nothing.

    Raises:
        ValueError: for a name that is none of DEVICES, and for a device that this machine has not.
    """
    if name not in DEVICES:
        raise ValueError(f"`--device` must be one of {', '.join(DEVICES)}, got {name!r}.")
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there[name]:
        raise ValueError(f"`--device {name}`: this machine has none; --device cpu works everywhere.")
    return name


def set_precision(*, tf32: bool = False, tune: bool = False) -> None:
    """Say how CUDA computes in float32, for the whole process; other devices are not concerned.

    Args:
        tf32: round the inputs of products to 10 bits of mantissa, in matrices and convolutions alike. Faster, with
            errors of 1e-3 where float32 has 1e-7: off unless asked for, in convolutions too, where torch has it on.
        tune: let cuDNN time its algorithms for each new shape and keep the fastest: faster from the second step on, but
            which one wins, and with it the last bits, may change from run to run.
    """
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cudnn.benchmark = tune


def describe(device: str) -> dict[str, object]:
    """What run.json says of the device: its name, bytes of memory, and the versions and settings results depend on."""
    about = {"device": device, "name": _processor(), "memory": total_memory(), "threads": torch.get_num_threads()}
    about["torch"] = torch.__version__
    if device == "cuda":
        card = torch.cuda.get_device_properties(torch.cuda.current_device())
        about |= {"name": card.name, "memory": card.total_memory, "capability": f"{card.major}.{card.minor}"}
        about |= {"cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version()}
        about |= {"tf32": torch.backends.cudnn.allow_tf32, "tuned": torch.backends.cudnn.benchmark}
    return about


def total_memory() -> int | None:
    """Bytes of this machine's memory; None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf, others not every name
        return None


def keep_memory() -> bool:
    """Let the C library keep what is freed, so that large activations are not faulted in anew in every step.

    With glibc a step at 1024 px takes about half as long; the process stays as large as it was at its peak. What was
    allocated before is not concerned, so call it first.

    Returns:
        Whether the C library could be asked: only glibc can.
    """
    if sys.platform != "linux":
        return False
    allocator = getattr(ctypes.CDLL(None), "mallopt", None)
    if allocator is None:
        return False
    never_by_mmap = allocator(-4, 0)  # M_MMAP_MAX
    never_trimmed = allocator(-1, -1)  # M_TRIM_THRESHOLD
    return never_by_mmap == never_trimmed == 1


def _processor() -> str:
    """The processor's name as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
