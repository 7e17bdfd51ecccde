"""How a restoration is computed, and not what of: the flags for memory, precision, compilation and graphs."""

from argparse import Namespace
from collections.abc import Callable

import torch

from ilo_practice.devices import keep_memory, set_precision
from ilo_practice.stepping import compiled, cuda_graph, graphable
from ilo_practice.stylegan2 import StyleGAN2
from ilo_practice.stylegan2.checkpointing import checkpointed
from ilo_practice.stylegan2.precision import HALVES, in_precision
from ilo_theory.generators import Generator
from ilo_theory.ilo import Round

# As flags of the command line, and in run.json.
EXECUTION = {
    "checkpointing": {"action": "store_true", "help": "compute layers again in place of keeping them: less memory"},
    "half": {
        "choices": [str(d).removeprefix("torch.") for d in HALVES],
        "help": "blocks of 64 px on in half precision",
    },
    "compile": {"action": "store_true", "help": "compile the step first"},
    "cuda_graph": {"action": "store_true", "help": "replay the step as a CUDA graph"},
    "tf32": {"action": "store_true", "help": "products of 10-bit mantissas on CUDA"},
    "keep_memory": {"action": "store_true", "help": "have glibc keep freed memory: faster steps at 256 px and above"},
}


def prepare_process(args: Namespace, device: str) -> None:
    """What concerns the whole process, before anything is allocated; ValueError for flags that do nothing here."""
    if args.cuda_graph and device != "cuda":
        raise ValueError(f"`--cuda-graph` needs a CUDA device, got {device}.")
    if args.keep_memory and not keep_memory():
        raise ValueError("`--keep-memory` asks glibc, which is not the C library here: leave it out.")
    set_precision(tf32=args.tf32)


def executed(generator: Generator, args: Namespace) -> Generator:
    """The generator as the flags have it run: large blocks in half precision, layers computed again."""
    asked = "--checkpointing" if args.checkpointing else f"--half {args.half}"
    if (args.checkpointing or args.half) and not isinstance(generator, StyleGAN2):
        raise ValueError(f"`{asked}` is for StyleGAN-2, got {type(generator).__name__}.")
    generator = generator if args.half is None else in_precision(generator, getattr(torch, args.half))
    return checkpointed(generator) if args.checkpointing else generator


def step_of(args: Namespace) -> Callable[[Callable], Callable]:
    """What the flags make of the one step of `ilo`."""

    def wrapped(step: Callable) -> Callable:
        step = compiled(step) if args.compile else step
        return cuda_graph(step) if args.cuda_graph else step

    return wrapped


def rounds_of(args: Namespace) -> Callable[[list[Round]], list[Round]]:
    """What the flags ask of the rounds of a recipe."""
    return graphable if args.cuda_graph else list
