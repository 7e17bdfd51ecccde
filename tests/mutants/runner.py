"""Runs mutants on copies of a tree: the tree itself is read, never written."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from tests.mutants.mutant import Mutant

LONGEST = 300.0
"""Seconds that the tests of one mutant may take."""

MADE = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*_cache", ".hypothesis")
MADE_AT_THE_ROOT = {".git", ".venv", "report", "runs", "data"}
SETTINGS = {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
FIRST_FAILURE = ("-m", "pytest", "-x", "-q", "-p", "no:cacheprovider")
PLACES = "import sys, importlib.util as u; print(*(u.find_spec(name).origin for name in sys.argv[1:]), sep='\\n')"


@dataclass(frozen=True)
class Result:
    """What became of a mutant: the test that killed it, or why it lives."""

    mutant: Mutant
    killer: str | None
    why: str  # where it lives
    seconds: float


@contextmanager
def copy_of(root: Path) -> Iterator[Path]:
    """Copy a tree to a temporary folder, from which Python then imports its packages.

    Raises:
        RuntimeError: if one of them would come from elsewhere, so that mutants would not be what is tested.
    """

    def left_out(folder: str, names: list[str]) -> set[str]:
        return MADE(folder, names) | (MADE_AT_THE_ROOT if Path(folder) == root else set())

    with TemporaryDirectory() as folder:
        tree = Path(shutil.copytree(root, Path(folder).resolve() / "tree", ignore=left_out))
        packages = sorted(path.parent.name for path in tree.glob("*/__init__.py"))
        for origin in python(tree, "-c", PLACES, *packages).stdout.split("\n")[: len(packages)]:
            if not Path(origin).is_relative_to(tree):
                raise RuntimeError(f"`copy_of(root=...)` must be what Python imports from, got {origin}.")
        yield tree


def python(tree: Path, *arguments: str, longest: float = LONGEST) -> subprocess.CompletedProcess:
    """Run Python in the tree, on one thread, leaving no compiled files: an old one could hide a mutant.

    Raises:
        TimeoutExpired: after `longest` seconds, once it and all it has started are ended.
    """
    command, settings = [sys.executable, *arguments], {"PYTHONPATH": str(tree)} | SETTINGS
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "start_new_session": True}
    with subprocess.Popen(command, cwd=tree, env=os.environ | settings, **pipes) as process:
        try:
            output, _ = process.communicate(timeout=longest)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(command, process.returncode, output)


def judge(mutant: Mutant, tree: Path) -> Result:
    """Apply a mutant to the tree, run its tests up to the first failure, and take it back."""
    start, path = time.perf_counter(), tree / mutant.file
    text = path.read_text("utf-8")
    path.write_text(mutant.applied(text), "utf-8")
    try:
        done = python(tree, *FIRST_FAILURE, *shlex.split(mutant.tests))
        killer, why = verdict(done.returncode, done.stdout)
    except subprocess.TimeoutExpired:
        killer, why = None, f"not ended after {LONGEST:g} s"
    finally:
        path.write_text(text, "utf-8")
    return Result(mutant, killer, why, time.perf_counter() - start)


def verdict(code: int, output: str) -> tuple[str | None, str]:
    """The test that failed first, or why none did, from pytest's exit code and what it printed.

    A mutant that cannot even be imported is no mutant: pytest then has no tests, and another code than 1.
    """
    failed = [line.split(" ", 1)[1].split(" - ")[0] for line in output.splitlines() if line.startswith("FAILED ")]
    if code == 1 and failed:
        return failed[0], ""
    last = output.strip().splitlines()[-1:] or [""]
    return None, "survives" if code == 0 else f"pytest ends with {code}: {last[0]}"


def survey(
    mutants: Sequence[Mutant], root: Path, *, jobs: int, tell: Callable[[Result], None] = lambda result: None
) -> list[Result]:
    """Judge all mutants of the tree at `root`, `jobs` at a time, each on a copy of its own.

    Args:
        mutants: checked first, all of them.
        tell: called with each result as it comes.

    Returns:
        The results in the order of the mutants. A kill counts if the killer passes where nothing was changed.

    Raises:
        ValueError: for a mutant that does not fit its file.
    """
    for mutant in mutants:
        mutant.check(root)
    trees: SimpleQueue[Path] = SimpleQueue()

    def next_one(mutant: Mutant) -> Result:
        tree = trees.get()
        try:
            result = judge(mutant, tree)
            tell(result)
            return result
        finally:
            trees.put(tree)

    with ExitStack() as stack:
        for _ in range(min(jobs, len(mutants))):
            trees.put(stack.enter_context(copy_of(root)))
        with ThreadPoolExecutor(jobs) as pool:
            results = [*pool.map(next_one, mutants)]
        failing = failing_without(trees.get(), {result.killer for result in results if result.killer})
    return [
        Result(r.mutant, None, f"{r.killer} fails without it", r.seconds) if r.killer in failing else r for r in results
    ]


def failing_without(tree: Path, tests: Iterable[str]) -> set[str]:
    """Those of the tests, by their ids, that do not pass in the tree as it is."""
    if not (tests := sorted(tests)):
        return set()
    done = python(tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests, longest=3 * LONGEST)
    if done.returncode == 0:
        return set()
    named = {test for test in tests if f"FAILED {test}" in done.stdout}
    return named or set(tests)
