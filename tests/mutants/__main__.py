"""python -m tests.mutants [--jobs N] [WORD ...]: all mutants, or those with a word in their file or what they break."""

import argparse
import os
import sys
from pathlib import Path

from tests.mutants import MUTANTS
from tests.mutants.runner import Result, survey

ROOT = Path(__file__).parents[2]


def line(result: Result) -> str:
    """One result as a row of the table."""
    outcome = f"killed by {result.killer}" if result.killer else f"ALIVE: {result.why}"
    return f"{result.seconds:6.1f} s  {result.mutant.file:42}  {result.mutant.what:60}  {outcome}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="Run the tests on mutants.")
    parser.add_argument("words", nargs="*", metavar="WORD", help="in the file or in what is broken; all by default")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at a time; one per core by default")
    options = parser.parse_args()
    chosen = [m for m in MUTANTS if not options.words or any(w in f"{m.file} {m.what}" for w in options.words)]
    if not chosen:
        parser.error(f"no mutant has one of {options.words} in its file or its words")
    results = survey(chosen, ROOT, jobs=options.jobs, tell=lambda result: print(line(result), flush=True))
    alive = [result for result in results if not result.killer]
    print(f"\n{len(results) - len(alive)} of {len(results)} mutants killed", *map(line, alive), sep="\n")
    return bool(alive)


if __name__ == "__main__":
    sys.exit(main())
