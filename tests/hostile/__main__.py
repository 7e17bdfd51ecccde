"""python -m tests.hostile --out DIR writes the corpus; --fuzz MINUTES reads mutated files and says what came of it."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.hostile import corpus, fuzz


def main() -> int:
    """Exit status 1 where the fuzzer found something."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", type=Path, metavar="DIR", help="write the corpus to this folder")
    what.add_argument("--fuzz", type=float, metavar="MINUTES", help="read mutated files for so long")
    parser.add_argument("--seed", type=int, default=0, help="where the fuzzer begins")
    args = parser.parse_args()
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
        print(f"{len(corpus.write(args.out))} hostile files in {args.out}")
        return 0
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    report = fuzz.fuzz(folder, seconds=60 * args.fuzz, seed=args.seed)
    for name, seed, found in report.findings[:50]:
        print(f"{name} {seed}: {found}")
    print(
        f"{report.executions} executions, {report.read} networks read, {len(report.findings)} findings, "
        f"the slowest {report.slowest:.2f} s; files with findings are in {folder}"
    )
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
