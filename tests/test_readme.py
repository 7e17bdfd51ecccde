"""The README: its numbers are those of the generated files, and its code runs."""

import collections
import contextlib
import io
import re
from functools import partial
from pathlib import Path

import deepinv
import nbformat
import torch

from ilo_theory.balls import project_l1_ball
from ilo_theory.generators import relu_chain
from ilo_theory.ilo import Round
from ilo_theory.operators import Gaussian
from notebooks import run

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def cells(line):
    return [cell.strip().strip("*`") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_the_count_of_verdicts_is_that_of_the_claims():
    rows = [cells(line) for line in (ROOT / "CLAIMS.md").read_text("utf-8").splitlines() if line.startswith("| `")]
    counted = collections.Counter((row[3], row[4]) for row in rows)
    table = re.search(r"\| verdict \| evidence \| statements \|\n\|[-|: ]+\|\n((?:\|.*\n)+)", README)[1]
    told = {tuple(row[:2]): int(row[2]) for row in map(cells, table.splitlines())}
    assert told == dict(counted)
    assert {row[0] for row in rows if row[3] == "REFUTED"} >= named_in("**False as printed**")
    assert {row[0] for row in rows if row[3] != "REFUTED"} >= named_in("**The method stands.**")


def named_in(start):
    """The claims that the paragraphs from `start` to the next in bold name."""
    text = README.split(start)[1].split("\n\n**")[0]
    names = set(re.findall(r"`([a-z0-9]+-[a-z0-9-]+)`", text))
    assert len(names) > 3
    return names | set(re.findall(r"`(sudakov)`", text))


def test_the_ratios_for_faces_are_those_of_the_results():
    lines = (ROOT / "results" / "dcgan-faces.md").read_text("utf-8").splitlines()
    full = {row[0]: row for row in map(cells, lines) if len(row) == 8}
    head, _, *rows = re.search(r"(\| \| drawn: csgm / ilo .*\n(?:\|.*\n)+)", README)[1].splitlines()
    told = {
        (column, problem): ratio
        for problem, *ratios in map(cells, rows)
        for column, ratio in zip(cells(head)[1:], ratios, strict=True)
    }
    assert len(told) == 16
    for (column, problem), ratio in told.items():
        part, method = column.split(": ")
        assert full[f"{part}: {problem}"][full[""].index(method)] == ratio


def test_the_example_runs():
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)[1].replace("steps=200", "steps=8")
    assert len(code.splitlines()) <= 18
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, "README.md", "exec"), {})
    assert len(re.findall(r"\d+\.\d+", printed.getvalue())) == 4


def test_what_it_says_of_other_libraries_runs():
    code = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[1]
    chain = relu_chain(2, 16, 3 * 64 * 64, rng=torch.Generator().manual_seed(0)).requires_grad_(False)

    class Images(type(chain)):
        def forward(self, latent, start=0, stop=None):
            found = super().forward(latent, start, stop)
            return found if stop is not None else found.unflatten(1, (3, 64, 64))

    chain.__class__ = Images
    physics = deepinv.physics.Inpainting((3, 64, 64), mask=0.5, rng=torch.Generator().manual_seed(0))
    names = {
        "A": Gaussian.draw(5, (1, 4, 4), rng=torch.Generator().manual_seed(0)),
        "physics": physics,
        "generator": chain,
        "rounds": [Round(0, 2, 0.1, ("z",), {}, {})],
        "y": physics(torch.zeros(1, 3, 64, 64)),
        "rng": torch.Generator().manual_seed(0),
        "project": partial(project_l1_ball, radius=2.0),
    }
    exec(compile(code, "README.md", "exec"), names)


def test_its_picture_and_factors_are_those_of_the_notebook():
    copy = nbformat.read(run.copy_path("05_K_and_r2"), 4)
    assert (ROOT / "results" / "success.png").read_bytes() == run.pictures(copy)["success"]
    tables = [output.data.get("text/markdown", "") for cell in copy.cells for output in cell.get("outputs", [])]
    (table,) = (text for text in tables if text.startswith("| K | spikes |"))
    factors = [float(cell) for row in map(cells, table.splitlines()[2:]) for cell in row[4:]]
    assert f"the bounds ask for {min(factors):.0f} to {max(factors):.0f} times as many" in " ".join(README.split())


def test_its_links_lead_somewhere():
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / link).exists(), link
