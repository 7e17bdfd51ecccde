"""Tensors as a file holds them: a type, a shape and strides over bytes that are still in the file.

Nothing is copied before `tensor()`, and every index of a tensor lies within its storage, which lies within the file.
"""

from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from torch import Tensor

MOST_DIMENSIONS = 8


@dataclass(frozen=True)
class Element:
    """A type of number: its name, how NumPy reads its bytes, its size in bytes."""

    name: str
    code: str
    size: int


# bfloat16, which NumPy lacks, is read as the upper half of a float32
ELEMENTS = {
    name: Element(name, code, int(code[-1]))
    for name, code in {
        "float16": "<f2",
        "float32": "<f4",
        "float64": "<f8",
        "bfloat16": "<u2",
        "bool": "|b1",
        "uint8": "|u1",
        "uint16": "<u2",
        "uint32": "<u4",
        "uint64": "<u8",
        "int8": "|i1",
        "int16": "<i2",
        "int32": "<i4",
        "int64": "<i8",
    }.items()
}


@dataclass(eq=False)
class Storage:
    """`count` numbers in a row; `data` is where they are, None as long as that is not known."""

    element: Element
    count: int
    data: memoryview | None = None

    def fill(self, data: memoryview) -> None:
        """Say where the numbers are. Raises ValueError for another number of bytes than they take."""
        if len(data) != self.count * self.element.size:
            raise ValueError(f"{len(data)} bytes where {self.count} numbers of {self.element.name} are claimed")
        self.data = data


@dataclass(frozen=True, eq=False)
class Stored:
    """A tensor that is still in the file; strides and offset count numbers, as torch's do."""

    storage: Storage
    shape: tuple[int, ...]
    stride: tuple[int, ...]
    offset: int = 0

    def __post_init__(self):
        if not all(map(is_size, (self.shape, self.stride, (self.offset,)))):
            raise ValueError("a tensor whose shape, strides and offset are not integers >= 0, at most 8 of them")
        if len(self.shape) != len(self.stride):
            raise ValueError(f"a tensor of {len(self.shape)} dimensions and {len(self.stride)} strides")
        reach = 1 + sum((n - 1) * step for n, step in zip(self.shape, self.stride, strict=True))
        if self.count and (self.offset + reach > self.storage.count or self.count > reach):
            raise ValueError(f"a tensor of {self.count} numbers that reaches beyond the {self.storage.count} stored")
        if self.offset > self.storage.count:
            raise ValueError("a tensor that starts beyond what is stored")

    @property
    def count(self) -> int:
        """How many numbers it has."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """How many bytes they take in the file."""
        return self.count * self.storage.element.size

    def tensor(self) -> Tensor:
        """A copy in memory, of the type that is stored."""
        element, data = self.storage.element, self.storage.data
        if data is None:
            raise ValueError("a tensor whose numbers are not in the file")
        if not self.count:
            return torch.zeros(self.shape)
        numbers = np.frombuffer(data, element.code, self.storage.count - self.offset, self.offset * element.size)
        strides = [step * element.size for step in self.stride]
        view = np.lib.stride_tricks.as_strided(numbers, self.shape, strides, writeable=False)
        if element.name == "bfloat16":
            upper = view.astype(np.uint32)
            upper <<= 16  # in place: a single number stays an array
            return torch.from_numpy(upper.view(np.float32))
        return torch.from_numpy(view.astype(numbers.dtype.newbyteorder("="), order="C"))


def is_size(numbers: object) -> bool:
    """Whether a shape of a file is a short tuple of integers >= 0."""
    return (
        type(numbers) is tuple and len(numbers) <= MOST_DIMENSIONS and all(type(n) is int and n >= 0 for n in numbers)
    )


def contiguous(shape: tuple[int, ...], *, fortran: bool = False) -> tuple[int, ...]:
    """The strides of `shape` without gaps, the last dimension the fastest, or the first."""
    strides, step = [], 1
    for n in shape if fortran else reversed(shape):
        strides.append(step)
        step *= n
    return tuple(strides if fortran else reversed(strides))


def array(element: Element, shape: object, data: object, *, fortran: bool = False) -> Stored:
    """The tensor of `shape` whose bytes are `data`. Raises ValueError where they are not as many."""
    if not is_size(shape):
        raise ValueError("an array whose shape is not a tuple of integers >= 0, at most 8 of them")
    if type(data) is not memoryview:
        raise ValueError("an array whose numbers are not bytes")
    storage = Storage(element, prod(shape))
    storage.fill(data)
    return Stored(storage, shape, contiguous(shape, fortran=fortran))
