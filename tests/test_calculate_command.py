"""`calculate` of both command lines: what is printed is what the library computes, and bad input is one line."""

import json
import math
import subprocess
import sys

import pytest
import torch

from ilo_practice.__main__ import main as practice
from ilo_practice.checkpoints import load, save_generator
from ilo_practice.implied import implied_by
from ilo_practice.splits import measure_splits, starts
from ilo_theory.__main__ import main as theory
from ilo_theory.bounds import Setting
from ilo_theory.calculator import calculate, with_measurements
from tests.tiny import tiny

NUMBERS = {"k": 20, "p": 1000, "n": 12288, "L1": 1.5, "L2": 2.0, "r1": 4.5, "delta": 0.3}
FLAGS = [word for name, value in NUMBERS.items() for word in (f"--{name}", str(value))]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "g.safetensors"
    save_generator(tiny(3, channels=3), path, metadata={"license": "none"})
    return str(path)


def said(capsys, main, *arguments: str) -> str:
    assert main(["calculate", *arguments]) == 0
    return capsys.readouterr().out


def row_of(text: str, name: str) -> str:
    return next(line for line in text.splitlines() if line.strip().startswith(name + " "))


def refused(capsys, main, *arguments: str) -> str:
    """The one line of a command that exits with 2."""
    try:
        status = main(["calculate", *arguments])
    except SystemExit as error:
        status = error.code
    out, err = capsys.readouterr()
    assert (status, out, err.count("\n")) == (2, "", 1)
    return err


# --- ilo_theory -------------------------------------------------------------------------------------------------------


def test_the_table_holds_every_bound(capsys):
    text = said(capsys, theory, *FLAGS, "--K", "5", "--gamma", "0.5", "--m", "6000")
    s = Setting(**NUMBERS, K=5.0, gamma=0.5)
    assert "r2 = K delta / L2 = 0.75, K = 5, sqrt(p) = 31.6228" in text
    assert "X = L1 L2 r1 / delta = 45" in text
    for bound in calculate(s):
        row = row_of(text, bound.name)
        assert f" {bound.measurements:.6g} " in row
        assert f" {bound.additive:.6g} " in row
    assert f" {with_measurements(s, 6000).additive:.6g} " in row_of(text, "Theorem 1' at m = 6000, gamma =")
    assert f" {4 * (20 * math.log(45) + 25 * math.log(1000)):.6g} " in row_of(text, "Theorem 1, as printed")


def test_a_radius_is_as_good_as_k(capsys):
    assert said(capsys, theory, *FLAGS, "--r2", "0.75") == said(capsys, theory, *FLAGS, "--K", "5")


def test_what_says_nothing_says_why(capsys):
    text = said(capsys, theory, *FLAGS, "--K", "40")
    assert "K > sqrt(p) = 31.62" in row_of(text, "Theorem 1, as printed")
    assert "m >= n = 12288" in row_of(text, "Theorem 1'")


def test_json_holds_the_numbers(capsys, tmp_path):
    path = tmp_path / "new" / "numbers.json"
    said(capsys, theory, *FLAGS, "--K", "5", "--u", "3", "--json", str(path))
    found = json.loads(path.read_text())
    s = Setting(**NUMBERS, K=5.0, gamma=0.8)
    assert found["r2"] == pytest.approx(0.75)
    assert (found["X"], found["u"], found["gamma"]) == (45.0, 3.0, 0.8)
    assert [row["measurements"] for row in found["bounds"]] == [bound.measurements for bound in calculate(s, 3.0)]
    assert [row["vacuous"] for row in found["bounds"]] == [bound.vacuous for bound in calculate(s, 3.0)]


def test_the_command_of_a_shell():
    command = [sys.executable, "-m", "ilo_theory", "calculate", *FLAGS, "--K", "5"]
    found = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert "corrected chaining" in found.stdout
    assert found.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--K", "5", "--gamma", "1.5"), "argument --gamma: must be > 0 and < 1, got '1.5'"),
        (("--K", "0"), "argument --K: must be > 0 and finite, got '0'"),
        (("--K", "inf"), "argument --K: must be > 0 and finite, got 'inf'"),
        (("--r2", "much"), "argument --r2: must be > 0 and finite, got 'much'"),
        (("--K", "5", "--k", "2.5"), "argument --k: must be a whole number from 1 to 2^63 - 1, got '2.5'"),
        (("--K", "5", "--n", "0"), "argument --n: must be a whole number from 1 to 2^63 - 1, got '0'"),
        (("--K", "5", "--u", "-1"), "argument --u: must be > 0 and finite, got '-1'"),
        (("--K", "5", "--m", "0"), "argument --m: must be a whole number from 1 to 2^63 - 1, got '0'"),
        (("--K", "5", "--r2", "5"), "not allowed with argument --K"),
        ((), "one of the arguments --K --r2 is required"),
        (("--K", "1e200"), "K=1e+200"),
        (("--K", "5", "--json", "."), "cannot write '.'"),
    ],
)
def test_bad_numbers_are_one_line(capsys, arguments, message):
    assert message in refused(capsys, theory, *FLAGS, *arguments)


# --- ilo_practice -----------------------------------------------------------------------------------------------------


def measured(path: str, start: int, key: str, *, codes="z", points=4, seed=0):
    network, rng = load(path), torch.Generator().manual_seed(seed)
    return measure_splits(network, starts(network, codes, points, rng=rng), start, [key], rng=rng)[0]


def test_a_radius_of_a_checkpoint(capsys, checkpoint):
    text = said(capsys, practice, "--generator", checkpoint, "--split", "1", "--radius", "3", "--delta", "0.5")
    split = measured(checkpoint, 1, "x")
    row = implied_by(split, 3.0, delta=0.5)
    assert f'layer 1, entry "x": k = 6, p = {6 * 4 * 4}, n = {3 * 16 * 16} numbers' in text
    assert f"L1 >= {split.L1:.6g}, no upper bound" in text
    assert f"L2 >= {split.L2:.6g}, <= {split.L2_most:.6g}" in text
    assert f"K = r2 L2 / delta >= {row.K:.6g}, <= {row.K_most:.6g}; sqrt(p) = {math.sqrt(96):.6g}" in text
    assert "r2 = 3 (l1 of the entry, 0.0312 a number)" in text
    for bound in row.bounds:
        wanted = "none" if bound.measurements is None else f"{bound.measurements:.6g}"
        assert f" {wanted} " in row_of(text, bound.name)
    assert "from above" not in text


def test_the_last_line_says_what_any_resolution_could(capsys, checkpoint):
    arguments = ("--generator", checkpoint, "--split", "1", "--key", "rgb", "--delta", "0.5", "--radius")
    row = implied_by(measured(checkpoint, 1, "rgb"), 0.5, delta=0.5)
    wanted = f"gamma = {row.best.gamma:.4g}: K = {row.best.K:.4g}, "
    last = said(capsys, practice, *arguments, "0.5").splitlines()[-1]
    assert wanted in last
    assert last.endswith(f" + {row.least_error:.4g}")
    last = said(capsys, practice, *arguments, "1e9").splitlines()[-1]
    assert last == "no delta and gamma make Theorem 1' say anything of this radius with m < n"


def test_where_codes_vary_k_is_a_lower_bound(capsys, checkpoint):
    arguments = ("--generator", checkpoint, "--split", "1", "--radius", "3", "--key", "v", "--codes", "w+")
    text = said(capsys, practice, *arguments)
    assert "no upper bound (l2 of the image by l2 of the entry): K is then a lower bound" in text
    assert "L1 >= 1, <= 1" in text


def test_faces_are_bounded_on_both_sides(capsys):
    arguments = ("--generator", "dcgan-faces", "--split", "4", "--K", "2", "--delta", "5", "--points", "1")
    text = said(capsys, practice, *arguments)
    assert "K = r2 L2 / delta >= 2, <= " in text
    assert "by L1 and L2 from above: m is enough" in text
    assert text.count("corrected chaining") == 2


def test_json_of_a_generator(capsys, checkpoint, tmp_path):
    path = tmp_path / "k.json"
    arguments = ("--generator", checkpoint, "--split", "2", "--K", "3", "--seed", "7", "--json", str(path))
    said(capsys, practice, *arguments, "--r1", "2", "--gamma", "0.5")
    found, split = json.loads(path.read_text()), measured(checkpoint, 2, "x", seed=7)
    assert found["K"] == pytest.approx(3)
    assert found["r2"] == pytest.approx(3 * split.delta / split.L2)
    assert (found["L1"], found["L2"], found["r1"], found["gamma"]) == (split.L1, split.L2, 2.0, 0.5)


def test_the_layer_0_has_the_codes_as_its_entry(capsys, checkpoint):
    assert 'entry "z"' in said(capsys, practice, "--generator", checkpoint, "--split", "0", "--radius", "1")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--split", "9", "--radius", "1"), "`--split` must be a layer, from 0 to 2, got 9."),
        (("--split", "-1", "--radius", "1"), "argument --split: must be a whole number from 0 to 99, got '-1'"),
        (("--split", "1", "--radius", "0"), "argument --radius: must be > 0 and finite, got '0'"),
        (("--split", "1", "--radius", "1", "--K", "1"), "not allowed with argument --radius"),
        (("--split", "1"), "one of the arguments --radius --K is required"),
        (("--split", "1", "--radius", "1", "--key", "y"), "`--key` must be one of noise_0,"),
        (("--split", "1", "--radius", "1", "--key", "noise_0"), "`--key noise_0`: L1 = 1, L2 = 0"),
        (("--split", "1", "--radius", "1", "--gamma", "1"), "argument --gamma: must be > 0 and < 1, got '1'"),
        (("--split", "1", "--radius", "1", "--json", "/nowhere/k.json"), "'/nowhere/k.json'"),
        (("--split", "1", "--radius", "1", "--codes", "y"), "argument --codes: invalid choice: 'y'"),
        (("--split", "1", "--radius", "1e200"), "beyond what floats hold"),
    ],
)
def test_bad_requests_are_one_line(capsys, checkpoint, arguments, message):
    assert message in refused(capsys, practice, "--generator", checkpoint, *arguments)


def test_generators_without_codes_and_that_are_none(capsys):
    arguments = ("--split", "1", "--radius", "1")
    assert "`--codes w`" in refused(capsys, practice, "--generator", "dcgan-faces", "--codes", "w", *arguments)
    assert "'no such'" in refused(capsys, practice, "--generator", "no such", *arguments)
