"""python -m notebooks: run the notebooks at full size and write the copies for reading, or say which are stale."""

import argparse
import re
import sys
import time

import nbformat
from nbclient.exceptions import CellExecutionError

from ilo_practice.images import write_atomically
from notebooks import run

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0, or 1 where a notebook fails or, with --check, a copy is stale; 2 on bad input."""
    parser = argparse.ArgumentParser(prog="python -m notebooks", description=__doc__.partition(": ")[2])
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(run.names())}; all where none is given"
    )
    parser.add_argument("--stale", action="store_true", help="run those alone whose copies are stale")
    parser.add_argument("--check", action="store_true", help="run nothing: say which copies are stale")
    options = parser.parse_args(arguments)
    if unknown := sorted({*options.names} - {*run.names()}):
        parser.error(f"argument NAME: must be one of {', '.join(run.names())}, got {unknown[0]!r}")
    left = options.names or run.names()
    why = {name: _why(name) for name in left}
    if options.check:
        for name in left:
            print(f"{name}: {why[name] or 'fresh'}")
        return int(any(why.values()))
    return max([_write(name) for name in left if why[name] or not options.stale], default=0)


def _why(name: str) -> str | None:
    path = run.copy_path(name)
    return run.stale(name, nbformat.read(path, 4)) if path.exists() else "there is none"


def _write(name: str) -> int:
    begun = time.monotonic()

    def told(done: int, count: int) -> None:
        print(f"\r{name}: cell {done} of {count}, {time.monotonic() - begun:.0f} s ", end="", flush=True)

    try:
        copy = run.reading_copy(name, told if sys.stdout.isatty() else None)
    except CellExecutionError as error:
        print(f"\n{name}: {error.ename}: {error.evalue}\n{COLOUR.sub('', error.traceback)}", file=sys.stderr)
        return 1
    text = nbformat.writes(copy) + "\n"
    write_atomically(run.copy_path(name), text.encode())
    for picture, png in run.pictures(copy).items():
        write_atomically(run.ROOT / "results" / f"{picture}.png", png)
    print(f"\r{name}: {len(copy.cells)} cells, {time.monotonic() - begun:.0f} s, {len(text) / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
