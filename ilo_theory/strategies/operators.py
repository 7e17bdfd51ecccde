"""Small linear operators, in float64."""

import math

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch import Tensor

from ilo_theory.operators import Gaussian, LinearOperator, Mask, PartialCirculant

SHAPES = st.tuples(st.integers(1, 120)) | hnp.array_shapes(min_dims=1, max_dims=3, max_side=7)
"""Shapes of signals of up to 343 numbers; lengths with large prime factors are among them."""

ENTRIES = st.integers(-64, 64).map(lambda i: i / 32)
SEEDS = st.integers(0, 2**32)


@st.composite
def circulant_operators(draw: st.DrawFn, shapes: st.SearchStrategy[tuple[int, ...]] = SHAPES) -> PartialCirculant:
    """Partial circulant operators of any length, with any signs, and any m rows in any order or the first m.

    The first row g holds multiples of 1/32 from -2 to 2, so that products with whole numbers are exact. They shrink to
    few numbers, the first rows and signs of +1.

    Args:
        shapes: of x.
    """
    shape = draw(shapes)
    n = math.prod(shape)
    first = st.integers(1, n).map(torch.arange)
    some = st.lists(st.integers(0, n - 1), min_size=1, unique=True).map(torch.tensor)
    return PartialCirculant(draw(_row(n)), draw(_signs(n)), draw(first | some), shape)


def _row(n: int) -> st.SearchStrategy[Tensor]:
    """g [n]: a few entries, or all."""
    few = hnp.arrays("float64", n, elements=ENTRIES, fill=st.just(0.0))
    return (few | SEEDS.map(lambda seed: np.random.default_rng(seed).integers(-64, 65, n) / 32)).map(torch.from_numpy)


def _signs(n: int) -> st.SearchStrategy[Tensor]:
    """s [n]: a few of -1, or half of them."""
    few = hnp.arrays("float64", n, elements=st.sampled_from([1.0, -1.0]), fill=st.just(1.0))
    return (few | SEEDS.map(lambda seed: np.random.default_rng(seed).choice([1.0, -1.0], n))).map(torch.from_numpy)


@st.composite
def gaussian_operators(draw: st.DrawFn, shapes: st.SearchStrategy[tuple[int, ...]] = SHAPES) -> Gaussian:
    """Gaussian operators of 1 to 12 measurements, drawn by a seed that shrinks to 0.

    Args:
        shapes: of x.
    """
    m, rng = draw(st.integers(1, 12)), torch.Generator().manual_seed(draw(SEEDS))
    return Gaussian.draw(m, draw(shapes), rng=rng).double()


@st.composite
def masks(draw: st.DrawFn, shapes: st.SearchStrategy[tuple[int, ...]] = SHAPES) -> Mask:
    """Masks of any pixels; they shrink to none observed.

    Args:
        shapes: of x and of the mask.
    """
    return Mask(torch.from_numpy(draw(hnp.arrays(bool, draw(shapes))))).double()


def linear_operators(shapes: st.SearchStrategy[tuple[int, ...]] = SHAPES) -> st.SearchStrategy[LinearOperator]:
    """Masks, Gaussian and partial circulant operators; they shrink to masks.

    Args:
        shapes: of x.
    """
    return masks(shapes) | gaussian_operators(shapes) | circulant_operators(shapes)
