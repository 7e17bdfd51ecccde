"""Generators that can be entered and left between any two layers: G = G2 o G1 (Section 2.1 of the paper)."""

import math
from abc import ABC, abstractmethod
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

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
        """Run layers `start` to `stop`; `stop=None` gives the image, else the latent that layer `stop` starts from."""


class Chain(Generator):
    """Layers one after another, G(z) = f_N(... f_1(z)): the latent {"z": ...} of `start=j` is what layer j takes in.

    Layers are ordinary modules that treat the rows of a batch alone. z ~ N(0, I_k).

    Args:
        layers: f_1 to f_N; layer j of the generator is `layers[j]`.
        k: the dimension of the input latent.
    """

    def __init__(self, *layers: nn.Module, k: int):
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.k = k

    @property
    def num_layers(self) -> int:
        return len(self.layers)

    def init(self, batch: int, *, rng: torch.Generator) -> Latent:
        like = next(self.parameters(), torch.empty(()))
        return {"z": torch.randn(batch, self.k, generator=rng, dtype=like.dtype).to(like.device)}

    def forward(self, latent: Latent, start: int = 0, stop: int | None = None) -> Latent | Tensor:
        check_split(self, start, stop)
        z = latent["z"]
        for layer in self.layers[start:stop]:
            z = layer(z)
        return z if stop is None else {"z": z}


def check_split(generator: Generator, start: int, stop: int | None) -> None:
    """Refuse a run from `start` to `stop` that does not exist, 0 <= start <= stop < num_layers.

    Raises:
        ValueError: naming the generator and what was asked of it.
    """
    if not 0 <= start <= (generator.num_layers - 1 if stop is None else stop) < generator.num_layers:
        call = f"{type(generator).__name__}.forward(start={start}, stop={stop})"
        raise ValueError(f"`{call}` must have 0 <= start <= stop < num_layers = {generator.num_layers}.")


def linear_chain(*widths: int, rng: torch.Generator) -> Chain:
    """A chain of random matrices, G(z) = W_N ... W_1 z with entries N(0, 1/rows), so that E||W x||^2 = ||x||^2.

    Args:
        widths: k, the widths between the layers, and n: one layer fewer than numbers.
        rng: draws the entries.

    >>> chain = linear_chain(2, 16, 64, rng=torch.Generator().manual_seed(0))
    >>> chain.num_layers, tuple(chain(chain.init(3, rng=torch.Generator().manual_seed(1))).shape)
    (2, (3, 64))
    """
    return Chain(*[_linear(a, b, "linear", rng) for a, b in pairwise(widths)], k=widths[0])


def isometric_chain(*widths: int, rng: torch.Generator) -> Chain:
    """A chain of random matrices with orthonormal columns: every Lipschitz constant is 1, and attained by all pairs.

    Args:
        widths: k, the widths between the layers, and n, not decreasing: one layer fewer than numbers.
        rng: draws the columns, uniformly.

    Raises:
        ValueError: where a width is below the one before.
    """
    if list(widths) != sorted(widths):
        raise ValueError(f"`isometric_chain(widths=...)` must not decrease, got {widths}.")
    chain = linear_chain(*widths, rng=rng)
    for layer in chain.layers:
        nn.init.orthogonal_(layer.weight, generator=rng)
    return chain


def relu_chain(*widths: int, rng: torch.Generator) -> Chain:
    """A random ReLU network, G(z) = W_N relu(... relu(W_1 z)), the generative prior of Hand and Voroninski (2018).

    Entries are N(0, 2/rows) where a ReLU follows, so that E||relu(W x)||^2 = ||x||^2, and N(0, 1/rows) at the end.

    Args:
        widths: k, the widths between the layers, and n: one layer fewer than numbers.
        rng: draws the entries.

    >>> chain = relu_chain(2, 16, 64, rng=torch.Generator().manual_seed(0))
    >>> z = chain.init(3, rng=torch.Generator().manual_seed(1))
    >>> torch.equal(chain(z), chain(chain(z, stop=1), start=1))
    True
    """
    *hidden, last = pairwise(widths)
    layers = [nn.Sequential(_linear(a, b, "relu", rng), nn.ReLU()) for a, b in hidden]
    return Chain(*layers, _linear(*last, "linear", rng), k=widths[0])


def mlp_decoder(*widths: int, shape: tuple[int, ...], rng: torch.Generator) -> Chain:
    """A decoder ready to be trained: fully connected, leaky ReLU between layers, tanh and [C, H, W] at the end.

    Args:
        widths: k and the widths between the layers.
        shape: of one image, [C, H, W] with values in (-1, 1).
        rng: draws the weights (He et al., 2015); biases start at 0.
    """
    *hidden, last = pairwise([*widths, math.prod(shape)])
    layers = [nn.Sequential(_linear(a, b, "leaky_relu", rng, bias=True), nn.LeakyReLU(0.2)) for a, b in hidden]
    image = nn.Sequential(_linear(*last, "linear", rng, bias=True), nn.Tanh(), nn.Unflatten(1, shape))
    return Chain(*layers, image, k=widths[0])


def _linear(columns: int, rows: int, followed_by: str, rng: torch.Generator, bias: bool = False) -> nn.Linear:
    """A linear layer drawn by `rng` alone: torch's own initialisation would take from the global random numbers."""
    layer = skip_init(nn.Linear, columns, rows, bias=bias)
    nn.init.kaiming_normal_(layer.weight, 0.2, "fan_out", followed_by, generator=rng)
    if bias:
        nn.init.zeros_(layer.bias)
    return layer
