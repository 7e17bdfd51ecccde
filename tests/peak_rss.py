"""What a process grows by in a step, beside its estimate: python -m tests.peak_rss SIDE CHANNELS CHECKPOINTED"""

import json
import math
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ilo_practice.memory import peak_memory
from ilo_practice.stylegan2 import StyleGAN2
from ilo_practice.stylegan2.checkpointing import checkpointed
from ilo_practice.stylegan2.layers import Architecture
from ilo_theory.ilo import Round, ilo


@dataclass(frozen=True)
class MeanSquare:
    """||G(z) - y||^2 / n."""

    y: Tensor

    def __call__(self, image, latent, *, rng):
        return (image - self.y).square().mean((1, 2, 3))


def config_f(side: int, channels: int = 512) -> StyleGAN2:
    """A network with random weights for `side` px: of 512 channels the size that was published."""
    widths = tuple(min(channels, 2 ** (13 - j)) for j in range(int(math.log2(side)) - 1))
    network = StyleGAN2.draw(Architecture(side, 3, 512, 512, widths), rng=torch.Generator().manual_seed(0))
    network.v_mean.zero_()
    network.v_std.fill_(1.0)
    return network.requires_grad_(False)


def step(network: StyleGAN2, objective: MeanSquare, rounds: list[Round]) -> None:
    ilo(network, objective, rounds, rng=torch.Generator(), latent=network.init_codes(1, rng=torch.Generator()))


def status(name: str) -> int:
    """A size in bytes of /proc/self/status."""
    return 1024 * int(re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])


def main(side: int, channels: int, lean: bool) -> None:
    torch.set_num_threads(1)
    rounds = [Round(0, 1, 0.1, ("v", "noise_0", "noise_1"), spheres={"v": (2,)})]
    step(config_f(8, channels), MeanSquare(torch.zeros(1, 3, 8, 8)), rounds)  # what libraries set up once
    network, objective = config_f(side, channels), MeanSquare(torch.zeros(1, 3, side, side))
    network = checkpointed(network) if lean else network
    estimate = peak_memory(network, objective, rounds, network.init_codes(1, rng=torch.Generator()))
    before = status("VmRSS")
    step(network, objective, rounds)
    print(json.dumps({"grown": status("VmHWM") - before, "needed": estimate.needed, "parts": str(estimate)}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "True")
