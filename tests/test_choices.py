"""A restoration as a choice of sliders: what is drawn is what `solve` gives, and radii of 0 keep ILO in the range."""

import numpy as np
import pytest
import torch

from ilo_practice.checkpoints import load
from ilo_practice.choices import restoration_choice
from ilo_practice.images import psnr
from ilo_practice.restore import solve
from ilo_practice.studies import STUDIES
from ilo_practice.study import simulate
from ilo_practice.tuned import tuned

FIXED = {"study": "digits", "steps": 12, "seed": 3}


def panels(figure):
    """By the name below an image, its pixels and the rest of the words."""
    words = [axes.get_xlabel().partition(": ") for axes in figure.axes]
    return {name: (axes.images[0].get_array(), rest) for axes, (name, _, rest) in zip(figure.axes, words, strict=True)}


@pytest.mark.parametrize("kind", ["sense", "inpaint"])
def test_it_draws_what_solve_gives(kind):
    drawn = panels(restoration_choice(**FIXED, kind=kind, image=4, percent=10, radii=1.0))
    truth = STUDIES["digits"].sets["digits"]((4, 5))
    problem = simulate(kind, 0.1, truth, rng=torch.Generator().manual_seed(3))
    rng = torch.Generator().manual_seed(3)
    found = solve(problem, load("digits"), tuned("ilo", kind, "digits"), steps=12, rng=rng).image
    pixels, words = drawn["ILO, radii × 1"]
    np.testing.assert_allclose(pixels[..., 0], ((found[0, 0] + 1) / 2).clamp(0, 1), atol=1e-5)
    assert words == f"{psnr(found, truth).item():.1f} dB"
    np.testing.assert_allclose(drawn["truth"][0][..., 2], (truth[0, 0] + 1) / 2, atol=1e-6)
    assert f"m = {problem.m}" in drawn


def test_radii_and_noise_change_what_is_found():
    base = {**FIXED, "kind": "sense", "image": 0, "percent": 10}
    same, wider, noisy = (
        panels(restoration_choice(**base, radii=radii, noise=noise))
        for radii, noise in ((1.0, 0.0), (8.0, 0.0), (1.0, 0.5))
    )
    assert same["CSGM"][1] == wider["CSGM"][1] != noisy["CSGM"][1]
    assert not np.allclose(same["ILO, radii × 1"][0], wider["ILO, radii × 8"][0])


@pytest.mark.parametrize(
    ("changed", "text"), [({"kind": "superres"}, "kind=.* got 'superres'"), ({"image": 10**6}, "image=.* got 1000000")]
)
def test_what_cannot_be_chosen_is_named(changed, text):
    with pytest.raises(ValueError, match=text):
        restoration_choice(**{**FIXED, "kind": "sense", "image": 0, "percent": 10, "radii": 1.0, **changed})
