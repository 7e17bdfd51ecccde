"""The command line: four problems from files to folders and back, and one clear line for whatever is wrong."""

import json
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image

from ilo_practice import job
from ilo_practice.__main__ import main
from ilo_practice.checkpoints import save_generator
from ilo_practice.images import read_image, write_png
from ilo_practice.problems import PROBLEMS
from tests.tiny import picture, tiny

SIMULATED = {
    "inpaint": ["--observe", "0.4"],
    "superres": ["--factor", "2"],
    "denoise": ["--sigma", "0.1"],
    "sense": ["--share", "0.5"],
}


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_generator(tiny(2), path, metadata={"license": "none"})
    return path


@pytest.fixture
def files(tmp_path):
    """A clean image, a mask, and damaged ones, 8 x 8."""
    clean = picture((1, 1, 8, 8))
    mask = torch.arange(64).reshape(1, 8, 8) % 3 > 0
    write_png(tmp_path / "clean.png", clean)
    write_png(tmp_path / "mask.png", 2.0 * mask - 1)
    write_png(tmp_path / "holed.png", clean * mask)
    write_png(tmp_path / "small.png", clean[..., ::2, ::2])
    np.save(tmp_path / "nan.npy", np.full((8, 8), np.nan))
    return tmp_path


def restore(weights, image, *options, steps="6"):
    return ["restore", str(image), "--generator", str(weights), "--steps", steps, "--device", "cpu", *map(str, options)]


def line_of(capsys):
    """The one line that a failure prints."""
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize("problem", PROBLEMS)
def test_simulated_problems_are_restored_and_scored(weights, files, capsys, problem):
    out = files / "out"
    options = ["--problem", problem, "--simulate", *SIMULATED[problem], "--out", out]
    assert main(restore(weights, files / "clean.png", *options)) == 0
    printed, errors = capsys.readouterr()
    memory, result = printed.splitlines()
    assert memory.startswith("memory at the peak: about ")
    assert "PSNR" in result
    assert errors == ""
    record = json.loads((out / "run.json").read_text("utf-8"))
    assert record["files"] == sorted(path.name for path in out.iterdir())
    extra = {"inpaint": {"mask.png"}, "sense": {"measurements.safetensors"}}.get(problem, set())
    assert set(record["files"]) == {"restored.png", "observed.png", "comparison.png", "loss.png", "run.json"} | extra
    restored, clean = (np.asarray(Image.open(path), float) for path in (out / "restored.png", files / "clean.png"))
    psnr = 10 * np.log10(255**2 / np.square(restored - clean).mean())
    assert record["outcome"]["psnr"] == pytest.approx(psnr, abs=0.3)  # of 8-bit images
    assert record["seed"] == 0
    assert record["arguments"]["problem"] == problem
    assert record["versions"]["torch"] == torch.__version__


@pytest.mark.parametrize(
    ("image", "options"),
    [
        ("holed.png", ["--problem", "inpaint", "--mask", "mask.png"]),
        ("small.png", ["--problem", "superres", "--factor", "2"]),
        ("clean.png", ["--problem", "denoise", "--sigma", "0.1"]),
    ],
)
def test_what_a_user_has_is_restored_and_the_truth_changes_nothing(weights, files, image, options):
    options = [files / option if option == "mask.png" else option for option in options]
    assert main(restore(weights, files / image, *options, "--out", files / "a")) == 0
    assert main(restore(weights, files / image, *options, "--out", files / "b", "--truth", files / "clean.png")) == 0
    assert (files / "a" / "restored.png").read_bytes() == (files / "b" / "restored.png").read_bytes()
    blind, scored = (json.loads((files / name / "run.json").read_text("utf-8"))["outcome"] for name in "ab")
    assert "psnr" in scored
    assert "psnr" not in blind
    assert {key: scored[key] for key in blind} == blind


def test_measurements_written_by_a_simulation_are_an_input(weights, files):
    options = ["--problem", "sense", "--seed", "7"]
    assert main(restore(weights, files / "clean.png", *options, "--simulate", "--m", 20, "--out", files / "a")) == 0
    assert main(restore(weights, files / "a" / "measurements.safetensors", *options, "--out", files / "b")) == 0
    assert (files / "a" / "restored.png").read_bytes() == (files / "b" / "restored.png").read_bytes()


def test_a_mask_written_by_a_simulation_is_an_input(weights, files):
    options = ["--problem", "inpaint", "--seed", "7"]
    simulate = [*options, "--simulate", "--observe", "0.5", "--out", files / "a"]
    assert main(restore(weights, files / "clean.png", *simulate)) == 0
    again = [*options, "--mask", files / "a" / "mask.png", "--out", files / "b"]
    assert main(restore(weights, files / "clean.png", *again)) == 0
    assert (files / "a" / "restored.png").read_bytes() == (files / "b" / "restored.png").read_bytes()


def test_seeds_differ_and_repeat(weights, files):
    options = ["--problem", "denoise", "--simulate", "--sigma", "0.2"]
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert main(restore(weights, files / "clean.png", *options, "--seed", seed, "--out", files / name)) == 0
    a, b, c = ((files / name / "observed.png").read_bytes() for name in "abc")
    assert a == b != c


def test_a_smaller_image_is_padded_on_request(weights, files):
    options = ["--problem", "inpaint", "--mask", files / "half.png", "--out", files / "out"]
    write_png(files / "half.png", torch.tensor([[[1.0, -1.0] * 2] * 4]))
    assert main(restore(weights, files / "small.png", *options, "--pad")) == 0
    observed = read_image(files / "out" / "observed.png", 3)[0]
    assert (observed[:, :2] == -1).all()
    assert json.loads((files / "out" / "run.json").read_text("utf-8"))["problem"]["m"] == 64 - 8


@pytest.mark.parametrize("size", [(5, 9), (8, 6), (4, 4), (16, 16), (19, 12)])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_images_of_any_size_are_restored_at_their_size(weights, files, problem, size):
    """Not square, smaller and larger than what the generator makes: a part of its image, resized."""
    write_png(files / "photo.png", picture((1, 1, *size)))
    if problem == "superres":  # the photograph is what was seen, of an image twice as large
        wanted, options = (2 * size[0], 2 * size[1]), ["--factor", "2"]
    else:
        wanted, options = size, ["--simulate", *SIMULATED[problem]]
    out = files / "out"
    assert main(restore(weights, files / "photo.png", "--problem", problem, *options, "--out", out)) == 0
    assert read_image(out / "restored.png", 1).shape[2:] == wanted
    assert (out / "generated.png").exists() == (wanted != (8, 8))


def test_recipes_are_varied_and_scheduled_from_the_command_line(weights, files):
    options = ["--problem", "denoise", "--sigma", "0.1", "--device", "cpu", "--generator", weights]
    command = ["restore", files / "clean.png", *options, "--set", "lr=0.03", "--set", "codes=w", "--set", "flat=null"]
    command += ["--set", "code_radii=[Infinity, 0.2]", "--schedule", "5,4", "--out", files / "out"]
    assert main([*map(str, command)]) == 0
    record = json.loads((files / "out" / "run.json").read_text("utf-8"))
    assert record["steps"] == 9
    recipe = record["recipe"]
    assert (recipe["lr"], recipe["codes"], recipe["flat"], recipe["starts"]) == ([0.03], "w", None, [0, 1])
    assert recipe["code_radii"] == [None, 0.2]  # JSON knows no infinity
    assert recipe["split"] == [5.0, 4.0]


@pytest.mark.parametrize(("flag", "tolerance"), [("--checkpointing", 2), ("--half=bfloat16", 0)])
def test_how_it_is_computed_changes_the_result_by_rounding_alone(weights, files, flag, tolerance):
    """The largest block here is of 8 px, below those that half precision is for."""
    options = ["--problem", "denoise", "--sigma", "0.1"]
    for name, flags in (("plain", []), ("other", [flag])):
        assert main(restore(weights, files / "clean.png", *options, *flags, "--out", files / name)) == 0
    a, b = (np.asarray(Image.open(files / name / "restored.png"), int) for name in ("plain", "other"))
    assert np.abs(a - b).max() <= tolerance
    records = [json.loads((files / name / "run.json").read_text("utf-8")) for name in ("plain", "other")]
    assert records[0]["execution"] != records[1]["execution"]
    assert records[0]["machine"]["device"] == "cpu"


def test_the_perceptual_loss_works_offline(weights, files):
    options = ["--problem", "denoise", "--sigma", "0.1", "--recipe", "ilo-lpips", "--perceptual", "stlpips-alex"]
    assert main(restore(weights, files / "clean.png", *options, "--out", files / "out")) == 0
    record = json.loads((files / "out" / "run.json").read_text("utf-8"))
    assert record["perceptual"] == {"net": "stlpips-alex", "version": "ST0.0", "resolution": 256}


@pytest.mark.parametrize("restarts", ["1", "2"])
def test_an_interrupted_run_goes_on_to_the_same_image(weights, files, monkeypatch, restarts):
    options = ["--problem", "denoise", "--sigma", "0.1", "--restarts", restarts]
    command = partial(
        restore, weights, files / "clean.png", *options, "--resume", files / "state", "--keep-every", "0", steps="16"
    )
    assert main(restore(weights, files / "clean.png", *options, "--out", files / "whole", steps="16")) == 0

    def told(limit):
        def on_step(done, total, what):
            if done == limit:
                raise KeyboardInterrupt

        return on_step

    run = job.run_restore
    for limit in (3, 9):
        stopping = lambda args, folder, limit=limit, **_: run(args, folder, on_step=told(limit))  # noqa: E731
        monkeypatch.setattr("ilo_practice.__main__.run_restore", stopping)
        assert main(command("--out", files / "parts")) == 130
        assert (files / "state").exists()
        assert not (files / "parts").exists()
    monkeypatch.setattr("ilo_practice.__main__.run_restore", run)
    assert main(command("--seed", 1, "--out", files / "parts")) == 2  # the state of another run
    assert main(command("--out", files / "parts")) == 0
    assert (files / "whole" / "restored.png").read_bytes() == (files / "parts" / "restored.png").read_bytes()
    assert not (files / "state").exists()
