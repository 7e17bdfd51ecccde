"""The tensors that an architecture needs, and the network made of them: checked before anything of its size is made."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields

import torch
from torch import Tensor

from ilo_practice.checkpoints.weights import Lazy
from ilo_practice.stylegan2 import StyleGAN2
from ilo_practice.stylegan2.layers import Architecture

# Not in every file: the mean code, and the moments of the codes. NaN says that they are not known.
OPTIONAL = {"w_avg", "v_mean", "v_std"}
MOST_LAYERS = 64


def architecture_from(header: object) -> Architecture:
    """The architecture that a header spells as a JSON object. Raises ValueError for one that is not of its types."""
    names = {field.name for field in fields(Architecture)}
    if not isinstance(header, dict) or not header.keys() <= names or not isinstance(header.get("widths"), list):
        raise ValueError(f"an architecture must be an object of {', '.join(sorted(names))}")
    integers = [*header["widths"], *(value for name, value in header.items() if name not in _OTHER)]
    clamp, wscale = header.get("conv_clamp"), header.get("wscale", False)
    if not all(type(n) is int for n in integers) or not isinstance(wscale, bool):
        raise ValueError("an architecture's sizes must be integers")
    if not (clamp is None or (type(clamp) in (int, float) and 0 < clamp < math.inf)):
        raise ValueError("an architecture's conv_clamp must be a number > 0 or null")
    try:
        return checked(Architecture(**header | {"widths": tuple(header["widths"])}))
    except TypeError as error:
        raise ValueError(f"an architecture lacks sizes: {error}") from None


_OTHER = ("widths", "conv_clamp", "wscale")


def checked(architecture: Architecture) -> Architecture:
    """The same, if a network can be made of it. Raises ValueError for sizes below 1 and too many mapping layers."""
    if min(architecture.widths) < 1 or architecture.label_dim < 0 or architecture.mapping_layers > MOST_LAYERS:
        raise ValueError(
            f"a network of widths {list(architecture.widths)}, {architecture.label_dim} labels and "
            f"{architecture.mapping_layers} mapping layers, where sizes are >= 1 and layers <= {MOST_LAYERS}"
        )
    return architecture


def layout(a: Architecture) -> dict[str, tuple[int, ...]]:
    """The shape of each tensor of the network, under our names."""
    return dict(_layout(a))


def _layout(a: Architecture) -> Iterator[tuple[str, tuple[int, ...]]]:
    if a.label_dim:
        yield from _dense("embed", a.label_dim, a.w_dim)
    for i in range(a.mapping_layers):
        first = a.z_dim + (a.w_dim if a.label_dim else 0)
        yield from _dense(f"mapping.{i}", a.w_dim if i else first, a.w_dim)
    yield "blocks.0.const", (a.widths[0], 4, 4)
    for j, width in enumerate(a.widths):
        for conv, fan_in in (("conv0", a.widths[j - 1]), ("conv1", width)):
            if (j, conv) == (0, "conv0"):
                continue
            yield from _modulated(f"blocks.{j}.{conv}", fan_in, width, 3, a.w_dim)
            yield f"blocks.{j}.{conv}.noise_strength", ()
            yield f"blocks.{j}.{conv}.noise", (1, 1, 2 ** (j + 2), 2 ** (j + 2))
        yield from _modulated(f"blocks.{j}.torgb", width, a.channels, 1, a.w_dim)
    for name in sorted(OPTIONAL):
        yield name, (a.w_dim,)


def _dense(name: str, fan_in: int, fan_out: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (fan_out, fan_in)
    yield f"{name}.bias", (fan_out,)


def _modulated(name: str, fan_in: int, fan_out: int, size: int, w_dim: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (fan_out, fan_in, size, size)
    yield f"{name}.bias", (fan_out,)
    yield from _dense(f"{name}.affine", w_dim, fan_in)


def check(tensors: Mapping[str, Tensor | Lazy], architecture: Architecture) -> None:
    """Raise ValueError where a name is missing or unexpected or a shape does not fit; no number is looked at."""
    wanted = layout(checked(architecture))
    if missing := sorted(wanted.keys() - tensors.keys() - OPTIONAL):
        raise ValueError(f"`from_state_dict(state)` lacks {missing[0]!r} (our name for it), {len(missing)} in all.")
    if unexpected := sorted(tensors.keys() - wanted.keys()):
        raise ValueError(f"`from_state_dict(state)` holds {unexpected[0]!r} (our name for it), which no layer takes.")
    for name, value in tensors.items():
        # dialects differ in leading or trailing dimensions of size 1 alone
        if [n for n in value.shape if n != 1] != [n for n in wanted[name] if n != 1]:
            raise ValueError(
                f"`from_state_dict(state)`: {name!r} must be {list(wanted[name])}, got {list(value.shape)}."
            )


def build(tensors: Mapping[str, Tensor | Lazy], architecture: Architecture) -> StyleGAN2:
    """The network with these tensors under our names; the mean code and the code moments may be missing."""
    check(tensors, architecture)
    network = StyleGAN2(architecture)
    own = network.state_dict()
    with torch.no_grad():
        for name, value in tensors.items():
            numbers = values(value)
            if not numbers.is_floating_point():
                raise ValueError(f"`from_state_dict(state)`: {name!r} must be floating-point, got {numbers.dtype}.")
            own[name].copy_(numbers.reshape(own[name].shape))
            if not own[name].isfinite().all() and not (name in OPTIONAL and own[name].isnan().all()):
                raise ValueError(f"`from_state_dict(state)`: {name!r} holds values that are not finite.")
    return network.eval().requires_grad_(False)


def values(value: Tensor | Lazy) -> Tensor:
    """A tensor, read from its file where it is still there."""
    return value if isinstance(value, Tensor) else value.tensor()
