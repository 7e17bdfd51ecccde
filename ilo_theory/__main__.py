"""The command line: `python -m ilo_theory verify | calculate`.

Exit status: 0 when every row has the status expected, 1 when one has not, 2 on bad input or where the workers are lost.
"""

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ilo_theory import monte_carlo, report
from ilo_theory.calculator import HEAD, NUMBERS, as_json, cells, facts
from ilo_theory.calculator.arguments import add_arguments, calculated, whole
from ilo_theory.claims import claims_of, families, outcomes
from ilo_theory.verdict import Effort, Outcome, worst

COLOURS = {"HOLDS": "green", "SUPPORTED": "cyan", "INCONCLUSIVE": "yellow", "REFUTED": "red"}
RECORDED = {"only": None, "seed": 0, "seeds": 1, "effort": Effort.QUICK}
"""The run that CLAIMS.md records."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str):
        self.exit(2, f"{self.prog}: error: {message}\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line on `arguments`, `sys.argv` where None, and return the exit status."""
    parser, check, calculation = _parsers()
    options = parser.parse_args(arguments)
    if options.command == "calculate":
        return _calculate(options, calculation)
    files = _files(options, check)
    try:
        with ExitStack() as workers:
            try:
                workers.enter_context(_workers(options))
            except ValueError:
                check.error(f"argument --scheduler: must be tcp://host:port, got {options.scheduler!r}")
            found = _verify(options)
        console = Console(width=None if sys.stdout.isatty() else 140)
        console.print(_table(found, console.width))
        for path, as_text in files:
            _write(path, as_text(found), check)
    except monte_carlo.WorkersLost as error:
        check.error(str(error))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return _tell(found)


def _parsers() -> tuple[Parser, Parser, Parser]:
    """The parser of the command line, and those of `verify` and `calculate`."""
    parser = Parser(prog="python -m ilo_theory", description="The theory of ILO, checked.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    check = commands.add_parser("verify", help="check every claim and print the table of verdicts")
    check.add_argument("--only", metavar="FAMILY", choices=families(), help="one of: %(choices)s")
    check.add_argument("--seed", metavar="N", type=whole(0), default=0, help="of all draws (default 0)")
    check.add_argument(
        "--seeds", metavar="N", type=whole(1), default=1, help="run what draws with N seeds from --seed on"
    )
    check.add_argument("--effort", choices=[*Effort], default=Effort.QUICK, help="seconds, or minutes (default quick)")
    check.add_argument("--json", metavar="FILE", help="write all numbers there")
    check.add_argument("--html", metavar="FILE", help="write the page there")
    check.add_argument("--write", action="store_const", const="CLAIMS.md", help="write CLAIMS.md in this folder")
    where = check.add_mutually_exclusive_group()
    where.add_argument("--workers", metavar="N", type=whole(1, 1024), help="processes (default: as many as cores)")
    where.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster to work on, tcp://host:port")
    calculate = commands.add_parser("calculate", help="what each bound asks for and promises, where it says nothing")
    add_arguments(calculate)
    calculate.add_argument("--json", metavar="FILE", help="write all numbers there")
    return parser, check, calculate


def _calculate(options: argparse.Namespace, parser: Parser) -> int:
    """Print r2, X and a row a bound."""
    path = options.json and _writable(options.json, parser)
    try:
        setting, bounds = calculated(options)
    except ValueError as error:
        parser.error(str(error))
    for line in facts(setting):
        print(line)
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for head in HEAD:
        table.add_column(head, justify="right" if head in NUMBERS else "left")
    for bound, row in zip(bounds, cells(bounds), strict=True):
        table.add_row(*row, style="yellow" if bound.vacuous else None)
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    if path:
        _write(path, as_json(setting, options.u, bounds), parser)
    return 0


def _files(options: argparse.Namespace, check: Parser) -> list[tuple[Path, Callable]]:
    """What to write, and as what; refused before any work if it cannot be."""
    if options.seed + options.seeds > 2**63:
        check.error(f"argument --seeds: {options.seeds} of them from {options.seed} on go beyond 2^63 - 1")
    changed = [f"--{name}" for name, value in RECORDED.items() if getattr(options, name) != value]
    if options.write and changed:
        check.error(f"argument --write: CLAIMS.md is all families, quick, at seed 0, so no {', '.join(changed)}")
    written = (options.json, report.as_json), (options.html, report.as_html), (options.write, report.as_markdown)
    files = []
    for name, as_text in written:
        if name is not None:
            files.append((_writable(name, check), as_text))
    return files


def _writable(name: str, parser: Parser) -> Path:
    path = Path(name)
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        parser.error(f"cannot write {name!r}")
    return path


def _write(path: Path, text: str, check: Parser) -> None:
    try:
        report.write(path, text)
    except OSError as error:
        check.error(f"cannot write: {error}")


def _workers(options: argparse.Namespace) -> AbstractContextManager:
    """Where Monte Carlo runs."""
    if options.scheduler is not None:
        return monte_carlo.cluster(options.scheduler)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return monte_carlo.processes(options.workers or cores, preload=["ilo_theory.claims"])


def _verify(options: argparse.Namespace) -> list[Outcome]:
    """Run the claims, with a bar on the error stream that counts seeds."""
    columns = TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    claims, seeds = claims_of(options.only), range(options.seed, options.seed + options.seeds)
    found = []
    console = Console(stderr=True)
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with bar, monte_carlo.one_thread():
        task = bar.add_task("", total=sum(len(seeds) if claim.draws else 1 for claim in claims))
        for claim in claims:
            bar.update(task, description=claim.name)
            some = []
            for outcome in outcomes(claim, seeds, Effort(options.effort)):
                some.append(outcome)
                bar.advance(task)
            found.append(worst(some))
    return found


def _table(found: list[Outcome], width: int) -> Table:
    """The rows in so many columns of letters; names and references have what the numbers leave."""
    caption = f"{sum(o.as_expected for o in found)} of {len(found)} as expected, {sum(o.seconds for o in found):.1f} s"
    table = Table(caption=caption, caption_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    room = max(width - 71, 20)
    for heading, share in (("claim", 0.45), ("reference", 0.55)):
        table.add_column(heading, overflow="ellipsis", no_wrap=True, max_width=int(share * room))
    for heading in ("status", "evidence"):
        table.add_column(heading, no_wrap=True)
    for heading in ("lhs", "rhs", "seeds", "seconds"):
        table.add_column(heading, justify="right", no_wrap=True)
    for o, following in zip(found, [*found[1:], None], strict=True):
        status = f"[{COLOURS[o.verdict.status]}]{o.verdict.status}[/]" + ("" if o.as_expected else " [bold red]![/]")
        sides = f"{o.verdict.lhs:.4g}", f"{o.verdict.rhs:.4g}"
        seeds = "…".join(str(o.seeds[i][0]) for i in ([0, -1] if len(o.seeds) > 1 else [0])) if o.seeds else "none"
        words = o.claim.name, o.claim.reference, status, o.verdict.evidence
        last = following is None or following.claim.family != o.claim.family
        table.add_row(*words, *sides, seeds, f"{o.seconds:.2f}", end_section=last)
    return table


def _tell(found: list[Outcome]) -> int:
    """Name what is not as expected, and return the exit status."""
    wrong = [o for o in found if not o.as_expected]
    for o in wrong:
        runs = [(f"{o.claim.name}, seed {seed}", status) for seed, status in o.seeds]
        for name, status in runs or [(o.claim.name, o.verdict.status)]:
            if status is not o.claim.expected:
                print(f"{name}: {status}, expected {o.claim.expected}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
