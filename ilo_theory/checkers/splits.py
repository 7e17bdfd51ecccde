"""The laws of a generator that can be entered and left between its layers: above all G(z) = G2(G1(z)), exactly."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ilo_theory.checkers.arrays import norms, wide
from ilo_theory.checkers.failure import CheckFailed, named, require, rounding, within

State = Any
"""What lies between G1 and G2: a tensor [B, ...], or a dictionary, list or tuple of such."""


def check_split_generator(
    generator: Callable[..., Any],
    G1: Callable[[State], State] | None = None,
    G2: Callable[[State], Tensor] | None = None,
    *,
    latent: State | None = None,
    exact: bool = True,
    tolerance: float | None = None,
    rng: torch.Generator,
) -> None:
    """Check that G is G2 after G1 at every split: G(z) = G(G(z, stop=j), start=j).

    Checked: that G gives the same twice, with finite numbers, and leaves the latent alone; at every split, that the
    image is the same, that this holds after another latent has passed through (all that G2 needs is in what G1 gives,
    and nothing is left in the generator), that each part of it has as many rows as images, and that any row alone makes
    its image; without `G1` and `G2` also every run from one split to a later one; that images of a batch do not depend
    on one another, a NaN included.

    Args:
        generator: G, called as G(latent); without `G1` and `G2` as G(latent, start=i, stop=j) for 0 <= i <= j <
            `generator.num_layers`, the image where `stop` is left out.
        G1, G2: the two parts of one split.
        latent: z of at least two images, each part [B, ...]; None: `generator.init(3, rng=rng)`.
        exact: whether the two sides must agree in every bit, as they do where the same operations run.
        tolerance: allowed relative error, of batches, and of the rest if not `exact`; None: 100 units of rounding.
        rng: draws the latent, and another.

    Raises:
        CheckFailed: naming the law that is broken, where and by how much.
        ValueError: a latent of fewer than two images, or one part of G without the other.

    >>> from ilo_theory.generators import relu_chain
    >>> rng = torch.Generator().manual_seed(0)
    >>> G = relu_chain(2, 4, 3, rng=rng)
    >>> check_split_generator(G, rng=rng)
    >>> z = torch.ones(2, 3)
    >>> check_split_generator(lambda z: z.exp(), torch.sin, torch.exp, latent=z, rng=rng)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    ilo_theory.checkers.failure.CheckFailed: `<lambda>` breaks the law of composition at the split of G1 and G2, ...
    """
    if (G1 is None) != (G2 is None):
        raise ValueError("`check_split_generator(G1=..., G2=...)` must be given together.")
    what = named(generator)
    latent = generator.init(3, rng=rng) if latent is None else latent
    if not tensors(latent) or min(map(len, tensors(latent))) < 2:
        raise ValueError("`check_split_generator(latent=...)` must be of two images or more.")
    count, kept = len(tensors(latent)[0]), each(torch.clone, latent)
    other = each(lambda value: _another(value, rng), latent)

    with torch.no_grad():
        image = _image(generator(latent), what)
        require(len(image) == count, what, "batches", f"it makes {len(image)} images of {count} latents")
        require(bool(image.isfinite().all()), what, "finite numbers", "the image holds NaN or infinity")
        _unchanged(latent, kept, what, "G")
        allowed = rounding(image.dtype, tolerance) * norms(image).max()
        near = 0.0 if exact else allowed
        _same(_image(generator(latent), what), image, near, what, "determinism", "in a second run")
        for name, first, second in _splits(generator, G1, G2):
            middle = first(latent)
            _unchanged(latent, kept, what, name)
            saved = each(torch.clone, middle)
            shapes = [tuple(value.shape) for value in tensors(middle)]
            rows = bool(shapes) and all(shape[:1] == (count,) for shape in shapes)
            require(rows, what, "batches", f"at {name} of {count} images lie {shapes}")
            _same(_image(second(middle), what), image, near, what, "composition", f"at {name}")
            _unchanged(middle, saved, what, name)
            first(other), generator(other)
            _same(_image(second(saved), what), image, near, what, "a latent that holds all", f"at {name}, a run later")
            row = _image(second(each(lambda value: value[1:2], saved)), what)
            _same(row, image[1:2], allowed, what, "batches", f"at {name}, of one row")
        for i in range(count):
            alone = _image(generator(each(lambda value, i=i: value[i : i + 1], latent)), what)
            _same(alone, image[i : i + 1], allowed, what, "batches", f"in image {i}, alone and with others")
        beside = _image(generator(each(_spoilt, latent)), what)
        rest = [i for i in range(count) if i != 1]
        _same(beside[rest], image[rest], allowed, what, "batches", "beside an image of NaN")


def _splits(generator, G1, G2):
    """Each split: its name, the way to it, and the way on, which for a run between two splits is that and the rest."""
    if G1 is not None:
        yield "the split of G1 and G2", G1, G2
        return
    for stop in range(generator.num_layers):
        yield (
            f"stop = {stop}",
            lambda latent, stop=stop: generator(latent, stop=stop),
            lambda middle, stop=stop: generator(middle, start=stop),
        )
        for start in range(stop + 1):
            yield (
                f"start = {start}, stop = {stop}",
                lambda latent, start=start: generator(latent, stop=start),
                lambda middle, start=start, stop=stop: generator(generator(middle, start=start, stop=stop), start=stop),
            )


def tensors(state: State) -> list[Tensor]:
    """The tensors of a state, in order."""
    if isinstance(state, Tensor):
        return [state]
    parts = state.values() if isinstance(state, dict) else state if isinstance(state, list | tuple) else ()
    return [value for part in parts for value in tensors(part)]


def each(change: Callable[[Tensor], Tensor], state: State) -> State:
    """The state with each of its tensors changed."""
    if isinstance(state, Tensor):
        return change(state)
    if isinstance(state, dict):
        return {key: each(change, part) for key, part in state.items()}
    return type(state)([each(change, part) for part in state]) if isinstance(state, list | tuple) else state


def _another(value: Tensor, rng: torch.Generator) -> Tensor:
    """Other numbers of the same shape; whole numbers, which may be names of classes, change places."""
    if value.is_floating_point() or value.is_complex():
        return torch.randn(value.shape, generator=rng, dtype=value.dtype, device="cpu").to(value)
    return value.flip(0)


def _spoilt(value: Tensor) -> Tensor:
    """NaN in the second row, where numbers can be NaN."""
    if not (value.is_floating_point() or value.is_complex()):
        return value
    return torch.cat([value[:1], torch.full_like(value[1:2], math.nan), value[2:]])


def _image(image: Any, what: str) -> Tensor:
    require(isinstance(image, Tensor), what, "images", f"it returns a {type(image).__name__}, not a tensor")
    return image


def _unchanged(state: State, kept: State, what: str, where: str) -> None:
    same = len(tensors(state)) == len(tensors(kept)) and all(map(torch.equal, tensors(state), tensors(kept)))
    require(same, what, "an argument left alone", f"{where} changes the latent that it is given")


def _same(got: Tensor, image: Tensor, allowed: float | Tensor, what: str, law: str, where: str) -> None:
    if got.shape != image.shape or got.dtype != image.dtype:
        expected = f"{tuple(image.shape)} {image.dtype}"
        raise CheckFailed(f"{what} breaks the law of {law} {where}: {tuple(got.shape)} {got.dtype}, not {expected}.")
    within(norms(wide(got) - wide(image)), allowed, what, law, f"{where}, image {{0}}")
