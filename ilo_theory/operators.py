"""Linear measurements y = A x with exact adjoints: Gaussian, partial circulant (Lemma 1), masks, downsampling.

An operator supplies `_forward` and `_adjoint`, both batched; checks, gradients and adapters it inherits. The two agree
when the dot test holds: <A x, y> = <x, A^T y> for all x and y.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Self

import numpy as np
import scipy.sparse.linalg
import torch
from scipy.fft import next_fast_len
from torch import Tensor, nn
from torch.nn.functional import pad


class _Linear(torch.autograd.Function):
    """x -> A x, differentiated as linear maps are: A forwards, A^T backwards, to any order, keeping nothing of x."""

    @staticmethod
    def forward(x, apply, transpose):
        return apply(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        _, *ctx.maps = inputs

    @staticmethod
    def backward(ctx, gradient):
        return _Linear.apply(gradient, *reversed(ctx.maps)), None, None

    @staticmethod
    def jvp(ctx, tangent, *_):
        return _Linear.apply(tangent, *ctx.maps)

    @staticmethod
    def vmap(info, in_dims, x, apply, transpose):
        return _Linear.apply(x.movedim(in_dims[0], 0), apply, transpose), 0


class LinearOperator(nn.Module, ABC):
    """A linear map A from arrays of shape `in_shape` (n numbers) to arrays of shape `out_shape` (m numbers).

    What defines it lies in buffers, so it moves, casts and saves like any module; `x` must have its dtype.
    """

    def __init__(self, in_shape: tuple[int, ...], out_shape: tuple[int, ...], like: Tensor | None = None):
        super().__init__()
        self.in_shape, self.out_shape = tuple(in_shape), tuple(out_shape)
        if not self.in_shape or min(self.in_shape) < 1:
            raise ValueError(f"`{type(self).__name__}(shape=...)` must be positive integers, got {self.in_shape}.")
        self.register_buffer("_like", torch.empty(0) if like is None else like.new_empty(0), persistent=False)
        self._kept = None

    @abstractmethod
    def _forward(self, x: Tensor) -> Tensor: ...

    @abstractmethod
    def _adjoint(self, y: Tensor) -> Tensor: ...

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of A, and of every x and y."""
        return self._like.dtype

    @property
    def device(self) -> torch.device:
        """Where A lies."""
        return self._like.device

    def forward(self, x: Tensor) -> Tensor:
        """A x.

        Arguments:
            x: [..., *in_shape], any leading dimensions.

        Returns:
            [..., *out_shape]; differentiable, its gradient is A^T.

        Raises:
            ValueError: for another shape or dtype.
        """
        self._check("forward(x=...)", x, self.in_shape)
        return _Linear.apply(x, self._forward, self._adjoint)

    def adjoint(self, y: Tensor) -> Tensor:
        """A^T y, for y: [..., *out_shape]; as `forward` in all else."""
        self._check("adjoint(y=...)", y, self.out_shape)
        return _Linear.apply(y, self._adjoint, self._forward)

    def as_matrix(self) -> Tensor:
        """A as a dense matrix [m, n], whose column j is A e_j."""
        basis = torch.eye(math.prod(self.in_shape), dtype=self.dtype, device=self.device)
        return self(basis.unflatten(1, self.in_shape)).flatten(1).T.contiguous()

    def as_scipy(self) -> scipy.sparse.linalg.LinearOperator:
        """A as SciPy's linear operator on flat vectors, of shape (m, n)."""

        def on_columns(apply, shape):
            def product(columns):
                rows = np.ascontiguousarray(columns.T)  # [n], or one row a column
                batch = torch.tensor(rows, dtype=self.dtype, device=self.device)
                return apply(batch.unflatten(-1, shape)).reshape(*rows.shape[:-1], -1).cpu().numpy().T

            return product

        matvec, rmatvec = on_columns(self.forward, self.in_shape), on_columns(self.adjoint, self.out_shape)
        return scipy.sparse.linalg.LinearOperator(
            (math.prod(self.out_shape), math.prod(self.in_shape)),
            dtype=self._like.cpu().numpy().dtype,
            matvec=matvec,
            rmatvec=rmatvec,
            matmat=matvec,
            rmatmat=rmatvec,
        )

    def as_pylops(self):
        """A as a `pylops.LinearOperator` from `dims` = in_shape to `dimsd` = out_shape."""
        import pylops

        return pylops.LinearOperator(self.as_scipy(), dims=self.in_shape, dimsd=self.out_shape)

    def as_deepinv(self):
        """A as a `deepinv.physics.LinearPhysics` on batches [B, *in_shape], which holds and moves this very operator."""
        import deepinv

        physics = deepinv.physics.LinearPhysics(
            A=lambda x, **_: self(x), A_adjoint=lambda y, **_: self.adjoint(y), img_size=self.in_shape
        )
        physics.operator = self
        return physics

    def _check(self, argument: str, value: Tensor, shape: tuple[int, ...]) -> None:
        call = f"`{type(self).__name__}.{argument}`"
        if value.shape[-len(shape) :] != shape:
            raise ValueError(f"{call} must have shape [..., {', '.join(map(str, shape))}], got {tuple(value.shape)}.")
        if value.dtype != self.dtype:
            raise ValueError(f"{call} must have the operator's dtype {self.dtype}, got {value.dtype}.")

    def _keep[T](self, buffer: Tensor, derive: Callable[[], T]) -> T:
        """`derive()`, computed anew whenever `buffer` was cast, moved, loaded or edited."""
        state = buffer, None if buffer.is_inference() else buffer._version
        if self._kept is None or self._kept[0] is not state[0] or self._kept[1] != state[1]:
            self._kept = *state, derive()
        return self._kept[2]

    def __getstate__(self):
        return self.__dict__ | {"_kept": None}
