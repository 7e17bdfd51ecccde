"""Mutated files read without end, under watch: nothing but a refusal in one line, or a network, may come out."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from ilo_practice.checkpoints import inspect, load
from tests.hostile.mutate import mutated, seeds
from tests.hostile.watch import Watch, limit_memory

SLOW = 5.0


@dataclass
class Report:
    """What a run did: executions, networks that came out, findings (the seed that gives the file, what happened)."""

    executions: int = 0
    read: int = 0
    slowest: float = 0.0
    findings: list[tuple[str, int, str]] = field(default_factory=list)


def case(name: str, seed: int) -> bytes:
    """The mutated file of a seed: the same on every machine with the same seed file."""
    rng = Random(f"{name} {seed}")
    return mutated(name, rng, 1 + int(rng.expovariate(0.5)))


def objection(done: dict, path: Path) -> str | None:
    """What is wrong with one outcome, None for nothing."""
    if done["events"]:
        return f"ran {done['events']}"
    if done["seconds"] > SLOW:
        return f"took {done['seconds']:.1f} s"
    line = done["message"]
    if done["error"] is None or (done["error"] == "ValueError" and line.isprintable() and path.name in line):
        return None
    return f"raised {done['error']}: {line}"


def fuzz(folder: Path, *, seconds: float, seed: int) -> Report:
    """Read mutated files for `seconds`, from `seed` on; a file with a finding stays in `folder`."""
    report, names = Report(), sorted(seeds())
    for name in names:  # so that everything lazy is there
        path = folder / name
        path.write_bytes(seeds()[name])
        load(path)
        inspect(path)
    watch = Watch()
    limit_memory()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        name = names[seed % len(names)]
        path = folder / f"{seed}-{name}"
        path.write_bytes(case(name, seed))
        kept = False
        for call in (load, inspect):
            done = watch.read(call, path)
            report.executions += 1
            report.read += done["error"] is None
            report.slowest = max(report.slowest, done["seconds"])
            if (wrong := objection(done, path)) is not None:
                report.findings.append((name, seed, f"{call.__name__} {wrong}"))
                kept = True
        if not kept:
            path.unlink()
        seed += 1
    return report
