"""Images: bytes survive a round trip, the range is fixed and not the image's own, errors are one line."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ilo_practice.images import from_bytes, mse, psnr, read_image, sheet, to_bytes, write_png


def test_every_byte_survives():
    pixels = torch.arange(256, dtype=torch.uint8).reshape(16, 16, 1)
    assert torch.equal(to_bytes(from_bytes(pixels)), pixels)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_written_image_is_read_back_within_half_a_step(tmp_path, channels, rng):
    image = torch.rand(1, channels, 5, 7, generator=rng) * 0.3 + 0.1  # a low contrast, which must not be stretched
    write_png(tmp_path / "a.png", image)
    again = read_image(tmp_path / "a.png", channels)
    assert (again - image).abs().max() <= 0.5 / 127.5 + 1e-6


def test_values_outside_the_range_are_clamped():
    assert to_bytes(torch.tensor([[[-3.0, 3.0]]])).flatten().tolist() == [0, 255]


def test_colour_and_grey_are_converted(tmp_path):
    Image.fromarray(np.full((2, 2), 200, np.uint8)).save(tmp_path / "grey.png")
    assert read_image(tmp_path / "grey.png", 3).shape == (1, 3, 2, 2)
    assert read_image(tmp_path / "grey.png", 1).shape == (1, 1, 2, 2)


def test_what_is_no_image_is_refused(tmp_path):
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(ValueError, match="not a readable image"):
        read_image(tmp_path / "text.png", 1)
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_image(tmp_path / "none.png", 1)
    with pytest.raises(ValueError, match="must be 1 or 3, got 2"):
        read_image(tmp_path / "text.png", 2)


@given(st.integers(1, 7), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3))
def test_a_sheet_holds_every_image(count, columns, zoom, gap):
    images = torch.linspace(-1, 0.9, count)[:, None, None, None].expand(count, 1, 2, 3)
    page = sheet(images, columns=columns, gap=gap, zoom=zoom)
    for i in range(count):
        top, left = i // columns * (2 * zoom + gap), i % columns * (3 * zoom + gap)
        assert (page[0, top : top + 2 * zoom, left : left + 3 * zoom] == images[i, 0, 0, 0]).all()
    area = count * 6 * zoom**2
    assert (page == 1).sum() == page.numel() - area


def test_errors_are_those_of_the_definition():
    truth = torch.zeros(2, 1, 2, 2)
    shifted = truth + torch.tensor([0.5, 2.0])[:, None, None, None]
    assert mse(shifted, truth).tolist() == [0.25, 4.0]
    torch.testing.assert_close(psnr(shifted, truth), torch.tensor([12.0412, 0.0]))
    with pytest.raises(ValueError, match="equal shapes"):
        mse(truth, truth[:1])
