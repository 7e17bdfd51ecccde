"""Points: of the l1 ball, of no set in particular, in special position; radii and signs."""

import math

import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch import Tensor

LARGEST = 1e6  # of the numbers in a batch


def radii(least: float = 1e-6, most: float = 1e7, *, zero: bool = False) -> st.SearchStrategy[float]:
    """Radii from `least` to `most`, of any magnitude between; with `zero`, 0 as well, towards which they shrink."""
    logarithmic = st.floats(math.log(least), math.log(most)).map(lambda x: min(max(math.exp(x), least), most))
    return st.just(0.0) | logarithmic if zero else logarithmic


def batches(
    shapes: st.SearchStrategy[tuple[int, ...]] | tuple[int, ...] | None = None, largest: float = LARGEST
) -> st.SearchStrategy[Tensor]:
    """Tensors [B, *shape] of float64 numbers of either sign, with many equal ones and zeros among them.

    Args:
        shapes: (B, *shape), or a strategy for it; None: from 2 to 4 dimensions of at most 6.
        largest: the largest absolute value; none is subnormal.
    """
    shapes = hnp.array_shapes(min_dims=2, max_dims=4, max_side=6) if shapes is None else shapes
    numbers = st.floats(-largest, largest, allow_subnormal=False)
    return hnp.arrays("float64", shapes, elements=numbers).map(torch.from_numpy)


@st.composite
def l1_ball_points(draw: st.DrawFn, shape: tuple[int, ...], radius: float = 1.0) -> Tensor:
    """Points [*shape], float64, of the l1 ball of that radius: inside, on its faces and edges, corners, the centre.

    The l1 norm, summed exactly, is at most `radius`. They shrink to the centre, and to few entries.
    """
    weights = draw(hnp.arrays("float64", shape, elements=st.integers(-16, 16).map(float), fill=st.just(0.0)))
    share = draw(st.sampled_from([0.0, 1.0]) | st.floats(0, 1))
    norm = abs(weights).sum()
    if norm == 0 or share == 0:
        return torch.zeros(shape, dtype=torch.float64)
    point = weights * (share * radius / norm)
    while math.fsum(abs(point).ravel()) > radius:
        point *= 1 - 2**-52 * 4
    return torch.from_numpy(point)


def sign_vectors(shape: int | tuple[int, ...]) -> st.SearchStrategy[Tensor]:
    """Tensors [*shape] of +1 and -1, float64; they shrink to ones."""
    return hnp.arrays("float64", shape, elements=st.sampled_from([1.0, -1.0]), fill=st.nothing()).map(torch.from_numpy)


def point_sets(d: int, most: int, steps: int = 12) -> st.SearchStrategy[Tensor]:
    """Sets of 1 to `most` points [N, d], float64, of the cube from -1 to 1, many in special position: on a grid."""
    coordinate = st.integers(-steps, steps).map(lambda i: i / steps)
    rows = st.lists(st.tuples(*[coordinate] * d), min_size=1, max_size=most)
    return rows.map(lambda points: torch.tensor(points, dtype=torch.float64))
