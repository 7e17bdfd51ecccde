"""Reads a corpus under watch, in a process of its own: python -m tests.hostile.watch FOLDER.

Every event by which Python would run, write, connect or import something is recorded and stopped, memory is limited,
and what each call did is printed as JSON. In the end Python's own `pickle.load` reads the files that run something, to
see that the watch sees.
"""

import argparse
import json
import os
import pickle
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ilo_practice.checkpoints import inspect, load

EVENTS = (
    "code.__new__",
    "compile",
    "ctypes.",
    "exec",
    "function.__new__",
    "import",
    "marshal.",
    "os.",
    "pickle.find_class",
    "pty.",
    "shutil.",
    "socket.",
    "subprocess.",
    "sys.",
    "urllib.",
    "webbrowser.",
)
HARMLESS = ("sys._getframe", "sys.excepthook", "os.listdir", "os.scandir")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
HEADROOM = 400 * 2**20
"""Bytes of address space that reading one hostile file may take."""


class Stopped(BaseException):
    """An event that reading weights has no business with."""


class Watch:
    """Records and stops `events` while it is on."""

    def __init__(self):
        self.on, self.seen, self.events = False, [], EVENTS
        sys.addaudithook(self.hook)

    def hook(self, event: str, args: tuple) -> None:
        if not self.on or event in HARMLESS:
            return
        if event == "open":
            _, mode, flags = args
            if not any(c in (mode or "") for c in "wax+") and not flags & WRITING:
                return
        elif not event.startswith(self.events):
            return
        self.seen.append(event)
        raise Stopped(event)

    def read(self, call: Callable[[Path], object], path: Path) -> dict:
        """What one call did: its error, its events, its seconds."""
        self.seen, start = [], time.perf_counter()
        self.on = True
        try:
            call(path)
            kind, message = None, ""
        except BaseException as error:
            self.on = False
            kind, message = type(error).__name__, str(error)
        self.on = False
        return {"error": kind, "message": message, "events": self.seen, "seconds": time.perf_counter() - start}


def unpickle(path: Path) -> object:
    """Python's own reading, which trusts the file."""
    with path.open("rb") as file:
        return pickle.load(file)


def limit_memory() -> None:
    """Let this process map `HEADROOM` more than it has, where the system says how much that is."""
    mapped = Path("/proc/self/statm")
    if mapped.exists():
        limit = int(mapped.read_text("ascii").split()[0]) * resource.getpagesize() + HEADROOM
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def most_memory() -> int:
    """The most bytes that this process has held."""
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held if sys.platform == "darwin" else 1024 * held


def main() -> None:
    """Read the whole files first, so that everything lazy is there, then every case."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    cases = json.loads((folder / "cases.json").read_text("utf-8"))
    whole = {}
    for path in sorted(folder.glob("whole-*")):
        whole[path.name] = inspect(path).kind
        load(path)
    watch = Watch()
    limit_memory()
    before = most_memory()
    for case in cases:
        for name, call in (("load", load), ("inspect", inspect)):
            case[name] = watch.read(call, folder / case["file"])
    grown = most_memory() - before
    # an event of every reading by Python's pickle, which alone runs nothing
    watch.events = tuple(event for event in EVENTS if event != "pickle.find_class")
    for case in cases:
        case["pickle"] = watch.read(unpickle, folder / case["file"]) if case["executes"] else None
    print(json.dumps({"whole": whole, "cases": cases, "grown": grown}))


if __name__ == "__main__":
    main()
