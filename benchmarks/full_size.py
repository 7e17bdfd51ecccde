"""The four problems at 1024 x 1024 through the command line: python benchmarks/full_size.py --out FOLDER

The network is of the published size with random weights; it is saved once in the folder, as is the image to be
restored, which the network makes. Each restoration is a process of its own, whose time and peak of resident memory
are counted. The recipe is the paper's, LPIPS on a trunk with random weights where the problem has a perceptual term.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from full_problem import config_f

from ilo_practice.checkpoints import save_generator
from ilo_practice.images import write_png

ROOT = Path(__file__).parent.parent
LIMIT = 16e9  # bytes that a restoration may take
PROBLEMS = {
    "inpaint": ["--observe", "0.3"],
    "superres": ["--factor", "8"],
    "denoise": ["--sigma", "0.1"],
    "sense": ["--share", "0.05"],
}


@dataclass(frozen=True)
class Outcome:
    """What one process did."""

    seconds: float
    peak: int  # bytes
    residual: float
    objective: float


def prepare(folder: Path, side: int, channels: int) -> tuple[Path, Path]:
    """The files of the network and of an image that it makes, written where they are missing."""
    generator, picture = folder / f"random-{side}.safetensors", folder / f"truth-{side}.png"
    if not (generator.exists() and picture.exists()):
        folder.mkdir(parents=True, exist_ok=True)
        network = config_f(side, channels=channels)
        about = {"license": "Apache-2.0", "source": "benchmarks/full_size.py, random weights"}
        save_generator(network, generator, metadata=about)
        with torch.no_grad():
            image = network(network.init_codes(1, rng=torch.Generator().manual_seed(1)))
        write_png(picture, image / image.abs().max())
    return generator, picture


def run(command: list[str], folder: Path, threads: int) -> Outcome:
    """Run one restoration to its end.

    Raises SystemExit with what it printed, where it fails.
    """
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    start = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    printed: list[bytes] = []
    reader = threading.Thread(target=lambda: printed.append(process.stdout.read()))
    reader.start()
    _, status, used = os.wait4(process.pid, 0)  # what this very process used, and no other child
    process.returncode = os.waitstatus_to_exitcode(status)
    reader.join()
    process.stdout.close()
    if process.returncode:
        raise SystemExit(f"{' '.join(command[1:])}: {printed[0].decode(errors='replace').strip()}")
    record = json.loads((folder / "run.json").read_text("utf-8"))["outcome"]
    peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Outcome(time.monotonic() - start, peak, record["residual"], record["objective"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="for the network and all results")
    parser.add_argument("--side", type=int, default=1024, help="px, default: %(default)s")
    parser.add_argument("--channels", type=int, default=512, help="of the network at most, default: %(default)s")
    parser.add_argument("--steps", type=int, default=8, help="of each restoration, default: %(default)s")
    parser.add_argument("--threads", type=int, default=2, help="default: %(default)s")
    parser.add_argument("--device", default="cpu", help="as of the command line, default: %(default)s")
    parser.add_argument("--problems", nargs="+", choices=PROBLEMS, default=list(PROBLEMS))
    parser.add_argument("--restore", nargs=argparse.REMAINDER, default=[], help="further flags of every restoration")
    arguments = parser.parse_args()
    generator, picture = prepare(arguments.out, arguments.side, arguments.channels)
    print(f"{arguments.side} px, {arguments.steps} steps, {arguments.threads} thread(s), {arguments.device}\n")
    print("| problem | seconds | peak of resident memory, GB | residual | objective |\n|---|---:|---:|---:|---:|")
    largest = 0
    for name in arguments.problems:
        folder = arguments.out / name
        command = [sys.executable, "-m", "ilo_practice", "restore", str(picture.resolve()), "--problem", name]
        command += ["--simulate", *PROBLEMS[name], "--generator", str(generator.resolve())]
        command += ["--steps", str(arguments.steps), "--device", arguments.device, *arguments.restore]
        outcome = run([*command, "--out", str(folder.resolve()), "--force"], folder, arguments.threads)
        largest = max(largest, outcome.peak)
        cells = (f"{outcome.seconds:.1f}", f"{outcome.peak / 1e9:.2f}", f"{outcome.residual:.4g}")
        print(f"| {name} | {' | '.join(cells)} | {outcome.objective:.4g} |", flush=True)
    print(f"\nThe largest takes {largest / 1e9:.2f} GB of the {LIMIT / 1e9:.0f} GB it may.")
    if largest > LIMIT:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
