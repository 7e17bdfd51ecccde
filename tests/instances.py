"""One list of instances a kind: every test of the kind runs on each of them."""

from collections.abc import Callable

import torch

from ilo_theory.generators import Generator, linear_chain, mlp_decoder, relu_chain
from ilo_theory.operators import Crop, Downsample, Gaussian, Identity, LinearOperator, Mask, PartialCirculant, Resize
from tests.tiny import tiny, tiny_dcgan
from tests.toys import Codes


def rng() -> torch.Generator:
    """A seeded generator of random numbers."""
    return torch.Generator().manual_seed(0)


OPERATORS: dict[str, Callable[[], LinearOperator]] = {
    "identity": lambda: Identity((1, 4, 3)),
    "mask": lambda: Mask(torch.rand(4, 5, generator=rng()) < 0.3, (3, 4, 5)),
    "nothing observed": lambda: Mask(torch.zeros(2, 2)),
    "downsample by 2": lambda: Downsample((3, 16, 12), 2),
    "downsample by 3": lambda: Downsample((9, 15), 3),
    "downsample to a pixel": lambda: Downsample((2, 1, 8, 8), 8),
    "resize to a smaller size": lambda: Resize((3, 9, 14), (4, 9)),
    "resize to a larger size": lambda: Resize((2, 5, 3), (8, 7)),
    "crop": lambda: Crop((3, 8, 7), (5, 4)),
    "some pixels of a part of another size": lambda: (
        Mask(torch.rand(5, 6, generator=rng()) < 0.5, (2, 5, 6)) @ Crop((2, 6, 6), (5, 6)) @ Resize((2, 4, 4), (6, 6))
    ),
    "gaussian": lambda: Gaussian.draw(7, (2, 3, 4), rng=rng()),
    "tall gaussian": lambda: Gaussian.draw(9, (5,), rng=rng()),
    "circulant": lambda: PartialCirculant.draw(20, (3, 4, 5), rng=rng()),
    "circulant, some rows": lambda: PartialCirculant.draw(3, (4, 4), rng=rng(), rows=torch.tensor([9, 0, 4])),
    "circulant, all rows": lambda: PartialCirculant.draw(49, (49,), rng=rng()),
    "circulant of prime length": lambda: PartialCirculant.draw(11, (1, 29), rng=rng()),
    "circulant of prime length, some rows": lambda: PartialCirculant.draw(
        2, (19,), rng=rng(), rows=torch.tensor([18, 5])
    ),
    "circulant of one number": lambda: PartialCirculant.draw(1, (1,), rng=rng()),
    "long circulant": lambda: PartialCirculant.draw(5, (3, 64, 64), rng=rng()),
    "long circulant of prime length": lambda: PartialCirculant.draw(4, (8209,), rng=rng()),
}

GENERATORS: dict[str, Callable[[], Generator]] = {
    "linear chain": lambda: linear_chain(3, 5, 4, 6, rng=rng()),
    "ReLU chain": lambda: relu_chain(3, 8, 7, 6, rng=rng()),
    "one layer": lambda: relu_chain(2, 5, rng=rng()),
    "decoder": lambda: mlp_decoder(4, 8, 9, shape=(2, 3, 4), rng=rng()),
    "codes and noises": lambda: Codes(rng=rng()),
    "StyleGAN-2": lambda: tiny(3),
    "DCGAN": lambda: tiny_dcgan(4, 3),
}
