"""The search for the worst pair where pairs nearer than the separation would be worse: it may not take them."""

import math

import pytest
import torch
from torch import nn

from ilo_theory.extended_range import ExtendedRange, worst_pair
from ilo_theory.generators import Chain
from ilo_theory.operators import Gaussian


@pytest.mark.parametrize("separation", [0.3, 0.5, 1.0])
def test_what_is_nearer_does_not_count(separation, rng):
    # S has all of one axis and little of another, which A does not see: at a distance d the least gamma is
    # sqrt(1 - (2 r2 / d)^2), so that the worst pair lies at the separation itself.
    r2, along = 0.05, torch.tensor([[0.0], [1.0]], dtype=torch.float64)
    latent = nn.Linear(1, 2, bias=False, dtype=torch.float64)
    latent.weight = nn.Parameter(along)
    extended = ExtendedRange(Chain(latent, nn.Identity(), k=1), 1, 1.0, r2)
    A = Gaussian(torch.diag(torch.tensor([0.0, 1.0], dtype=torch.float64)), (2,))
    pair = worst_pair(extended, A, separation=separation, steps=200, rng=rng)
    least = math.sqrt(1 - (2 * r2 / separation) ** 2)
    assert (pair.images[0] - pair.images[1]).norm() >= separation * (1 - 1e-12)
    assert least * (1 - 1e-9) <= pair.gamma <= 1.01 * least
