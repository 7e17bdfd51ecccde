"""A random StyleGAN-2 and a random DCGAN that run in a millisecond, for tests of what is built on them."""

import torch

from ilo_practice import dcgan
from ilo_practice.stylegan2 import StyleGAN2
from ilo_practice.stylegan2.layers import Architecture


def tiny(blocks: int = 2, channels: int = 1, *, seed: int = 0, fitted: bool = True, **changes) -> StyleGAN2:
    """`blocks` resolutions from 4 x 4 on; noise, biases and (if `fitted`) the moments of the codes are not trivial."""
    rng = torch.Generator().manual_seed(seed)
    sizes = {"z_dim": 6, "w_dim": 8, "widths": (6,) * blocks, "mapping_layers": 2} | changes
    network = StyleGAN2.draw(Architecture(2 ** (blocks + 1), channels, **sizes), rng=rng)
    for name, parameter in network.named_parameters():
        if name.endswith(("bias", "noise_strength")):
            parameter.data.add_(0.2 * torch.randn(parameter.shape, generator=rng))
    if fitted:
        network.fit_codes_(rng=rng, samples=512)
    return network.eval().requires_grad_(False)


def tiny_dcgan(blocks: int = 2, channels: int = 1, *, seed: int = 0, width: int = 6) -> dcgan.DCGAN:
    """`blocks` blocks from 4 x 4 on; weights large enough for images that vary, and statistics that are not trivial."""
    rng = torch.Generator().manual_seed(seed)
    network = dcgan.DCGAN.draw(dcgan.Architecture(channels, 5, (width,) * (blocks - 1)), rng=rng)
    for block in network.blocks:
        block.weight.data.mul_(10)
        if block.norm is not None:
            block.norm.bias.data.normal_(0, 0.3, generator=rng)
            block.norm.running_mean.normal_(0, 0.3, generator=rng)
            block.norm.running_var.uniform_(0.2, 2, generator=rng)
    return network.eval().requires_grad_(False)


def picture(shape: tuple[int, ...], *, seed: int = 0) -> torch.Tensor:
    """Smooth images in [-1, 1]."""
    rng = torch.Generator().manual_seed(seed)
    height, width = shape[-2:]
    y, x = torch.linspace(-1, 1, height)[:, None], torch.linspace(-1, 1, width)
    a, b, c = torch.randn(3, *shape[:-2], 1, 1, generator=rng)
    return torch.tanh(a + 2 * b * x + 2 * c * y)
