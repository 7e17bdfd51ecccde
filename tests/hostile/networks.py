"""Whole files whose network is not what it says, or none that this package computes."""

import pickle
from collections.abc import Callable, Iterator

import torch
from torch import nn

from tests.formats import EasyDict, Network, module_tree, nvidia_bytes, pretended, tensorflow_bytes, torch_bytes
from tests.hostile import headers, valid
from tests.hostile.case import Case

WEIGHT = "synthesis.b8.conv0.weight"


def _state(**changes: torch.Tensor | None) -> dict:
    state = valid.nvidia_state() | {key.replace("__", "."): value for key, value in changes.items()}
    return {key: value for key, value in state.items() if value is not None}


def _module(change: Callable[[nn.Module], object]) -> bytes:
    network = module_tree(valid.nvidia_state())
    change(network)
    return nvidia_bytes(network)


def _set(path: str, **attributes: object) -> bytes:
    return _module(lambda network: network.get_submodule(path).__dict__.update(attributes))


def _nvidia() -> dict[str, bytes]:
    ones = torch.ones
    return {
        "a weight missing": nvidia_bytes(_state(synthesis__b8__conv0__weight=None)),
        "a bias missing": nvidia_bytes(_state(mapping__fc1__bias=None)),
        "a noise missing": nvidia_bytes(_state(synthesis__b4__conv1__noise_const=None)),
        "a constant missing": nvidia_bytes(_state(synthesis__b4__const=None)),
        "a block missing": nvidia_bytes({k: v for k, v in _state().items() if ".b4." not in k}),
        "the mapping missing": nvidia_bytes({k: v for k, v in _state().items() if "mapping" not in k}),
        "the synthesis missing": nvidia_bytes({k: v for k, v in _state().items() if "mapping" in k}),
        "a weight more": nvidia_bytes(_state(synthesis__b8__conv0__extra=ones(3))),
        "a layer more": nvidia_bytes(_state(mapping__fc7__weight=ones(4, 4))),
        "a block of 7 x 7": nvidia_bytes(_state(synthesis__b7__conv0__weight=ones(2, 2, 3, 3))),
        "a block of 2048 x 2048": nvidia_bytes(_state(synthesis__b2048__conv0__weight=ones(2, 2, 3, 3))),
        "a weight of the wrong shape": nvidia_bytes(_state(synthesis__b8__conv0__weight=ones(2, 3, 3))),
        "a weight transposed": nvidia_bytes(_state(synthesis__b8__conv0__weight=ones(3, 2, 3, 3))),
        "a weight of no numbers": nvidia_bytes(_state(synthesis__b8__conv1__weight=ones(0, 2, 3, 3))),
        "a noise of the wrong size": nvidia_bytes(_state(synthesis__b8__conv0__noise_const=ones(4, 4))),
        "another filter": nvidia_bytes(_state(synthesis__b8__resample_filter=ones(4, 4))),
        "a longer filter": nvidia_bytes(_state(synthesis__b8__resample_filter=ones(12, 12))),
        "a filter in one dimension": nvidia_bytes(_state(synthesis__b8__resample_filter=ones(4))),
        "the residual architecture": _set("synthesis.b8", architecture="resnet"),
        "the original architecture": _set("synthesis.b8", architecture="orig"),
        "an architecture that is a list": _set("synthesis.b8", architecture=["skip"]),
        "another activation": _set("synthesis.b8.conv0", activation="relu"),
        "no noise": _set("synthesis.b8.conv0", use_noise=False),
        "another activation of the mapping": _set("mapping.fc0", activation="swish"),
        "another rate of the mapping": _set("mapping.fc0", bias_gain=1),
        "a rate of the styles": _set("synthesis.b8.conv0.affine", bias_gain=0.5),
        "bounds that differ": _set("synthesis.b8.conv0", conv_clamp=256),
        "a bound that is text": _set("synthesis.b8.conv0", conv_clamp="256"),
        "a bound that is a list": _set("synthesis.b8.conv0", conv_clamp=[]),
        "an attribute for the class": _set("synthesis.b8", class_name="SynthesisInput"),
        "StyleGAN-3": _set("synthesis", class_name="SynthesisInput"),
        "EG3D": _set("", class_name="TriPlaneGenerator"),
        "a discriminator": _set("", class_name="Discriminator"),
        "a network of another class": _set("", class_name="Generator\n\x1b[31m"),
    }


def _tensorflow() -> dict[str, bytes]:
    def changed(part: str, **changes: object) -> bytes:
        found = valid.variables()
        state = dict(found[part]) | {key.replace("__", "/"): value for key, value in changes.items()}
        return tensorflow_bytes(found | {part: [(k, v) for k, v in state.items() if v is not None]})

    def without(*parts: str) -> bytes:
        found = valid.variables()
        with pretended():
            networks = {
                part: Network({"variables": found[part]}) for part in ("mapping", "synthesis") if part not in parts
            }
            return pickle.dumps((1, 2, Network({"variables": [], "components": EasyDict(networks)})))

    ones = torch.ones
    found = valid.variables()
    twice = found | {"mapping": found["mapping"] * 2}
    with pretended():
        pair = pickle.dumps((Network({}), Network({})))
        empty = pickle.dumps((Network({}), Network({}), Network({})))
        text = pickle.dumps((1, 2, Network("Gs")))
    return {
        "two networks": pair,
        "three networks of nothing": empty,
        "three numbers": pickle.dumps((1, 2, 3)),
        "a network whose state is text": text,
        "no mapping": without("mapping"),
        "no parts": without("mapping", "synthesis"),
        "no options and a mean that is not there": without("synthesis"),
        "a variable missing": changed("synthesis", **{"8x8__Conv0_up__weight": None}),
        "a variable more": changed("synthesis", **{"8x8__Conv2__weight": ones(3).numpy()}),
        "a variable twice": tensorflow_bytes(twice),
        "a variable that is text": changed("mapping", Dense0__weight="x"),
        "a variable of too few dimensions": changed("mapping", Dense0__weight=ones(4).numpy()),
        "a convolution of too few dimensions": changed("synthesis", **{"8x8__Conv1__weight": ones(4, 4).numpy()}),
        "a variable of the wrong shape": changed("synthesis", **{"8x8__Conv1__weight": ones(3, 3, 2, 9).numpy()}),
        "a resolution of 6 x 6": changed("synthesis", **{"6x6__Conv1__weight": ones(3, 3, 2, 2).numpy()}),
        "a resolution of 8 x 4": changed("synthesis", **{"8x4__Conv1__weight": ones(3, 3, 2, 2).numpy()}),
        "a noise of block 40": changed("synthesis", noise80=ones(1, 1, 4, 4).numpy()),
        "StyleGAN of the first age": changed("synthesis", **{"4x4__Const__StyleMod__weight": ones(4, 6).numpy()}),
        "the labels of the first age": changed("mapping", LabelConcat__weight=ones(4, 4).numpy()),
        "a variable of objects": changed("mapping", Dense0__bias=torch.ones(1).numpy().astype(object)),
        "a variable of text": changed("mapping", Dense0__bias=torch.ones(4).numpy().astype(str)),
        "variables that are a dictionary": tensorflow_bytes(found | {"mapping": {}}),
        "variables that are numbers": tensorflow_bytes(found | {"mapping": [1, 2]}),
        "variables that are triples": tensorflow_bytes(found | {"mapping": [("a", 1, 2)]}),
        **{
            f"the option {option}": tensorflow_bytes(found, options={option: value})
            for option, value in {
                "architecture": "resnet",
                "resample_kernel": [1, 2, 1],
                "mapping_lrmul": 1.0,
                "nonlinearity": "relu",
                "normalize_latents": False,
                "use_noise": False,
                "conv_clamp": "no",
            }.items()
        },
    }


def _torch() -> dict[str, bytes]:
    state = valid.rosinality_state()
    weight, filtered = "convs.0.conv.weight", "convs.0.conv.blur.kernel"
    changes = {
        "an integer weight": {weight: torch.ones(1, 2, 3, 3, 3, dtype=torch.int64)},
        "a weight of the wrong shape": {weight: torch.ones(1, 2, 3, 3)},
        "a weight more": {"convs.9.conv.weight": torch.ones(1, 2, 3, 3, 3)},
        "another name": {"convs.0.conv.weights": torch.ones(1)},
        "one name in two ways": {"style.01.weight": state["style.1.weight"]},
        "another filter": {filtered: torch.ones(4, 4)},
        "a filter of integers": {filtered: torch.ones(4, 4, dtype=torch.int64)},
        "a number for a tensor": {weight: 3},
        "a network of another family": dict.fromkeys(state) | {"layer1.0.conv1.weight": torch.ones(3)},
    }
    made = {}
    for what, change in changes.items():
        lying = {name: value for name, value in (state | change).items() if value is not None}
        for legacy in (False, True):
            made[f"{what}{', older' * legacy}"] = torch_bytes({"g_ema": lying}, legacy=legacy)
    mean = {"a mean code of the wrong size": torch.ones(7), "a mean code that is text": "x"}
    made |= {what: torch_bytes({"g_ema": state, "latent_avg": value}) for what, value in mean.items()}
    roots = {"a list of tensors": [torch.ones(3)], "one tensor": torch.ones(3), "nothing": None, "an empty state": {}}
    made |= {what: torch_bytes(root) for what, root in roots.items()}
    made["a DCGAN without its end"] = torch_bytes({"main.0.weight": torch.ones(4, 2, 4, 4)})
    made["a DCGAN of another layer"] = torch_bytes({"main.0.weight": torch.ones(4, 2, 4, 4), "main.2.x": torch.ones(1)})
    made["a DCGAN of wrong shapes"] = torch_bytes({f"main.{i}.weight": torch.ones(4, 2, 4, 4) for i in (0, 3)})
    return made


def _not_finite() -> Iterator[Case]:
    for value in (torch.nan, torch.inf, -torch.inf):
        broken = valid.nvidia_state()[WEIGHT].clone()
        broken[0, 0, 0, 0] = value
        ours, theirs = broken.clone(), broken[None].clone()
        rosinality = valid.rosinality_state() | {"convs.0.conv.weight": theirs}
        files = {
            "nvidia.pkl": nvidia_bytes(valid.nvidia_state() | {WEIGHT: broken}),
            "archive.pt": torch_bytes({"g_ema": rosinality}),
            "legacy.pt": torch_bytes({"g_ema": rosinality}, legacy=True),
            "ours.safetensors": valid.safetensors_bytes(valid.our_state() | {"blocks.1.conv0.weight": ours}),
            "mean.pkl": nvidia_bytes(valid.nvidia_state() | {"mapping.w_avg": torch.tensor([0, value, 0, 0])}),
        }
        for name, content in files.items():
            stem, _, suffix = name.partition(".")
            yield Case(f"{value} in {stem}", content, f".{suffix}", calls=("load",))
    huge = {name: value.double() for name, value in valid.nvidia_state().items()}
    huge[WEIGHT] = huge[WEIGHT] * 1e300
    yield Case("numbers beyond float32", nvidia_bytes(huge), calls=("load",))


def cases() -> Iterator[Case]:
    """All of them; integers among our weights are seen from the header, among others' when the numbers are read."""
    groups = [
        ("NVIDIA", ".pkl", _nvidia()),
        ("TensorFlow", ".pkl", _tensorflow()),
        ("torch", ".pt", _torch()),
        ("ours", ".safetensors", headers.ours()),
        *(("other", suffix, headers.others()) for suffix in (".pkl", ".pt", ".safetensors")),
    ]
    for group, suffix, found in groups:
        for what, content in found.items():
            late = group == "torch" and what.startswith("an integer weight")
            calls = ("load",) if late else ("load", "inspect")
            yield Case(f"{group}: {what}, {suffix}", content, suffix, calls=calls)
    yield from _not_finite()
