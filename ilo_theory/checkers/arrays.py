"""Functions of NumPy's arrays or torch's tensors, of one array or a batch, all made functions of batches of tensors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ilo_theory.checkers.failure import CheckFailed

Array = Tensor | np.ndarray


def on_batches(function: Callable[[Any], Any], like: Array, batched: bool, what: str) -> Callable[[Tensor], Tensor]:
    """The function of [B, *shape], where `function` takes arrays of the library of `like`, batches or one at a time.

    Raises:
        CheckFailed: when called, where `function` changes its argument or does not return an array.
    """

    def one(x: Tensor) -> Tensor:
        before = x.clone()
        with torch.no_grad():
            out = function(x.numpy() if isinstance(like, np.ndarray) else x)
        if not torch.equal(x.nan_to_num(nan=0.5), before.nan_to_num(nan=0.5)):
            raise CheckFailed(f"{what} breaks the law of an argument left alone: it was changed in place.")
        if not isinstance(out, Tensor | np.ndarray | np.generic):
            raise CheckFailed(f"{what} breaks the law of arrays in and out: it returned a {type(out).__name__}.")
        return torch.as_tensor(np.ascontiguousarray(out)) if not isinstance(out, Tensor) else out.detach()

    return one if batched else lambda x: torch.stack([one(row) for row in x])


def dtype_of(like: Array) -> torch.dtype:
    """The dtype of `like`, as torch's."""
    return torch.as_tensor(like).dtype


def normal(shape: tuple[int, ...], like: Array, dtype: torch.dtype, rng: torch.Generator) -> Tensor:
    """Standard Gaussian numbers of that dtype, drawn on the CPU, then moved to where `like` is."""
    device = like.device if isinstance(like, Tensor) else "cpu"
    return torch.randn(shape, generator=rng, dtype=dtype, device="cpu").to(device)


def wide(x: Tensor) -> Tensor:
    """x in double precision."""
    return x.to(torch.complex128 if x.is_complex() else torch.float64)


def norms(x: Tensor) -> Tensor:
    """[B], the l2 norm of each [B, *shape]."""
    return wide(x).flatten(1).abs().square().sum(1).sqrt()
