"""The matrix [m, n] of each operator by its definition, in float64 NumPy: an oracle that shares no code with it."""

import math

import numpy as np

from ilo_theory.operators import (
    Composed,
    Crop,
    Gaussian,
    Identity,
    LinearOperator,
    Mask,
    PartialCirculant,
    Resize,
)


def dense(operator: LinearOperator) -> np.ndarray:
    """From what the operator holds."""
    match operator:
        case Gaussian():
            return operator.matrix.double().numpy()
        case PartialCirculant():
            return circulant(operator.row, operator.signs, operator.rows)
        case Mask():
            return np.diag(operator.mask.double().flatten().numpy())
        case Resize():
            *channels, height, width = operator.in_shape
            *_, h, w = operator.out_shape
            return np.kron(np.eye(math.prod(channels)), np.kron(resizing(height, h), resizing(width, w)))
        case Crop():
            return cropping(operator.in_shape, operator.out_shape[-2:])
        case Composed():
            return dense(operator.outer) @ dense(operator.inner)
        case Identity():
            return np.eye(math.prod(operator.in_shape))


def circulant(row, signs, rows) -> np.ndarray:
    """F D of Lemma 1: its rows are shifts of the first to the right."""
    g = row.double().numpy()
    return np.stack([np.roll(g, i) for i in rows.tolist()]) * signs.double().numpy()


def keys(t: float, a: float = -0.5) -> float:
    """The cubic kernel of Keys 1981."""
    t = abs(t)
    inner, outer = (a + 2) * t**3 - (a + 3) * t**2 + 1, a * (t**3 - 5 * t**2 + 8 * t - 4)
    return inner if t <= 1 else outer if t <= 2 else 0.0


def downsampling(size: int, factor: int) -> np.ndarray:
    """Of a line of pixels, [size / factor, size]."""
    return resizing(size, size // factor)


def resizing(size: int, wanted: int) -> np.ndarray:
    """Of a line of pixels: [wanted, size], one weight at a time; NumPy reflects the line."""
    scale = size / wanted
    spread = max(scale, 1)
    margin = math.ceil(4 * spread)
    pixels = np.pad(np.arange(size), margin, mode="reflect")
    matrix = np.zeros((wanted, size))
    for i in range(wanted):
        middle = i * scale + (scale - 1) / 2
        for pixel in range(-margin, size + margin):
            matrix[i, pixels[pixel + margin]] += keys((pixel - middle) / spread)
    return matrix / matrix.sum(axis=1, keepdims=True)


def cropping(shape: tuple[int, ...], size: tuple[int, int]) -> np.ndarray:
    """The rows of the identity that belong to the pixels in the middle."""
    (height, width), (h, w) = shape[-2:], size
    top, left = (height - h) // 2, (width - w) // 2
    kept = np.arange(math.prod(shape)).reshape(shape)[..., top : top + h, left : left + w]
    return np.eye(math.prod(shape))[kept.ravel()]
