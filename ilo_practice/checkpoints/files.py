"""Our own files of weights: safetensors whose header says what network they are of, and the embedded generators."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from ilo_practice import dcgan
from ilo_practice.checkpoints.names import build
from ilo_practice.images import write_atomically
from ilo_practice.stylegan2 import StyleGAN2
from ilo_practice.stylegan2_layers import Architecture
from ilo_theory.generators import Generator

WEIGHTS = Path(__file__).parent.parent / "weights"
# Generators that other packages ship, by the names that we give them: the file, and what reads it.
INSTALLED = {"dcgan-faces": (dcgan.FACES, dcgan.load_faces)}
# The kinds of network in files of ours: what each is called, its sizes, its tensors made a network.
KINDS = {"stylegan2": ("StyleGAN-2", Architecture, build), "dcgan": ("DCGAN", dcgan.Architecture, dcgan.build)}


def save_generator(network: StyleGAN2 | dcgan.DCGAN, path: str | Path, *, metadata: Mapping[str, str]) -> None:
    """Write `network` as safetensors, its architecture in the header beside `metadata` (licence, source, steps)."""
    kind = {"kind": "dcgan"} if isinstance(network, dcgan.DCGAN) else {}  # none: StyleGAN-2, as in the first files
    header = dict(metadata) | {"architecture": json.dumps(asdict(network.architecture) | kind, sort_keys=True)}
    write_atomically(path, save({k: v.contiguous() for k, v in network.state_dict().items()}, header))


def embedded() -> list[str]:
    """The names of the generators that come with the package."""
    return sorted(path.stem for path in WEIGHTS.glob("*.safetensors"))


def offered() -> list[str]:
    """All names that `load` takes: the embedded generators, and those of packages that may be installed."""
    return sorted([*embedded(), *INSTALLED])


def file_of(generator: str | Path) -> Path:
    """The file of a generator, by the name it is offered under, or the file itself.

    Raises FileNotFoundError, saying what to install, for the name of one whose package is not there.
    """
    if str(generator) in INSTALLED:
        return INSTALLED[str(generator)][0].locate()
    return WEIGHTS / f"{generator}.safetensors" if str(generator) in embedded() else Path(generator)


def sha256(path: Path) -> str:
    """The hash by which a file of weights is known, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load(source: str | Path) -> Generator:
    """The generator in a file of ours (.safetensors), or one of `offered()` by its name.

    Returns a network in evaluation mode, float32, whose weights take no gradient.
    Raises FileNotFoundError for neither a file nor a name, ValueError for a file that is not a generator of ours.
    """
    if str(source) in INSTALLED:
        return INSTALLED[str(source)][1]()
    path = file_of(source)
    if not path.is_file():
        raise FileNotFoundError(
            f"`load(source)`: no file and no embedded generator {str(source)!r} ({', '.join(offered())})."
        )
    if path.suffix != ".safetensors":
        raise ValueError(f"`load(source)` reads .safetensors, got {path.name!r}.")
    called = "StyleGAN-2"
    try:
        with safe_open(path, framework="pt") as file:
            header = dict(json.loads((file.metadata() or {})["architecture"]))
            called, sizes, made = KINDS[header.pop("kind", "stylegan2")]
            architecture = sizes(**header | {"widths": tuple(header["widths"])})
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a mapping)
        return made(tensors, architecture)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"`load({path.name!r})` is not a whole {called} of this package: {error}") from None
