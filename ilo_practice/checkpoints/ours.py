"""Our own files: safetensors whose header says what network they are of."""

import json
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from ilo_practice.checkpoints.kinds import KINDS
from ilo_practice.checkpoints.weights import Weights

FLOATS = {"F16": 2, "BF16": 2, "F32": 4, "F64": 8}
LONGEST_HEADER = 10_000


@dataclass(frozen=True)
class Slice:
    """A tensor of an open file; the header alone has been read."""

    file: safe_open
    name: str
    shape: tuple[int, ...]
    nbytes: int

    def tensor(self) -> Tensor:
        """A copy in memory."""
        return self.file.get_tensor(self.name)


def read(path: Path) -> Weights:
    """What is in a file of ours. Raises ValueError for a file that is cut, or of no network that we know."""
    title = KINDS["stylegan2"].title
    try:
        file = safe_open(path, framework="pt")
        metadata = file.metadata() or {}
        text = metadata.pop("architecture", None)
        if text is None or len(text) > LONGEST_HEADER:
            raise ValueError("its header holds no architecture")
        header = json.loads(text)
        kind = header.pop("kind", "stylegan2") if isinstance(header, dict) else "stylegan2"
        if not isinstance(kind, str) or kind not in KINDS:
            raise ValueError(f"its kind is {str(kind)[:40]!r}, none of {', '.join(KINDS)}")
        title = KINDS[kind].title
        sizes = KINDS[kind].sizes(header)
        tensors = {name: _slice(file, name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (SafetensorError, ValueError, RecursionError) as error:
        raise ValueError(f"is not a whole {title} of this package: {error}") from None
    return Weights("safetensors", kind, tensors, sizes, metadata)


def _slice(file: safe_open, name: str) -> Slice:
    found = file.get_slice(name)
    shape, numbers = tuple(found.get_shape()), found.get_dtype()
    if numbers not in FLOATS:
        raise ValueError(f"{name[:80]!r} holds {numbers}, no floating-point numbers")
    count = FLOATS[numbers]
    for n in shape:
        count *= n
    return Slice(file, name, shape, count)
