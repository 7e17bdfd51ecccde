"""The command line: `python -m ilo_theory verify`.

Exit status: 0 when every row has the status expected, 1 when one has not, 2 on bad input.
"""

import argparse
import os
import sys
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ilo_theory import report
from ilo_theory.claims import claims_of, families
from ilo_theory.verdict import Outcome

COLOURS = {"HOLDS": "green", "SUPPORTED": "cyan", "INCONCLUSIVE": "yellow", "REFUTED": "red"}


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str):
        self.exit(2, f"{self.prog}: error: {message}\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line on `arguments`, `sys.argv` where None, and return the exit status."""
    parser = Parser(prog="python -m ilo_theory", description="The theory of ILO, checked.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    check = commands.add_parser("verify", help="check every claim and print the table of verdicts")
    check.add_argument("--only", metavar="FAMILY", choices=families(), help="one of: %(choices)s")
    check.add_argument("--seed", metavar="N", type=_seed, default=0, help="of all draws (default 0)")
    check.add_argument("--json", metavar="FILE", help="write all numbers there")
    check.add_argument("--html", metavar="FILE", help="write the page there")
    check.add_argument("--write", action="store_const", const="CLAIMS.md", help="write CLAIMS.md in this folder")
    options = parser.parse_args(arguments)
    if options.write and options.only:
        check.error("argument --write: needs every family, so no --only")
    outputs = (options.json, report.as_json), (options.html, report.as_html), (options.write, report.as_markdown)
    files = [(Path(name), written) for name, written in outputs if name]
    for path, _ in files:
        if not _writable(path):
            check.error(f"cannot write {str(path)!r}")
    outcomes = _verify(options.only, options.seed)
    Console(width=None if sys.stdout.isatty() else 140).print(_table(outcomes))
    try:
        for path, written in files:
            report.write(path, written(outcomes))
    except OSError as error:
        check.error(f"cannot write: {error}")
    wrong = [o for o in outcomes if not o.as_expected]
    for o in wrong:
        print(f"{o.claim.name}: {o.verdict.status}, expected {o.claim.expected}", file=sys.stderr)
    return 1 if wrong else 0


def _verify(family: str | None, seed: int) -> list[Outcome]:
    """Run the claims, with a bar on the error stream."""
    columns = TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    claims = claims_of(family)
    outcomes = []
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=len(claims))
        for claim in claims:
            progress.update(task, description=claim.name)
            outcomes.append(claim.run(seed=seed))
            progress.advance(task)
    return outcomes


def _table(outcomes: list[Outcome]) -> Table:
    as_expected = sum(o.as_expected for o in outcomes)
    seconds = sum(o.seconds for o in outcomes)
    caption = f"{as_expected} of {len(outcomes)} as expected, {seconds:.1f} s"
    table = Table(caption=caption, caption_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("claim", overflow="ellipsis", no_wrap=True, ratio=2)
    table.add_column("reference", overflow="ellipsis", no_wrap=True, ratio=3)
    for heading, justify in {"status": "left", "evidence": "left", "lhs": "right", "rhs": "right"}.items():
        table.add_column(heading, justify=justify, no_wrap=True)
    for heading in ("seed", "seconds"):
        table.add_column(heading, justify="right", no_wrap=True)
    for o in outcomes:
        status = f"[{COLOURS[o.verdict.status]}]{o.verdict.status}[/]" + ("" if o.as_expected else " [bold red]![/]")
        sides = f"{o.verdict.lhs:.4g}", f"{o.verdict.rhs:.4g}"
        words = o.claim.name, o.claim.reference, status, o.verdict.evidence
        table.add_row(*words, *sides, str(o.seed), f"{o.seconds:.2f}")
    return table


def _seed(text: str) -> int:
    """A seed that a generator of random numbers takes."""
    if not (text.isdecimal() and int(text) < 2**63):
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to 2^63 - 1, got {text!r}")
    return int(text)


def _writable(path: Path) -> bool:
    """Whether the file can be written, as far as can be told before the work and without a trace."""
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    return not path.is_dir() and folder.is_dir() and os.access(folder, os.W_OK)


if __name__ == "__main__":
    sys.exit(main())
