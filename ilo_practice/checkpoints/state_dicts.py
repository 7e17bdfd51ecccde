"""State dictionaries saved by torch: of StyleGAN-2, rosinality's names or NVIDIA's, and of the tutorial's DCGAN."""

import re
from dataclasses import replace

from ilo_practice import dcgan
from ilo_practice.checkpoints.inert import LONGEST
from ilo_practice.checkpoints.names import architecture_of, translate
from ilo_practice.checkpoints.stored import Stored
from ilo_practice.checkpoints.weights import Weights

GENERATORS = ("g_ema", "G_ema", "g", "G", "netG_state_dict", "netG", "generator", "state_dict")
"""The names of a generator in a checkpoint, its running average first."""


def read(root: object, container: str) -> Weights:
    """The generator in what torch saved. Raises ValueError for what is no StyleGAN-2 generator."""
    if type(root) is not dict:
        raise ValueError("a file of torch that holds no state dictionary")
    found = [name for name in GENERATORS if type(root.get(name)) is dict]
    state = root[found[0]] if found else root
    for name, value in state.items():
        if type(name) is not str or len(name) > LONGEST or type(value) is not Stored:
            raise ValueError(f"a file of torch whose {str(name)[:80]!r} is no tensor of a generator's")
    if any(re.match(r"(?:module\.)?main\.", name) for name in state):
        tensors = dcgan.translate(state)
        return Weights(container, "dcgan", tensors, dcgan.architecture_of(tensors))
    tensors, wscale = translate(state)
    if found and (mean := root.get("latent_avg")) is not None:
        if type(mean) is not Stored:
            raise ValueError("a checkpoint whose mean code latent_avg is no tensor")
        tensors["w_avg"] = mean
    return Weights(container, "stylegan2", tensors, replace(architecture_of(tensors), wscale=wscale))
