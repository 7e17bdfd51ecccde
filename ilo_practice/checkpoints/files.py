"""Which files of weights there are: the embedded generators, those of other packages, one to be written."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save

from ilo_practice import dcgan
from ilo_practice.checkpoints.kinds import header_of
from ilo_practice.images import write_atomically
from ilo_practice.stylegan2 import StyleGAN2

WEIGHTS = Path(__file__).parent.parent / "weights"
# Generators that other packages ship, by the names that we give them.
INSTALLED = {"dcgan-faces": dcgan.FACES}


def save_generator(network: StyleGAN2 | dcgan.DCGAN, path: str | Path, *, metadata: Mapping[str, str]) -> None:
    """Write `network` as safetensors, its architecture in the header beside `metadata` (licence, source, steps)."""
    header = dict(metadata) | {"architecture": json.dumps(header_of(network), sort_keys=True)}
    write_atomically(path, save({k: v.contiguous() for k, v in network.state_dict().items()}, header))


def embedded() -> list[str]:
    """The names of the generators that come with the package."""
    return sorted(Path(name).stem for name in os.listdir(WEIGHTS) if name.endswith(".safetensors"))


def offered() -> list[str]:
    """All names that `load` takes: the embedded generators, and those of packages that may be installed."""
    return sorted([*embedded(), *INSTALLED])


def file_of(generator: str | Path) -> Path:
    """The file of a generator, by the name it is offered under, or the file itself.

    Raises FileNotFoundError, saying what to install, for the name of one whose package is not there.
    """
    if str(generator) in INSTALLED:
        return INSTALLED[str(generator)].locate()
    return WEIGHTS / f"{generator}.safetensors" if str(generator) in embedded() else Path(generator)


def sha256(path: Path) -> str:
    """The hash by which a file of weights is known, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
