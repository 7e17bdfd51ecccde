"""The projection of rows onto their l1 balls one by one, on the CPU."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ilo_theory.balls.long import Row, threshold
from ilo_theory.balls.short import SHORT, by_sorting


def project_rows(x: Tensor, radius: float | Tensor) -> tuple[Tensor, list[bool]]:
    """[B, *shape], in memory of its own; for each row, whether it was outside of its ball."""
    batch, size = x.shape[0], x.numel()
    radii = radius.tolist() if isinstance(radius, Tensor) else [radius] * batch
    long = size > SHORT * batch
    if batch == 1 and not long:
        y, outside = _short(x, radii[0])
        return y, [outside]
    y = torch.empty(x.shape, dtype=x.dtype)
    if batch == 1:
        return y, [_long(x, radii[0], y)]
    outs = [_long(a, r, b) if long else _short(a, r, b)[1] for a, r, b in zip(x, radii, y, strict=True)]
    return y, outs


def _short(x: Tensor, radius: float, out: Tensor | None = None) -> tuple[Tensor, bool]:
    a = np.abs(x.numpy()).ravel(order="K")
    a.sort()
    parts = by_sorting(a, radius)
    y = x
    for part in parts:
        y = F.softshrink(y, part) if part == part else torch.full_like(x, math.nan)
    if out is not None:
        out.copy_(y)
    return (y if parts else x.clone()), bool(parts)


def _long(x: Tensor, radius: float, out: Tensor) -> bool:
    row = Row(x.reshape(-1), out.view(-1))
    parts = threshold(row, radius)
    if not parts:
        out.copy_(x)
    elif math.isnan(parts[0]):
        out.fill_(math.nan)
    elif row.written != parts:
        row.write(parts)
    return bool(parts)
