"""The kinds of network that files hold: how each is called, its sizes in a header, its tensors checked and built."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise

from torch import Tensor

from ilo_practice import dcgan
from ilo_practice.checkpoints import network
from ilo_practice.checkpoints.weights import Lazy, Sizes
from ilo_theory.generators import Generator

Tensors = Mapping[str, Tensor | Lazy]


@dataclass(frozen=True)
class Kind:
    """One kind of network.

    `sizes` makes the architecture of a header's JSON object, `check` holds the names and shapes of tensors against an
    architecture, `build` makes the network; each raises ValueError.
    """

    title: str
    sizes: Callable[[object], Sizes]
    check: Callable[[Tensors, Sizes], None]
    build: Callable[[Tensors, Sizes], Generator]


def _dcgan_sizes(header: object) -> dcgan.Architecture:
    names = {"channels", "z_dim", "widths"}
    if not isinstance(header, dict) or header.keys() != names or not isinstance(header["widths"], list):
        raise ValueError(f"the architecture of a DCGAN must be an object of {', '.join(sorted(names))}")
    if not all(type(n) is int for n in (*header["widths"], header["channels"], header["z_dim"])):
        raise ValueError("an architecture's sizes must be integers")
    return dcgan.Architecture(**header | {"widths": tuple(header["widths"])})


def dcgan_layout(a: dcgan.Architecture) -> dict[str, tuple[int, ...]]:
    """The shape of each tensor of a DCGAN, under our names."""
    sizes = (a.z_dim, *a.widths, a.channels)
    shapes: dict[str, tuple[int, ...]] = {f"blocks.{j}.weight": (*pair, 4, 4) for j, pair in enumerate(pairwise(sizes))}
    parts = ("weight", "bias", "running_mean", "running_var")
    return shapes | {f"blocks.{j}.norm.{part}": (width,) for j, width in enumerate(a.widths) for part in parts}


def _dcgan_check(tensors: Tensors, a: dcgan.Architecture) -> None:
    wanted = dcgan_layout(a)
    if odd := sorted(wanted.keys() ^ tensors.keys()):
        raise ValueError(f"`dcgan.from_state_dict(state)` lacks {odd[0]!r} (our name for it), or holds it too many.")
    for name, value in tensors.items():
        if tuple(value.shape) != wanted[name]:
            raise ValueError(
                f"`dcgan.from_state_dict(state)`: {name!r} must be {list(wanted[name])}, got {list(value.shape)}."
            )


def _dcgan_build(tensors: Tensors, a: dcgan.Architecture) -> dcgan.DCGAN:
    _dcgan_check(tensors, a)
    return dcgan.build({name: network.values(value) for name, value in tensors.items()}, a)


KINDS = {
    "stylegan2": Kind("StyleGAN-2", network.architecture_from, network.check, network.build),
    "dcgan": Kind("DCGAN", _dcgan_sizes, _dcgan_check, _dcgan_build),
}


def header_of(generator: Generator) -> dict:
    """The architecture of a network as a header spells it; no kind: StyleGAN-2, as in the first files."""
    kind = {"kind": "dcgan"} if isinstance(generator, dcgan.DCGAN) else {}
    return asdict(generator.architecture) | kind
