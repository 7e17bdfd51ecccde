"""What every reader makes of a file: the tensors under our names, still in the file, and the sizes they are of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from torch import Tensor

from ilo_practice import dcgan
from ilo_practice.stylegan2 import layers

Sizes = layers.Architecture | dcgan.Architecture


class Lazy(Protocol):
    """A tensor whose shape is known and whose numbers are read when asked for."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def nbytes(self) -> int: ...

    def tensor(self) -> Tensor: ...


@dataclass(frozen=True)
class Weights:
    """A generator in a file; `kind` is a key of `KINDS`, `metadata` what the file says besides (licence, source)."""

    format: str
    kind: str
    tensors: Mapping[str, Lazy]
    architecture: Sizes
    metadata: Mapping[str, str] = field(default_factory=dict)
