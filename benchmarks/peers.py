"""What two public StyleGAN-2 implementations compute on a CPU, written anew from their described behaviour.

Both run the parameters of a network of ours. NVIDIA's reference operations (stylegan2-ada-pytorch, evaluation mode):
one weight an image, modulated and demodulated, a grouped convolution, then a filter as zeros inserted, padding and a
depthwise convolution. Rosinality's native operations: the same weights with the gain 1/sqrt(fan-in), its filter a
convolution of one channel over images laid out with the channels in the batch.
"""

from collections.abc import Callable
from math import prod, sqrt

import torch
import torch.nn.functional as F
from torch import Tensor

from ilo_practice.stylegan2 import StyleGAN2
from ilo_practice.stylegan2.layers import ModulatedConv
from ilo_theory.generators import Latent

Filter = Callable[[Tensor, int, tuple[int, int], float], Tensor]
TAPS = torch.tensor([1.0, 3.0, 3.0, 1.0])


def nvidia(network: StyleGAN2, latent: Latent) -> Tensor:
    """The image, by NVIDIA's reference operations."""
    return _synthesis(network, latent, _depthwise, scaled=False)


def rosinality(network: StyleGAN2, latent: Latent) -> Tensor:
    """The image, by rosinality's native operations."""
    return _synthesis(network, latent, _channels_as_batch, scaled=True)


def _synthesis(network: StyleGAN2, latent: Latent, filtered: Filter, *, scaled: bool) -> Tensor:
    w = network.codes(latent["v"]) if "v" in latent else latent["w"]
    rgb, convolutions = None, 0
    x = network.blocks[0].const.expand(len(w), -1, -1, -1)
    for j, block in enumerate(network.blocks):
        for layer in [block.conv1] if j == 0 else [block.conv0, block.conv1]:
            noise = latent.get(f"noise_{convolutions}", layer.noise)
            x = _modulated(x, layer, w[:, convolutions], filtered, scaled=scaled, demodulate=True)
            x = x + noise * layer.noise_strength
            x = F.leaky_relu(x + layer.bias[None, :, None, None], 0.2) * sqrt(2)
            convolutions += 1
        image = _modulated(x, block.torgb, w[:, convolutions], filtered, scaled=True, demodulate=False)
        image = image + block.torgb.bias[None, :, None, None]
        rgb = image if rgb is None else filtered(rgb, 2, (2, 1), 4.0) + image
    return rgb


def _modulated(x: Tensor, layer: ModulatedConv, w: Tensor, filtered: Filter, *, scaled: bool, demodulate: bool):
    batch, channels, height, width = x.shape
    weight = layer.weight[None] * layer.affine(w)[:, None, :, None, None]
    if scaled:
        weight = weight * (1 / sqrt(prod(layer.weight.shape[1:])))
    if demodulate:
        weight = weight * (weight.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()
    x, (fan_out, _, size, _) = x.reshape(1, batch * channels, height, width), layer.weight.shape
    if not layer.up:
        x = F.conv2d(x, weight.flatten(0, 1), padding=size // 2, groups=batch)
        return x.reshape(batch, fan_out, height, width)
    x = F.conv_transpose2d(x, weight.transpose(1, 2).flatten(0, 1), stride=2, groups=batch)
    return filtered(x.reshape(batch, fan_out, *x.shape[2:]), 1, (1, 1), 4.0)


def _depthwise(x: Tensor, up: int, pad: tuple[int, int], gain: float) -> Tensor:
    batch, channels, height, width = x.shape
    x = x.reshape(batch, channels, height, 1, width, 1)
    x = F.pad(x, (0, up - 1, 0, 0, 0, up - 1)).reshape(batch, channels, height * up, width * up)
    x = F.pad(x, (pad[0], pad[1], pad[0], pad[1]))
    taps = torch.outer(TAPS, TAPS).to(x) * (gain / 64)
    return F.conv2d(x, taps[None, None].repeat(channels, 1, 1, 1), groups=channels)


def _channels_as_batch(x: Tensor, up: int, pad: tuple[int, int], gain: float) -> Tensor:
    batch, channels, height, width = x.shape
    x = x.reshape(-1, height, 1, width, 1, 1)
    x = F.pad(x, (0, 0, 0, up - 1, 0, 0, 0, up - 1)).reshape(-1, height * up, width * up, 1)
    x = F.pad(x, (0, 0, pad[0], pad[1], pad[0], pad[1])).permute(0, 3, 1, 2)
    taps = torch.outer(TAPS, TAPS).to(x) * (gain / 64)
    x = F.conv2d(x.reshape(-1, 1, *x.shape[2:]), taps[None, None])
    return x.reshape(batch, channels, *x.shape[2:])
