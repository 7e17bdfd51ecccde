"""Steps of the covering family's checks."""

import math

import pytest
import torch

from ilo_theory.balls import project_l1_ball
from ilo_theory.claims.covering_volume import thickened_volume


@pytest.mark.parametrize(("d", "s"), [(1, 0.7), (2, 0.0), (2, 1.3), (3, 0.0), (3, 0.5), (3, 2.0)])
def test_thickened_volume_by_sampling(d, s, rng):
    # Hoeffding: 40,000 points in a box, whose share is off by 0.0135 with a probability of 1e-6 at most.
    box = 2 * (s + 1)
    x = (torch.rand(40_000, d, generator=rng, dtype=torch.float64) - 0.5) * box
    inside = float(((x - project_l1_ball(x, s)).norm(dim=1) <= 1).double().mean())
    unit = math.pi ** (d / 2) / math.gamma(d / 2 + 1)
    assert abs(inside - thickened_volume(d, s) * unit / box**d) < math.sqrt(math.log(2e6) / 80_000)
