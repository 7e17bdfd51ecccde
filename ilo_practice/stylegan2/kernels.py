"""The 3 x 3 convolutions of StyleGAN-2 with a frozen weight, a few rows at a time: same size, and twice the size.

F(4, 3) (Winograd 1980; Lavin and Gray 2016) at the points 0, 1, -1, 2, -2, infinity makes four rows of a 3 x 3
convolution from six 1 x 3 convolutions instead of twelve. Used along columns alone it combines whole rows only, and its
error in float32 is two to three times that of direct summation.
"""

from collections.abc import Callable, Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ilo_practice.stylegan2.blur import blur_sum

# Fewer channels or rows: combining rows costs more than the convolutions that it saves.
CHANNELS, ROWS = 128, 32
BLURRED = 2**17  # numbers that are blurred at once, so that they stay in the cache


class Same:
    """x [B, in, H, W] -> [B, out, H, W], padded by one, and what is computed once from its weight [out, in, 3, 3].

    `power` [out, in] is the sum of squares. `taps` are the eight of `winograd_taps`, or none where summing directly is
    as fast.
    """

    scale, border = 1, 0

    def __init__(self, weight: Tensor, resolution: int):
        self.weight, self.power = weight, weight.square().sum((2, 3))
        self.taps = winograd_taps(weight) if min(weight.shape[:2]) >= CHANNELS and resolution >= ROWS else ()

    def whole(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight, padding=1)

    def rows(self, x: Tensor, *, at_once: int) -> Iterator[tuple[int, Tensor]]:
        """Of x [B, in, n + 2, W], with the row above and the row below: (row, [B, out, `at_once` or less, W])."""
        if self.taps and x.shape[2] % 4 == 2:
            y = _winograd(x, self.taps[:6], lambda rows, tap: F.conv2d(rows, tap, padding=(0, 1)))
        else:
            y = F.conv2d(x, self.weight, padding=(0, 1))
        yield from ((at_once * i, rows) for i, rows in enumerate(y.split(at_once, dim=2)))

    def adjoint_rows(self, grad: Tensor) -> Tensor:
        """Of grad [B, out, n + 2, W]: [B, in, n, W]."""
        if self.taps and grad.shape[2] % 4 == 2:
            flipped = [self.taps[i] for i in (5, 1, 2, 6, 7, 0)]
            return _winograd(grad, flipped, lambda rows, tap: _adjoint(rows, tap, (0, 1), rows.shape[2]))
        return _adjoint(grad, self.weight, (2, 1), grad.shape[2] - 2)


class Double:
    """x [B, in, H, W] -> [B, out, 2H, 2W], the transposed convolution and [1, 3, 3, 1], not divided by 64.

    `taps` are the four kernels of the phases of the transposed convolution, (even, odd) rows by (even, odd) columns:
    direct convolutions, which torch runs twice as fast.
    """

    scale, border = 2, 2

    def __init__(self, weight: Tensor):
        self.power = weight.square().sum((2, 3))
        self.turned = weight.transpose(0, 1).contiguous()
        self.taps = [weight[:, :, i][..., j].contiguous() for i in ([2, 0], [1]) for j in ([2, 0], [1])]

    def whole(self, x: Tensor) -> Tensor:
        return blur_sum(F.conv_transpose2d(x, self.turned, stride=2), (1, 1))

    def rows(self, x: Tensor, *, at_once: int) -> Iterator[tuple[int, Tensor]]:
        """Of x [B, in, n + 2, W], with the row above and the row below: (row, [B, out, `at_once` or less, 2W])."""
        even_left, even_right, odd_left, odd_right = (F.conv2d(x, tap, padding=(0, 1)) for tap in self.taps)
        for first in range(0, x.shape[2] - 2, at_once // 2):
            last = min(first + at_once // 2, x.shape[2] - 2)
            even, odd = slice(first, last + 1), slice(first, last + 2)
            left = _blurred_phases(even_left[:, :, even], odd_left[:, :, odd], dim=2)
            right = _blurred_phases(even_right[:, :, even], odd_right[:, :, odd], dim=2)
            out = x.new_empty(x.shape[0], self.power.shape[0], 2 * (last - first), x.shape[3], 2)
            for i in (0, 1):
                torch.complex(*_blurred_phases(left[i], right[i], dim=3), out=torch.view_as_complex(out)[:, :, i::2])
            yield 2 * first, out.flatten(3)

    def adjoint_rows(self, grad: Tensor) -> Tensor:
        """Of grad [B, out, 2n + 4, 2W + 4], two rows and columns more on either side: [B, in, n, W]."""
        batch, channels, height, width = grad.shape
        spread = grad.new_empty(batch, channels, height - 3, width - 3)
        at_once = max(1, BLURRED // (height * width))
        for some, out in zip(grad.split(at_once, dim=1), spread.split(at_once, dim=1), strict=True):
            a, b, c, d = (some.narrow(2, i, height - 3) for i in range(4))
            some = (a + d).add_(b, alpha=3).add_(c, alpha=3)
            a, b, c, d = (some.narrow(3, i, width - 3) for i in range(4))
            torch.add(a, d, out=out).add_(b, alpha=3).add_(c, alpha=3)
        return F.conv2d(spread, self.turned, stride=2)


Kernel = Same | Double


def winograd_taps(weight: Tensor) -> tuple[Tensor, ...]:
    """Eight kernels [out, in, 1, 3] from [out, in, 3, 3], which is seen as a polynomial of its rows, a + b t + c t^2.

    Its values at t = 0, 1, -1, 2, -2, infinity; and those of c + b t + a t^2, the adjoint's, at 2 and -2.
    """
    a, b, c = (weight[:, :, i : i + 1].contiguous() for i in range(3))
    ends, forth, back = a + c, a + 4 * c, 4 * a + c
    return a, ends + b, ends - b, forth + 2 * b, forth - 2 * b, c, back + 2 * b, back - 2 * b


def _winograd(x: Tensor, taps: Sequence[Tensor], convolve: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """[B, C, 4t + 2, W] -> [B, C', 4t, W]: a tile of six rows d makes four, by way of the six points."""
    n = x.shape[2] - 2
    d = [x[:, :, i : i + n : 4] for i in range(6)]
    even, odd = torch.add(d[4], d[2], alpha=-4), torch.add(d[3], d[1], alpha=-4)
    one, minus_one = convolve(even + odd, taps[1]), convolve(even.sub_(odd), taps[2])
    torch.sub(d[4], d[2], out=even)
    torch.sub(d[3], d[1], out=odd)
    two, minus_two = convolve(torch.add(even, odd, alpha=2), taps[3]), convolve(even.add_(odd, alpha=-2), taps[4])
    zero = convolve(torch.add(d[4], d[2], alpha=-5, out=even).add_(d[0], alpha=4), taps[0])
    infinity = convolve(torch.add(d[5], d[3], alpha=-5, out=odd).add_(d[1], alpha=4), taps[5])

    ones, twos = one + minus_one, two + minus_two
    one.sub_(minus_one)
    two.sub_(minus_two)
    y = zero.new_empty(*zero.shape[:2], n, zero.shape[3])
    torch.add(zero.mul_(1 / 4).add_(ones, alpha=-1 / 6), twos, alpha=1 / 24, out=y[:, :, 0::4])
    torch.add(one.mul_(-1 / 6), two, alpha=1 / 12, out=y[:, :, 1::4])
    torch.add(ones.mul_(-1 / 6), twos, alpha=1 / 6, out=y[:, :, 2::4])
    torch.add(infinity.add_(one), two, alpha=1 / 3, out=y[:, :, 3::4])
    return y


def _blurred_phases(even: Tensor, odd: Tensor, *, dim: int) -> tuple[Tensor, Tensor]:
    """The even and odd entries of the blurred, n each, from n + 1 even and n + 2 odd ones (the first is odd)."""
    n = even.shape[dim] - 1
    here, there = even.narrow(dim, 0, n), even.narrow(dim, 1, n)
    before, middle, after = (odd.narrow(dim, i, n) for i in range(3))
    first = torch.add(before, middle, alpha=3).add_(here, alpha=3).add_(there)
    return first, torch.add(after, middle, alpha=3).add_(there, alpha=3).add_(here)


def _adjoint(grad: Tensor, weight: Tensor, padding: tuple[int, int], rows: int) -> Tensor:
    """The gradient by x, `rows` high, of conv2d(x, weight, padding=padding)."""
    like = grad.new_empty(grad.shape[0], weight.shape[1], rows, grad.shape[3])
    only_x = [True, False, False]
    return torch.ops.aten.convolution_backward(
        grad, like, weight, None, [1, 1], padding, [1, 1], False, [0, 0], 1, only_x
    )[0]
