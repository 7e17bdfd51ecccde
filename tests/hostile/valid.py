"""The smallest whole files, one a format: what hostile files are made from."""

import json
import pickle
from collections.abc import Mapping
from functools import cache

import torch
from safetensors.torch import save
from torch import Tensor

from tests.formats import module_tree, nvidia_bytes, pretended, tensorflow_bytes, tensorflow_variables, torch_bytes

W, WIDTHS = 4, (3, 2)


def _draw(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Tensor]:
    rng = torch.Generator().manual_seed(0)
    return {name: torch.randn(shape, generator=rng) for name, shape in shapes.items()}


@cache
def nvidia_state() -> dict[str, Tensor]:
    """A network of 8 x 8 pixels with NVIDIA's names."""
    shapes: dict[str, tuple[int, ...]] = {"mapping.w_avg": (W,), "synthesis.b4.const": (WIDTHS[0], 4, 4)}
    for i in range(2):
        shapes |= {f"mapping.fc{i}.weight": (W, W), f"mapping.fc{i}.bias": (W,)}
    for size, fan_in, width in ((4, WIDTHS[0], WIDTHS[0]), (8, *WIDTHS)):
        for conv, ins in (("conv0", fan_in), ("conv1", width)) if size > 4 else (("conv1", width),):
            prefix = f"synthesis.b{size}.{conv}"
            shapes |= {f"{prefix}.weight": (width, ins, 3, 3), f"{prefix}.bias": (width,)}
            shapes |= {f"{prefix}.affine.weight": (ins, W), f"{prefix}.affine.bias": (ins,)}
            shapes |= {f"{prefix}.noise_const": (size, size), f"{prefix}.noise_strength": ()}
        prefix = f"synthesis.b{size}.torgb"
        shapes |= {f"{prefix}.weight": (1, width, 1, 1), f"{prefix}.bias": (1,)}
        shapes |= {f"{prefix}.affine.weight": (width, W), f"{prefix}.affine.bias": (width,)}
    return _draw(shapes) | {"synthesis.b8.resample_filter": _filter()}


@cache
def rosinality_state() -> dict[str, Tensor]:
    """A network of 8 x 8 pixels with rosinality's names."""
    shapes: dict[str, tuple[int, ...]] = {"input.input": (1, WIDTHS[0], 4, 4)}
    for i in (1, 2):
        shapes |= {f"style.{i}.weight": (W, W), f"style.{i}.bias": (W,)}
    for prefix, ins, width in (("conv1", 3, 3), ("convs.0", 3, 2), ("convs.1", 2, 2)):
        shapes |= {f"{prefix}.conv.weight": (1, width, ins, 3, 3), f"{prefix}.activate.bias": (width,)}
        shapes |= {f"{prefix}.conv.modulation.weight": (ins, W), f"{prefix}.conv.modulation.bias": (ins,)}
        shapes |= {f"{prefix}.noise.weight": (1,)}
    for prefix, width in (("to_rgb1", 3), ("to_rgbs.0", 2)):
        shapes |= {f"{prefix}.conv.weight": (1, 1, width, 1, 1), f"{prefix}.bias": (1, 1, 1, 1)}
        shapes |= {f"{prefix}.conv.modulation.weight": (width, W), f"{prefix}.conv.modulation.bias": (width,)}
    shapes |= {f"noises.noise_{i}": (1, 1, size, size) for i, size in enumerate((4, 8, 8))}
    return _draw(shapes) | {"convs.0.conv.blur.kernel": 4 * _filter()}


def _filter() -> Tensor:
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    return torch.outer(taps, taps) / 64


@cache
def network_pickle() -> bytes:
    """The body, without head and end, of the pickle of one of NVIDIA's networks."""
    with pretended():
        return pickle.dumps(module_tree(nvidia_state()), protocol=3)[2:-1]


def variables() -> dict[str, list]:
    """TensorFlow's variables of the network with rosinality's names."""
    return tensorflow_variables(rosinality_state(), torch.zeros(W))


ARCHITECTURE = {
    "resolution": 8,
    "channels": 1,
    "z_dim": W,
    "w_dim": W,
    "widths": list(WIDTHS),
    "mapping_layers": 2,
    "label_dim": 0,
    "wscale": False,
    "conv_clamp": None,
}


@cache
def our_state() -> dict[str, Tensor]:
    """The network with NVIDIA's names under ours."""
    state = {}
    for name, value in nvidia_state().items():
        ours = name.replace("synthesis.b4", "blocks.0").replace("synthesis.b8", "blocks.1")
        ours = ours.replace("mapping.fc", "mapping.").replace("mapping.w_avg", "w_avg").replace("_const", "")
        state[ours] = value[None, None] if ours.endswith(".noise") else value
    del state["blocks.1.resample_filter"]
    return state


def safetensors_bytes(state: Mapping[str, Tensor] | None = None, **changes: object) -> bytes:
    """A file of ours, some sizes in its header changed."""
    header = json.dumps(ARCHITECTURE | changes)
    return save(dict(our_state() if state is None else state), {"architecture": header})


def files() -> dict[str, bytes]:
    """A whole file of each format, by its name."""
    checkpoint = {"g_ema": rosinality_state(), "latent_avg": torch.zeros(W)}
    return {
        "nvidia.pkl": nvidia_bytes(nvidia_state()),
        "nvidia-2.pkl": nvidia_bytes(nvidia_state(), protocol=2),
        "tensorflow.pkl": tensorflow_bytes(variables()),
        "rosinality.pt": torch_bytes(checkpoint),
        "rosinality-legacy.pt": torch_bytes(checkpoint, legacy=True),
        "ours.safetensors": safetensors_bytes(),
    }


def lean() -> bytes:
    """NVIDIA's pickle with nothing in its modules but what a reader looks at."""
    network, kept = module_tree(nvidia_state()), ("_parameters", "_buffers", "_modules", "_init_kwargs")
    for module in network.modules():
        for name in [name for name in module.__dict__ if name.startswith("_") and name not in kept]:
            del module.__dict__[name]
    with pretended():
        return pickle.dumps({"G_ema": network}, protocol=4)
