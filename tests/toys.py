"""What several tests of the engine share: a generator with codes, noises and features, an objective, plain descent."""

import torch
from torch import Tensor
from torch.optim import SGD

from ilo_theory.generators import Generator, check_split
from ilo_theory.rounds import ramp

PLAIN = {"optimiser": SGD, "schedule": ramp(0, 0)}
"""Gradient steps at a constant rate."""


class Codes(Generator):
    """Three layers with one code each, "v" [B, 3, 4], noises "noise_0" and "noise_1", and from layer 1 on features "x".

    x <- tanh(W_i x + U_i v_i) + noise_i at layers 0 and 1, x <- W_2 x + U_2 v_2 at layer 2; x starts at 0. Codes that
    are used are not passed on: at `start=j` there are 3 - j of them.
    """

    num_layers = 3

    def __init__(self, *, rng: torch.Generator):
        super().__init__()
        self.W = torch.nn.ParameterList([torch.randn(6, 6, generator=rng) / 2 for _ in range(3)])
        self.U = torch.nn.ParameterList([torch.randn(6, 4, generator=rng) / 2 for _ in range(3)])

    def init(self, batch, *, rng):
        like = self.W[0]
        shapes = {"v": (3, 4), "noise_0": (6,), "noise_1": (6,)}
        return {key: torch.randn(batch, *s, generator=rng, dtype=like.dtype) for key, s in shapes.items()}

    def forward(self, latent, start=0, stop=None):
        check_split(self, start, stop)
        latent = dict(latent)
        for j in range(start, self.num_layers if stop is None else stop):
            v, latent["v"] = latent["v"][:, 0], latent["v"][:, 1:]
            x = v @ self.U[j].T + (latent["x"] @ self.W[j].T if j else 0)
            latent["x"] = x if j == 2 else torch.tanh(x) + latent.pop(f"noise_{j}")
        return latent["x"].view(-1, 1, 2, 3) if stop is None else latent


def distance_to(y: Tensor):
    """The objective ||G(z) - y||^2 / 2 of each image."""

    def objective(image, latent, *, rng):
        return (image - y).flatten(1).square().sum(1) / 2

    return objective


def noisy_distance_to(y: Tensor):
    """The same with fresh noise on the image (stochastic noise addition)."""

    def objective(image, latent, *, rng):
        noise = torch.randn(image.shape, generator=rng, dtype=image.dtype)
        return (image + 0.1 * noise - y).flatten(1).square().sum(1) / 2

    return objective


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
