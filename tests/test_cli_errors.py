"""Whatever is wrong with a command is one line on stderr, exit status 2, and nothing left behind."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ilo_practice import demo
from ilo_practice.__main__ import main
from ilo_practice.checkpoints import save_generator
from ilo_practice.images import write_png
from tests.tiny import picture, tiny

ROOT = Path(__file__).parent.parent
ABSENT = "cuda" if not torch.cuda.is_available() else "mps"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    save_generator(tiny(2), folder / "g.safetensors", metadata={"license": "none"})
    write_png(folder / "clean.png", picture((1, 1, 8, 8)))
    write_png(folder / "mask.png", torch.ones(1, 8, 8))
    write_png(folder / "grey.png", picture((1, 1, 8, 8)))
    write_png(folder / "wide.png", torch.ones(1, 8, 9))
    np.save(folder / "nan.npy", np.full((8, 8), np.nan))
    whole = (folder / "g.safetensors").read_bytes()
    (folder / "cut.safetensors").write_bytes(whole[: len(whole) // 2])
    (folder / "page.safetensors").write_text("<html>")
    Image.new("RGB", (8, 8)).save(folder / "page.png")
    return folder


BAD = {
    "no such input": ("none.png --problem denoise --sigma 0.1", "none.png"),
    "input is no image": ("cut.safetensors --problem denoise --sigma 0.1", "not a readable image"),
    "NaN image": ("nan.npy --problem denoise --sigma 0.1", "64 values that are not"),
    "NaN image, simulated": ("nan.npy --problem sense --simulate --m 9", "64 values that are not"),
    "mask of the wrong size": ("clean.png --problem inpaint --mask wide.png", "[8, 9]"),
    "mask that is a picture": ("clean.png --problem inpaint --mask grey.png", "black where pixels are missing"),
    "no mask": ("clean.png --problem inpaint", "`--mask` is needed"),
    "mask and share": (
        "clean.png --problem inpaint --simulate --mask mask.png --observe 0.5",
        "one of mask and observe",
    ),
    "share beyond all": ("clean.png --problem inpaint --simulate --observe 1.5", "observe"),
    "no room to pad": ("wide.png --problem denoise --sigma 0.1 --pad", "8 x 9"),
    "no field of a recipe": (
        "clean.png --problem denoise --sigma 0.1 --set tempo=1",
        "`--set tempo=1` must be NAME=VALUE",
    ),
    "a field of another type": ("clean.png --problem denoise --sigma 0.1 --set spheres=3", "`--set spheres=3`"),
    "a radius that is none": ("clean.png --problem denoise --sigma 0.1 --set code_radii=[NaN]", "code_radii=[NaN]"),
    "layers that are not there": ("clean.png --problem denoise --sigma 0.1 --start-layer 2", "of 0 to 1"),
    "layers in reverse": ("clean.png --problem denoise --sigma 0.1 --start-layer 1 --end-layer 0", "layers in turn"),
    "a schedule too long": ("clean.png --problem denoise --sigma 0.1 --schedule 5,5,5", "passes layer 1"),
    "steps beside a schedule": ("clean.png --problem denoise --sigma 0.1 --steps 9 --schedule 5,4", "give one of them"),
    "a CUDA graph without CUDA": ("clean.png --problem denoise --sigma 0.1 --cuda-graph", "--cuda-graph"),
    "more memory than is free": ("clean.png --problem denoise --sigma 0.1 --restarts 3", "GB are free: try"),
    "no perceptual trunk": (
        "clean.png --problem denoise --sigma 0.1 --recipe ilo-lpips --perceptual-trunk no.pth",
        "no.pth",
    ),
    "factor that does not divide": ("clean.png --problem superres --simulate --factor 3", "factor"),
    "factor of nothing": ("clean.png --problem superres --factor 0 --pad", "factor"),
    "flag of another problem": ("clean.png --problem denoise --sigma 0.1 --factor 2", "`--factor` has no meaning"),
    "flag of a simulation": ("clean.png --problem inpaint --observe 0.5", "`--observe` has no meaning"),
    "no sigma": ("clean.png --problem denoise", "`--sigma` is needed"),
    "negative sigma": ("clean.png --problem denoise --sigma -1", "`--sigma` must be >= 0 and finite, got -1.0"),
    "m > n": ("clean.png --problem sense --simulate --m 65", "1 to n = 64"),
    "no m": ("clean.png --problem sense --simulate", "one of m and share"),
    "measurements that are none": ("clean.png --problem sense", "not a file of measurements"),
    "truth of another size": ("clean.png --problem denoise --sigma 0.1 --truth wide.png", "8 x 9"),
    "truth of a simulation": ("clean.png --problem denoise --sigma 0.1 --simulate --truth clean.png", "leave it out"),
    "no such generator": ("clean.png --problem denoise --sigma 0.1 --generator none", "'none'"),
    "truncated generator": ("clean.png --problem denoise --sigma 0.1 --generator cut.safetensors", "cut.safetensors"),
    "generator is a web page": ("clean.png --problem denoise --sigma 0.1 --generator page.safetensors", "page"),
    "too few steps": ("clean.png --problem denoise --sigma 0.1 --steps 1", "steps"),
    "no restarts": ("clean.png --problem denoise --sigma 0.1 --restarts 0", "restarts"),
    "device that is absent": (f"clean.png --problem denoise --sigma 0.1 --device {ABSENT}", f"--device {ABSENT}"),
    "seed out of range": ("clean.png --problem denoise --sigma 0.1 --seed -1", "--seed"),
    "no state": ("clean.png --problem denoise --sigma 0.1 --resume page.safetensors", "not the state of a run"),
    "nowhere for the state": ("clean.png --problem denoise --sigma 0.1 --resume no/where", "there is no folder"),
    "unwritable output": ("clean.png --problem denoise --sigma 0.1 --out /proc/nowhere", "/proc"),
    "output is a file": ("clean.png --problem denoise --sigma 0.1 --out clean.png", "is a file"),
}


@pytest.mark.parametrize(("command", "words"), BAD.values(), ids=BAD)
def test_one_line_and_nothing_left_behind(files, monkeypatch, capsys, command, words):
    monkeypatch.chdir(files)
    if "are free" in words:
        monkeypatch.setattr("ilo_practice.job.free_memory", lambda device: 1000)
    before = {path: path.read_bytes() for path in files.rglob("*")}
    defaults = ["--generator", "g.safetensors", "--device", "cpu", "--out", "new/out"]
    defaults += [] if "--schedule" in command else ["--steps", "9"]
    image, *options = command.split()
    assert main(["restore", image, *defaults, *options]) == 2
    out, err = capsys.readouterr()
    assert words in err
    assert (out, err.count("\n")) == ("", 1)
    assert {path: path.read_bytes() for path in files.rglob("*")} == before


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["restor"],
        ["restore"],
        ["restore", "a.png", "--problem", "deblur", "--out", "x"],
        ["restore", "a.png", "--st"],
    ],
)
def test_usage_errors_are_one_line_too(capsys, command):
    with pytest.raises(SystemExit) as stopped:
        main(command)
    assert stopped.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_folder_with_files_is_refused_and_survives(files, tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    command = ["restore", files / "clean.png", "--problem", "denoise", "--sigma", "0.1", "--steps", "5"]
    command = [*map(str, command), "--generator", str(files / "g.safetensors"), "--out", str(tmp_path)]
    assert main(command) == 2
    assert "--force" in capsys.readouterr().err
    assert main([*command, "--force"]) == 0
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert (tmp_path / "restored.png").exists()


@pytest.mark.parametrize(("worse", "status"), [(0, 0), (2, 0), (3, 1), (4, 1)])
def test_a_demo_fails_where_ilo_loses_to_the_mean_digit_on_most_problems(tmp_path, monkeypatch, capsys, worse, status):
    def run(study, folder, *, seed, on_step):
        on_step(1, 2, "halfway")
        (folder / "demo.txt").write_text(f"seed {seed}")
        losses = [{"ilo": 0.3 if i < worse else 0.1} for i in range(4)]
        known = {"set": "digits", "kind": "superres", "level": 4, "csgm": 0.15, "mean digit": 0.2}
        return [known | loss for loss in losses]

    monkeypatch.setattr(demo, "demo", run)
    assert main(["demo", "--seed", "3", "--out", str(tmp_path / "out")]) == status
    assert (tmp_path / "out" / "demo.txt").read_text() == "seed 3"
    assert capsys.readouterr().out.count("ilo 0.3000") == worse


def test_training_wants_the_archive_as_published(files, tmp_path, capsys):
    command = ["train", "--data", str(files / "page.safetensors"), "--out", str(tmp_path / "out")]
    assert main(command) == 2
    assert "sha512" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_weights_are_listed_with_licence_and_hash(capsys):
    assert main(["weights", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (digits,) = [line for line in lines if line.startswith("digits ")]
    assert "32 px" in digits
    assert "CC BY-SA 3.0" in digits
    assert len(digits.rpartition("sha256 ")[2]) == 64


def module(files, image, out, *options):
    """The command as a user types it, in a process of its own, every warning an error."""
    command = [sys.executable, "-W", "error", "-m", "ilo_practice", "restore", files / image, "--problem", "denoise"]
    command += ["--sigma", "0.1", "--generator", files / "g.safetensors", "--out", out, *options]
    return subprocess.Popen([*map(str, command)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_module_runs_and_fails_without_a_traceback(files, tmp_path):
    process = module(files, "none.png", tmp_path / "out")
    _, err = process.communicate(timeout=300)
    assert process.returncode == 2
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert not any(tmp_path.iterdir())


def test_a_run_that_is_terminated_clears_its_work_away(files, tmp_path):
    process = module(files, "clean.png", tmp_path / "out", "--steps", "1000000")
    deadline = time.monotonic() + 300
    while not any(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [path.name[:12] for path in tmp_path.iterdir()] == [".unfinished-"]
    process.terminate()
    out, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (130, "")
    assert out == "" or out.startswith("memory at the peak: about ")
    assert not any(tmp_path.iterdir())
