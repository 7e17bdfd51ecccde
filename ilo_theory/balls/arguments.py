"""What the projections take: a batch of points, a radius for all or for each, a centre."""

import torch
from torch import Tensor

HALF = (torch.float16, torch.bfloat16)


def check(call: str, x: Tensor, radius: float | Tensor = 0.0, centre: Tensor | None = None) -> None:
    """A ValueError that names the call, the argument and its value, unless they are as `call` takes them."""
    shape = x.shape
    if len(shape) < 2 or 0 in shape[1:]:
        raise ValueError(f"`{call}` takes a batch [B, *shape] (a vector is x[None]), got shape {tuple(shape)}.")
    if not x.is_floating_point():
        raise ValueError(f"`{call}(x)` must have a real floating dtype, got {x.dtype}.")
    if isinstance(radius, Tensor):
        if radius.shape != shape[:1]:
            raise ValueError(f"`{call}(radius=...)` must be a number or [{shape[0]}], got {tuple(radius.shape)}.")
    elif not radius >= 0:
        raise ValueError(f"`{call}(radius=...)` must be >= 0, got {radius}.")
    if centre is not None and (centre.shape, centre.dtype) != (shape, x.dtype):
        raise ValueError(
            f"`{call}(centre=...)` must be as x, {x.dtype} {tuple(x.shape)}, got {centre.dtype} {tuple(centre.shape)}."
        )


def wide(x: Tensor) -> Tensor:
    """x, in float32 if it has half precision."""
    return x.float() if x.dtype in HALF else x


def column(values: float | Tensor, x: Tensor) -> float | Tensor:
    """One value for each point of the batch x, shaped to broadcast; a number is left as it is."""
    return values.to(x).view(-1, *[1] * (x.ndim - 1)) if isinstance(values, Tensor) else values
