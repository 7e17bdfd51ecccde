"""python -m ilo_practice calculate: what a radius of a generator implies, by every bound."""

import argparse
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from math import sqrt
from pathlib import Path

import torch

from ilo_practice import checkpoints, registry
from ilo_practice.implied import GAMMA, POINTS
from ilo_practice.splits import Split, measure_splits, starts
from ilo_theory.bounds import Setting
from ilo_theory.calculator import HEAD, NOTE, Bound, as_json, best_resolution, cells, with_measurements
from ilo_theory.calculator.arguments import add_options, all_bounds, number, whole

Bar = Callable[[], AbstractContextManager[Callable[[int, int, str], None]]]
Show = Callable[[str, Sequence[str], Sequence[Sequence[str]]], None]
"""show(title, head, rows) prints a table."""


def add(commands, bar: Bar, show: Show) -> None:
    """Add `calculate` to the sub-parsers `commands`; `run` of what it parses gives the exit status."""
    parser = commands.add_parser("calculate", help="K and r2: what a radius implies for a generator, by every bound")
    parser.set_defaults(run=lambda args: _calculate(args, bar, show))
    parser.add_argument("--generator", default="digits", metavar="NAME|FILE", help="default: %(default)s")
    parser.add_argument("--split", type=whole(0, 99), required=True, metavar="J", help="the layer that G2 begins with")
    size = parser.add_mutually_exclusive_group(required=True)
    size.add_argument("--radius", type=number(), metavar="X", help="r2, of the l1 ball of deviations")
    size.add_argument("--K", type=number(), metavar="X", help="r2 L2 / delta instead, L2 from below")
    parser.add_argument("--key", metavar="KEY", help='what the ball is of, default: "x", or the codes at layer 0')
    parser.add_argument("--codes", default="z", choices=("z", "w", "w+"), help="what G1 takes, default: %(default)s")
    parser.add_argument("--delta", type=number(), metavar="X", help="resolution, l2 of images, default: sqrt(n)/100")
    parser.add_argument("--r1", type=number(), metavar="X", help="radius of the latent ball, default: sqrt(k)")
    add_options(parser)
    parser.set_defaults(gamma=GAMMA)
    parser.add_argument(
        "--points", type=whole(1, 10**6), default=POINTS, metavar="N", help="to measure at, default: %(default)s"
    )
    parser.add_argument("--seed", type=whole(0, 2**32 - 1), default=0, metavar="N", help="of these")
    parser.add_argument("--json", metavar="FILE", help="write the numbers by the lower bounds of L1 and L2 there")


def _calculate(args: argparse.Namespace, bar: Bar, show: Show) -> int:
    path = args.json and _writable(args.json)
    with bar() as told:
        split = _split(args, told)
    delta = split.delta if args.delta is None else args.delta
    r1 = split.r1 if args.r1 is None else args.r1
    if split.L1 * split.L2 == 0:
        what = f"entry {split.key!r} at layer {split.start}"
        raise ValueError(f"`--key {split.key}`: L1 = {split.L1:g}, L2 = {split.L2:g} for {what}, so that K is 0.")
    radius = args.K * delta / split.L2 if args.radius is None else args.radius

    def asked(L1: float, L2: float) -> tuple[Setting, tuple[Bound, ...]]:
        known = {"k": split.k, "p": split.p, "n": split.n, "r1": r1, "delta": delta, "gamma": args.gamma}
        setting = Setting.from_radius(radius, L1=L1, L2=L2, **known)
        return setting, all_bounds(setting, args, diameter=split.diameter)

    setting, bounds = asked(split.L1, split.L2)
    for line in _facts(args.generator, split, setting):
        print(line)
    print(NOTE)
    show("by L1 and L2 from below: m is at least", HEAD, cells(bounds))
    if split.L1_most is not None and split.L2_most is not None:
        show("by L1 and L2 from above: m is enough", HEAD, cells(asked(split.L1_most, split.L2_most)[1]))
    print(_best(setting, split, args.u))
    if path:
        path.write_text(as_json(setting, args.u, bounds), encoding="utf-8")
    return 0


def _split(args: argparse.Namespace, told: Callable[[int, int, str], None]) -> Split:
    """The constants of the split that was asked for."""
    generator = checkpoints.load(registry.opened(args.generator))
    if args.split >= generator.num_layers:
        raise ValueError(f"`--split` must be a layer, from 0 to {generator.num_layers - 1}, got {args.split}.")
    if args.codes != "z" and not hasattr(generator, "init_codes"):
        raise ValueError(f"`--codes {args.codes}`: this generator takes z alone.")
    rng = torch.Generator().manual_seed(args.seed)
    if args.codes != "z" and generator.v_std.isnan().any():
        generator.fit_codes_(rng=rng)
    latent = starts(generator, args.codes, args.points, rng=rng)
    key = args.key or ("x" if args.split else "z" if args.codes == "z" else "v")
    with torch.no_grad():
        here = generator({name: value[:1] for name, value in latent.items()}, 0, args.split)
    if key not in here:
        raise ValueError(f"`--key` must be one of {', '.join(sorted(here))} at layer {args.split}, got {key!r}.")
    return measure_splits(generator, latent, args.split, [key], told=told, rng=rng)[0]


def _facts(name: str, split: Split, setting: Setting) -> list[str]:
    """What was measured, a line each, with units."""
    beyond = split.L2_most is None
    K = setting.K, None if beyond else setting.r2 * split.L2_most / setting.delta
    X = setting.X, None
    if not (beyond or split.L1_most is None):
        X = setting.X, split.L1_most * split.L2_most * setting.r1 / setting.delta
    return [
        f'{name}, layer {split.start}, entry "{split.key}": k = {split.k}, p = {split.p}, n = {split.n} numbers',
        f"L1 {_between(split.L1, split.L1_most)} (l2 of the entry by l2 of the codes)",
        f"L2 {_between(split.L2, split.L2_most)} (l2 of the image by l2 of the entry)"
        + ": K is then a lower bound" * beyond,
        f"r1 = {setting.r1:.6g} (l2 of the codes), delta = {setting.delta:.6g} (l2 of images in [-1, 1], "
        f"{setting.delta / sqrt(split.n):.3g} a value), gamma = {setting.gamma:g}",
        f"r2 = {setting.r2:.6g} (l1 of the entry, {setting.r2 / split.p:.3g} a number)",
        f"K = r2 L2 / delta {_between(*K)}; sqrt(p) = {sqrt(split.p):.6g}",
        f"X = L1 L2 r1 / delta {_between(*X)}",
    ]


def _best(setting: Setting, split: Split, u: float) -> str:
    """What Theorem 1' says of the radius where delta and gamma are free."""
    best = best_resolution(setting, split.n - 1, u, diameter=split.diameter)
    if best is None:
        return "no delta and gamma make Theorem 1' say anything of this radius with m < n"
    found = with_measurements(best, split.n - 1, u)
    return (
        f"with m = n - 1 Theorem 1' promises least at delta = {best.delta:.4g}, gamma = {best.gamma:.4g}: "
        f"K = {best.K:.4g}, {found.factor:.4g} x least + {found.additive:.4g}"
    )


def _between(least: float, most: float | None) -> str:
    return f">= {least:.6g}, " + ("no upper bound" if most is None else f"<= {most:.6g}")


def _writable(name: str) -> Path:
    path = Path(name)
    if path.is_dir() or not path.absolute().parent.is_dir() or not os.access(path.absolute().parent, os.W_OK):
        raise ValueError(f"`--json` cannot be written: {name!r}.")
    return path
