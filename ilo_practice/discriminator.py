"""The residual discriminator of StyleGAN-2 (Karras et al. 2020, Section 4.1), used only to train generators."""

from math import prod, sqrt

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ilo_practice.stylegan2.layers import Dense, blur_sum, leaky


class Conv(nn.Module):
    """Convolution with the gain 1/sqrt(fan-in); half the size after a [1, 3, 3, 1] blur where `down`."""

    def __init__(self, fan_in: int, fan_out: int, *, size: int, down: bool = False, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(fan_out, fan_in, size, size))
        self.bias = nn.Parameter(torch.empty(fan_out)) if bias else None
        self.down, self.pad = down, size // 2

    def draw_(self, rng: torch.Generator) -> None:
        self.weight.data.normal_(generator=rng)
        if self.bias is not None:
            self.bias.data.zero_()

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight / sqrt(prod(self.weight.shape[1:]))
        if not self.down:
            return F.conv2d(x, weight, self.bias, padding=self.pad)
        x = blur_sum(x, (self.pad + 1, self.pad + 1))
        return F.conv2d(x, weight / 64, self.bias, stride=2)


class Residual(nn.Module):
    """Half the size: two 3 x 3 convolutions beside a 1 x 1 shortcut, their sum divided by sqrt(2)."""

    def __init__(self, fan_in: int, fan_out: int):
        super().__init__()
        self.conv0 = Conv(fan_in, fan_in, size=3)
        self.conv1 = Conv(fan_in, fan_out, size=3, down=True)
        self.skip = Conv(fan_in, fan_out, size=1, down=True, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return (leaky(self.conv1(leaky(self.conv0(x)))) + self.skip(x)) / sqrt(2)


def minibatch_deviation(x: Tensor, group: int = 4) -> Tensor:
    """x with one more channel: the deviation over groups of `group` images, averaged over features and pixels."""
    batch, _, height, width = x.shape
    group = min(group, batch)
    if batch % group:
        raise ValueError(f"`minibatch_deviation(x)` needs a batch divisible by {group}, got {batch}.")
    deviation = (x.unflatten(0, (group, -1)).var(0, correction=0) + 1e-8).sqrt().mean((1, 2, 3))
    return torch.cat((x, deviation.repeat(group)[:, None, None, None].expand(-1, 1, height, width)), dim=1)


class Discriminator(nn.Module):
    """Logits [B] of images [B, channels, 2^(len(widths)+1), ...]; `widths[j]` channels at the resolution of block j."""

    def __init__(self, channels: int, widths: tuple[int, ...]):
        super().__init__()
        self.from_image = Conv(channels, widths[-1], size=1)
        pairs = zip(reversed(widths[1:]), reversed(widths[:-1]), strict=True)
        self.blocks = nn.Sequential(*(Residual(fine, coarse) for fine, coarse in pairs))
        self.last = Conv(widths[0] + 1, widths[0], size=3)
        self.hidden = Dense(16 * widths[0], widths[0], leaky=True)
        self.logit = Dense(widths[0], 1)

    @classmethod
    def draw(cls, channels: int, widths: tuple[int, ...], *, rng: torch.Generator) -> "Discriminator":
        """A discriminator at its random start."""
        network = cls(channels, widths)
        for module in network.modules():
            if isinstance(module, Conv | Dense):
                module.draw_(rng)
        return network

    def forward(self, image: Tensor) -> Tensor:
        x = self.blocks(leaky(self.from_image(image)))
        x = leaky(self.last(minibatch_deviation(x)))
        return self.logit(self.hidden(x.flatten(1)))[:, 0]
