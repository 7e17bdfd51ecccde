"""Norms of convolutions from above, against fine grids of frequencies and dense matrices."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from ilo_practice import symbols
from ilo_practice.symbols import convolution_norm, doubling_norm, symbol_norm
from tests.dense_norm import dense_norm

SEEDS = st.integers(0, 10**6)


def fine_sup(taps: torch.Tensor, points: int) -> float:
    """The largest ||S(w)|| on a grid of `points` an axis, by the FFT."""
    spectrum = np.fft.fft2(taps.numpy(), s=(points, points), axes=(0, 1))
    return np.linalg.norm(spectrum, 2, axis=(2, 3)).max()


@settings(max_examples=25)
@given(SEEDS, st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4))
def test_the_symbol_is_bounded_between_the_points_of_its_grid(seed, height, width, rows, columns):
    rng = torch.Generator().manual_seed(seed)
    taps = torch.randn(height, width, rows, columns, generator=rng, dtype=torch.float64)
    most, found = fine_sup(taps, 256), symbol_norm(taps)
    assert most <= found <= most * 1.0001 / math.cos(math.pi * 2 / symbols.FINE)


def test_the_grid_alone_would_fall_short(monkeypatch):
    monkeypatch.setattr(symbols, "FINE", 16)
    short = 0
    for seed in range(10):
        rng = torch.Generator().manual_seed(seed)
        taps = torch.randn(3, 3, 2, 2, generator=rng, dtype=torch.float64)
        on_the_grid = symbol_norm(taps) * math.cos(math.pi * 2 / 16)
        short += on_the_grid < fine_sup(taps, 128) * (1 - 1e-4)
        assert symbol_norm(taps) >= fine_sup(taps, 128)
    assert short > 5


@pytest.mark.parametrize("shape", [(3, 2, 3, 3), (2, 4, 3, 3), (1, 1, 5, 2)])
def test_a_convolution_with_zeros_around_is_within_its_symbol(shape, rng):
    weight = torch.randn(shape, generator=rng, dtype=torch.float64)
    sizes = [dense_norm(lambda x: F.conv2d(x, weight, padding=1), (1, shape[1], side, side)) for side in (3, 6, 12)]
    found = convolution_norm(weight)
    assert sizes[0] < sizes[1] < sizes[2] <= found <= 1.15 * sizes[2]


@pytest.mark.parametrize(("size", "padding"), [(4, 1), (4, 0), (3, 0), (6, 2)])
def test_a_doubling_convolution_is_within_its_symbol(size, padding, rng):
    kernel = torch.randn(3, 2, size, size, generator=rng, dtype=torch.float64)
    norm = dense_norm(lambda x: F.conv_transpose2d(x, kernel, stride=2, padding=padding), (1, 3, 10, 10))
    assert norm <= doubling_norm(kernel) <= 1.15 * norm


def test_wide_symbols_are_certified_too(rng, monkeypatch):
    taps = torch.randn(2, 2, 12, 9, generator=rng, dtype=torch.float64)
    monkeypatch.setattr(symbols, "NARROW", 8)
    most = fine_sup(taps, 256)
    assert most <= symbol_norm(taps) <= most / math.cos(math.pi / symbols.POINTS) * 1.0001


def test_no_taps_no_norm():
    assert symbol_norm(torch.zeros(2, 2, 3, 3)) == 0
