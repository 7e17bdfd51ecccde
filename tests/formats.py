"""Files of weights as others write them, made from arrays: NVIDIA's pickles, TensorFlow's, torch's of both ages.

The pickles are made by Python's own pickling of objects whose classes carry the names of the real ones.
"""

import pickle
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from torch import Tensor, nn

GOLDEN = Path(__file__).parent / "golden"
SOURCE = "raise SystemExit('the source code in a pickle was executed')\n"


def golden(name: str) -> dict[str, Tensor]:
    """The reference arrays of one network."""
    arrays = np.load(GOLDEN / f"{name}.npz", allow_pickle=False)
    return {key: torch.from_numpy(arrays[key]) for key in arrays}


def state_of(arrays: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state dict among the reference arrays."""
    return {key[3:]: value for key, value in arrays.items() if key.startswith("sd/")}


# NVIDIA's: modules of torch that reduce to a call of one function on their source, name and attributes.


def _reconstruct_persistent_obj(meta):
    raise SystemExit("a pickle was executed")


class EasyDict(dict):
    """A dictionary of its own class, as the real files use for options."""


class Network:
    """A network of the TensorFlow code: it pickles as a state."""

    def __init__(self, state):
        self.state = state

    def __getstate__(self):
        return self.state


@contextmanager
def pretended() -> Iterator[None]:
    """The modules of the real files, importable by their names while a fixture is written."""
    things = {
        "torch_utils.persistence": _reconstruct_persistent_obj,
        "dnnlib.util": EasyDict,
        "dnnlib.tflib.network": Network,
    }
    before = {thing: thing.__module__ for thing in things.values()}
    made = {parent: ModuleType(parent) for name in things for parent in _parents(name)}
    for name, thing in things.items():
        setattr(made[name], thing.__name__, thing)
        thing.__module__ = name
    sys.modules.update(made)
    try:
        yield
    finally:
        for thing, module in before.items():
            thing.__module__ = module
        for name in made:
            del sys.modules[name]


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[: i + 1]) for i in range(len(parts))]


class Persistent(nn.Module):
    """A module as NVIDIA's decorator pickles it."""

    def __init__(self, class_name: str, **attributes: object):
        super().__init__()
        self.__dict__["class_name"] = class_name
        self.__dict__.update(attributes)

    def __reduce__(self):
        state = {name: value for name, value in self.__dict__.items() if name != "class_name"}
        meta = {"type": "class", "version": 6, "module_src": SOURCE, "class_name": self.class_name, "state": state}
        return _reconstruct_persistent_obj, (meta,), None


def _dense(path: str) -> Persistent:
    hidden = path.startswith("mapping.fc")
    rate = 0.01 if hidden else 1
    gains = {"weight_gain": rate / np.sqrt(32), "bias_gain": rate}
    return Persistent("FullyConnectedLayer", activation="lrelu" if hidden else "linear", **gains)


def module_tree(state: Mapping[str, Tensor], clamp: float | None = None) -> Persistent:
    """A generator of NVIDIA's with the tensors of `state`."""
    made = {
        "": Persistent("Generator", z_dim=32, c_dim=0, _init_args=(), _init_kwargs=_init_kwargs(clamp)),
        "mapping": Persistent("MappingNetwork", num_layers=2, w_avg_beta=0.995),
        "synthesis": Persistent("SynthesisNetwork", img_channels=3, num_fp16_res=0),
    }

    def at(path: str) -> Persistent:
        if path not in made:
            name = path.rpartition(".")[2]
            if name.startswith("b"):
                made[path] = Persistent("SynthesisBlock", architecture="skip", use_fp16=False)
            elif name.startswith("conv"):
                gain = np.sqrt(2)  # a NumPy scalar, as in the real files
                made[path] = Persistent(
                    "SynthesisLayer", activation="lrelu", use_noise=True, conv_clamp=clamp, act_gain=gain
                )
            elif name == "torgb":
                made[path] = Persistent("ToRGBLayer", conv_clamp=clamp)
            else:
                made[path] = _dense(path)
        if path:
            parent, _, name = path.rpartition(".")
            at(parent)._modules[name] = made[path]
        return made[path]

    buffers = ("noise_const", "resample_filter", "w_avg")
    for key, value in state.items():
        path, _, name = key.rpartition(".")
        if name in buffers:
            at(path).register_buffer(name, value)
        else:
            at(path).register_parameter(name, nn.Parameter(value))
    return made[""]


def _init_kwargs(clamp: float | None) -> EasyDict:
    return EasyDict(z_dim=32, synthesis_kwargs=EasyDict(channel_base=1024, num_fp16_res=0, conv_clamp=clamp))


def nvidia_bytes(state: Mapping[str, Tensor] | nn.Module, *, protocol: int = 4, clamp: float | None = None) -> bytes:
    """A pickle as stylegan2-ada-pytorch writes it: three networks, the augmentation, the options of the data."""
    network = state if isinstance(state, nn.Module) else module_tree(state, clamp)
    with pretended():
        augment = Persistent("AugmentPipe", xflip=1, strengths=np.float64(0.5), Hz_fbank=torch.ones(4, 4))
        data = {"class_name": "training.dataset.ImageFolderDataset", "path": "ffhq.zip", "resolution": 32}
        other = Persistent("Discriminator", img_resolution=32)
        content = {"G": other, "D": other, "G_ema": network, "augment_pipe": augment, "training_set_kwargs": data}
        return pickle.dumps(content, protocol=protocol)


# TensorFlow's: a table of its own, from rosinality's names to the variables, written from what each layer computes.


def _flat(value: Tensor) -> np.ndarray:
    return value.numpy().astype(np.float32)


def _conv(state: Mapping[str, Tensor], prefix: str, style: type, *, turned: bool = False) -> dict[str, np.ndarray]:
    """Variables of a modulated convolution: weights out x in x h x w to h x w x in x out, styles without their 1."""
    weight = _flat(state[f"{prefix}.conv.weight"])[0]
    if turned:
        weight = np.rot90(weight, 2, axes=(2, 3))
    made = {
        "weight": np.ascontiguousarray(np.einsum("oihw->hwio", weight)),
        "mod_weight": np.ascontiguousarray(np.swapaxes(_flat(state[f"{prefix}.conv.modulation.weight"]), 0, 1)),
        "mod_bias": (state[f"{prefix}.conv.modulation.bias"].double() - 1).numpy().astype(style),
    }
    if f"{prefix}.noise.weight" in state:
        return made | {
            "noise_strength": np.float32(state[f"{prefix}.noise.weight"].item()),
            "bias": _flat(state[f"{prefix}.activate.bias"]),
        }
    return made | {"bias": _flat(state[f"{prefix}.bias"]).reshape(-1)}


def tensorflow_variables(
    state: Mapping[str, Tensor], w_avg: Tensor, *, style: type = np.float32
) -> dict[str, list[tuple[str, np.ndarray]]]:
    """The variables of G, of its mapping and of its synthesis, from a state dict with rosinality's names.

    The real files hold `style` biases less 1 in float32, which rounds them; in float64 they come back as they were.
    """
    mapping, synthesis = {}, {"lod": np.float32(0), "4x4/Const/const": _flat(state["input.input"])}
    layer = 0
    while f"style.{layer + 1}.weight" in state:
        mapping[f"Dense{layer}/weight"] = np.ascontiguousarray(_flat(state[f"style.{layer + 1}.weight"]).T)
        mapping[f"Dense{layer}/bias"] = _flat(state[f"style.{layer + 1}.bias"])
        layer += 1
    parts = {"4x4/Conv": _conv(state, "conv1", style), "4x4/ToRGB": _conv(state, "to_rgb1", style)}
    block, size = 0, 8
    while f"to_rgbs.{block}.bias" in state:
        parts[f"{size}x{size}/Conv0_up"] = _conv(state, f"convs.{2 * block}", style, turned=True)
        parts[f"{size}x{size}/Conv1"] = _conv(state, f"convs.{2 * block + 1}", style)
        parts[f"{size}x{size}/ToRGB"] = _conv(state, f"to_rgbs.{block}", style)
        block, size = block + 1, 2 * size
    synthesis |= {f"{layer}/{name}": value for layer, made in parts.items() for name, value in made.items()}
    synthesis |= {f"noise{i}": _flat(state[f"noises.noise_{i}"]) for i in range(2 * block + 1)}
    top = {"lod": np.float32(0), "dlatent_avg": _flat(w_avg).reshape(-1)}
    return {part: list(found.items()) for part, found in (("", top), ("mapping", mapping), ("synthesis", synthesis))}


def tensorflow_bytes(variables: Mapping[str, list], *, protocol: int = 4, options: Mapping | None = None) -> bytes:
    """A pickle (G, D, Gs) as the original code writes it; D is a network without parts."""

    def network(name: str, found: list, parts: dict) -> Network:
        told = {"num_channels": 3, "resolution": 32, "resample_kernel": [1, 3, 3, 1]} | dict(options or {})
        about = {"build_module_src": SOURCE, "build_func_name": "G_main"}
        state = {"version": 4, "name": name, "static_kwargs": told, "components": parts, "variables": found}
        return Network(state | about)

    with pretended():
        parts = {part: network(f"G_{part}", variables[part], {}) for part in ("mapping", "synthesis")}
        other = network("D", [("16x16/Conv0/weight", np.zeros((3, 3, 2, 2), np.float32))], {})
        return pickle.dumps((other, other, network("Gs", variables[""], parts)), protocol=protocol)


# torch's.


def torch_bytes(content: object, *, legacy: bool = False) -> bytes:
    """What `torch.save` writes, as an archive or as before torch 1.6."""
    buffer = BytesIO()
    torch.save(content, buffer, _use_new_zipfile_serialization=not legacy)
    return buffer.getvalue()


def write(folder: Path, name: str, content: bytes) -> Path:
    """The content as a file."""
    path = folder / name
    path.write_bytes(content)
    return path
