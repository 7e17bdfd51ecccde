"""Upper bounds of the Lipschitz constants of DCGAN, and of StyleGAN-2 with its codes held, entry by entry.

With codes held a block of StyleGAN-2 is linear plus leaky ReLU in (x, rgb) and in the noises:

    x -> sqrt(2) leaky(C1 sqrt(2) leaky(C0 x + noise) + noise),   rgb -> U rgb + T x,

so that bounds of ||dx|| and ||drgb|| for a change of one entry pass from block to block by the norms of C0, C1, T and
U. Where a code varies the image is a product of what it scales, and no bound is known that is of any use.
"""

from collections.abc import Iterator
from math import hypot, prod, sqrt

import torch
from torch import Tensor

from ilo_practice.dcgan import DCGAN
from ilo_practice.dcgan import Block as DCGANBlock
from ilo_practice.stylegan2 import StyleGAN2
from ilo_practice.stylegan2.layers import Block, SynthesisLayer, ToRGB
from ilo_practice.symbols import convolution_norm, doubling_norm
from ilo_theory.generators import Latent, check_split
from ilo_theory.lipschitz import layer_bound, upper_bound, upper_bounds

__all__ = ["layer_bound", "upper_bound", "upper_bounds"]

UPSAMPLED = 2.0
"""The norm of `blur.upsample`: sqrt(2) an axis, that of its two phases (1, 3)/4 and (3, 1)/4, at frequency 0."""


# --- DCGAN ------------------------------------------------------------------------------------------------------------


@upper_bounds.register
def _(generator: DCGAN, latent: Latent, start: int = 0, stop: int | None = None) -> dict[str, float]:
    check_split(generator, start, stop)
    return {"x" if start else "z": prod(map(layer_bound, generator.blocks[start:stop]))}


@layer_bound.register
@torch.no_grad()
def _(layer: DCGANBlock) -> float:
    kernel = _exact(layer.weight)  # [in, out, 4, 4]
    if layer.norm is not None:
        scale = _exact(layer.norm.weight) * (_exact(layer.norm.running_var) + 1e-5).rsqrt()
        kernel = kernel * scale[:, None, None]
    if layer.stride == 1:  # from 1 x 1 pixel: a matrix
        return _matrix_norm(kernel.flatten(1))
    return doubling_norm(kernel)


# --- StyleGAN-2 -------------------------------------------------------------------------------------------------------


@upper_bounds.register
@torch.no_grad()
def _(generator: StyleGAN2, latent: Latent, start: int = 0, stop: int | None = None) -> dict[str, float]:
    check_split(generator, start, stop)
    codes = generator.map(latent["z"]) if start == 0 and "z" in latent else generator.codes_of(latent)
    found: dict[str, float] = {}
    for w in _exact(codes).unique(dim=0):
        for key, bound in _by_key(generator, w, start, stop):
            found[key] = max(bound, found.get(key, 0.0))
    return found


def _by_key(network: StyleGAN2, w: Tensor, start: int, stop: int | None) -> Iterator[tuple[str, float]]:
    """The bound by each key, for one image's codes w [num_ws, w_dim]."""
    x = dict.fromkeys(network.noise_shapes, 0.0)  # of ||dx||, then of ||drgb||, for a change of norm 1 of the key
    rgb = dict(x)
    if start:
        x, rgb = x | {"x": 1.0, "rgb": 0.0}, rgb | {"x": 0.0, "rgb": 1.0}
    for block in network.blocks[start:stop]:
        for key, layer, norm in _layers(block, w):
            x = {name: sqrt(2) * norm * bound for name, bound in x.items()}
            # one noise for all channels, added after the convolution
            x[key] += sqrt(2 * len(layer.bias)) * layer.noise_strength.abs().item()
        image = _image_norm(block.torgb, w[2 * block.index + 1])
        rgb = {name: UPSAMPLED * rgb[name] + image * bound for name, bound in x.items()}
    for key in x:
        # what is at `stop` a noise still holds
        yield key, rgb[key] if stop is None else hypot(x[key], rgb[key], float(key in network.noise_shapes))


def _layers(block: Block, w: Tensor) -> Iterator[tuple[str, SynthesisLayer, float]]:
    """The convolutions of a block: the name of the noise, the layer, the norm of what it multiplies x with."""
    if block.index > 0:
        code = 2 * block.index - 1
        yield f"noise_{code}", block.conv0, _convolution_norm(block.conv0, w[code])
    code = 2 * block.index
    yield f"noise_{code}", block.conv1, _convolution_norm(block.conv1, w[code])


def _convolution_norm(layer: SynthesisLayer, w: Tensor) -> float:
    weight, style = _exact(layer.weight), _style(layer, w)
    gain = layer.demodulation(style[None], weight.square().sum((2, 3)))[0, :, 0, 0]
    kernel = gain[:, None, None, None] * weight * style[:, None, None]  # [out, in, 3, 3]
    if not layer.up:
        return convolution_norm(kernel)
    blur = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=torch.float64)
    blur = (blur[:, None] * blur / 16).expand(1, 1, 4, 4)
    flat = kernel.flatten(0, 1)[:, None]
    blurred = torch.nn.functional.conv2d(flat, blur, padding=3)  # the filter is symmetric
    return doubling_norm(blurred.view(*kernel.shape[:2], 6, 6).transpose(0, 1))


def _image_norm(layer: ToRGB, w: Tensor) -> float:
    return _matrix_norm(_exact(layer.weight).flatten(1) * _style(layer, w) / sqrt(layer.weight.shape[1]))


def _style(layer: SynthesisLayer | ToRGB, w: Tensor) -> Tensor:
    """[in] of one code [w_dim]."""
    affine = layer.affine
    gain = affine.lr / sqrt(affine.weight.shape[1])
    return gain * (_exact(affine.weight) @ w) + affine.lr * _exact(affine.bias)


def _exact(weight: Tensor) -> Tensor:
    """In float64, which not every device has."""
    return weight.cpu().double()


def _matrix_norm(matrix: Tensor) -> float:
    rounding = 1 + max(matrix.shape) * torch.finfo(torch.float64).eps
    return torch.linalg.matrix_norm(matrix, 2).item() * rounding
