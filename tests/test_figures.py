"""Figures of restorations show what they are given: read back as pixels."""

import numpy as np
import pytest
import torch
from PIL import Image

from ilo_practice.recipes import RECIPES
from ilo_practice.report import names_of, write_curve, write_grid
from tests.tiny import tiny


def pixels(path):
    with Image.open(path) as file:
        return np.array(file.convert("RGB"))


def test_a_grid_shows_every_image_unstretched(tmp_path):
    levels = [[-1.0, -0.2], [0.2, 1.0]]
    images = [[torch.full((1, 4, 4), level) for level in row] for row in levels]
    write_grid(tmp_path / "a.png", images, columns=["one", "two"], rows=["first", "second"], captions=[["a", "b"]] * 2)
    found = pixels(tmp_path / "a.png")
    for level in (0, 102, 153, 255):
        assert (found == level).all(axis=2).sum() > 150 * 150  # a cell is 1.8 inches of 120 dots


def test_a_grid_keeps_colours_and_mixed_sizes(tmp_path):
    red = torch.tensor([1.0, -1.0, -1.0])[:, None, None].expand(3, 8, 8)
    write_grid(tmp_path / "a.png", [[red, torch.full((1, 2, 2), -1.0)]], columns=["red", "black"])
    found = pixels(tmp_path / "a.png").reshape(-1, 3)
    for colour in ([255, 0, 0], [0, 0, 0]):
        assert (found == colour).all(axis=1).sum() > 150 * 150


@pytest.mark.parametrize(
    "loss", [torch.linspace(1, 0.01, 20), torch.tensor([1.0]), torch.tensor([torch.nan, 1.0, torch.inf, 0.5])]
)
def test_a_curve_is_drawn_for_losses_of_any_kind(tmp_path, loss):
    write_curve(tmp_path / "a.png", loss, {"1: layer 0": len(loss)})
    assert len(np.unique(pixels(tmp_path / "a.png").reshape(-1, 3), axis=0)) > 10


@pytest.mark.parametrize("name", RECIPES)
def test_the_rounds_of_a_curve_take_all_its_iterates(name):
    search, rounds = RECIPES[name].plan(tiny(2), 60)
    names = names_of(search, rounds)
    assert sum(names.values()) == sum(round.steps + 1 for round in [*search, *rounds])
    assert len(names) == len(search) + len(rounds)
