"""The parts of StyleGAN-2 (Karras et al. 2020): dense layers, modulated convolutions, blurs, resolution blocks.

Weights stay as they are stored in checkpoints and the gains of the equalised learning rate are applied at run time, so
that a network cast to float64 is exact with respect to its stored weights.
"""

from dataclasses import dataclass
from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ilo_practice.stylegan2.blur import blur_sum, upsample
from ilo_practice.stylegan2.fused import fused, plain
from ilo_practice.stylegan2.kernels import Double, Kernel, Same
from ilo_theory.generators import Latent

EPS = 1e-8
SAMPLE = 1009  # of this many weights one is looked at
LARGE = 2**27  # multiplications of a layer for one image: below, going over it in strips costs more than it saves


@dataclass(frozen=True)
class Architecture:
    """What a StyleGAN-2 network is made of, read off its weights by `checkpoints.from_state_dict`.

    `widths[j]` is the number of feature channels of block j. `wscale`: the weights of the modulated convolutions carry
    the gain 1/sqrt(fan-in) before demodulation (the original network and rosinality's) or none (stylegan2-ada); this
    decides what the 1e-8 of the demodulation is measured against. `conv_clamp` bounds features as mixed-precision
    networks were trained to, None: no bound.
    """

    resolution: int
    channels: int
    z_dim: int
    w_dim: int
    widths: tuple[int, ...]
    mapping_layers: int = 8
    label_dim: int = 0
    wscale: bool = False
    conv_clamp: float | None = None

    def __post_init__(self):
        blocks = len(self.widths)
        if not 2 <= blocks <= 9 or self.resolution != 2 ** (blocks + 1):
            raise ValueError(
                f"`Architecture(resolution=...)` must be a power of two from 8 to 1024, with one width a "
                f"block from 4 x 4 on, got {self.resolution} with {blocks} widths."
            )
        for name in ("channels", "z_dim", "w_dim", "mapping_layers"):
            if getattr(self, name) < 1:
                raise ValueError(f"`Architecture({name}=...)` must be >= 1, got {getattr(self, name)}.")


class Dense(nn.Module):
    """y = act(gain W x + lr b): equalised learning rate, gain = lr/sqrt(in) (Karras et al. 2018, Section 4.1)."""

    def __init__(self, fan_in: int, fan_out: int, *, lr: float = 1.0, leaky: bool = False):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(fan_out, fan_in))
        self.bias = nn.Parameter(torch.empty(fan_out))
        self.lr, self.leaky = lr, leaky

    def draw_(self, rng: torch.Generator, *, bias: float = 0.0) -> None:
        """Weights N(0, 1)/lr, so that `lr` changes the speed of learning alone; a constant bias."""
        self.weight.data.normal_(generator=rng).div_(self.lr)
        self.bias.data.fill_(bias)

    def forward(self, x: Tensor) -> Tensor:
        y = F.linear(x, self.weight * (self.lr / sqrt(self.weight.shape[1])), self.bias * self.lr)
        return leaky(y) if self.leaky else y


def leaky(x: Tensor) -> Tensor:
    """sqrt(2) leaky_relu_0.2(x): keeps the second moment of a centred Gaussian."""
    return F.leaky_relu(x, 0.2) * sqrt(2)


def normalise(z: Tensor) -> Tensor:
    """z / sqrt(mean z^2 + 1e-8) over the last dimension."""
    return z * (z.square().mean(-1, keepdim=True) + EPS).rsqrt()


class ModulatedConv(nn.Module):
    """Convolution whose input channels are scaled by a style and, where `demodulate`, its outputs renormalised.

    The activations are scaled and not the weights, y = d * conv(s * x, W) with d = (sum (W s)^2 + eps)^(-1/2): the same
    function (Karras et al. 2020, Equations 1 and 3), and one convolution for the batch.
    """

    def __init__(self, fan_in: int, fan_out: int, w_dim: int, *, size: int, up: bool = False):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(fan_out, fan_in, size, size))
        self.affine = Dense(w_dim, fan_in)
        self.up = up

    def draw_(self, rng: torch.Generator) -> None:
        self.weight.data.normal_(generator=rng)
        self.affine.draw_(rng, bias=1.0)

    def styles(self, w: Tensor) -> Tensor:
        return self.affine(w)[:, :, None, None]


class SynthesisLayer(ModulatedConv):
    """Modulated 3 x 3 convolution (twice the size where `up`), then noise, bias, leaky ReLU."""

    def __init__(self, fan_in: int, fan_out: int, architecture: Architecture, *, resolution: int, up: bool = False):
        super().__init__(fan_in, fan_out, architecture.w_dim, size=3, up=up)
        self.bias = nn.Parameter(torch.empty(fan_out))
        self.noise_strength = nn.Parameter(torch.empty(()))
        self.register_buffer("noise", torch.empty(1, 1, resolution, resolution))
        # with the gain 1/sqrt(fan-in) on W the same d has the fan-in times larger eps
        self.eps = EPS * (9 * fan_in if architecture.wscale else 1)
        self.clamp = architecture.conv_clamp
        self._computed: tuple[tuple, Kernel] | None = None

    def draw_(self, rng: torch.Generator) -> None:
        super().draw_(rng)
        self.bias.data.zero_()
        self.noise_strength.data.zero_()
        self.noise.normal_(generator=rng)

    def demodulation(self, style: Tensor, power: Tensor) -> Tensor:
        """d [B, out, 1, 1] = (sum (W s)^2 + eps)^(-1/2), `power` [out, in] being the sum of W^2 over the kernel."""
        return (F.linear(style.flatten(1).square(), power) + self.eps).rsqrt()[:, :, None, None]

    def forward(self, x: Tensor, w: Tensor, noise: Tensor | None) -> Tensor:
        style = self.styles(w)
        noise = (self.noise if noise is None else noise) * self.noise_strength
        clamp = None if self.clamp is None else sqrt(2) * self.clamp
        if self._is_frozen(x):
            kernel = self._kernel()
            gain = self.demodulation(style, kernel.power)
            compute = fused if self.weight.numel() * self.noise.numel() >= LARGE else plain
            return compute(x, style, gain / 16 if self.up else gain, noise, self.bias, kernel, clamp)
        gain = self.demodulation(style, self.weight.to(style.dtype).square().sum((2, 3)))
        # features may have fewer bits than codes, see `precision`
        style, gain, noise, bias = (each.to(x.dtype) for each in (style, gain, noise, self.bias))
        if self.up:
            x = blur_sum(F.conv_transpose2d(x * style, self.weight.transpose(0, 1), stride=2), (1, 1)) * (gain / 16)
        else:
            x = F.conv2d(x * style, self.weight, padding=1) * gain
        x = leaky(x + (noise + bias[:, None, None]))
        return x if clamp is None else x.clamp(-clamp, clamp)

    def _is_frozen(self, x: Tensor) -> bool:
        """Whether `fused` may compute this layer: the CPU, and a weight of which no derivative can be asked for."""
        weight = self.weight
        return (
            x.device.type == "cpu"
            and x.dtype == weight.dtype
            and x.dtype in (torch.float32, torch.float64)
            and isinstance(weight, nn.Parameter)  # and not what torch.func puts in its place
            and not weight.requires_grad
            and not torch.compiler.is_compiling()
        )

    def _kernel(self) -> Kernel:
        """What is computed once from the weight, and again when it changes (if by `.data`, a sample shows that)."""
        weight = self.weight
        version = 0 if weight.is_inference() else weight._version
        stamp = (weight.data_ptr(), version, weight.dtype, weight.flatten()[::SAMPLE].sum().item())
        if self._computed is None or self._computed[0] != stamp:
            frozen = weight.detach()
            self._computed = stamp, Double(frozen) if self.up else Same(frozen, self.noise.shape[-1])
        return self._computed[1]

    def __getstate__(self) -> dict:
        return self.__dict__ | {"_computed": None}


class ToRGB(ModulatedConv):
    """Modulated 1 x 1 convolution to the image channels, not demodulated."""

    def __init__(self, fan_in: int, architecture: Architecture):
        super().__init__(fan_in, architecture.channels, architecture.w_dim, size=1)
        self.bias = nn.Parameter(torch.empty(architecture.channels))
        self.clamp = architecture.conv_clamp

    def draw_(self, rng: torch.Generator) -> None:
        super().draw_(rng)
        self.bias.data.zero_()

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        scaled = self.weight.flatten(1) * (self.affine(w)[:, None] / sqrt(self.weight.shape[1]))
        rgb = ((scaled.to(x.dtype) @ x.flatten(2)).to(scaled.dtype) + self.bias[:, None]).unflatten(2, x.shape[2:])
        return rgb if self.clamp is None else rgb.clamp(-self.clamp, self.clamp)


class Block(nn.Module):
    """One resolution: (x, rgb) at half the size -> (x, rgb) at this one; the first starts from a learned constant."""

    def __init__(self, index: int, architecture: Architecture):
        super().__init__()
        width, resolution = architecture.widths[index], 2 ** (index + 2)
        self.index = index
        if index == 0:
            self.const = nn.Parameter(torch.empty(width, 4, 4))
        else:
            self.conv0 = SynthesisLayer(
                architecture.widths[index - 1], width, architecture, resolution=resolution, up=True
            )
        self.conv1 = SynthesisLayer(width, width, architecture, resolution=resolution)
        self.torgb = ToRGB(width, architecture)

    def forward(self, x: Tensor | None, rgb: Tensor | None, w: Tensor, latent: Latent) -> tuple[Tensor, Tensor]:
        code = max(2 * self.index - 1, 0)  # a block's last code is its image's and the next block's first
        if self.index == 0:
            x = self.const.expand(w.shape[0], -1, -1, -1)
        else:
            x = self.conv0(x, w[:, code], latent.get(f"noise_{code}"))
            code += 1
        x = self.conv1(x, w[:, code], latent.get(f"noise_{code}"))
        image = self.torgb(x, w[:, code + 1])
        return x, image if rgb is None else upsample(rgb) + image
