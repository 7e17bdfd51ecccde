"""A restoration that is killed at any step goes on to the same image, bit for bit."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors import SafetensorError, safe_open

from ilo_practice.checkpoints import save_generator
from ilo_practice.images import write_png
from tests.tiny import picture, tiny

ROOT = Path(__file__).parent.parent
STEPS, PATIENCE = (60, 40, 40), 300.0


def steps_done(state: Path) -> int:
    """Steps of all rounds that the file knows of, 0 where there is none."""
    try:
        with safe_open(state, framework="pt") as file:
            phase, step = (int(file.get_tensor(name)) for name in ("phase", "step"))
    except (FileNotFoundError, SafetensorError):
        return 0
    return sum(STEPS[:phase]) + step


def start(folder: Path, out: str) -> subprocess.Popen:
    """The command in a process of its own, one thread, its state kept after every step."""
    options = ["--problem", "denoise", "--sigma", "0.1", "--set", "noise_addition=true", "--device", "cpu"]
    options += ["--generator", "g.safetensors", "--schedule", ",".join(map(str, STEPS)), "--out", out]
    options += ["--resume", f"{out}.state", "--keep-every", "0"]
    command = [sys.executable, "-m", "ilo_practice", "restore", "clean.png", *options]
    environment = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PATH": ""}
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(process: subprocess.Popen) -> None:
    _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize("seed", [0])
def test_killed_at_three_random_steps_it_ends_bit_identical(tmp_path, seed):
    save_generator(tiny(3), tmp_path / "g.safetensors", metadata={"license": "none"})
    write_png(tmp_path / "clean.png", picture((1, 1, 16, 16)))
    whole = start(tmp_path, "whole")
    reached = []
    for at in sorted(random.Random(seed).sample(range(5, sum(STEPS) - 20), 3)):
        process, deadline = start(tmp_path, "parts"), time.monotonic() + PATIENCE
        while steps_done(tmp_path / "parts.state") < at and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=PATIENCE)
        assert process.returncode == -signal.SIGKILL
        reached.append(steps_done(tmp_path / "parts.state"))
        assert reached[-1] >= at
        assert not (tmp_path / "parts").exists()
    assert reached == sorted(set(reached))
    assert reached[-1] < sum(STEPS)
    finish(start(tmp_path, "parts"))
    finish(whole)
    for name in ("restored.png", "loss.png"):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    ends = [json.loads((tmp_path / out / "run.json").read_text("utf-8"))["outcome"] for out in ("whole", "parts")]
    assert ends[0] == ends[1]
    left = {path.name for path in tmp_path.iterdir() if not path.name.startswith(".unfinished-")}
    assert left == {"g.safetensors", "clean.png", "whole", "parts"}
