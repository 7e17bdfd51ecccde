"""StyleGAN-2 whose large blocks compute in half precision, as networks trained in mixed precision do.

Latents, codes, styles, demodulation and the sum of the skip images stay in float32; features and convolutions do not.
It is faster and inexact: a bfloat16 number has 8 significant bits.
"""

import copy

import torch
from torch import Tensor, nn

from ilo_practice.stylegan2 import StyleGAN2
from ilo_practice.stylegan2.layers import ModulatedConv
from ilo_practice.stylegan2.wrapper import Wrapper
from ilo_theory.generators import Latent

HALVES = (torch.bfloat16, torch.float16)


class InPrecision(Wrapper):
    """Blocks of `resolution` and above, but the first, in `dtype` by copies; what passes between blocks is float32."""

    def __init__(self, network: StyleGAN2, dtype: torch.dtype, resolution: int):
        super().__init__(network)
        self.dtype = dtype
        self.first = next((j for j in range(1, self.num_layers) if 2 ** (j + 2) >= resolution), self.num_layers)
        self.halves = nn.ModuleList(copy.deepcopy(block) for block in network.blocks[self.first :])
        for module in self.halves.modules():
            if isinstance(module, ModulatedConv):
                module.weight.data = module.weight.data.to(dtype)

    def run_block(self, state: Latent, start: int, stop: int | None) -> Latent | Tensor:
        if start < self.first:
            return self.network(state, start, stop)
        x, rgb = self.halves[start - self.first](state["x"].to(self.dtype), state["rgb"], state["w"], state)
        return rgb if stop is None else state | {"x": x.to(rgb.dtype), "rgb": rgb}


def in_precision(network: StyleGAN2, dtype: torch.dtype, *, resolution: int = 64) -> InPrecision:
    """`network` with its blocks from `resolution` on in bfloat16 or float16; latents in and image out are float32.

    The copied weights take no gradient. Raises ValueError for another dtype, or a network that is not float32.
    """
    if dtype not in HALVES:
        raise ValueError(f"`in_precision(dtype=...)` must be bfloat16 or float16, got {dtype}.")
    if network.w_avg.dtype != torch.float32:
        raise ValueError(f"`in_precision(network=...)` must be float32, got {network.w_avg.dtype}.")
    return InPrecision(network, dtype, resolution).requires_grad_(False)
