"""Our own files of weights: safetensors whose header says what network they are of, and the embedded generators."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from ilo_practice.checkpoints.names import build
from ilo_practice.images import write_atomically
from ilo_practice.stylegan2 import StyleGAN2
from ilo_practice.stylegan2_layers import Architecture

WEIGHTS = Path(__file__).parent.parent / "weights"


def save_generator(network: StyleGAN2, path: str | Path, *, metadata: Mapping[str, str]) -> None:
    """Write `network` as safetensors, its architecture in the header beside `metadata` (licence, source, steps)."""
    header = dict(metadata) | {"architecture": json.dumps(asdict(network.architecture), sort_keys=True)}
    write_atomically(path, save({k: v.contiguous() for k, v in network.state_dict().items()}, header))


def embedded() -> list[str]:
    """The names of the generators that come with the package."""
    return sorted(path.stem for path in WEIGHTS.glob("*.safetensors"))


def file_of(generator: str | Path) -> Path:
    """The file of an embedded generator, by its name, or the file itself."""
    return WEIGHTS / f"{generator}.safetensors" if str(generator) in embedded() else Path(generator)


def sha256(path: Path) -> str:
    """The hash by which a file of weights is known, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load(source: str | Path) -> StyleGAN2:
    """The generator in a file of ours (.safetensors), or an embedded one by its name.

    Returns a network in evaluation mode, float32, whose weights take no gradient.
    Raises FileNotFoundError for neither a file nor a name, ValueError for a file that is not a generator of ours.
    """
    path = file_of(source)
    if not path.is_file():
        raise FileNotFoundError(
            f"`load(source)`: no file and no embedded generator {str(source)!r} ({', '.join(embedded())})."
        )
    if path.suffix != ".safetensors":
        raise ValueError(f"`load(source)` reads .safetensors, got {path.name!r}.")
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})["architecture"])
            architecture = Architecture(**header | {"widths": tuple(header["widths"])})
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a mapping)
        return build(tensors, architecture)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"`load({path.name!r})` is not a whole StyleGAN-2 of this package: {error}") from None
