"""Docstrings: their examples are run, and the public names that people meet first have one."""

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(
    path
    for package in ("ilo_theory", "ilo_practice")
    for path in (ROOT / package).rglob("*.py")
    if ">>>" in path.read_text("utf-8")
)
SHOWN = {
    "ilo_practice.checkpoints.reading": ["load"],
    "ilo_practice.images": ["psnr"],
    "ilo_practice.problems": ["inpainting", "sensing", "superresolution"],
    "ilo_practice.simulation": ["observe"],
    "ilo_theory.balls.l1": ["project_l1_ball"],
    "ilo_theory.bounds.theorem": ["Setting"],
    "ilo_theory.generators": ["linear_chain", "relu_chain"],
    "ilo_theory.ilo": ["ilo"],
    "ilo_theory.lipschitz": ["lipschitz_lower", "lipschitz_upper"],
    "ilo_theory.nets": ["covering_radius", "maurey_net"],
    "ilo_theory.operators.base": ["dot_test"],
    "ilo_theory.operators.random_projections": ["PartialCirculant.draw"],
    "ilo_theory.verdict.registry": ["verify"],
}


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_examples_give_what_they_show(path):
    failed, tried = doctest.testmod(importlib.import_module(name_of(path)))
    assert (failed, tried > 0) == (0, True)


@pytest.mark.parametrize("module", SHOWN)
def test_what_people_meet_first_has_an_example(module):
    found = doctest.DocTestFinder().find(importlib.import_module(module))
    having = {test.name.removeprefix(f"{module}.") for test in found if test.examples}
    assert {*SHOWN[module]} <= having
