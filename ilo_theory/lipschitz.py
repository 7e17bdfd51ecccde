"""Two sides of a Lipschitz constant, the L1 of G1 and the L2 of G2: a Jacobian's norm below, a product of norms above.

On a convex domain L = sup ||J(z)||, so the norm of any one Jacobian is a lower bound (where G is differentiable), and
L(f o g) <= L(f) L(g). Neither is the constant itself, whose computation is NP-hard (Virmaux and Scaman, 2018).
"""

from collections.abc import Sequence
from functools import singledispatch
from math import hypot, prod

import torch
from torch import Tensor, nn

from ilo_theory.generators import Chain, Generator, Latent


def jacobian_norm(
    generator: Generator,
    latent: Latent,
    start: int = 0,
    stop: int | None = None,
    *,
    keys: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    iterations: int = 30,
    rng: torch.Generator,
) -> Tensor:
    """The spectral norm of the Jacobian at each point, from below, by power iteration on products with J and J^T.

    v <- J^T J v / ||J^T J v||, then ||J v||: at most ||J|| whatever the number of iterations, and rising with it.

    Args:
        generator: G, of which layers `start` to `stop` are meant.
        latent: B points, a latent of layer `start`.
        start, stop: `stop=j` gives G1 (and L1), `start=j` gives G2 (and L2).
        keys: the entries of the latent that vary, all by default; the others are held.
        outputs: the entries of the latent at `stop` that are looked at, all by default.
        iterations: of the power method.
        rng: draws the first v.

    Returns:
        [B], each ||J v|| for a unit v, over all of these outputs together.
    """
    keys = tuple(latent) if keys is None else tuple(keys)
    points = [latent[key].detach().requires_grad_() for key in keys]
    with torch.enable_grad():
        image = generator({**latent, **dict(zip(keys, points, strict=True))}, start, stop)
        parts = [image] if isinstance(image, Tensor) else [image[key] for key in outputs or image]
        out = torch.cat([part.flatten(1) for part in parts], dim=1)
        if not out.requires_grad:  # these keys do not reach it
            return out.new_zeros(len(out))
        u = torch.zeros_like(out, requires_grad=True)
        # J^T u, whose derivative by u is J^T again, so that a product with that is one with J
        transposed = torch.autograd.grad(out, points, u, create_graph=True, materialize_grads=True)

    def times_jacobian(directions: Sequence[Tensor]) -> Tensor:
        return torch.autograd.grad(transposed, u, directions, retain_graph=True)[0]

    directions = _unit([torch.randn(x.shape, generator=rng, dtype=x.dtype).to(x.device) for x in points])
    for _ in range(iterations):
        back = torch.autograd.grad(out, points, times_jacobian(directions), retain_graph=True, materialize_grads=True)
        directions = _unit(back)
    return times_jacobian(directions).norm(dim=1)


def lipschitz_lower(generator: Generator, latent: Latent, start: int = 0, stop: int | None = None, **options) -> float:
    """A lower bound of the Lipschitz constant of layers `start` to `stop`: the largest `jacobian_norm` of B points.

    >>> from ilo_theory.generators import isometric_chain
    >>> chain = isometric_chain(2, 16, 64, rng=torch.Generator().manual_seed(0))
    >>> points = chain.init(3, rng=torch.Generator().manual_seed(1))
    >>> round(lipschitz_lower(chain, points, stop=1, rng=torch.Generator().manual_seed(2)), 4)
    1.0
    """
    return jacobian_norm(generator, latent, start, stop, **options).max().item()


def lipschitz_upper(chain: Chain, start: int = 0, stop: int | None = None) -> float:
    """An upper bound of the Lipschitz constant of layers `start` to `stop`: the product of those of the layers.

    Args:
        chain: a generator of known layers.
        start, stop: `stop=j` gives G1 (and L1), `start=j` gives G2 (and L2).

    Raises:
        TypeError: where no bound is known for a layer; `layer_bound.register` adds one.

    >>> from ilo_theory.generators import isometric_chain
    >>> chain = isometric_chain(2, 16, 64, rng=torch.Generator().manual_seed(0))
    >>> round(lipschitz_upper(chain, start=1), 4)
    1.0
    """
    return prod(map(layer_bound, chain.layers[start:stop]))


def upper_bound(
    generator: Generator, latent: Latent, start: int = 0, stop: int | None = None, *, keys: Sequence[str] | None = None
) -> float | None:
    """An upper bound of the Lipschitz constant of layers `start` to `stop`, None where no finite one is known.

    By ||J v|| <= sum_i ||J_i|| ||v_i|| it is the root of the sum of squares of `upper_bounds` over the keys.

    Args:
        generator, latent, start, stop: as for `jacobian_norm`.
        keys: the entries of the latent that vary together, all by default; the others are held at their values.
    """
    of = upper_bounds(generator, latent, start, stop)
    keys = tuple(latent) if keys is None else tuple(keys)
    return hypot(*(of[key] for key in keys)) if of.keys() >= set(keys) else None


@singledispatch
def upper_bounds(generator: Generator, latent: Latent, start: int = 0, stop: int | None = None) -> dict[str, float]:
    """Upper bounds of the Lipschitz constants by each entry of the latent alone, all others held at their values.

    Args:
        generator: what `upper_bounds.register` has added; for any other none is known.
        latent: B points, of layer `start`; a bound holds for the values that each of them holds.
        start, stop: `stop=j` gives G1 (and L1), `start=j` gives G2 (and L2).

    Returns:
        By key; a key for which no finite bound is known is absent.
    """
    return {}


@upper_bounds.register
def _(generator: Chain, latent: Latent, start: int = 0, stop: int | None = None) -> dict[str, float]:
    try:
        return {"z": lipschitz_upper(generator, start, stop)}
    except TypeError:  # a layer that nobody has registered
        return {}


@singledispatch
def layer_bound(layer: nn.Module) -> float:
    """An upper bound of the Lipschitz constant of one layer, in l2."""
    raise TypeError(f"`layer_bound(layer=...)` knows no bound for {type(layer).__name__}.")


@layer_bound.register
def _(layer: nn.Linear) -> float:
    weight = layer.weight.detach().double()
    rounding = 1 + max(weight.shape) * torch.finfo(torch.float64).eps  # what the decomposition may be short of
    return torch.linalg.matrix_norm(weight, 2).item() * rounding


@layer_bound.register
def _(layer: nn.Sequential) -> float:
    return prod(map(layer_bound, layer))


@layer_bound.register
def _(layer: nn.LeakyReLU) -> float:
    return max(1.0, abs(layer.negative_slope))


@layer_bound.register(nn.Identity)
@layer_bound.register(nn.ReLU)
@layer_bound.register(nn.Tanh)
@layer_bound.register(nn.Flatten)
@layer_bound.register(nn.Unflatten)
def _(layer: nn.Module) -> float:
    return 1.0


@layer_bound.register
def _(layer: nn.Sigmoid) -> float:
    return 0.25


def _unit(vectors: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The vectors of each image, all keys together, scaled to norm 1; 0 stays 0."""
    squares = sum(vector.flatten(1).square().sum(1) for vector in vectors)
    scale = squares.sqrt().clamp_min(torch.finfo(squares.dtype).tiny).reciprocal()
    return tuple(vector * scale.view(-1, *[1] * (vector.ndim - 1)) for vector in vectors)
