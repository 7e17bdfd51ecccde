"""The arguments of `calculate`, each refused by its name and value, and what they come to."""

import argparse
import math
from collections.abc import Callable

from ilo_theory.bounds import Setting
from ilo_theory.calculator.rows import LEVEL, Bound, calculate, with_measurements

COUNTS = {
    "k": "dimension of the latent space",
    "p": "of the intermediate space, in which the l1 ball lies",
    "n": "of the image space",
}
SIZES = {
    "L1": "Lipschitz constant of G1, l2 to l2",
    "L2": "of G2",
    "r1": "radius of the latent ball, in units of the latent",
    "delta": "resolution, in the l2 norm of images",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of one setting: its dimensions, its sizes, K or r2, and what `add_options` adds."""
    for name, about in COUNTS.items():
        parser.add_argument(f"--{name}", metavar="N", type=whole(1), required=True, help=about)
    for name, about in SIZES.items():
        parser.add_argument(f"--{name}", metavar="X", type=number(), required=True, help=about)
    size = parser.add_mutually_exclusive_group(required=True)
    size.add_argument("--K", metavar="X", type=number(), help="extent of the deviations, r2 L2 / delta")
    size.add_argument("--r2", metavar="X", type=number(), help="radius of the l1 ball instead")
    parser.add_argument(
        "--diameter", metavar="X", type=number(), default=math.inf, help="no two images are so far apart"
    )
    add_options(parser)


def add_options(parser: argparse.ArgumentParser) -> None:
    """What is chosen and not measured: gamma, u, m."""
    parser.add_argument("--gamma", metavar="X", type=number(1), default=0.8, help="of S-REC, default: %(default)s")
    parser.add_argument(
        "--u", metavar="X", type=number(), default=LEVEL, help="at most 3.5 e^-u fails, default: %(default)g"
    )
    parser.add_argument("--m", metavar="N", type=whole(1), help="and what Theorem 1' promises for so many")


def calculated(options: argparse.Namespace) -> tuple[Setting, tuple[Bound, ...]]:
    """The setting of `add_arguments`, and its bounds.

    Raises:
        ValueError: where the numbers together are beyond what a float holds.
    """
    known = {name: getattr(options, name) for name in (*COUNTS, *SIZES, "gamma")}
    setting = Setting.from_radius(options.r2, **known) if options.K is None else Setting(K=options.K, **known)
    return setting, all_bounds(setting, options, diameter=options.diameter)


def all_bounds(setting: Setting, options: argparse.Namespace, *, diameter: float | None) -> tuple[Bound, ...]:
    """The bounds of a setting, by `add_options`.

    Raises:
        ValueError: where the numbers together are beyond what a float holds.
    """
    try:
        bounds = calculate(setting, options.u, diameter=diameter)
        if options.m is not None:
            bounds = (*bounds, with_measurements(setting, options.m, options.u, diameter=diameter))
    except OverflowError:
        raise ValueError(f"`calculate(setting=...)` is beyond what floats hold, got {setting}.") from None
    return bounds


def whole(least: int, most: int = 2**63 - 1) -> Callable[[str], int]:
    """The type of an argument that is a whole number."""

    def parse(text: str) -> int:
        if not (text.isdecimal() and least <= int(text) <= most):
            end = "2^63 - 1" if most == 2**63 - 1 else most
            raise argparse.ArgumentTypeError(f"must be a whole number from {least} to {end}, got {text!r}")
        return int(text)

    return parse


def number(below: float = math.inf) -> Callable[[str], float]:
    """The type of an argument that is a number > 0."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not 0 < value < below:
            end = "finite" if below == math.inf else f"< {below:g}"
            raise argparse.ArgumentTypeError(f"must be > 0 and {end}, got {text!r}")
        return value

    return parse
