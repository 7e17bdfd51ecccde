"""Downsampling as PULSE does it, at any factor and size; and masks."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ilo_theory.operators import Downsample, Mask
from tests.dense import downsampling

GOLDEN = np.load(Path(__file__).parent / "golden" / "ilo_ops.npz")
blocks = st.integers(1, 5)
factors = st.integers(1, 9)


def images(*shape) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_agrees_with_the_released_code(factor):
    x, y = GOLDEN["bicubic/x"], GOLDEN[f"bicubic/y_f{factor}"]
    out = Downsample((3, 64, 64), factor)(torch.from_numpy(x))
    np.testing.assert_allclose(out, y, rtol=0, atol=2e-7 * np.abs(x).max())


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_weights_are_the_released_ones(factor):
    """Images that are constant from top to bottom show the weights of a line, far from its ends."""
    size, kernel = 12 * factor, GOLDEN[f"bicubic/kernel_f{factor}"]
    impulses = torch.eye(size)[:, None].expand(size, factor, size)
    weights = Downsample((factor, size), factor)(impulses)[:, 0, 5]
    first = 5 * factor - 3 * factor // 2
    np.testing.assert_allclose(weights[first : first + 4 * factor], kernel, rtol=0, atol=1e-7)
    assert not weights[:first].any()
    assert not weights[first + 4 * factor :].any()


@given(factors, blocks, blocks)
def test_any_factor_and_size(factor, height, width):
    """Images smaller than the kernel are reflected again and again; the oracle reflects with NumPy."""
    operator = Downsample((height * factor, width * factor), factor).double()
    rows, columns = downsampling(height * factor, factor), downsampling(width * factor, factor)
    x, y = images(5, height * factor, width * factor), images(5, height, width)
    np.testing.assert_allclose(operator(x), rows @ x.numpy() @ columns.T, rtol=0, atol=1e-13)
    np.testing.assert_allclose(operator.adjoint(y), rows.T @ y.numpy() @ columns, rtol=0, atol=1e-13)


@given(factors, blocks, blocks)
def test_has_no_preferred_side_and_keeps_constants(factor, height, width):
    """A mirrored image gives the mirrored result: there is no shift by half a pixel at odd factors."""
    operator = Downsample((height * factor, width * factor), factor).double()
    x = images(*operator.in_shape)
    y = operator(x)
    for side in (-1, -2):
        torch.testing.assert_close(operator(x.flip(side)), y.flip(side), rtol=0, atol=1e-13)
    torch.testing.assert_close(operator(torch.ones_like(x)), torch.ones_like(y), rtol=0, atol=1e-14)


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_keeps_slopes(factor):
    """Away from the borders: a block of a linear ramp becomes the value at its middle."""
    ramp = torch.arange(12.0 * factor, dtype=torch.float64).expand(factor, -1)
    middles = ramp[0].reshape(12, factor).mean(1)
    y = Downsample(ramp.shape, factor).double()(ramp)[0]
    torch.testing.assert_close(y[2:-2], middles[2:-2], rtol=0, atol=1e-12)


def test_factor_one_is_the_identity():
    x = images(2, 5, 6)
    assert torch.equal(Downsample(x.shape, 1).double()(x), x)


def test_result_is_exact_in_float64_after_a_cast():
    x = images(16, 16)
    default = Downsample(x.shape, 4)
    default(x.float())
    rows = downsampling(16, 4)
    np.testing.assert_allclose(default.double()(x), rows @ x.numpy() @ rows.T, rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    ("shape", "factor", "message"),
    [
        ((3, 16, 15), 4, r"factor=\.\.\.\)` must divide 16 and 15, got 4\.$"),
        ((3, 16, 16), 0, r"factor=\.\.\.\)` must divide 16 and 16, got 0\.$"),
        ((16,), 4, r"shape=\.\.\.\)` must be \[\.\.\., H, W\], got \(16,\)\.$"),
        ((0, 16, 16), 4, r"shape=\.\.\.\)` must be positive integers, got \(0, 16, 16\)\.$"),
    ],
)
def test_downsample_refuses(shape, factor, message):
    with pytest.raises(ValueError, match=r"^`Downsample\(" + message):
        Downsample(shape, factor)


def test_mask_broadcasts_over_channels():
    mask = torch.tensor([[True, False], [False, True]])
    x = images(3, 2, 2)
    y = Mask(mask, (3, 2, 2)).double()(x)
    assert torch.equal(y, torch.stack([torch.diag(channel.diag()) for channel in x]))


def test_mask_looks_at_nothing_hidden():
    x = torch.tensor([1.0, torch.nan, torch.inf, 2.0])
    assert Mask(torch.tensor([1, 0, 0, 1]))(x).tolist() == [1, 0, 0, 2]


def test_mask_is_a_projection():
    mask = Mask(images(4, 5) > 0).double()
    x = images(2, 4, 5)
    assert torch.equal(mask(mask(x)), mask(x))
    assert torch.equal(mask.adjoint(x), mask(x))


def test_mask_holds_zeros_and_ones_of_any_dtype():
    for dtype in (torch.bool, torch.uint8, torch.int64, torch.float32, torch.float64):
        mask = Mask(torch.tensor([0, 1]).to(dtype))
        assert mask.mask.dtype == torch.bool
        assert mask(torch.ones(2)).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("mask", "shape", "message"),
    [
        (torch.tensor([0.5, 1]), None, "must hold zeros and ones alone"),
        (torch.tensor([torch.nan, 1]), None, "must hold zeros and ones alone"),
        (torch.ones(4), (3, 5), r"must broadcast to \(3, 5\), got shape \(4,\)"),
        (torch.ones(2, 3, 5), (3, 5), r"must broadcast to \(3, 5\), got shape \(2, 3, 5\)"),
    ],
)
def test_mask_refuses(mask, shape, message):
    with pytest.raises(ValueError, match=r"^`Mask\(mask=\.\.\.\)` " + message):
        Mask(mask, shape)
