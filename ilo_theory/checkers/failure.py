"""What a checker raises, and how it measures a law."""

import torch
from torch import Tensor

ROUNDINGS = 100  # by default a law may be broken by so many units of rounding of the dtype


class CheckFailed(AssertionError):
    """A law that does not hold: which, where and by how much."""


def require(holds: bool, what: str, law: str, detail: str) -> None:
    """Raise unless `holds`."""
    if not holds:
        raise CheckFailed(f"{what} breaks the law of {law}: {detail}.")


def within(error: Tensor, allowed: Tensor | float, what: str, law: str, where: str) -> None:
    """Raise unless error <= allowed everywhere; NaN is not. The worst entry is named, its index put into `where`."""
    allowed = torch.as_tensor(allowed, dtype=error.dtype, device=error.device).expand_as(error)
    if error.numel() == 0 or bool((error <= allowed).all()):
        return
    excess = torch.where(error <= allowed, -torch.inf, error - allowed).nan_to_num(nan=torch.inf)
    index = tuple(int(i) for i in torch.unravel_index(excess.argmax(), error.shape))
    worst = f"{float(error[index]):.3g}, where {float(allowed[index]):.3g} is allowed"
    raise CheckFailed(f"{what} breaks the law of {law} {where.format(*index)}: {worst}.")


def rounding(dtype: torch.dtype, tolerance: float | None) -> float:
    """The relative error that is allowed."""
    return ROUNDINGS * torch.finfo(dtype).eps if tolerance is None else tolerance


def named(thing: object) -> str:
    """What an object is called in a message."""
    return f"`{getattr(thing, '__name__', type(thing).__name__)}`"
