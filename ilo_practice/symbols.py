"""Operator norms of convolutions from above, by their symbols.

A convolution of an image with zeros around it is a part of the convolution of the infinite grid, whose norm is the
largest ||S(w)|| over frequencies w, S(w) = sum_t T_t e^(-i t w) with matrices T_t (rows x columns), the taps. With a
stride each phase of the output, or of the input of a transposed one, is a convolution, and S stacks them.

S(w)* S(w) is a trigonometric polynomial of a degree d in each frequency. One of degree d that is nowhere negative and
has the maximum M at w0 is at least M cos(d (w - w0)) for |w - w0| <= pi/d (Riesz, 1914), so that on a grid of N points
an axis the largest ||S|| is at least cos(pi d/N) of the true one.
"""

import math

import torch
from torch import Tensor

POINTS, FINE = 16, 32
"""N of wide and of narrow symbols: 1.9 % and 0.5 % too much for d = 1, 8.2 % and 2.0 % for d = 2."""
NARROW = 128


@torch.no_grad()
def convolution_norm(weight: Tensor) -> float:
    """At least the norm of x -> conv2d(x, weight), of stride 1 with any padding by zeros; weight [out, in, h, w]."""
    return symbol_norm(weight.permute(2, 3, 0, 1))


@torch.no_grad()
def doubling_norm(kernel: Tensor) -> float:
    """At least the norm of x -> conv_transpose2d(x, kernel, stride=2), or of a part of its output.

    Args:
        kernel: [in, out, h, w], both even or made so by zeros.
    """
    height, width = kernel.shape[2:]
    kernel = torch.nn.functional.pad(kernel, (0, width % 2, 0, height % 2))
    phases = kernel.unflatten(3, (-1, 2)).unflatten(2, (-1, 2))  # [in, out, h, phase, w, phase]
    return symbol_norm(phases.permute(2, 4, 3, 5, 1, 0).flatten(2, 4))


def symbol_norm(taps: Tensor) -> float:
    """An upper bound of ||S(w)|| over all w in [0, 2 pi)^2.

    Args:
        taps: T_t, [h, w, rows, columns] for t in {0..h-1} x {0..w-1}.
    """
    taps = taps.detach().cpu().double()
    if taps.shape[2] < taps.shape[3]:
        taps = taps.mT  # of the same norms
    size, (height, width) = taps.shape[3], taps.shape[:2]
    least = FINE if size <= NARROW else POINTS
    rows, columns = (1 if length == 1 else max(least, 8 * (length - 1)) for length in (height, width))
    shifts, symmetric, skew = _squares(taps)
    largest, one = 0.0, torch.eye(size, dtype=torch.complex128)
    for row in range(rows // 2 + 1):  # S(-w) is the conjugate of S(w)
        frequencies = (
            2
            * math.pi
            * torch.stack(
                (torch.full((columns,), row / rows, dtype=torch.float64), torch.arange(columns).double() / columns)
            )
        )
        angles = frequencies.T @ shifts.T  # [columns, shifts]
        grams = torch.complex(
            torch.tensordot(angles.cos(), symmetric, dims=1), -torch.tensordot(angles.sin(), skew, dims=1)
        )
        # a factorisation shows that no eigenvalue is above `largest`, and is much quicker than finding them
        while (above := torch.linalg.cholesky_ex(largest * one - grams).info > 0).any():
            largest = torch.linalg.eigvalsh(grams[above][0])[-1].item() * (1 + 1e-9)
            grams = grams[above][1:]
    shrink = math.cos(math.pi * (height - 1) / rows) * math.cos(math.pi * (width - 1) / columns)
    return math.sqrt(max(largest, 0.0) * (1 + 1e-9) / shrink)


def _squares(taps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """S* S = sum_d cos(d w) symmetric_d - i sin(d w) skew_d over half of the shifts d = t - s.

    C_d, the sum of T_s^T T_t, is the transpose of C_-d. Returns d [D, 2] and the two parts, [D, columns, columns].
    """
    height, width = taps.shape[:2]
    shifts = [(a, b) for a in range(height) for b in range(1 - width, width) if a > 0 or b >= 0]
    symmetric, skew = [], []
    for a, b in shifts:
        later = taps[a:, max(b, 0) : width + min(b, 0)]
        earlier = taps[: height - a, max(-b, 0) : width - max(b, 0)]
        c = torch.einsum("hwri,hwrj->ij", earlier, later)
        symmetric.append(c + c.T if a or b else c)
        skew.append(c - c.T)
    return torch.tensor(shifts, dtype=torch.float64), torch.stack(symmetric), torch.stack(skew)
