"""The trunks of shift-tolerant LPIPS: AlexNet and VGG-16 in which a blur goes before every reduction.

Source: Ghildyal and Liu 2022 (architecture); Zhang 2019 (blur before reducing).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class BlurPool(nn.Module):
    """Every second pixel of a channel, after the blur [1 2 1] x [1 2 1] / 16 of the image reflected by 2 px."""

    def __init__(self):
        super().__init__()
        taps = torch.tensor([1.0, 2.0, 1.0])
        self.register_buffer("taps", taps[:, None] * taps / 16, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        channels = x.shape[1]
        kernel = self.taps.expand(channels, 1, 3, 3)
        return F.conv2d(F.pad(x, (2, 2, 2, 2), "reflect"), kernel, stride=2, groups=channels)


def shift_tolerant_trunk(net: str) -> list[nn.Sequential]:
    """The five parts of "alex" or "vgg" without weights, layers named by their numbers in the whole."""
    layers, ends = {"alex": _alex, "vgg": _vgg}[net]()
    names = [(str(i), layer) for i, layer in enumerate(layers)]
    starts = [0, *ends[:-1]]
    return [_named(names[start:end]) for start, end in zip(starts, ends, strict=True)]


def _named(layers: list[tuple[str, nn.Module]]) -> nn.Sequential:
    part = nn.Sequential()
    for name, layer in layers:
        part.add_module(name, layer)
    return part


def _alex() -> tuple[list[nn.Module], list[int]]:
    """All convolutions at stride 1, so that the blurs do what the first one's stride of 4 did."""
    return [
        *(_conv(3, 64, 11, 2), BlurPool(), nn.ReLU()),
        *(nn.MaxPool2d(3, 1), BlurPool(), _conv(64, 192, 5, 2), nn.ReLU()),
        *(nn.MaxPool2d(3, 1), BlurPool(), _conv(192, 384, 3, 1), nn.ReLU()),
        *(_conv(384, 256, 3, 1), nn.ReLU()),
        *(_conv(256, 256, 3, 1), nn.ReLU()),
    ], [3, 7, 11, 13, 15]


def _vgg() -> tuple[list[nn.Module], list[int]]:
    layers, ends, channels = [], [], 3
    for width, depth in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        if layers:
            layers += [nn.MaxPool2d(2, 1), BlurPool()]
        for _ in range(depth):
            layers += [_conv(channels, width, 3, 1), nn.ReLU()]
            channels = width
        ends.append(len(layers))
    return layers, ends


def _conv(channels: int, width: int, size: int, padding: int) -> nn.Conv2d:
    return nn.Conv2d(channels, width, size, padding=padding, device="meta")
