"""What a user brings: pictures, arrays and masks are read as they are, and anything else is refused by name."""

import numpy as np
import pytest
import torch
from PIL import Image

from ilo_practice.inputs import centred, read_input, read_mask


def test_an_array_is_read_unclipped(tmp_path):
    values = np.linspace(-3, 3, 12).reshape(3, 4)
    np.save(tmp_path / "a.npy", values)
    np.save(tmp_path / "b.npy", values[None])
    for name in ("a.npy", "b.npy"):
        image = read_input(tmp_path / name, 1)
        assert image.dtype == torch.float32
        np.testing.assert_allclose(image[0, 0], values, rtol=1e-6)


def test_a_picture_is_on_the_scale_of_its_bytes(tmp_path):
    pixels = np.array([[0, 51], [204, 255]], np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    np.testing.assert_allclose(read_input(tmp_path / "a.png", 1)[0, 0], [[-1, -0.6], [0.6, 1]], atol=1e-6)


@pytest.mark.parametrize(("high", "mode"), [(255, "L"), (1, "L"), (255, "1"), (255, "RGB")])
def test_a_mask_is_true_where_it_is_not_black(tmp_path, high, mode):
    known = np.array([[True, False, True], [False, False, True]])
    Image.fromarray((known * high).astype(np.uint8)).convert(mode).save(tmp_path / "mask.png")
    assert read_mask(tmp_path / "mask.png").tolist() == known.tolist()


def test_a_mask_may_hide_nothing_or_all(tmp_path):
    for level in (0, 255):
        Image.new("L", (2, 2), level).save(tmp_path / "mask.png")
        assert read_mask(tmp_path / "mask.png").tolist() == [[level > 0] * 2] * 2


def test_a_photograph_is_no_mask(tmp_path):
    for pixels in (np.arange(4, dtype=np.uint8).reshape(2, 2), np.array([[37, 255]], np.uint8)):
        Image.fromarray(pixels).save(tmp_path / "mask.png")
        with pytest.raises(ValueError, match="black where pixels are missing"):
            read_mask(tmp_path / "mask.png")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros((4, 4), np.uint8), "floating-point"),
        (np.zeros((3, 4, 4)), r"\[1, H, W\], got \[3, 4, 4\]"),
        (np.zeros(4), r"got \[4\]"),
        (np.array([{}, {}]), "not a readable array"),
    ],
)
def test_other_arrays_are_refused(tmp_path, values, words):
    np.save(tmp_path / "a.npy", values, allow_pickle=True)
    with pytest.raises(ValueError, match=words):
        read_input(tmp_path / "a.npy", 1)


def test_files_that_are_not_there_or_not_what_they_seem(tmp_path):
    for name in ("a.npy", "a.png"):
        with pytest.raises(FileNotFoundError, match=name):
            read_input(tmp_path / name, 1)
        (tmp_path / name).write_bytes(b"no image")
        with pytest.raises(ValueError, match="readable"):
            read_input(tmp_path / name, 1)
    with pytest.raises(FileNotFoundError, match="mask"):
        read_mask(tmp_path / "mask.png")
    with pytest.raises(ValueError, match="readable"):
        read_mask(tmp_path / "a.png")


def test_centred_keeps_the_image_and_fills_round_it():
    image = torch.rand(1, 1, 4, 6)
    wide = centred(image, (8, 8), fill=-1.0)
    assert torch.equal(wide[..., 2:6, 1:7], image)
    assert (wide == -1).sum() == 64 - 24
    assert torch.equal(centred(image, (4, 6), fill=-1.0), image)
    assert centred(torch.zeros(2, 2, dtype=torch.bool), (4, 4), fill=True).sum() == 12
    for size in ((5, 6), (4, 4)):
        with pytest.raises(ValueError, match="4 x 6"):
            centred(image, size, fill=-1.0)
