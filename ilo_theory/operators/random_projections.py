"""Random projections: dense Gaussian matrices (Theorem 1) and partial circulant ones with random signs (Lemma 1)."""

import math
import reprlib
from typing import Self

import torch
from scipy.fft import next_fast_len
from torch import Tensor
from torch.nn.functional import pad

from ilo_theory.operators.base import LinearOperator


class Gaussian(LinearOperator):
    """A dense matrix [m, n]; drawn, its entries are i.i.d. N(0, 1/m), so that E||A x||^2 = ||x||^2 (Theorem 1)."""

    def __init__(self, matrix: Tensor, shape: tuple[int, ...]):
        super().__init__(shape, matrix.shape[:1], like=matrix)
        n = math.prod(self.in_shape)
        if matrix.ndim != 2 or matrix.shape[1] != n:
            raise ValueError(f"`Gaussian(matrix=...)` must be [m, {n}], got shape {tuple(matrix.shape)}.")
        self.register_buffer("matrix", matrix)

    @classmethod
    def draw(cls, m: int, shape: tuple[int, ...], *, rng: torch.Generator) -> Self:
        """Draw a matrix in torch's default dtype.

        Args:
            m: the number of measurements.
            shape: of x, n numbers in all.
            rng: on the CPU, so that every device sees the same A.

        Raises:
            ValueError: m < 1.
        """
        if m < 1:
            raise ValueError(f"`Gaussian.draw(m=...)` must be >= 1, got {m}.")
        return cls(torch.randn(m, math.prod(shape), generator=rng, device="cpu") / math.sqrt(m), shape)

    def _forward(self, x):
        return x.flatten(-len(self.in_shape)) @ self.matrix.T

    def _adjoint(self, y):
        return (y @ self.matrix).unflatten(-1, self.in_shape)


class PartialCirculant(LinearOperator):
    """A = F D of Lemma 1, random signs and then m rows of a circulant matrix, in O(n log n).

        (A x)_i = sum_j g[(j - r_i) mod n] s_j x_j

    Row i of F is g, the first row of the circulant, shifted right by r_i: A correlates with g, A^T convolves. A length
    n with a prime factor above 11 is slow to transform: then x and y are continued by zeros to a fast length N, and g
    periodically, to the left by as much as the rows reach.

    Args:
        row: g [n]; drawn, i.i.d. N(0, 1/m), so that E||A x||^2 = ||x||^2.
        signs: s [n], of +1 and -1.
        rows: r [m], distinct integers from 0 to n - 1.
        shape: of x, n numbers in all.
    """

    def __init__(self, row: Tensor, signs: Tensor, rows: Tensor, shape: tuple[int, ...]):
        rows = rows.to(row.device, torch.long)
        super().__init__(shape, (m := len(rows),), like=row)
        n = math.prod(self.in_shape)
        for name, value in {"row": row, "signs": signs}.items():
            if value.shape != (n,):
                raise ValueError(f"`PartialCirculant({name}=...)` must be [{n}], got shape {tuple(value.shape)}.")
        if len(rows.unique()) < max(m, 1) or rows.min() < 0 or rows.max() >= n:
            got = reprlib.repr(rows.tolist())
            raise ValueError(f"`PartialCirculant(rows=...)` must be distinct, from 0 to {n - 1}, got {got}.")
        first = torch.equal(rows, torch.arange(m, device=row.device))
        self.register_buffer("row", row)
        self.register_buffer("signs", signs.to(row))
        self.register_buffer("_rows", None if first else rows)
        self._reach = m if first else n  # above every r_i
        self._length = n if next_fast_len(n) == n else next_fast_len(n + self._reach - 1, real=True)  # N

    @classmethod
    def draw(cls, m: int, shape: tuple[int, ...], *, rng: torch.Generator, rows: Tensor | None = None) -> Self:
        """Draw g, then s, in torch's default dtype.

        Args:
            m: the number of measurements.
            shape: of x, n numbers in all.
            rng: on the CPU, so that every device sees the same A.
            rows: r [m]; None: the first m.

        Raises:
            ValueError: m is not from 1 to n, or not the number of rows.

        >>> A = PartialCirculant.draw(40, (1, 16, 16), rng=torch.Generator().manual_seed(0))
        >>> A(torch.zeros(5, 1, 16, 16)).shape
        torch.Size([5, 40])
        """
        n = math.prod(shape)
        if not 1 <= m <= n:
            raise ValueError(f"`PartialCirculant.draw(m=...)` must be from 1 to n = {n}, got {m}.")
        if rows is not None and len(rows) != m:
            raise ValueError(f"`PartialCirculant.draw(rows=...)` must be m = {m} indices, got {len(rows)}.")
        row = torch.randn(n, generator=rng, device="cpu") / math.sqrt(m)
        signs = 2 * torch.randint(2, (n,), generator=rng, device="cpu") - 1
        return cls(row, signs, torch.arange(m, device="cpu") if rows is None else rows, shape)

    @property
    def rows(self) -> Tensor:
        """r [m], the rows of the circulant that are measured."""
        return torch.arange(*self.out_shape, device=self.row.device) if self._rows is None else self._rows

    def _transform(self, signals: Tensor):
        """The transform that is fastest for these signals [..., n or m], the spectrum of g, and its conjugate."""
        n, N = len(self.row), self._length
        alone = signals.numel() == signals.shape[-1]
        fft_of = _FourStepFFT if alone and n >= 2**13 and signals.device.type == "cpu" else _FFT
        kept = self._keep(self.row, dict)
        if fft_of not in kept:
            fft = fft_of(N, like=self.row)
            left = 0 if n == N else self._reach - 1
            convolve = fft(torch.cat((self.row, self.row.new_zeros(N - n - left), self.row[n - left :])))
            kept[fft_of] = fft, convolve, convolve.conj().resolve_conj()
        return kept[fft_of]

    def _forward(self, x):
        u = x.flatten(-len(self.in_shape)) * self.signs
        if not u.numel():  # some libraries refuse to transform no signals
            return u.new_zeros(*u.shape[:-1], *self.out_shape)
        fft, _, correlate = self._transform(u)
        if self._length > u.shape[-1]:
            u = pad(u, (0, self._length - u.shape[-1]))
        u = fft(u).mul_(correlate)
        y = fft.inverse(u, self._reach)
        return y.contiguous() if self._rows is None else y.index_select(-1, self._rows)

    def _adjoint(self, y):
        if not y.numel():
            return y.new_zeros(*y.shape[:-1], *self.in_shape)
        fft, convolve, _ = self._transform(y)
        if self._rows is None:
            y = pad(y, (0, self._length - y.shape[-1]))
        else:
            y = y.new_zeros(*y.shape[:-1], self._length).index_copy_(-1, self._rows, y)
        y = fft(y).mul_(convolve)
        u = fft.inverse(y, len(self.row)).mul_(self.signs)
        return u.contiguous().unflatten(-1, self.in_shape)


class _FFT:
    """The transform of N real numbers, or of a batch of such signals."""

    def __init__(self, length: int, like: Tensor):
        self.length = length

    def __call__(self, x: Tensor) -> Tensor:
        """[..., N] -> [..., N // 2 + 1]"""
        return torch.fft.rfft(x)

    def inverse(self, X: Tensor, count: int) -> Tensor:
        """[..., N // 2 + 1] -> [..., count], the first entries of x"""
        return torch.fft.irfft(X, self.length)[..., :count]


class _FourStepFFT:
    """The same of one long signal on a CPU, in a fraction of the time: short transforms stay in the caches.

        X[k + P l] = sum_j e^(-2 pi i j l / Q) e^(-2 pi i j k / N) sum_h e^(-2 pi i h k / P) x[Q h + j]

    The signal is a matrix [P, Q], N = P Q with P and Q near sqrt(N): transform its columns, multiply by the twiddles,
    transform its rows (Gentleman and Sande 1966). X is left as a matrix [P // 2 + 1, Q] over (k, l), an order that
    products of spectra do not mind.
    """

    def __init__(self, length: int, like: Tensor):
        P = next(P for P in range(math.isqrt(length - 1) + 1, length + 1) if length % P == 0)
        self.length, self.sides = length, (P, length // P)
        k, j = (torch.arange(count, dtype=torch.float64, device="cpu") for count in (P // 2 + 1, length // P))
        angles = torch.outer(k, j) * (-2 * math.pi / length)
        self.twiddles = torch.polar(torch.ones_like(angles), angles).to(like.device, like.dtype.to_complex())
        self.untwiddles = self.twiddles.conj().resolve_conj()

    def __call__(self, x: Tensor) -> Tensor:
        """[..., N] -> [..., P // 2 + 1, Q]"""
        return torch.fft.fft(torch.fft.rfft(x.unflatten(-1, self.sides), dim=-2).mul_(self.twiddles))

    def inverse(self, X: Tensor, count: int) -> Tensor:
        """[..., P // 2 + 1, Q] -> [..., count], the first entries of x"""
        P, Q = self.sides
        x = torch.fft.irfft(torch.fft.ifft(X).mul_(self.untwiddles), P, dim=-2)
        return x[..., : -(-count // Q), :].flatten(-2)[..., :count]
