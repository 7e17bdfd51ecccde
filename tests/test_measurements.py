"""Files of measurements: they come back as they were, draw the same A again, and are refused when they do not fit."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ilo_practice.measurements import read_measurements, write_measurements
from ilo_practice.problems import PROBLEMS
from tests.tiny import picture

SHAPE = (1, 8, 8)


def simulated(matrix="circulant", seed=5, **options):
    rng = torch.Generator().manual_seed(seed)
    return PROBLEMS["sense"].simulate(picture((1, *SHAPE)), m=20, matrix=matrix, sigma=0.1, rng=rng, **options)


def contents(**changes):
    return {"y": simulated().y[0].numpy(), "kind": "circulant", "m": 20, "shape": SHAPE, "seed": 5} | changes


@pytest.mark.parametrize("matrix", ["circulant", "gaussian"])
def test_a_problem_comes_back_from_its_file(tmp_path, matrix):
    problem = simulated(matrix)
    write_measurements(tmp_path / "y.safetensors", problem, kind=matrix, seed=5)
    again = read_measurements(tmp_path / "y.safetensors")
    assert torch.equal(again.y, problem.y)
    assert torch.equal(again.operator.as_matrix(), problem.operator.as_matrix())
    assert (again.sigma, again.m) == (0.1, 20)


def test_a_npz_is_read_too(tmp_path):
    np.savez(tmp_path / "y.npz", **contents(sigma=0.25))
    problem = read_measurements(tmp_path / "y.npz")
    assert torch.equal(problem.y, simulated().y)
    assert torch.equal(problem.operator.as_matrix(), simulated().operator.as_matrix())
    assert problem.sigma == 0.25


@pytest.mark.parametrize("name", ["y", "kind", "m", "shape", "seed"])
def test_what_is_missing_is_named(tmp_path, name):
    np.savez(tmp_path / "y.npz", **{key: value for key, value in contents().items() if key != name})
    with pytest.raises(ValueError, match=f"lacks '{name}'"):
        read_measurements(tmp_path / "y.npz")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"y": np.full(20, np.nan)}, "20 values that are not"),
        ({"y": np.zeros(19)}, r"\[B, \*\[20\]\]"),
        ({"m": 65}, "1 to n = 64"),
        ({"kind": "fourier"}, "fourier"),
        ({"shape": (8, 8)}, r"\[C, H, W\]"),
        ({"m": "many"}, "many"),
        ({"sigma": -1.0}, "sigma"),
        ({"seed": np.arange(3)}, "not a file of measurements"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, changes, words):
    np.savez(tmp_path / "y.npz", **contents(**changes))
    with pytest.raises(ValueError, match=words):
        read_measurements(tmp_path / "y.npz")


def test_another_a_is_noticed(tmp_path):
    write_measurements(tmp_path / "y.safetensors", simulated(seed=5), kind="circulant", seed=6)
    with pytest.raises(ValueError, match="seed 6 draws another A"):
        read_measurements(tmp_path / "y.safetensors")


def test_broken_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_measurements(tmp_path / "none.npz")
    write_measurements(tmp_path / "y.safetensors", simulated(), kind="circulant", seed=5)
    whole = (tmp_path / "y.safetensors").read_bytes()
    (tmp_path / "y.safetensors").write_bytes(whole[: len(whole) - 30])
    (tmp_path / "y.npz").write_bytes(b"PK not a zip")
    save_file({"y": torch.zeros(20)}, tmp_path / "bare.safetensors")
    save_file({"y": torch.zeros(20)}, tmp_path / "odd.safetensors", {"kind": "not JSON"})
    np.savez(tmp_path / "object.npz", y=np.array([{}]), kind="circulant", m=20, shape=SHAPE, seed=json.dumps(5))
    for name in ("y.safetensors", "y.npz", "bare.safetensors", "odd.safetensors", "object.npz"):
        with pytest.raises(ValueError, match=name):
            read_measurements(tmp_path / name)
