"""What every operator is and inherits: checks, batches, gradients, adapters; and the test that its two sides agree."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
from scipy.sparse import linalg
from torch import Tensor, nn

T = TypeVar("T")


class LinearOperator(nn.Module, ABC):
    """A linear map A from arrays of shape `in_shape` (n numbers) to arrays of shape `out_shape` (m numbers).

    An operator is made of buffers: it moves, casts and saves like any module, and x and y must have its dtype. It
    supplies `_forward` and `_adjoint`, both for any leading dimensions; A^T is exact when the dot test says so.

    Args:
        like: has the dtype and the device of A; None: torch's defaults.
    """

    def __init__(self, in_shape: tuple[int, ...], out_shape: tuple[int, ...], like: Tensor | None = None):
        super().__init__()
        self.in_shape, self.out_shape = tuple(in_shape), tuple(out_shape)
        if not self.in_shape or min(self.in_shape) < 1:
            raise ValueError(f"`{type(self).__name__}(shape=...)` must be positive integers, got {self.in_shape}.")
        self.register_buffer("_like", torch.empty(0) if like is None else like.new_empty(0), persistent=False)
        self._kept = None

    @abstractmethod
    def _forward(self, x: Tensor) -> Tensor:
        """A x, for an x that was checked."""

    @abstractmethod
    def _adjoint(self, y: Tensor) -> Tensor:
        """A^T y, for a y that was checked."""

    def forward(self, x: Tensor) -> Tensor:
        """A x.

        Args:
            x: [..., *in_shape], any leading dimensions.

        Returns:
            [..., *out_shape]; its gradient is A^T.

        Raises:
            ValueError: x has another shape, or another dtype than A.
        """
        self._check("forward(x=...)", x, self.in_shape)
        return _linear(x, self._forward, self._adjoint)

    def adjoint(self, y: Tensor) -> Tensor:
        """A^T y, [..., *out_shape] -> [..., *in_shape]; in all else like `forward`."""
        self._check("adjoint(y=...)", y, self.out_shape)
        return _linear(y, self._adjoint, self._forward)

    def __matmul__(self, inner: "LinearOperator") -> "LinearOperator":
        """self after `inner`, A = A2 A1."""
        return Composed(self, inner)

    def as_matrix(self) -> Tensor:
        """A as a matrix [m, n], whose column j is A e_j."""
        basis = torch.eye(math.prod(self.in_shape), dtype=self._like.dtype, device=self._like.device)
        return self(basis.unflatten(1, self.in_shape)).flatten(1).T.contiguous()

    def as_scipy(self) -> linalg.LinearOperator:
        """A as SciPy's linear operator of shape (m, n), on flat vectors and on matrices of columns."""

        def on_columns(apply: Callable[[Tensor], Tensor], shape: tuple[int, ...]):
            def product(columns: np.ndarray) -> np.ndarray:
                rows = np.ascontiguousarray(columns.T)  # a flat vector stays one
                batch = torch.tensor(rows, dtype=self._like.dtype, device=self._like.device)
                return apply(batch.unflatten(-1, shape)).reshape(*rows.shape[:-1], -1).cpu().numpy().T

            return product

        A, transpose = on_columns(self.forward, self.in_shape), on_columns(self.adjoint, self.out_shape)
        shape = math.prod(self.out_shape), math.prod(self.in_shape)
        return linalg.LinearOperator(
            shape, matvec=A, rmatvec=transpose, matmat=A, rmatmat=transpose, dtype=self._like.cpu().numpy().dtype
        )

    def as_pylops(self):
        """A as a `pylops.LinearOperator` with dims = in_shape and dimsd = out_shape."""
        import pylops

        return pylops.LinearOperator(self.as_scipy(), dims=self.in_shape, dimsd=self.out_shape)

    def as_deepinv(self):
        """A as a `deepinv.physics.LinearPhysics` of [B, *in_shape], which holds this very module and moves it along."""
        from deepinv.physics import LinearPhysics

        A, transpose = (lambda x, **_: self(x)), (lambda y, **_: self.adjoint(y))
        physics = LinearPhysics(A=A, A_adjoint=transpose, img_size=self.in_shape)
        physics.operator = self
        return physics

    def _check(self, argument: str, value: Tensor, shape: tuple[int, ...]) -> None:
        call = f"`{type(self).__name__}.{argument}`"
        if value.shape[-len(shape) :] != shape:
            raise ValueError(f"{call} must be [..., {', '.join(map(str, shape))}], got shape {tuple(value.shape)}.")
        if value.dtype != self._like.dtype:
            raise ValueError(f"{call} must be {self._like.dtype} as the operator is, got {value.dtype}.")

    def _keep(self, buffer: Tensor, derive: Callable[[], T]) -> T:
        """What `derive` makes of `buffer`: made anew once that has been cast, moved, loaded or edited."""
        edits = None if torch.compiler.is_compiling() or buffer.is_inference() else buffer._version
        if self._kept is None or self._kept[0] is not buffer or edits not in (None, self._kept[1]):
            self._kept = buffer, edits, derive()
        return self._kept[2]

    def __getstate__(self):
        return self.__dict__ | {"_kept": None}


class Composed(LinearOperator):
    """A = A2 A1, `outer` after `inner`: A^T = A1^T A2^T.

    Raises:
        ValueError: where what `inner` makes is not of the shape, dtype or device that `outer` takes.
    """

    def __init__(self, outer: LinearOperator, inner: LinearOperator):
        if outer.in_shape != inner.out_shape:
            raise ValueError(f"`outer @ inner` must fit, got {outer.in_shape} after {inner.out_shape}.")
        if (outer._like.dtype, outer._like.device) != (inner._like.dtype, inner._like.device):
            raise ValueError(f"`outer @ inner` must agree, got {outer._like.dtype} after {inner._like.dtype}.")
        super().__init__(inner.in_shape, outer.out_shape, like=inner._like)
        self.outer, self.inner = outer, inner

    def _forward(self, x):
        return self.outer._forward(self.inner._forward(x))

    def _adjoint(self, y):
        return self.inner._adjoint(self.outer._adjoint(y))


def _linear(x: Tensor, apply: Callable[[Tensor], Tensor], transpose: Callable[[Tensor], Tensor]) -> Tensor:
    """apply(x), whose gradient is `transpose`."""
    return _Linear.apply(x, apply, transpose) if x.requires_grad and torch.is_grad_enabled() else apply(x)


class _Linear(torch.autograd.Function):
    """Keeps nothing of x, and is its own derivative, to any order."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x, apply, transpose):
        return apply(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        _, ctx.linear, ctx.transpose = inputs

    @staticmethod
    def backward(ctx, gradient):
        return _linear(gradient, ctx.transpose, ctx.linear), None, None


def dot_test(operator: LinearOperator, *, rng: torch.Generator) -> float:
    """How far A^T is from the transpose of A, for Gaussian x and y drawn on the CPU.

        |<A x, y> - <x, A^T y>| / (||A x|| ||y||)

    Returns:
        Rounding errors of the operator's dtype; if the adjoint is wrong, about ||A^T - adjoint||_F / ||A||_F.

    >>> from ilo_theory.operators import PartialCirculant
    >>> rng = torch.Generator().manual_seed(0)
    >>> dot_test(PartialCirculant.draw(40, (1, 16, 16), rng=rng).double(), rng=rng) < 1e-14
    True
    """
    like = operator._like
    x, y = (
        torch.randn(shape, generator=rng, dtype=like.dtype, device="cpu").to(like.device)
        for shape in (operator.in_shape, operator.out_shape)
    )
    Ax = operator(x)
    gap = ((Ax * y).sum() - (x * operator.adjoint(y)).sum()).abs()
    return 0.0 if gap == 0 else float(gap / (Ax.norm() * y.norm()))
