"""Generators that can be entered and left between any two layers: G = G2 o G1 (Section 2.1 of the paper)."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

Latent = dict[str, Tensor]
"""What a generator computes from: every value is [B, ...]. Small generators have the one key "z"."""


class Generator(nn.Module, ABC):
    """A pre-trained generator of `num_layers` layers, G(z) = G(G(z, stop=j), start=j) for every j.

    The composition law holds exactly: the latent returned for `stop=j` carries everything that `start=j` needs.
    Images are [B, C, H, W] in [-1, 1], up to what the network overshoots: nothing is clamped here.
    """

    num_layers: int

    @abstractmethod
    def init(self, batch: int, *, rng: torch.Generator) -> Latent:
        """Draw the input latents of `batch` images from the generator's own latent distribution."""

    @abstractmethod
    def forward(self, latent: Latent, start: int = 0, stop: int | None = None) -> Latent | Tensor:
        """Run layers `start` to `stop`; the image where `stop` is None, else the latent that layer `stop` starts from."""
