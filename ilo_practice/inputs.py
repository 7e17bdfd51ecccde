"""The images and masks that a user brings, read once and checked."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor
from torch.nn.functional import pad

from ilo_practice.images import read_image


def read_input(path: str | Path, channels: int) -> Tensor:
    """The image in a file, [1, channels, H, W] in [-1, 1]: a picture, or a .npy of what 8 bits would clip.

    A .npy holds floating-point numbers, [H, W] or [channels, H, W], on the scale where -1 is black and 1 is white.
    """
    if Path(path).suffix != ".npy":
        return read_image(path, channels)
    call = f"`read_input({str(path)!r})`"
    try:
        values = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise FileNotFoundError(f"{call}: there is no such file.") from None
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(f"{call} is not a readable array: {error}") from None
    if values.dtype.kind != "f":
        raise ValueError(f"{call} must hold floating-point numbers, got {values.dtype}.")
    image = torch.from_numpy(values.astype(np.float32))
    image = image[None] if image.ndim == 2 else image
    if image.ndim != 3 or len(image) != channels:
        raise ValueError(f"{call} must be [H, W] or [{channels}, H, W], got {list(values.shape)}.")
    return image[None]


def read_mask(path: str | Path) -> Tensor:
    """The mask in a picture of two values, boolean [H, W]: black (0) where pixels are missing, else they are known."""
    call = f"`read_mask({str(path)!r})`"
    if not Path(path).is_file():
        raise FileNotFoundError(f"{call}: there is no such file.")
    try:
        with Image.open(path) as file:
            values = torch.from_numpy(np.array(file.convert("L")))
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise ValueError(f"{call} is not a readable image: {error}") from None
    levels = values.unique().tolist()
    if len(levels) > 2 or (len(levels) == 2 and levels[0] != 0):
        raise ValueError(
            f"{call} must be black where pixels are missing, white elsewhere, got the levels {levels[:9]}."
        )
    return values > 0


def centred(image: Tensor, size: tuple[int, int], *, fill: float | bool) -> Tensor:
    """A smaller [..., h, w] in the middle of one of `size`, `fill` round it.

    Raises:
        ValueError: for one that is larger, or smaller by an odd number of rows or columns.
    """
    rows, columns = (wanted - got for wanted, got in zip(size, image.shape[-2:], strict=True))
    if min(rows, columns) < 0 or rows % 2 or columns % 2:
        got = "{} x {}".format(*image.shape[-2:])
        raise ValueError(f"`centred` must have even room for the image in {size[0]} x {size[1]}, got {got}.")
    return pad(image, (columns // 2, columns // 2, rows // 2, rows // 2), value=fill)
