"""From the tensors of a checkpoint to a network: the key names of the dialects, sizes read off the shapes."""

import re
from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from ilo_practice.checkpoints.network import build, values
from ilo_practice.checkpoints.weights import Lazy
from ilo_practice.stylegan2 import StyleGAN2
from ilo_practice.stylegan2.layers import Architecture


def from_state_dict(state: Mapping[str, Tensor], *, w_avg: Tensor | None = None) -> StyleGAN2:
    """The StyleGAN-2 of a state dict with the key names of stylegan2-ada or rosinality, its sizes read off the shapes.

    Args:
        state: the tensors, any floating dtype; the network is float32 and holds every float32 value exactly.
        w_avg: the mean code [w_dim] (or [1, w_dim]), which rosinality's files keep beside the state as `latent_avg`.
    Raises:
        ValueError: for names of neither dialect, missing or unexpected keys, shapes that do not fit, filters other than
            [1, 3, 3, 1], values that are not finite.
    """
    tensors, wscale = translate(state)
    if w_avg is not None:
        tensors["w_avg"] = w_avg.reshape(-1)
    return build(tensors, replace(architecture_of(tensors), wscale=wscale))


def translate(state: Mapping[str, Tensor | Lazy]) -> tuple[dict[str, Tensor | Lazy], bool]:
    """The tensors of a state dict under our names, and whether the dialect scales the weights (`wscale`).

    Raises ValueError for names of neither dialect and for filters other than [1, 3, 3, 1], which have no name of ours.
    """
    if any(key.startswith("synthesis.") for key in state):
        rename, wscale = _from_nvidia, False
    elif any(key.startswith("convs.") for key in state):
        rename, wscale = _from_rosinality, True
    else:
        raise ValueError(f"`from_state_dict(state)` knows no network with keys such as {sorted(state)[:3]}.")
    tensors = {}
    for key, value in state.items():
        if re.search(r"(resample_filter|kernel)$", key):
            _check_filter(key, value)
        elif (name := rename(key)) is None or name in tensors:
            raise ValueError(f"`from_state_dict(state)` does not know the key {key!r}, or holds it twice.")
        else:
            tensors[name] = value
    return tensors, wscale


def _from_nvidia(key: str) -> str | None:
    if key == "mapping.w_avg":
        return "w_avg"
    if key == "synthesis.b4.const":
        return "blocks.0.const"
    if match := re.fullmatch(r"mapping\.(?:fc([0-9]{1,3})|embed)\.(weight|bias)", key):
        return f"mapping.{match[1]}.{match[2]}" if match[1] else f"embed.{match[2]}"
    if match := re.fullmatch(r"synthesis\.b(4|8|16|32|64|128|256|512|1024)\.((?:conv[01]|torgb)\.[a-z_.]+)", key):
        block = int(match[1]).bit_length() - 3
        return f"blocks.{block}.{match[2]}".replace("noise_const", "noise")
    return None


def _from_rosinality(key: str) -> str | None:
    if key == "input.input":
        return "blocks.0.const"
    if match := re.fullmatch(r"style\.([0-9]{1,3})\.(weight|bias)", key):
        return f"mapping.{int(match[1]) - 1}.{match[2]}"  # style.0 normalises and holds nothing
    if match := re.fullmatch(r"noises\.noise_([0-9]{1,3})", key):
        i = int(match[1])
        return f"blocks.{(i + 1) // 2}.conv{0 if i % 2 else 1}.noise"
    parts = {
        "conv.weight": "weight",
        "conv.modulation.weight": "affine.weight",
        "conv.modulation.bias": "affine.bias",
        "noise.weight": "noise_strength",
        "activate.bias": "bias",
        "bias": "bias",
    }
    if match := re.fullmatch(r"(?:(conv1|to_rgb1)|(convs|to_rgbs)\.([0-9]{1,3}))\.([a-z.]+)", key):
        first, later, i, part = match[1], match[2], int(match[3] or 0), parts.get(match[4])
        layers = {
            "conv1": "0.conv1",
            "to_rgb1": "0.torgb",
            "convs": f"{i // 2 + 1}.conv{i % 2}",
            "to_rgbs": f"{i + 1}.torgb",
        }
        return part and f"blocks.{layers[first or later]}.{part}"
    return None


def _check_filter(key: str, value: Tensor | Lazy) -> None:
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    expected = torch.outer(taps, taps) / 64
    # rosinality stores the upsampling filters with their gain of 4
    if tuple(value.shape) != (4, 4) or not any(torch.equal(values(value).float(), gain * expected) for gain in (1, 4)):
        raise ValueError(f"`from_state_dict(state[{key!r}])`: only the blur [1, 3, 3, 1] is supported.")


def architecture_of(tensors: Mapping[str, Tensor | Lazy]) -> Architecture:
    """The architecture of tensors under our names, read off their shapes; `wscale` and `conv_clamp` are not in them.

    Raises ValueError where the tensors that decide a size are missing or have too few dimensions.
    """
    try:
        blocks = 1 + max((int(match[1]) for key in tensors if (match := re.match(r"blocks\.(\d+)\.", key))), default=-1)
        if not 1 <= blocks <= 9:
            raise ValueError(
                f"`from_state_dict(state)`: {blocks} resolution blocks, where 2 to 9 (1024 px) are supported."
            )
        widths = tuple(tensors[f"blocks.{j}.conv1.weight"].shape[-4] for j in range(blocks))
        w_dim = tensors["blocks.0.conv1.affine.weight"].shape[1]
        label_dim = tensors["embed.weight"].shape[1] if "embed.weight" in tensors else 0
        return Architecture(
            resolution=2 ** (blocks + 1),
            channels=tensors["blocks.0.torgb.weight"].shape[-4],
            z_dim=tensors["mapping.0.weight"].shape[1] - (w_dim if label_dim else 0),
            w_dim=w_dim,
            widths=widths,
            mapping_layers=sum(bool(re.fullmatch(r"mapping\.\d+\.weight", key)) for key in tensors),
            label_dim=label_dim,
        )
    except KeyError as missing:
        raise ValueError(f"`from_state_dict(state)` lacks {missing.args[0]!r} (our name for it).") from None
    except IndexError:
        raise ValueError("`from_state_dict(state)` holds a weight with too few dimensions.") from None
