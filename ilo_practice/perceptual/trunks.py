"""Weights of the networks under a perceptual distance: where they lie, how they are read, which layer each is of."""

import io
import pickle
import re
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from ilo_practice.checkpoints import sha256
from ilo_practice.demands import require
from ilo_practice.installed import InstalledFile
from ilo_practice.registry import named, whereabouts

_LPIPS = ("lpips==0.1.4", "BSD-2-Clause")
_STLPIPS = ("--no-deps stlpips-pytorch==0.0.2", "BSD-2-Clause")
# The calibrated weights of the layers; those of the shift-tolerant networks come with their trunk.
WEIGHTS = {
    name: InstalledFile(package, f"{package.replace('-', '_')}/weights/{path}", digest, *source)
    for name, package, path, digest, source in (
        (
            *("lpips-vgg", "lpips", "v0.1/vgg.pth"),
            *("a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868", _LPIPS),
        ),
        (
            *("lpips-alex", "lpips", "v0.1/alex.pth"),
            *("df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0", _LPIPS),
        ),
        (
            *("stlpips-vgg", "stlpips-pytorch", "vST0.0/vgg_shift_tolerant.pth"),
            *("44597da68f49c1837c100ff52299050f274d102eb102e5837178c79be6f0e250", _STLPIPS),
        ),
        (
            *("stlpips-alex", "stlpips-pytorch", "vST0.0/alex_shift_tolerant.pth"),
            *("b356b382f96010f77d085ee8343ecd9fd322d0a56e8de2b2d0549fafcad8b9ee", _STLPIPS),
        ),
    )
}
# The trunks that lpips would have torchvision download, by their names among the published networks.
TRUNKS = {"lpips-vgg": "lpips-vgg16", "lpips-alex": "lpips-alexnet"}


def trunk_file(name: str, trunk: str | Path | None) -> Path:
    """The given file, or the published one, where `weights fetch` or torchvision put it; its hash is then checked."""
    if trunk is not None:
        if not Path(trunk).is_file():
            raise FileNotFoundError(f"`perceptual(trunk={str(trunk)!r})`: there is no such file.")
        return Path(trunk)
    row = named(TRUNKS[name])
    places = whereabouts(row.name), Path(torch.hub.get_dir(), "checkpoints", row.file)
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise FileNotFoundError(
            f"`perceptual({name!r})` needs {row.file}, which is neither in {places[0].parent} nor in "
            f"{places[1].parent}: `python -m ilo_practice weights fetch {row.name}` fetches it, "
            "--perceptual-trunk FILE takes it from elsewhere, and stlpips-alex needs no such file."
        )
    if row.sha256 is not None and (found := sha256(path)) != row.sha256:
        raise ValueError(f"`{path}` must have the sha256 {row.sha256}, got {found}: remove it and fetch it again.")
    return path


def tensors_of(file: Path | io.BytesIO, what: str) -> dict[str, Tensor]:
    """What a file of weights holds, keys without the names of the parts; nothing in it is executed."""
    broken = (RuntimeError, ValueError, TypeError, LookupError, AttributeError, EOFError, OverflowError, OSError)
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except (*broken, pickle.UnpicklingError, struct.error) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ValueError(f"`{what}` is not a file of weights that torch reads: {reason}") from None
    require(isinstance(state, Mapping), what, "a mapping of names to tensors", type(state).__name__)
    return {re.sub(r"^(features|net\.slice\d)\.", "", str(key)): value for key, value in state.items()}


def fill_(parts: Sequence[nn.Module], tensors: Mapping[str, Tensor], what: str) -> None:
    """Give the layers their weights, which are known by the layers' numbers."""
    for part in parts:
        own = part.state_dict()
        for key, blank in own.items():
            value = tensors.get(key)
            fits = isinstance(value, Tensor) and value.shape == blank.shape and value.is_floating_point()
            found = list(value.shape) if isinstance(value, Tensor) else value
            require(fits, what, f"weights of this trunk, layer {key} of shape {list(blank.shape)}", found)
            require(bool(value.isfinite().all()), what, f"weights of this trunk, layer {key} finite", "others")
            own[key] = value.float()
        part.load_state_dict(own, assign=True)
