"""Small generators, what they start from, and where they are split; in float64."""

import torch
from hypothesis import strategies as st

from ilo_theory.generators import Chain, Generator, Latent, linear_chain, mlp_decoder, relu_chain

SEEDS = st.integers(0, 2**32)


@st.composite
def small_generators(draw: st.DrawFn, most_layers: int = 4, most_width: int = 8) -> Chain:
    """Random linear chains, ReLU chains and decoders of small images; they shrink to 1 number in, 1 layer, seed 0.

    Args:
        most_layers: their largest number of layers, >= 1.
        most_width: the largest number of numbers between two layers, >= 1.
    """
    widths = draw(st.lists(st.integers(1, most_width), min_size=2, max_size=most_layers + 1))
    rng = torch.Generator().manual_seed(draw(SEEDS))

    def decoder(*widths: int, rng: torch.Generator) -> Chain:
        return mlp_decoder(*widths[:-1], shape=(1, 1, widths[-1]), rng=rng)

    make = draw(st.sampled_from([linear_chain, relu_chain, decoder]))
    return make(*widths, rng=rng).double().requires_grad_(False)


def latents(generator: Generator, batch: int = 2) -> st.SearchStrategy[Latent]:
    """Latents of a batch, drawn by the generator itself with a seed that shrinks to 0."""
    return SEEDS.map(lambda seed: generator.init(batch, rng=torch.Generator().manual_seed(seed)))


def split_points(generator: Generator) -> st.SearchStrategy[tuple[int, int]]:
    """All (start, stop) with 0 <= start <= stop < num_layers; they shrink to (0, 0)."""
    last = generator.num_layers - 1
    return st.integers(0, last).flatmap(lambda stop: st.tuples(st.integers(0, stop), st.just(stop)))
