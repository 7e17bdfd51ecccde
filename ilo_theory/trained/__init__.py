"""A small decoder trained on real digits, and digits that it was not trained on: what Theorem 1 is tried on.

G1 takes the unit disc (k = 2, r1 = 1) through leaky ReLU layers to R^16, and G2 is affine, to 28 x 28 pixels, so that
the optima (3) and (4) can be certified. `digits.md` beside this file says what it is and how it is made again.
"""

import hashlib
import json
from itertools import pairwise
from math import prod
from pathlib import Path

from safetensors.torch import load
from torch import Tensor, nn
from torch.nn.utils import skip_init

from ilo_theory.generators import Chain

HERE = Path(__file__).parent
SPLIT = 3
"""G2 is the last layer: `stop=SPLIT` is G1."""
SHAPE = (1, 28, 28)
SLOPE = 0.2
R1 = 1.0
"""The latents are those of the unit disc: that is where the encoder put the training digits."""


def digit_decoder(folder: Path = HERE) -> Chain:
    """The decoder, in float64 and without gradients; images are [B, 1, 28, 28] in [-1, 1], up to what it overshoots.

    Raises:
        ValueError: for a file of weights that is not the one whose hash stands beside it.
    """
    tensors = read(folder)
    weights = [tensors[key] for key in sorted(tensors) if key.endswith("weight")]
    chain = blank(weights[0].shape[1], *(len(weight) for weight in weights[:-1]))
    chain.load_state_dict({key: value for key, value in tensors.items() if key.startswith("layers.")})
    return chain.double().eval().requires_grad_(False)


def held_out_digits(folder: Path = HERE) -> Tensor:
    """Twenty digits that the decoder was not trained on, two of each kind: [20, 1, 28, 28] in [-1, 1], float64."""
    return as_images(read(folder)["held_out"])


def as_images(digits: Tensor) -> Tensor:
    """[N, 28, 28] uint8 -> [N, 1, 28, 28] float64 in [-1, 1]."""
    return digits[:, None].double() / 127.5 - 1


def blank(*widths: int) -> Chain:
    """A decoder of these widths, k first, whose weights are yet to be filled in."""
    hidden = [nn.Sequential(skip_init(nn.Linear, a, b), nn.LeakyReLU(SLOPE)) for a, b in pairwise(widths)]
    image = nn.Sequential(skip_init(nn.Linear, widths[-1], prod(SHAPE)), nn.Unflatten(1, SHAPE))
    return Chain(*hidden, image, k=widths[0])


def read(folder: Path) -> dict[str, Tensor]:
    """The tensors of digits.safetensors, once its hash is that in digits.json.

    Raises:
        ValueError: if it is not.
    """
    content = (folder / "digits.safetensors").read_bytes()
    if hashlib.sha256(content).hexdigest() != json.loads((folder / "digits.json").read_bytes())["sha256"]:
        raise ValueError("`digit_decoder()`: digits.safetensors has not the sha256 that digits.json gives for it.")
    return load(content)
