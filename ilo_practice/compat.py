"""What the released code does where it departs from the paper, kept apart so that its effect can be measured."""

from torch import nn

from ilo_theory.generators import Generator, Latent


class WithoutSkip(Generator):
    """A StyleGAN-2 whose RGB image is lost at a split, as in the released code: G(G(z, stop=j), start=j) is not G(z).

    Everything else is the network's own.
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network
        self.num_layers = network.num_layers

    def __getattr__(self, name: str):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__("network"), name)

    def init(self, batch, *, rng):
        return self.network.init(batch, rng=rng)

    def forward(self, latent: Latent, start: int = 0, stop: int | None = None):
        if start:
            latent = latent | {"rgb": latent["rgb"].new_zeros(latent["rgb"].shape)}
        return self.network(latent, start, stop)
