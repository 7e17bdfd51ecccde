"""Images in and out: [B, C, H, W] tensors in [-1, 1] on one side, 8-bit files on the other."""

import io
import os
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

MODES = {1: "L", 3: "RGB"}


def to_bytes(image: Tensor) -> Tensor:
    """[C, H, W] in [-1, 1] -> [H, W, C] uint8, clamped and rounded: -1 is 0 and 1 is 255 for every image."""
    return ((image.detach().float().cpu() + 1) * 127.5).clamp(0, 255).round().to(torch.uint8).permute(1, 2, 0)


def from_bytes(pixels: Tensor) -> Tensor:
    """[H, W, C] uint8 -> [C, H, W] float32 in [-1, 1]; with `to_bytes` the identity on bytes."""
    return pixels.permute(2, 0, 1).float() / 127.5 - 1


def read_image(path: str | Path, channels: int) -> Tensor:
    """The image in a file, [1, channels, H, W] in [-1, 1], made grey for one channel and colour for three.

    Raises FileNotFoundError, or ValueError for a file that is not a readable image.
    """
    if channels not in MODES:
        raise ValueError(f"`read_image(channels=...)` must be 1 or 3, got {channels}.")
    if not Path(path).is_file():
        raise FileNotFoundError(f"`read_image({str(path)!r})`: there is no such file.")
    try:
        with Image.open(path) as file:
            pixels = np.array(file.convert(MODES[channels]))
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise ValueError(f"`read_image({str(path)!r})` is not a readable image: {error}") from None
    return from_bytes(torch.from_numpy(pixels).reshape(*pixels.shape[:2], channels))[None]


def write_png(path: str | Path, image: Tensor) -> None:
    """Write [1, C, H, W] or [C, H, W] in [-1, 1] as an 8-bit PNG."""
    pixels = to_bytes(image[0] if image.ndim == 4 else image).numpy()
    content = io.BytesIO()
    Image.fromarray(pixels.squeeze(2) if pixels.shape[2] == 1 else pixels).save(content, format="PNG")
    write_atomically(path, content.getvalue())


def write_atomically(path: str | Path, content: bytes) -> None:
    """Write `content` beside `path`, then rename: a reader sees the old file or the whole new one, never a part."""
    path = Path(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def sheet(images: Tensor, *, columns: int, gap: int = 2, zoom: int = 1) -> Tensor:
    """Images [N, C, H, W] in rows of `columns`, as one [C, H', W'] on white, each pixel `zoom` pixels wide."""
    images = images.detach().float().cpu().repeat_interleave(zoom, dim=-1).repeat_interleave(zoom, dim=-2)
    count, channels, height, width = images.shape
    rows = -(-count // columns)
    page = torch.ones(channels, rows * (height + gap) - gap, columns * (width + gap) - gap)
    for i, image in enumerate(images):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        page[:, top : top + height, left : left + width] = image
    return page


def mse(images: Tensor, truth: Tensor) -> Tensor:
    """Mean squared error [B] of each image, both in [-1, 1] and [B, C, H, W]."""
    if images.shape != truth.shape:
        raise ValueError(f"`mse(images, truth)` needs equal shapes, got {list(images.shape)} and {list(truth.shape)}.")
    return (images - truth).square().flatten(1).mean(1)


def psnr(images: Tensor, truth: Tensor) -> Tensor:
    """Peak signal-to-noise ratio [B] in dB, 10 log10(2^2 / mse): the peak is the width of [-1, 1].

    >>> round(psnr(torch.zeros(1, 1, 4, 4), torch.full((1, 1, 4, 4), 0.2)).item(), 2)
    20.0
    """
    return 10 * (4 / mse(images, truth)).log10()
