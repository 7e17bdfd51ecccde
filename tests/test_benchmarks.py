"""The scripts of benchmarks on tiny sizes: that both sides compute the same, and what they write."""

import importlib
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ilo_practice.stylegan2 import StyleGAN2
from ilo_theory.ilo import Round

FOLDER = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture
def script(monkeypatch):
    """A script of the folder as a module, found as when it is run: its siblings are modules too."""
    monkeypatch.syspath_prepend(str(FOLDER))
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(FOLDER)):
            del sys.modules[name]


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_released_loop_goes_where_ours_goes(script, layer):
    """In float64, at the generator's input and at splits through which the RGB image is carried."""
    step = script("ilo_step")
    network = step.config_f(32, channels=16, z_dim=16).double()
    step.check_sides(network, layer, narrow=16, loss=1e-9, gradient=1e-7, move=1e-4)


def test_other_problems_are_not_taken_for_the_same(script, monkeypatch):
    """The check sees a loop that drops the RGB image, one that holds no sphere, and one with another weight."""
    step, loop = script("ilo_step"), script("released_loop")
    network = step.config_f(32, channels=16, z_dim=16).double()
    exact = {"narrow": 16, "loss": 1e-9, "gradient": 1e-7, "move": 1e-4}
    forward = loop.Network.forward
    with monkeypatch.context() as patch:
        patch.setattr(
            loop.Network, "forward", lambda self, w, noises, start, x, rgb: forward(self, w, noises, start, x, None)
        )
        step.check_sides(network, 0, **exact)
        with pytest.raises(SystemExit, match="the loss: the two sides differ"):
            step.check_sides(network, 1, **exact)
    rounds = step.paper_rounds
    with monkeypatch.context() as patch:
        patch.setattr(step, "paper_rounds", lambda *a, **k: [replace(r, spheres={}) for r in rounds(*a, **k)])
        with pytest.raises(SystemExit, match="the move of v: the two sides differ"):
            step.check_sides(network, 0, **exact)
    with monkeypatch.context() as patch:
        patch.setattr(step, "WEIGHTS", step.WEIGHTS | {"mse": 1.001})
        with pytest.raises(SystemExit, match="the loss: the two sides differ"):
            step.check_sides(network, 0, **exact)


def test_distance_of_the_package_is_ours(script):
    """With the same random weights, at full width; 80 px."""
    problem, loop = script("full_problem"), script("released_loop")
    ours = problem.random_vgg()
    rng = torch.Generator().manual_seed(0)
    x, y = (2 * torch.rand(2, 1, 3, 80, 80, generator=rng) - 1).unbind()
    with torch.no_grad():
        theirs = loop.Lpips(ours)(x, y)
        torch.testing.assert_close(ours(x, y).mean(), theirs, rtol=1e-4, atol=1e-6)


def test_one_step_is_the_same_whenever_it_is_called(script):
    problem = script("full_problem")
    network = problem.config_f(16, channels=8, z_dim=8)
    latent = network.init_codes(1, rng=torch.Generator())
    objective = problem.denoising_objective(problem.target_of(network), None)
    step = problem.one_step(network, objective, Round(0, 1, 0.1, ("v",)), latent)
    first, second = step(), step()
    assert first.keys() == second.keys() >= {"point/v", "loss", "memory/v/exp_avg"}
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert not torch.equal(first["point/v"], latent["v"])


def test_table_of_a_step(script, monkeypatch, capsys):
    step = script("ilo_step")
    options = "--sides 16 --layers 0 1 --channels 8 --narrow 16 --repeats 3"
    monkeypatch.setattr(sys, "argv", ["ilo_step.py", *options.split()])
    step.main()
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| 16 |")]
    assert [row.split(" | ")[1] for row in rows] == ["0", "1"]
    assert all(row.count("|") == step.HEADER.splitlines()[0].count("|") for row in rows)


def test_all_gpu_tables_run_on_a_cpu(script, monkeypatch, tmp_path, capsys):
    gpu = script("gpu")
    results = tmp_path / "RESULTS.md"
    results.write_text(
        "# Speed\n\nkept\n\n" + "<!-- gpu: begin, written by a script -->\nold\n<!-- gpu: end -->\n\nkept too\n"
    )
    monkeypatch.setattr(sys, "argv", ["gpu.py", "--device", "cpu", "--quick", "--results", str(results)])
    gpu.main()
    text = results.read_text()
    assert text.startswith("# Speed\n\nkept\n\n<!-- gpu: begin")
    assert text.endswith("<!-- gpu: end -->\n\nkept too\n")
    assert "old" not in text
    assert "| 32 | graph | failed: `--cuda-graph` needs a CUDA device, and this machine has none. |" in text
    for row in ("| 32 | eager | ", "| 32 | eager, TF32 | ", "| 512 | ", "| 3,072 | "):
        assert row in text
    assert text.count("failed") == 3, "graphs alone"
    printed = capsys.readouterr().out
    assert all(
        line in printed for line in text.split("begin, written by a script -->")[1].split("<!--")[0].splitlines()
    )


@pytest.mark.parametrize(
    "before", ["", "# Title\n", "# Title\n\n<!-- gpu: end -->\n<!-- gpu: begin, written by a script -->"]
)
def test_section_is_written_once_and_nothing_else_is_touched(script, tmp_path, before):
    gpu, path = script("gpu"), tmp_path / "RESULTS.md"
    path.write_text(before)
    gpu.write_section(path, "other", "theirs")
    for text in ("first", "second\n\n"):
        gpu.write_section(path, "gpu", text) if "end" not in before else None
    found = path.read_text()
    assert found.startswith(before.rstrip())
    assert found.count("theirs") == 1
    if "end" not in before:
        assert found.count("gpu: begin") == found.count("second") == 1
        assert "first" not in found
    path.write_text("<!-- gpu: begin, written by a script -->")
    with pytest.raises(ValueError, match=r"^RESULTS\.md must hold the marks of section 'gpu' once each, or neither"):
        gpu.write_section(path, "gpu", "x")
    assert path.read_text() == "<!-- gpu: begin, written by a script -->"


def test_no_gpu_is_one_line(script, monkeypatch):
    gpu = script("gpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(sys, "argv", ["gpu.py"])
    with pytest.raises(SystemExit, match=r"^benchmarks/gpu.py: this machine has no CUDA device; --device cpu --quick"):
        gpu.main()


def test_full_size_runs_the_command_line(script, monkeypatch, tmp_path, capsys):
    """One of the four, tiny; its network and picture are written once."""
    full = script("full_size")
    arguments = ["--out", str(tmp_path), "--side", "16", "--channels", "8", "--steps", "6", "--threads", "1"]
    monkeypatch.setattr(sys, "argv", ["full_size.py", *arguments, "--problems", "denoise"])
    full.main()
    printed = capsys.readouterr().out
    (row,) = [line for line in printed.splitlines() if line.startswith("| denoise |")]
    seconds, peak, residual, objective = (float(cell) for cell in row.strip("| ").split(" | ")[1:])
    assert 0 < seconds < 120
    assert 0.05 < peak < 4, "GB of a process that has torch"
    assert residual > 0 < objective
    assert (tmp_path / "denoise/restored.png").exists()
    drawn = (tmp_path / "random-16.safetensors").stat().st_mtime_ns
    monkeypatch.setattr(full, "config_f", None)
    full.prepare(tmp_path, 16, 8)
    assert (tmp_path / "random-16.safetensors").stat().st_mtime_ns == drawn
    with pytest.raises(SystemExit, match="--sigma"):
        full.run(
            [sys.executable, "-m", "ilo_practice", "restore", "x", "--problem", "denoise", "--out", "y"], tmp_path, 1
        )


def test_networks_are_the_published_ones(script):
    """Config-f: 512 channels up to 64 px, then halved; the parameters of the 1024 px network, mapping included."""
    network: StyleGAN2 = script("full_problem").config_f(1024)
    assert network.architecture.widths == (512, 512, 512, 512, 512, 256, 128, 64, 32)
    assert sum(p.numel() for p in network.parameters()) == 30_370_060
    assert not any(p.requires_grad for p in network.parameters())
