"""The original StyleGAN-2 pickles, written by TensorFlow code (stylegan2-ffhq-config-f.pkl and its like).

Such a file is the tuple (G, D, Gs), Gs being the running average, each with its variables as NumPy arrays and its parts
"mapping" and "synthesis" as networks of their own. What differs from NVIDIA's PyTorch files:

- dense weights are [in, out], convolutions [height, width, in, out];
- an upsampling convolution is stored as the filter that follows the zeros, its transposed convolution turns it by 180
  degrees;
- the bias of a style is stored less 1;
- the weights of modulated convolutions carry their gain before demodulation (`Architecture.wscale`).

The table is from knowledge of the format, held against a second, independent table and the meaning of each layer by the
tests. No file of NVIDIA's was at hand: that a published one is read has not been seen.
"""

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from torch import Tensor

from ilo_practice.checkpoints.inert import LONGEST, Inert, items_of
from ilo_practice.checkpoints.names import architecture_of
from ilo_practice.checkpoints.nvidia import clamp_of
from ilo_practice.checkpoints.pickles import NumpyArray
from ilo_practice.checkpoints.stored import ELEMENTS, Stored, array
from ilo_practice.checkpoints.weights import Weights

NETWORK = "dnnlib.tflib.network.Network"
PARTS = ("mapping", "synthesis")
MOST = 1000  # variables

# What a network may be told: option -> the one value that this package computes.
ONLY = {
    "architecture": "skip",
    "mapping_lrmul": 0.01,
    "mapping_nonlinearity": "lrelu",
    "nonlinearity": "lrelu",
    "normalize_latents": True,
    "resample_kernel": [1, 3, 3, 1],
    "use_noise": True,
}

Layout = tuple[Callable[[tuple[int, ...]], tuple[int, ...]], Callable[[Tensor], Tensor]]
"""What becomes of a shape and of the numbers."""

AS_IT_IS: Layout = (lambda s: s, lambda t: t)
DENSE: Layout = (lambda s: s[::-1], lambda t: t.T)
CONV: Layout = (lambda s: s[::-1][:2] + s[:2], lambda t: t.permute(3, 2, 0, 1))
UP_CONV: Layout = (CONV[0], lambda t: t.flip(0, 1).permute(3, 2, 0, 1))
PLUS_ONE: Layout = (lambda s: s, lambda t: t + 1)

DIMENSIONS = {DENSE: 2, CONV: 4, UP_CONV: 4}

# Pattern of a variable -> our name, with {i} the number of a dense layer, {j} the block of a resolution; layout.
TABLE: list[tuple[str, str, Layout]] = [
    (r"dlatent_avg", "w_avg", AS_IT_IS),
    (r"mapping/LabelEmbed/weight", "embed.weight", DENSE),
    (r"mapping/LabelEmbed/bias", "embed.bias", AS_IT_IS),
    (r"mapping/Dense(?P<i>\d+)/weight", "mapping.{i}.weight", DENSE),
    (r"mapping/Dense(?P<i>\d+)/bias", "mapping.{i}.bias", AS_IT_IS),
    (r"synthesis/4x4/Const/const", "blocks.0.const", AS_IT_IS),
    *(
        (rf"synthesis/(?P<r>{sizes})/{theirs}/{variable}", f"blocks.{{j}}.{ours}.{part}", layout)
        for sizes, theirs, ours, weight in (
            ("4x4", "Conv", "conv1", CONV),
            (r"(?!4x4/)\d+x\d+", "Conv0_up", "conv0", UP_CONV),
            (r"(?!4x4/)\d+x\d+", "Conv1", "conv1", CONV),
            (r"\d+x\d+", "ToRGB", "torgb", CONV),
        )
        for variable, part, layout in (
            ("weight", "weight", weight),
            ("bias", "bias", AS_IT_IS),
            ("mod_weight", "affine.weight", DENSE),
            ("mod_bias", "affine.bias", PLUS_ONE),
            *([("noise_strength", "noise_strength", AS_IT_IS)] if ours != "torgb" else []),
        )
    ),
]
IGNORED = re.compile(r"(?:synthesis/)?lod")  # of progressive growing, which the original code still carries


@dataclass(frozen=True)
class Laid:
    """A stored array, its numbers in our order once they are read."""

    stored: Stored
    layout: Layout

    @property
    def shape(self) -> tuple[int, ...]:
        return self.layout[0](self.stored.shape)

    @property
    def nbytes(self) -> int:
        """How many bytes it takes in the file."""
        return self.stored.nbytes

    def tensor(self) -> Tensor:
        """A copy in memory."""
        return self.layout[1](self.stored.tensor())


def read(root: object) -> Weights:
    """Gs of the object of a pickle. Raises ValueError for what is no StyleGAN-2 generator."""
    if type(root) is not tuple or len(root) != 3:
        raise ValueError("a pickle that is not the three networks (G, D, Gs)")
    options, tensors = {}, {}
    for prefix, state in _parts(root[2]):
        options |= _options(state)
        for name, stored in _variables(state, prefix):
            if IGNORED.fullmatch(name):
                continue
            ours, layout = _ours(name)
            if ours in tensors or len(stored.shape) != DIMENSIONS.get(layout, len(stored.shape)):
                raise ValueError(f"a network that holds {name!r} twice, or with too few dimensions")
            tensors[ours] = Laid(stored, layout)
    clamp = clamp_of([options.get("conv_clamp")])
    architecture = replace(architecture_of(tensors), wscale=True, conv_clamp=clamp)
    return Weights("TensorFlow pickle", "stylegan2", tensors, architecture)


def _ours(name: str) -> tuple[str, Layout]:
    """Our name for a variable, and its layout."""
    if match := re.fullmatch(r"synthesis/noise(\d{1,2})", name):
        i = int(match[1])
        return f"blocks.{(i + 1) // 2}.conv{0 if i % 2 else 1}.noise", AS_IT_IS
    for pattern, ours, layout in TABLE:
        if match := re.fullmatch(pattern, name, re.ASCII):
            places = match.groupdict()
            return ours.format(i=places.get("i"), j=_block(places.get("r"))), layout
    raise ValueError(f"a network with the variable {name[:80]!r}, which StyleGAN-2 as supported here has not")


def _block(size: str | None) -> int:
    """The block of a resolution such as 8x8."""
    if size is None:
        return 0
    height, width = (int(n) if len(n) <= 4 else 0 for n in size.split("x"))
    if height != width or height < 4 or height & (height - 1):
        raise ValueError(f"a network with the resolution {size[:20]!r}")
    return height.bit_length() - 3


def _parts(network: object) -> Iterator[tuple[str, dict]]:
    """The state of a network and those of its parts, each with the prefix of its variables."""
    state = _state(network)
    yield "", state
    parts = items_of(state.get("components"))
    if not all(part in parts for part in PARTS):
        raise ValueError("a network without the parts mapping and synthesis of StyleGAN-2")
    for part in PARTS:
        yield f"{part}/", _state(parts[part])


def _state(network: object) -> dict:
    if type(network) is not Inert or network.name != NETWORK or type(network.state) is not dict:
        raise ValueError("a pickle of what is no network of the original StyleGAN-2 code")
    return network.state


def _options(state: dict) -> dict:
    """What a network was told. Raises ValueError for what this package does not compute."""
    options = items_of(state.get("static_kwargs"))
    for option, value in ONLY.items():
        if (given := options.get(option, value)) is not None and given != value:
            shown = repr(given)[:40] if type(given) in (str, int, float, bool) else "another"
            raise ValueError(f"a network whose {option} is {shown}, where only {value!r} is supported")
    return options


def _variables(state: dict, prefix: str) -> Iterator[tuple[str, Stored]]:
    variables = state.get("variables")
    if type(variables) is not list or len(variables) > MOST:
        raise ValueError("a network whose variables are no list")
    for pair in variables:
        if type(pair) is not tuple or len(pair) != 2 or type(pair[0]) is not str or len(pair[0]) > LONGEST:
            raise ValueError("a network with a variable that is no name and array")
        yield prefix + pair[0], _array(pair[1])


def _array(value: object) -> Stored:
    """An array, or a single number, which TensorFlow hands over as a scalar."""
    if type(value) is float:
        return array(ELEMENTS["float64"], (), memoryview(struct.pack("<d", value)))
    if type(value) is not NumpyArray or value.stored is None:
        raise ValueError("a network with a variable that is no array")
    return value.stored
