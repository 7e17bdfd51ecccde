"""DCGAN (Radford, Metz, Chintala 2016) as a generator that can be entered and left at every resolution.

One layer is one block: layer 0 takes z to 4 x 4, each later one doubles the size, the last ends in tanh. Batch
normalisation always uses the statistics that training left, whether or not the module is in training mode. The layout
and the key names of checkpoints are those of the PyTorch tutorial on DCGAN.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ilo_practice.installed import InstalledFile
from ilo_theory.generators import Generator, Latent, check_split

FACES = InstalledFile(
    package="gan-face-generate",
    path="gan_face_generate/weights.tar",
    sha256="0c3b90b138cfc4e8a73310b9fd5ce2a8f1f3a542a037de277412307fcd28771f",
    install="--no-deps gan-face-generate==1.1.1",
    licence="MIT",
)

Value = TypeVar("Value")


@dataclass(frozen=True)
class Architecture:
    """What a DCGAN is made of: `widths[j]` feature channels leave block j, the image's `channels` the one after."""

    channels: int
    z_dim: int
    widths: tuple[int, ...]

    def __post_init__(self):
        if not 1 <= len(self.widths) <= 8:
            raise ValueError(
                f"`Architecture(widths=...)` must be one width a block from 4 x 4 to half the resolution, 1 (8 px) to "
                f"8 (1024 px), got {len(self.widths)}."
            )
        for name, size in (("channels", self.channels), ("z_dim", self.z_dim), ("widths", min(self.widths))):
            if size < 1:
                raise ValueError(f"`Architecture({name}=...)` must be >= 1, got {size}.")

    @property
    def resolution(self) -> int:
        """Height and width of the image in pixels."""
        return 2 ** (len(self.widths) + 2)


class Norm(nn.Module):
    """Batch normalisation by stored statistics: (x - mean) / sqrt(var + 1e-5) weight + bias, one of each a channel."""

    def __init__(self, width: int):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.empty(width)), nn.Parameter(torch.empty(width))
        self.register_buffer("running_mean", torch.empty(width))
        self.register_buffer("running_var", torch.empty(width))

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, training=False, eps=1e-5)


class Block(nn.Module):
    """Transposed 4 x 4 convolution, then normalisation and ReLU, or tanh where the image leaves."""

    def __init__(self, fan_in: int, fan_out: int, *, first: bool, last: bool):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(fan_in, fan_out, 4, 4))
        self.norm = None if last else Norm(fan_out)
        self.stride, self.padding = (1, 0) if first else (2, 1)

    def draw_(self, rng: torch.Generator) -> None:
        """Weights N(0, 0.02^2), scales N(1, 0.02^2), no shift, statistics of a standard normal."""
        self.weight.data.normal_(0, 0.02, generator=rng)
        if self.norm is not None:
            self.norm.weight.data.normal_(1, 0.02, generator=rng)
            self.norm.bias.data.zero_()
            self.norm.running_mean.zero_()
            self.norm.running_var.fill_(1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.conv_transpose2d(x, self.weight, stride=self.stride, padding=self.padding)
        return torch.tanh(x) if self.norm is None else F.relu(self.norm(x))


class DCGAN(Generator):
    """The DCGAN generator, split between any two blocks.

    Latent keys: "z" [B, z_dim] at `start=0`; from `start=j >= 1` on "x" [B, widths[j-1], 2^(j+1), 2^(j+1)], the
    features after the ReLU of block j - 1.
    """

    def __init__(self, architecture: Architecture):
        super().__init__()
        a = architecture
        self.architecture = a
        self.resolution, self.channels, self.z_dim = a.resolution, a.channels, a.z_dim
        self.num_layers = len(a.widths) + 1
        self.noise_shapes: dict[str, tuple[int, ...]] = {}  # no block takes noise
        sizes, end = (a.z_dim, *a.widths, a.channels), len(a.widths)
        self.blocks = nn.ModuleList(
            Block(sizes[j], sizes[j + 1], first=j == 0, last=j == end) for j in range(self.num_layers)
        )

    @classmethod
    def draw(cls, architecture: Architecture, *, rng: torch.Generator) -> "DCGAN":
        """A network at its random start, as the tutorial initialises it for training."""
        network = cls(architecture)
        for block in network.blocks:
            block.draw_(rng)
        return network

    def init(self, batch: int, *, rng: torch.Generator) -> Latent:
        """z [batch, z_dim], N(0, I)."""
        z = torch.randn(batch, self.z_dim, generator=rng, dtype=torch.float32)
        return {"z": z.to(self.blocks[0].weight)}

    def forward(self, latent: Latent, start: int = 0, stop: int | None = None) -> Latent | Tensor:
        """Run blocks `start` to `stop`: the image [B, channels, resolution, resolution], or the latent at `stop`."""
        check_split(self, start, stop)
        x = self._enter(latent, start)
        for block in self.blocks[start:stop]:
            x = block(x)
        if stop is None:
            return x
        return {"x": x} if stop else {"z": x.flatten(1)}

    def _enter(self, latent: Latent, start: int) -> Tensor:
        """What block `start` takes in, [B, width, h, w]."""
        size = 2 ** (start + 1)
        key, shape = ("x", (self.architecture.widths[start - 1], size, size)) if start else ("z", (self.z_dim,))
        if key not in latent:
            raise ValueError(f'`DCGAN(latent=..., start={start})` needs "{key}", got {sorted(latent)}.')
        x = latent[key]
        if x.shape[1:] != shape:
            wanted = ", ".join(map(str, shape))
            raise ValueError(f'`DCGAN(latent["{key}"], start={start})` must be [B, {wanted}], got {list(x.shape)}.')
        return x if start else x[:, :, None, None]


def from_state_dict(state: Mapping[str, Tensor]) -> DCGAN:
    """The DCGAN of a state dict with the tutorial's key names (main.0.weight, ...), sizes read off the shapes.

    Args:
        state: the tensors, any floating dtype, their names also as DataParallel saves them (module.main.0.weight). The
            network is float32, its weights take no gradient.
    Raises:
        ValueError: for unknown or missing keys, shapes that do not fit, values that are not finite, variances < 0.
    """
    tensors = translate(state)
    return build(tensors, architecture_of(tensors))


def translate(state: Mapping[str, Value]) -> dict[str, Value]:
    """What a state dict holds under our names, but for the counts of batches, which are of training alone.

    Raises ValueError for a key that is not known or there twice.
    """
    tensors = {}
    for key, value in state.items():
        name = _our_name(key)
        if name is None or name in tensors:
            raise ValueError(f"`dcgan.from_state_dict(state)` does not know the key {key!r}, or holds it twice.")
        tensors[name] = value
    return {name: value for name, value in tensors.items() if not name.endswith("num_batches_tracked")}


def _our_name(key: str) -> str | None:
    if match := re.fullmatch(r"(?:module\.)?main\.(\d{1,3})\.(\w+)", key):
        block, part = divmod(int(match[1]), 3)  # convolution, normalisation, ReLU
        if part == 0 and match[2] == "weight":
            return f"blocks.{block}.weight"
        if part == 1 and match[2] in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
            return f"blocks.{block}.norm.{match[2]}"
    return None


def architecture_of(tensors: Mapping[str, Tensor]) -> Architecture:
    """The architecture of tensors under our names, read off their shapes; ValueError where those that decide lack."""
    try:
        blocks = 1 + max((int(name.split(".")[1]) for name in tensors), default=-1)
        sizes = [tensors[f"blocks.{j}.weight"].shape[1] for j in range(blocks)]
        return Architecture(sizes[-1], tensors["blocks.0.weight"].shape[0], tuple(sizes[:-1]))
    except KeyError as missing:
        raise ValueError(f"`dcgan.from_state_dict(state)` lacks {missing.args[0]!r} (our name for it).") from None
    except IndexError:
        raise ValueError("`dcgan.from_state_dict(state)` lacks a convolution with its four dimensions.") from None


def build(tensors: Mapping[str, Tensor], architecture: Architecture) -> DCGAN:
    """The network with exactly these tensors under our names, in evaluation mode; ValueError for others."""
    call = "`dcgan.from_state_dict(state)`"
    with torch.device("meta"):
        wanted = DCGAN(architecture).state_dict()
    if missing := sorted(wanted.keys() - tensors.keys()):
        raise ValueError(f"{call} lacks {missing[0]!r} (our name for it), {len(missing)} in all.")
    if unexpected := sorted(tensors.keys() - wanted.keys()):
        raise ValueError(f"{call} holds {unexpected[0]!r} (our name for it), which no layer takes.")
    for name, value in tensors.items():
        if value.shape != wanted[name].shape or not value.is_floating_point():
            raise ValueError(
                f"{call}: {name!r} must be floating-point {list(wanted[name].shape)}, "
                f"got {value.dtype} {list(value.shape)}."
            )
        if not value.float().isfinite().all():
            raise ValueError(f"{call}: {name!r} holds values that are not finite.")
        if name.endswith("running_var") and value.min() < 0:
            raise ValueError(f"{call}: {name!r} holds a variance below 0, {value.min().item()}.")
    network = DCGAN(architecture)
    network.load_state_dict(tensors)
    return network.eval().requires_grad_(False)
