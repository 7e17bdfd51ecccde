"""The laws of a linear operator and its adjoint: linearity, <A x, y> = <x, A^T y>, and each array on its own."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ilo_theory.checkers.arrays import Array, dtype_of, normal, norms, on_batches, wide
from ilo_theory.checkers.failure import CheckFailed, named, require, rounding, within

DRAWS = 5


@dataclass(frozen=True)
class Side:
    """A or A^T as a function of batches of tensors: what it takes and what it gives."""

    what: str
    apply: Callable[[Tensor], Tensor]
    takes: tuple[int, ...]
    gives: tuple[int, ...]
    dtype: torch.dtype
    out_dtype: torch.dtype


def check_linear_operator(
    operator: Any,
    adjoint: Callable[[Any], Any] | None = None,
    *,
    in_shape: tuple[int, ...] | None = None,
    out_shape: tuple[int, ...] | None = None,
    like: Array | None = None,
    batched: bool | None = None,
    tolerance: float | None = None,
    rng: torch.Generator,
) -> None:
    """Check that A is linear and that its adjoint is one: |<A x, y> - <x, A^T y>| is rounding, for Gaussian x and y.

    Checked for both sides: shapes, dtype, finite numbers from finite ones, arguments left alone, A 0 = 0, linearity and
    scaling by 2^-10 and 2^10, memory of any strides; for batches, that each array is treated on its own and that a NaN
    stays in its own. Then the dot test, whose gap is relative to the largest ||A x|| ||y|| of five draws.

    Args:
        operator: an object with `matvec` and `rmatvec` (SciPy, PyLops: flat vectors of NumPy), with `A` and `A_adjoint`
            (DeepInverse), with `adjoint` (ours, and any module like it), or the callable A.
        adjoint: the callable A^T, or A^H where numbers are complex, if `operator` is a callable.
        in_shape: of x without the batch; None: the operator's own `in_shape` or `img_size`.
        out_shape: of A x without the batch; None: the operator's own, or what A makes of zeros.
        like: has the library, dtype and device of x; None: the operator's, else a tensor of torch's default dtype.
        batched: whether arrays are [B, *shape], or of that shape alone; None: batches, but for SciPy and PyLops.
        tolerance: allowed relative error; None: 100 units of rounding.
        rng: draws x and y on the CPU.

    Raises:
        CheckFailed: naming the law that is broken, where and by how much.
        ValueError: shapes or sides cannot be told.

    >>> import numpy as np, scipy.sparse.linalg, torch
    >>> A = scipy.sparse.linalg.aslinearoperator(np.arange(6.0).reshape(2, 3))
    >>> check_linear_operator(A, rng=torch.Generator().manual_seed(0))
    >>> rng = torch.Generator().manual_seed(0)
    >>> check_linear_operator(lambda x: 2 * x, lambda y: 3 * y, in_shape=(4,), rng=rng)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    ilo_theory.checkers.failure.CheckFailed: `<lambda>` breaks the law of the adjoint (dot test) in draw ...
    """
    forward, backward, own_shapes, own_like, own_batched = _read(operator, adjoint)
    in_shape, out_shape = in_shape or own_shapes[0], out_shape or own_shapes[1]
    like = own_like if like is None else like
    if in_shape is None:
        raise ValueError("`check_linear_operator(in_shape=...)` must be given for an operator that does not tell it.")
    batched, what, dtype = own_batched if batched is None else batched, named(operator), dtype_of(like)
    A = on_batches(forward, like, batched, what)
    zeros = A(torch.zeros((1, *in_shape), dtype=dtype, device=normal((0,), like, dtype, rng).device))
    in_shape, out_shape = tuple(in_shape), tuple(zeros.shape[1:] if out_shape is None else out_shape)
    require(zeros.dtype in (dtype, dtype.to_complex()), what, "one dtype", f"it makes {zeros.dtype} of {dtype}")
    other = on_batches(backward, like, batched, f"{what}'s adjoint")
    tolerance = rounding(dtype, tolerance)
    sides = (
        Side(what, A, in_shape, out_shape, dtype, zeros.dtype),
        Side(f"{what}'s adjoint", other, out_shape, in_shape, zeros.dtype, dtype),
    )
    for side in sides:
        _check_side(side, like, batched, tolerance, rng)
    _dot_test(*sides, like, tolerance, rng)


def _read(operator: Any, adjoint: Callable | None):
    """A, A^T, their own shapes (None where unknown), an array like x, and whether they take batches."""
    unknown = None, None
    if adjoint is not None:
        return operator, adjoint, unknown, torch.empty(0), True
    if hasattr(operator, "matvec") and hasattr(operator, "rmatvec"):
        m, n = operator.shape
        return operator.matvec, operator.rmatvec, ((n,), (m,)), np.empty(0, _dtype(operator)), False
    numbers = [*getattr(operator, "parameters", list)(), *getattr(operator, "buffers", list)()]
    like = next((t for t in numbers if t.is_floating_point() or t.is_complex()), torch.empty(0))
    if hasattr(operator, "A") and hasattr(operator, "A_adjoint"):
        return operator.A, operator.A_adjoint, (getattr(operator, "img_size", None), None), like, True
    if callable(getattr(operator, "adjoint", None)):
        shapes = getattr(operator, "in_shape", None), getattr(operator, "out_shape", None)
        return operator if callable(operator) else operator.forward, operator.adjoint, shapes, like, True
    raise ValueError(f"`check_linear_operator(adjoint=...)` must be given for {named(operator)}, which has none.")


def _dtype(operator: Any) -> np.dtype:
    """Of an operator of SciPy or PyLops; whole numbers and none stand for float64."""
    dtype = np.dtype(operator.dtype or np.float64)
    dtype = dtype if np.issubdtype(dtype, np.inexact) else np.dtype(np.float64)
    return dtype if getattr(operator, "clinear", True) else np.empty(0, dtype).real.dtype  # linear for real x alone


def _check_side(side: Side, like: Array, batched: bool, tolerance: float, rng: torch.Generator) -> None:
    def draw(count: int) -> Tensor:
        return normal((count, *side.takes), like, side.dtype, rng)

    def apply(x: Tensor) -> Tensor:
        out, expected = side.apply(x), (len(x), *side.gives)
        shape = f"it makes {tuple(out.shape)} of {tuple(x.shape)}, not {expected}"
        require(out.shape == expected, side.what, "shapes", shape)
        require(out.dtype == side.out_dtype, side.what, "one dtype", f"it makes {out.dtype} of {x.dtype}")
        return out

    x = draw(3)
    together = apply(x)
    require(bool(together.isfinite().all()), side.what, "finite numbers", "it makes NaN or infinity of Gaussian ones")
    scale = norms(together).max()  # of ||A x|| for Gaussian x; 0 where A = 0
    zero = norms(apply(torch.zeros_like(x)))
    within(zero, tolerance * scale, side.what, "linearity", "at 0, array {0}")
    u, v = draw(3), draw(3)
    Au, Av = wide(apply(u)), wide(apply(v))
    a, b = (2 + 1j, -3j) if side.dtype.is_complex and side.out_dtype.is_complex else (2, -3)
    gap = norms(wide(apply(a * u + b * v)) - (a * Au + b * Av))
    within(gap, 5 * tolerance * scale, side.what, "linearity", "at 2 u - 3 v, draw {0}")
    for factor in (2.0**-10, 2.0**10):
        gap = norms(wide(apply(factor * u)) / factor - Au)
        within(gap, tolerance * scale, side.what, "linearity", f"at {factor:g} u, draw {{0}}")
    strided = torch.stack([x, draw(3)], -1)[..., 0]
    within(norms(apply(strided) - together), tolerance * scale, side.what, "strides", "in array {0}")
    if batched:
        alone = torch.cat([apply(x[i : i + 1]) for i in range(3)])
        within(norms(alone - together), tolerance * scale, side.what, "batches", "in array {0}, alone and with others")
        spoilt = x.clone()
        spoilt[1] = math.nan
        gap = norms(apply(spoilt)[::2] - together[::2])
        within(gap, tolerance * scale, side.what, "batches", "in an array beside one of NaN")


def _dot_test(A: Side, transpose: Side, like: Array, tolerance: float, rng: torch.Generator) -> None:
    x, y = (normal((DRAWS, *side.takes), like, side.dtype, rng) for side in (A, transpose))
    try:
        Ax, back = wide(A.apply(x)), wide(transpose.apply(y))
    except RuntimeError as error:
        raise CheckFailed(f"{A.what} breaks the law of batches: it does not take {DRAWS} arrays ({error}).") from error
    left, right = (Ax.conj() * wide(y)).flatten(1).sum(1), (wide(x).conj() * back).flatten(1).sum(1)
    gap = (left - right).abs() if A.dtype.is_complex else (left.real - right.real).abs()
    within(gap, tolerance * (norms(Ax) * norms(y)).max(), A.what, "the adjoint (dot test)", "in draw {0}")
