"""Memory for time: a generator that keeps what passes between its layers, and computes a layer again when asked."""

from torch import Tensor, is_grad_enabled
from torch.utils.checkpoint import checkpoint

from ilo_theory.generators import Generator, Latent, check_split


class Checkpointed(Generator):
    """The same generator, whose backward pass runs each layer forward once more instead of remembering its inside.

    Images are the same to the bit and gradients within rounding, for about a third more time; of the activations those
    of the largest layer alone are held at once, and the latents between layers. Any generator that can be split can be
    run so. What else the generator is asked for, it is asked itself.

    Args:
        generator: of which this is a view: the weights are its own.

    Source: Chen et al., 2016.
    """

    def __init__(self, generator: Generator):
        super().__init__()
        self.generator = generator

    @property
    def num_layers(self) -> int:
        return self.generator.num_layers

    def init(self, batch: int, *, rng) -> Latent:
        return self.generator.init(batch, rng=rng)

    def forward(self, latent: Latent, start: int = 0, stop: int | None = None) -> Latent | Tensor:
        check_split(self, start, stop)
        if not is_grad_enabled():
            return self.generator(latent, start, stop)
        last = self.num_layers if stop is None else stop
        for layer in range(start, last):
            end = None if layer + 1 == self.num_layers else layer + 1
            latent = checkpoint(self.generator, latent, layer, end, use_reentrant=False, preserve_rng_state=False)
        return latent if last > start else dict(latent)

    def __getattr__(self, name: str):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(self.generator, name)
