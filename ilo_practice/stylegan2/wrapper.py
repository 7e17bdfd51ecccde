"""A StyleGAN-2 run in another way (less memory, fewer bits), which is asked for by wrapping the network."""

import torch
from torch import Tensor

from ilo_practice.stylegan2 import StyleGAN2
from ilo_theory.generators import Generator, Latent, check_split


class Wrapper(Generator):
    """Runs the blocks of `network`, held and not copied, by `run_block`; all else is the network's own."""

    def __init__(self, network: StyleGAN2):
        super().__init__()
        self.network = network
        self.num_layers = network.num_layers

    def __getattr__(self, name: str):
        try:
            return super().__getattr__(name)
        except AttributeError:
            if name == "network":  # not there yet
                raise
            return getattr(self.network, name)

    def init(self, batch: int, *, rng: torch.Generator) -> Latent:
        return self.network.init(batch, rng=rng)

    def run_block(self, state: Latent, start: int, stop: int | None) -> Latent | Tensor:
        """Block `start` alone, from a state that holds "w": the next block's state, or the image for `stop=None`."""
        return self.network(state, start, stop)

    def forward(self, latent: Latent, start: int = 0, stop: int | None = None) -> Latent | Tensor:
        """As that of the network."""
        check_split(self, start, stop)
        end = self.num_layers if stop is None else stop
        if start == end:
            return self.network(latent, start, stop)
        if start == 0 and "z" in latent:
            latent = {key: value for key, value in latent.items() if key != "z"} | {"w": self.network.map(latent["z"])}
        # codes once and not in each block, as gradients then add up in the network's order
        state = {key: value for key, value in latent.items() if key != "v"} | {"w": self.network.codes_of(latent)}
        for j in range(start, end):
            state = self.run_block(state, j, None if j == self.num_layers - 1 else j + 1)
        return state if stop is None else latent | {"x": state["x"], "rgb": state["rgb"]}
