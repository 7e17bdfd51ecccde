"""NVIDIA's pickles of stylegan2-ada-pytorch and stylegan3, for the StyleGAN-2 networks among them.

Such a file is a dictionary of networks (G_ema, G, D, ...). Each is a call of one function of NVIDIA's on the source
code of its class, the class's name and the module's attributes. The source code is text here and stays text; the
attributes are walked as data.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ilo_practice.checkpoints.inert import LONGEST, Inert, items_of
from ilo_practice.checkpoints.names import architecture_of, translate
from ilo_practice.checkpoints.stored import Stored
from ilo_practice.checkpoints.weights import Weights

RECONSTRUCT = "torch_utils.persistence._reconstruct_persistent_obj"
GENERATORS = ("G_ema", "G")
DEEPEST, MOST, WIDEST = 12, 5000, 500  # levels; modules, or tensors; what one module holds
MAPPING_RATE = 0.01

# What the layers of StyleGAN-2 may say of themselves: class, attribute -> the one value that this package computes.
ONLY = {
    ("SynthesisBlock", "architecture"): "skip",
    ("SynthesisLayer", "activation"): "lrelu",
    ("SynthesisLayer", "use_noise"): True,
    ("SynthesisNetwork", "architecture"): "skip",
}
CLAMPED = ("SynthesisLayer", "ToRGBLayer")
# Classes of other networks of the same family.
OTHERS = {
    "SynthesisInput": "StyleGAN-3 (alias-free)",
    "FourierFeature": "StyleGAN-3 (alias-free)",
    "SuperresolutionHybrid8XDC": "EG3D",
    "TriPlaneGenerator": "EG3D",
}


@dataclass(frozen=True)
class Module:
    """One module of a network: its path, its class, its attributes."""

    path: str
    kind: str
    state: dict


def read(root: object) -> Weights:
    """The generator in the object of a pickle, G_ema before G. Raises ValueError for what is no StyleGAN-2."""
    if type(root) is dict:
        found = [name for name in GENERATORS if type(root.get(name)) is Inert]
        if not found:
            raise ValueError(f"a pickle without {' or '.join(GENERATORS)}, its keys are {_names(root)}")
        root = root[found[0]]
    modules = list(walk(root))
    top = modules[0]
    for module in modules:
        if module.kind in OTHERS:
            raise ValueError(f"a network of {OTHERS[module.kind]}, not StyleGAN-2")
    if top.kind != "Generator":
        raise ValueError(f"a network of the class {top.kind[:80]!r}, not the Generator of StyleGAN-2")
    for module in modules:
        _check(module)
    options = _options(top)
    if options.get("architecture", "skip") != "skip":
        raise ValueError(f"a StyleGAN-2 whose architecture is {_short(options['architecture'])}, not 'skip'")
    clamps = [m.state["conv_clamp"] for m in modules if m.kind in CLAMPED and "conv_clamp" in m.state]
    tensors, wscale = translate(_tensors(modules))
    clamp = clamp_of(clamps or [options.get("conv_clamp")])
    architecture = replace(architecture_of(tensors), wscale=wscale, conv_clamp=clamp)
    return Weights("NVIDIA pickle", "stylegan2", tensors, architecture)


def walk(root: object) -> Iterator[Module]:
    """All modules of a network, itself first. Raises ValueError for a structure that no network has."""
    waiting = [("", root, 0)]
    for seen in itertools.count():
        if not waiting:
            return
        path, node, depth = waiting.pop()
        module = _module(path, node)
        yield module
        children = _held(module, "_modules")
        if depth == DEEPEST or seen + len(waiting) + len(children) > MOST:
            raise ValueError(f"a network whose module {path[:80]!r} holds more modules than any network")
        waiting += [(f"{path}{name}.", child, depth + 1) for name, child in children.items() if child is not None]


def _module(path: str, node: object) -> Module:
    """What one call describes, NVIDIA's function or the plain pickle of a torch module."""
    if type(node) is Inert and node.name == RECONSTRUCT and len(node.args) == 1 and type(node.args[0]) is dict:
        kind, state = node.args[0].get("class_name"), node.args[0].get("state")
    elif type(node) is Inert:
        kind, state = node.name.rpartition(".")[2], node.state
    else:
        kind, state = None, None
    if type(kind) is not str or not _names_things(state):
        raise ValueError(f"a network whose module {path[:80]!r} has no class and no state")
    return Module(path, kind, state)


def _names_things(held: object) -> bool:
    return (
        type(held) is dict and len(held) <= WIDEST and all(type(name) is str and len(name) <= LONGEST for name in held)
    )


def _held(module: Module, kind: str) -> dict:
    """The parameters, buffers or modules of a module, by their names."""
    held = module.state.get(kind, {})
    if not _names_things(held):
        raise ValueError(f"a network whose module {module.path[:80]!r} has no {kind}, or too many")
    return held


def _tensors(modules: list[Module]) -> dict[str, Stored]:
    tensors = {}
    for module in modules:
        for name, tensor in (_held(module, "_parameters") | _held(module, "_buffers")).items():
            if len(tensors) == MOST or type(tensor) not in (Stored, type(None)):
                raise ValueError(f"a network whose {f'{module.path}{name}'[:80]!r} is no tensor, or one of too many")
            if tensor is not None:
                tensors[f"{module.path}{name}"] = tensor
    return tensors


def _check(module: Module) -> None:
    """Raise ValueError for a module that computes something else than this package's."""
    for (kind, attribute), value in ONLY.items():
        if module.kind == kind and (given := module.state.get(attribute, value)) != value:
            raise ValueError(f"a StyleGAN-2 whose {attribute} is {_short(given)}, where only {value!r} is supported")
    if module.kind == "FullyConnectedLayer":
        activation, rate = ("lrelu", MAPPING_RATE) if module.path.startswith("mapping.fc") else ("linear", 1)
        given = (module.state.get("activation", activation), module.state.get("bias_gain", rate))
        if given != (activation, rate):
            raise ValueError(
                f"a StyleGAN-2 whose {module.path[:80]!r} has the activation {_short(given[0])} and the rate "
                f"{_short(given[1])}, where only {activation!r} and {rate} are supported"
            )


def clamp_of(found: list) -> float | None:
    """The one bound that all layers have, None for none. Raises ValueError for different ones."""
    clamp = found[0]
    if not all(type(each) in (int, float, type(None)) and each == clamp for each in found):
        raise ValueError("a StyleGAN-2 whose layers have different bounds conv_clamp, or one that is no number")
    if clamp is not None and not 0 < clamp < 1e9:
        raise ValueError(f"a StyleGAN-2 whose conv_clamp is {_short(clamp)}")
    return None if clamp is None else float(clamp)


def _options(top: Module) -> dict:
    """The arguments that the synthesis network was made with, as far as they are there."""
    return items_of(items_of(top.state.get("_init_kwargs")).get("synthesis_kwargs"))


def _short(value: object) -> str:
    """A plain value for a message; whatever else a file holds, by its kind alone."""
    return repr(value)[:40] if type(value) in (str, int, float, bool, type(None)) else "no plain value"


def _names(found: dict) -> str:
    return ", ".join(repr(name)[:40] for name in list(found)[:5]) or "none"
