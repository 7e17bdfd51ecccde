"""What the released code does where it departs from the paper, kept apart so that its effect can be measured."""

from torch import Tensor

from ilo_practice.stylegan2.wrapper import Wrapper
from ilo_theory.generators import Latent


class WithoutSkip(Wrapper):
    """A StyleGAN-2 that loses its RGB image at a split, as the released code does: no composition law holds."""

    def forward(self, latent: Latent, start: int = 0, stop: int | None = None) -> Latent | Tensor:
        if start:
            latent = latent | {"rgb": latent["rgb"].new_zeros(latent["rgb"].shape)}
        return self.network(latent, start, stop)
