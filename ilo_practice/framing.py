"""Images of any size before a generator of square ones: they are a part of what it makes, enlarged or reduced."""

from dataclasses import replace

from ilo_practice.problems import InverseProblem
from ilo_theory.generators import Generator
from ilo_theory.operators import Crop, LinearOperator, Resize


def made_by(generator: Generator) -> tuple[int, int, int]:
    """[C, H, W] of a generator's images."""
    return generator.channels, generator.resolution, generator.resolution


def frame(made: tuple[int, int, int], size: tuple[int, int]) -> LinearOperator | None:
    """From an image [C, R, R] to one [C, h, w]: resized to a square of side max(h, w), cut out of its middle.

    None where they are of one size. What lies outside of the cut is not observed: a mask in all but name.
    """
    if made[1:] == tuple(size):
        return None
    side = max(size)
    square = (made[0], side, side)
    if made == square:
        return Crop(square, size)
    resized = Resize(made, (side, side))
    return resized if tuple(size) == (side, side) else Crop(square, size) @ resized


def framed(problem: InverseProblem, made: tuple[int, int, int]) -> InverseProblem:
    """The same problem, asked of a generator whose images are [C, R, R].

    Raises:
        ValueError: for images of another number of channels.
    """
    channels, *size = problem.operator.in_shape
    if channels != made[0]:
        raise ValueError(f"`framed` is asked for images of {channels} channels, but the generator makes {made[0]}.")
    view = frame(made, tuple(size))
    return replace(problem, view=None if view is None else view.to(problem.y))
