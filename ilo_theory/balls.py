"""The l1 ball, the l2 ball and the sphere: Euclidean projections, and uniform draws from the l1 ball.

These are the sets B_2^k(r1) and B_1^p(r2) of Theorem 1 and Algorithm 1, and the sphere of PULSE (Menon et al., 2020).
A batch x is [B, *shape]; each of its B points is treated on its own, so that a NaN spoils its own row only.

The projection onto the l1 ball is a soft threshold S_theta, theta the root of f = sum_i max(|x_i| - theta, 0) - radius.
As this excess is convex and piecewise linear, Newton's method ends at its root: one step leads to the left of it, and
from there theta climbs. With n_k entries above theta_k, f_{k+1} / f_k + n_{k+1} / n_k <= 1: f n falls fourfold a step
at least. As f <= p radius at theta = max_i |x_i| - radius, log4(p^2 / tolerance) steps do for any data; a good start
makes them two to four. As S_s S_t = S_{s+t}, theta may be a sum of numbers of x's format: rounding it costs nothing.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

ROW_BY_ROW = 64  # on the CPU, rows of p >= 64 B entries are solved one by one, each in its own number of steps
SHORT = 16384  # shorter rows are solved in float64, longer ones from the threshold of a strided sample
CHUNK = 131072  # entries of a long row that are read at a time: what is computed of them stays in the cache
FORMATS = {4: (24, -149), 8: (53, -1074)}  # bytes of a number: digits of its mantissa, its lowest exponent


def project_l1_ball(x: Tensor, radius: float | Tensor, centre: Tensor | None = None) -> Tensor:
    """The nearest point of an l1 ball, for each point of a batch.

    argmin_y ||y - x||_2 subject to ||y - centre||_1 <= radius.

    Exact up to rounding, and differentiable almost everywhere in all arguments: outside of the ball dy/dradius = s / n
    and dy/dx = diag(|s|) - s s^T / n with s = sign(y - centre), n = ||s||_1; inside they are 0 and the identity.

    Arguments:
        x: [B, *shape], of a floating dtype; half precision is computed in float32.
        radius: >= 0, one for all points or [B]; less than 10^-16 max |x_i| is taken for 0.
        centre: of x's shape and dtype; the origin where None.

    Returns:
        [B, *shape]; points of the ball are unchanged, a point whose l1 norm is not finite becomes NaN.

    Raises:
        ValueError: x is no batch of points or has no floating dtype, radius < 0 or not [B], centre unlike x.

    Source: line 5 of Algorithm 1; Duchi et al., 2008, for theta; Michelot, 1986, for the steps.
    """
    _check("project_l1_ball", x, radius, centre)
    if torch.is_grad_enabled() and any(t.requires_grad for t in (x, radius, centre) if isinstance(t, Tensor)):
        return _L1Projection.apply(x, radius, centre)
    return _project_l1(x, radius, centre)[0]


def project_l2_ball(x: Tensor, radius: float | Tensor, centre: Tensor | None = None) -> Tensor:
    """The nearest point of an l2 ball, for each point of a batch.

    argmin_y ||y - x||_2 subject to ||y - centre||_2 <= radius: x - centre times min(1, radius / ||x - centre||_2).

    Arguments, returns and raises as `project_l1_ball`. Source: line 5 of Algorithm 1, z in B_2^k(r1).
    """
    _check("project_l2_ball", x, radius, centre)
    shift = _wide(x) if centre is None else _wide(x) - _wide(centre)
    radius = _column(radius, shift)
    direction, norm = _direction(shift, tuple(range(1, x.ndim)))
    y = direction * radius if centre is None else direction * radius + centre
    return torch.where(norm <= radius, x, y.to(x.dtype))


def project_sphere(x: Tensor, radius: float | Tensor, dims: Sequence[int] | None = None) -> Tensor:
    """The nearest point of a sphere, for each vector of a batch.

    argmin_y ||y - x||_2 subject to ||y||_2 = radius: radius x / ||x||_2, and where x = 0 the point with equal entries.

    Arguments:
        x: [B, *shape], of a floating dtype.
        radius: >= 0; one for all, or [B], or of x's shape with ones at dims, as a norm with keepdim=True has.
        dims: the dimensions that make a vector: all but the first where None; in PULSE, those from the third on.

    Raises ValueError as `project_l1_ball` does, and if dims is empty. Source: Menon et al., 2020, Section 3.2.
    """
    _check("project_sphere", x)
    dims = tuple(range(1, x.ndim)) if dims is None else tuple(d % x.ndim for d in dims)
    if not dims:
        raise ValueError("`project_sphere(dims=...)` must name a dimension, got none.")
    groups = torch.Size(1 if d in dims else n for d, n in enumerate(x.shape))
    if not (isinstance(radius, Tensor) and radius.shape == groups):
        _check("project_sphere", x, radius)
        radius = _column(radius, x)
    return (_direction(_wide(x), dims)[0] * radius).to(x.dtype)


def sample_l1_ball(shape: Sequence[int], radius: float | Tensor, *, rng: torch.Generator) -> Tensor:
    """Points drawn uniformly from l1 balls about the origin.

    x_i = radius s_i e_i / sum_{j=1}^{p+1} e_j, with e_j exponential and s_i a fair sign, all independent.

    Arguments:
        shape: (B, *shape).
        radius: >= 0, one for all points or [B].
        rng: the source of randomness, on the CPU.

    Returns:
        [B, *shape] on the CPU, of torch's default dtype.

    Raises ValueError as `project_l1_ball` does. Source: Barthe, Guedon, Mendelson and Naor, 2005, Theorem 1, for l1.
    """
    points = torch.empty(tuple(shape), dtype=torch.float64)
    _check("sample_l1_ball", points, radius)
    sums = torch.empty(len(points), dtype=torch.float64).exponential_(generator=rng)
    sums += points.exponential_(generator=rng).flatten(1).sum(1)
    points *= torch.randint(2, points.shape, generator=rng, dtype=torch.int8).mul_(2).sub_(1)
    return (points * _column(radius / sums, points)).to(torch.get_default_dtype())


class _L1Projection(torch.autograd.Function):
    """The projection with its derivative, which the signs of y - centre determine."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, radius: float | Tensor, centre: Tensor | None) -> Tensor:
        y, shift, outside = _project_l1(x, radius, centre)
        ctx.save_for_backward(shift, torch.as_tensor(outside, dtype=torch.bool).view(-1, 1))
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        shift, outside = ctx.saved_tensors
        rows, signs = grad.reshape(shift.shape).to(shift.dtype), shift.sign()
        mean = (rows * signs).sum(1, keepdim=True) / signs.abs().sum(1, keepdim=True).clamp(min=1)
        to_x = torch.where(outside, (rows * signs - mean) * signs, rows)
        to_radius = torch.where(outside, mean, 0).squeeze(1) if ctx.needs_input_grad[1] else None
        to_centre = (rows - to_x).view(grad.shape) if ctx.needs_input_grad[2] else None
        return to_x.view(grad.shape), to_radius, to_centre


def _project_l1(x: Tensor, radius: float | Tensor, centre: Tensor | None) -> tuple[Tensor, Tensor, Any]:
    """The projection, [B, *shape]; its difference to the centre, [B, p]; for each point, whether it was outside."""
    x, dtype = _wide(x.detach()), x.dtype
    rows = (x if centre is None else x - centre.detach()).flatten(1).contiguous()
    if rows.is_cpu and rows.shape[1] >= ROW_BY_ROW * len(rows) and not torch.compiler.is_compiling():
        rows, outside = _project_row_by_row(rows, radius)
    else:
        rows, outside = _project_together(rows, _column(radius, rows))
    y = rows.view_as(x)
    if centre is not None:
        outside = torch.as_tensor(outside, dtype=torch.bool)
        y = torch.where(outside.view(-1, *[1] * (x.ndim - 1)), y + centre.detach(), x)
    return y.to(dtype), rows, outside


def _project_together(rows: Tensor, radii: float | Tensor) -> tuple[Tensor, Tensor]:
    """All rows in step, in a number of passes that shape and dtype fix: nothing is read back from the device."""
    eps, a = torch.finfo(rows.dtype).eps, rows.abs()
    norm = a.sum(1, keepdim=True)
    start = (a.amax(1, keepdim=True) - radii).clamp(min=0) * (1 - eps)
    steps = math.ceil(math.log2(rows.shape[1]) - math.log2(eps) / 2)
    left = _newton(a, radii * (1 + 8 * eps), start, steps) * (1 - 4 * eps)  # sums and products err by less
    exact = torch.float32 if rows.device.type == "mps" else torch.float64
    a = (a.to(exact) - left).clamp_(min=0)
    y = (a - _newton(a, radii, torch.zeros_like(left, dtype=exact), steps=6)).clamp_(min=0)
    y = torch.where(norm < math.inf, y.to(rows.dtype).copysign(rows), math.nan)
    return torch.where(norm <= radii, rows, y), ~(norm <= radii)


def _newton(a: Tensor, radii: float | Tensor, theta: Tensor, steps: int) -> Tensor:
    """The threshold of each row of a >= 0, from a theta to its left; on the CPU it ends where no theta moves."""
    watched = a.is_cpu and not torch.compiler.is_compiling()
    for _ in range(steps):
        over = (a - theta).clamp_(min=0)
        excess = (over.sum(1, keepdim=True) - radii).clamp_(min=0)
        before, theta = theta, theta + excess / over.sign_().sum(1, keepdim=True).clamp_(min=1)
        if watched and torch.equal(before, theta):
            break
    return theta


def _project_row_by_row(rows: Tensor, radius: float | Tensor) -> tuple[Tensor, list[bool]]:
    """On the CPU, each row in its own number of steps."""
    radii = radius.tolist() if isinstance(radius, Tensor) else [radius] * len(rows)
    result, outside, tolerance = torch.empty_like(rows), [], 2 * torch.finfo(rows.dtype).eps
    for row, y, bound in zip(rows.unbind(), result.unbind(), radii, strict=True):
        parts = _threshold(torch.abs(row, out=y).numpy(), bound, tolerance)  # |x| lies where y will
        source, out = (row.double(), None) if len(row) < SHORT else (row, y)
        for part in parts:
            source = y.fill_(part) if math.isnan(part) else F.softshrink(source, part, out=out)
        y.copy_(source)
        outside.append(bool(parts))
    return result, outside


def _threshold(a: np.ndarray, radius: float, tolerance: float) -> tuple[float, ...]:
    """The parts of theta, where the excess of a >= 0 is at most tolerance radius: none inside of the ball."""
    norm, top = torch.from_numpy(a).sum().item(), float(a.max())
    if norm <= radius:
        return ()
    if not (norm < math.inf and radius >= 0):
        return (math.nan,)
    if top - radius == top:
        return (top,)
    if a.size < SHORT:
        parts = _from_fitted_law(a.astype(np.float64), norm, top, radius)
        return parts if a.dtype == np.float32 else _by_newton(a, sum(parts), radius, tolerance)
    stride = min(a.size // (SHORT // 4), 31) | 1  # odd, so that it meets all columns of an image
    if top * stride > 8 * radius:  # few entries decide, which a sample would miss: this is the first step from 0
        guess = (norm - radius) / a.size
    else:
        guess = min(sum(_threshold(a[::stride].copy(), radius / stride, 0.01)), top)
    return _by_newton(a, max(guess, top - radius), radius, tolerance)


def _from_fitted_law(a: np.ndarray, norm: float, top: float, radius: float) -> tuple[float, ...]:
    """From the root for a generalised Pareto law with a's first two moments, by the sums over the active sets."""
    squares, log = float(a.dot(a)) or 1.0, math.log(norm / radius)
    kappa = 1 - 2 * norm * norm / (a.size * squares)  # -1 for equal entries, 0 for exponential ones
    guess = norm / a.size * (math.expm1(min(kappa * log, 700)) / kappa if kappa else log)
    low = max(math.nextafter(top - radius, 0.0), 0.0)  # no entry exceeds it by more than the radius: little cancels
    a, theta, before = a - low, guess - low, -1
    for _ in range(64):
        active = a > theta
        count = int(np.count_nonzero(active))
        if count == before:  # the sets are nested, so they are the same, and theta is the root for this one
            break
        theta, before = max(float(a.dot(active)) - radius, 0.0) / max(count, 1), count
    return (low, theta) if low else (theta,)


def _by_newton(a: np.ndarray, theta: float, radius: float, tolerance: float) -> tuple[float, ...]:
    """From any theta, in a's own format, adding up in float64 what short sums give."""
    over = np.zeros(-(-min(a.size, CHUNK) // 128) * 128, a.dtype)
    positive = torch.from_numpy(over).view(-1, 128)
    hi, lo = _split(theta, 0.0, a.itemsize)
    count = int(np.count_nonzero(above := a > hi))
    for _ in range(64):  # p^2 / tolerance < 4^63
        total = 0.0
        for i in range(0, a.size, CHUNK):
            part = a[i : i + CHUNK]
            np.subtract(part, hi, out=over[: part.size])
            over[part.size :] = 0
            total += positive.relu_().sum(1).double().sum().item()
        if total > 1.01 * radius and 64 * count < a.size:  # surely to the left: what is below will not matter
            a = a[above]
            return _by_newton(a, sum(_threshold(a, radius, tolerance)), radius, tolerance)
        before, (hi, lo) = hi, _split(hi, (total - radius) / max(count, 1), a.itemsize)
        count = int(np.count_nonzero(np.greater(a, hi, out=above)))
        excess = total - radius - count * (hi - before + lo)  # at most so much at hi + lo, by convexity
        if excess <= tolerance * radius and total <= 2 * radius:  # a larger total would bring more rounding
            break
    parts = []
    while hi > 0 and len(parts) < 3 and (not parts or 2 * hi * count > tolerance * radius):
        part, hi = _split(hi, lo, a.itemsize)
        parts, lo = [*parts, part], 0.0
    return tuple(parts)


def _split(theta: float, step: float, size: int) -> tuple[float, float]:
    """theta + step = hi + lo exactly (Knuth's sum), where hi is a number of size bytes and 0 <= lo < an ulp of it."""
    total = theta + step
    error = (theta - (total - (moved := total - theta))) + (step - moved)
    if error < 0:
        total, error = (below := math.nextafter(total, -math.inf)), error + (total - below)
    digits, lowest = FORMATS[size]
    quantum = max(math.frexp(total)[1] - digits, lowest)
    hi = math.ldexp(math.floor(math.ldexp(total, -quantum)), quantum)
    return hi, (total - hi) + error


def _direction(x: Tensor, dims: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """x / ||x||_2, equal entries if x = 0, and the norm; scaled, so that no square overflows or vanishes."""
    scale = x.detach().abs().amax(dims, keepdim=True)
    scaled = torch.where(scale == 0, 1, x / torch.where(scale == 0, 1, scale))
    norm = torch.linalg.vector_norm(scaled, dim=dims, keepdim=True)
    return scaled / norm, scale * norm


def _wide(x: Tensor) -> Tensor:
    """x, in float32 if it has half precision."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def _column(values: float | Tensor, x: Tensor) -> float | Tensor:
    """One value for each point of the batch x, shaped to broadcast; a number is left as it is."""
    return values.to(x).view(-1, *[1] * (x.ndim - 1)) if isinstance(values, Tensor) else values


def _check(call: str, x: Tensor, radius: float | Tensor = 0.0, centre: Tensor | None = None) -> None:
    if x.ndim < 2 or 0 in x.shape[1:]:
        raise ValueError(f"`{call}` takes a batch [B, *shape] (a vector is x[None]), got shape {tuple(x.shape)}.")
    if not x.is_floating_point():
        raise ValueError(f"`{call}(x)` must have a real floating dtype, got {x.dtype}.")
    if isinstance(radius, Tensor):
        if radius.shape != x.shape[:1]:
            raise ValueError(f"`{call}(radius=...)` must be a number or [{len(x)}], got {tuple(radius.shape)}.")
    elif not radius >= 0:
        raise ValueError(f"`{call}(radius=...)` must be >= 0, got {radius}.")
    if centre is not None and (centre.shape, centre.dtype) != (x.shape, x.dtype):
        raise ValueError(
            f"`{call}(centre=...)` must be as x, {x.dtype} {tuple(x.shape)}, got {centre.dtype} {tuple(centre.shape)}."
        )
