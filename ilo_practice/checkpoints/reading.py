"""A file of weights opened by what is in it: which format, which network, whether it is whole. Nothing is executed."""

import mmap
from pathlib import Path

from ilo_practice import dcgan
from ilo_practice.checkpoints import nvidia, ours, state_dicts, tensorflow
from ilo_practice.checkpoints.files import file_of, offered
from ilo_practice.checkpoints.inert import Budget
from ilo_practice.checkpoints.kinds import KINDS
from ilo_practice.checkpoints.torch_files import opens_legacy, read_legacy, read_pickle, read_zip
from ilo_practice.checkpoints.weights import Weights
from ilo_theory.generators import Generator

SUFFIXES = (".safetensors", ".pkl", ".pt", ".pth", ".tar")
# What is often found in place of weights: how it begins, what it is.
OTHERS = {
    b"<": "looks like a web page: the download failed",
    b"version https://git-lfs": "is a pointer of Git LFS: the file itself was not fetched",
    b"\x1f\x8b": "is compressed by gzip: unpack it first",
    b"\x89HDF": "is an HDF5 file",
    b"": "is none of the formats known here: safetensors, pickle, a file of torch.save",
}
MOST_TEXT = 300


def load(source: str | Path) -> Generator:
    """The generator in a file of weights, or one of `offered()` by its name.

    Read are safetensors of ours, NVIDIA's and the original TensorFlow pickles, rosinality's and other state dicts saved
    by torch; what is inside decides, whatever the suffix. Nothing in a file is executed.
    Returns a network in evaluation mode, float32, whose weights take no gradient.
    Raises FileNotFoundError for neither a file nor a name, ValueError for a file that holds no generator of ours.

    >>> network = load("digits")
    >>> network.resolution, network.num_layers, next(network.parameters()).requires_grad
    (32, 4, False)
    """
    if str(source) == "dcgan-faces":
        dcgan.FACES.read()  # refuses another file than the one whose card we have
    path = whereabouts(source, "load")
    weights = opened(path, "load")
    kind = KINDS[weights.kind]
    try:
        return kind.build(weights.tensors, weights.architecture)
    except ValueError as error:
        raise ValueError(
            one_line(f"`load({path.name!r})` is not a whole {kind.title} of this package: {error}")
        ) from None


def whereabouts(source: str | Path, call: str) -> Path:
    """The file of a name or a path. Raises FileNotFoundError where there is none."""
    path = file_of(source)
    if not path.is_file():
        raise FileNotFoundError(
            f"`{call}(source)`: no file and no embedded generator {str(source)!r} ({', '.join(offered())})."
        )
    return path


def opened(path: Path, call: str) -> Weights:
    """The weights in a file, their names and shapes checked, no number read.

    Raises ValueError, in one line that names `call` and the file, for whatever is no whole generator.
    """
    if path.suffix not in SUFFIXES:
        raise ValueError(f"`{call}(source)` reads {', '.join(SUFFIXES)}, got {path.name!r}.")
    name = f"`{call}({path.name!r})`"
    try:
        weights = read(path)
    except ValueError as error:
        raise ValueError(one_line(f"{name} {error}")) from None
    kind = KINDS[weights.kind]
    try:
        kind.check(weights.tensors, weights.architecture)
        _fits(weights, path.stat().st_size)
    except ValueError as error:
        raise ValueError(one_line(f"{name} is not a whole {kind.title} of this package: {error}")) from None
    return weights


def read(path: Path) -> Weights:
    """The weights in a file, by what it begins with."""
    size = path.stat().st_size
    if not size:
        raise ValueError("is empty")
    with path.open("rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    head = bytes(data[:64])
    if head[4:9] == b"\x00\x00\x00\x00{":  # the upper half of the header's length, and its first character
        return ours.read(path)
    budget = Budget(copied=len(data))
    try:
        if head.startswith(b"PK"):
            return state_dicts.read(read_zip(data, budget), "torch archive")
        if opens_legacy(head):
            return state_dicts.read(read_legacy(data, budget), "torch file")
        if head.startswith(b"\x80"):
            root = read_pickle(data, budget)
            return tensorflow.read(root) if type(root) is tuple else nvidia.read(root)
    except ValueError as error:
        raise ValueError(f"is refused: {error}") from None
    raise ValueError(next(said for start, said in OTHERS.items() if head.lstrip().startswith(start)))


def _fits(weights: Weights, size: int) -> None:
    """Raise ValueError where the tensors of a network together take more bytes than their file, by overlapping."""
    if (claimed := sum(tensor.nbytes for tensor in weights.tensors.values())) > size:
        raise ValueError(f"its tensors take {claimed} bytes, the file has {size}")


def one_line(text: str) -> str:
    """A message in one line that a terminal can print, whatever names a file put into it."""
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))[:MOST_TEXT]
