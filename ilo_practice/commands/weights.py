"""python -m ilo_practice weights list | inspect | convert | fetch: the files that generators are made from."""

import argparse
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from ilo_practice import checkpoints, registry
from ilo_practice.registry.transfer import Told

Bar = Callable[[], AbstractContextManager[Told]]
"""with bar() as told: told(done, total, what) shows how far it is."""

FOLDER = "where fetched files are, default: the cache of this user"


def add(commands, bar: Bar) -> None:
    """Add `weights` and its actions to the sub-parsers `commands`; `run` of what they parse gives the exit status."""
    weights = commands.add_parser("weights", help="networks: which there are, what a file holds, one to fetch")
    actions = weights.add_subparsers(required=True, metavar="ACTION")

    listing = actions.add_parser("list", help="the embedded generators, then those that others published")
    listing.set_defaults(run=_list)

    inspect = actions.add_parser("inspect", help="what a file of weights holds; no network is built")
    inspect.set_defaults(run=_inspect)
    inspect.add_argument("source", metavar="FILE|NAME")
    inspect.add_argument("--folder", metavar="DIR", help=FOLDER)

    convert = actions.add_parser("convert", help="write a generator as safetensors")
    convert.set_defaults(run=_convert)
    convert.add_argument("source", metavar="FILE|NAME")
    convert.add_argument("target", metavar="TARGET", help="a file .safetensors")
    convert.add_argument("--licence", metavar="TEXT", help="of the weights, if SOURCE does not name it")
    convert.add_argument("--force", action="store_true", help="replace TARGET")
    convert.add_argument("--folder", metavar="DIR", help=FOLDER)

    fetch = actions.add_parser("fetch", help="get a published network, checked by its hash")
    fetch.set_defaults(run=lambda args: _fetch(args, bar))
    fetch.add_argument("name", metavar="NAME", help="see `weights list`")
    fetch.add_argument("--folder", metavar="DIR", help=FOLDER)
    fetch.add_argument("--sha256", metavar="HEX", help="what the file must have, where the list says unknown")
    fetch.add_argument("--mirror", metavar="URL", action="append", help="in place of those published; repeatable")


def _list(args: argparse.Namespace) -> int:
    for name in checkpoints.offered():
        try:
            found = checkpoints.inspect(name)
        except FileNotFoundError as missing:
            print(f"{name}  not installed: {missing}")
            continue
        licence = found.licence or "no licence named"
        print(f"{name}  {found.resolution} px  {found.size} bytes  {licence}  sha256 {found.sha256}")
    for row in registry.PUBLISHED.values():
        resolution = f"{row.resolution} px" if row.resolution else "no images"
        size = f"{row.size} bytes" if row.size else "size unknown"
        print(f"{row.name}  {resolution}  {size}  {row.licence}  sha256 {row.sha256 or 'unknown'}  fetch: {row.what}")
    return 0


def _inspect(args: argparse.Namespace) -> int:
    found = checkpoints.inspect(registry.opened(args.source, args.folder))
    row = registry.known_as(found.sha256)
    codes = f"z {found.z_dim}" + (f", w {found.w_dim}" if found.w_dim is not None else "")
    labels = f", {found.label_dim} labels" if found.label_dim else ""
    about = {
        "file": found.path,
        "format": f"{found.format}, {found.kind}",
        "resolution": f"{found.resolution} px",
        "channels": found.channels,
        "layers": f"{found.layers}, of {', '.join(map(str, found.widths))} channels",
        "codes": codes + labels,
        "moments": "known" if found.moments_known else "unknown",
        "parameters": found.parameters,
        "size": f"{found.size} bytes",
        "licence": found.licence or (row.licence if row else "the file names none"),
        "sha256": found.sha256,
        "published": f"as {row.name}, {row.what} ({row.page})" if row else "not in our list",
    }
    for what, value in about.items():
        print(f"{what:<11} {value}")
    return 0


def _convert(args: argparse.Namespace) -> int:
    source = registry.opened(args.source, args.folder)
    found = checkpoints.inspect(source)
    row = registry.known_as(found.sha256)
    licence = args.licence or found.licence or (row.licence if row else "unknown")
    origin = f"{row.name if row else Path(found.path).name}, sha256 {found.sha256}"
    metadata = {"license": licence, "source": origin}
    checkpoints.convert(source, args.target, metadata=metadata, force=args.force)
    print(f"{args.target}: {Path(args.target).stat().st_size} bytes, {licence}")
    return 0


def _fetch(args: argparse.Namespace, bar: Bar) -> int:
    where = {"folder": args.folder, "sha256": args.sha256, "mirrors": args.mirror}
    with bar() as told:
        path = registry.fetch(args.name, **where, on_progress=told)
    row = registry.named(args.name)
    print(f"{path}: {row.what}; {row.licence}; sha256 {args.sha256 or row.sha256}")
    return 0
