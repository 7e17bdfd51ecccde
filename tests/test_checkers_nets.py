"""The checker of coverings is checked: nets of known radius pass, holes are found."""

import math

import pytest
import torch

from ilo_theory.checkers import check_covering, coverings
from ilo_theory.nets import covering_radius, maurey_net, shrunk_net
from tests.laws import law
from tests.toys import seeded


@pytest.mark.parametrize(("d", "t"), [(1, 3), (2, 3), (4, 2), (5, 2), (6, 3)])
def test_sound_nets_pass(d, t):
    r = 2.0
    exact, shrunk = r * math.sqrt(min(d, 2 * t)) / (2 * t), r / (1 + math.sqrt(t))
    largest = check_covering(maurey_net(d, r, t), r, exact, samples=2000, rng=seeded())
    assert exact * (0.8 if d > 4 else 1 - 1e-12) <= largest <= exact * (1 + 1e-12)
    assert check_covering(shrunk_net(d, r, t).numpy(), r, shrunk, samples=2000, rng=seeded()) <= shrunk * (1 + 1e-12)
    assert law(check_covering, maurey_net(d, r, t), r, 0.75 * exact, samples=2000).startswith("covering")


@pytest.mark.parametrize(("d", "t"), [(1, 3), (2, 4), (3, 4), (4, 3), (5, 3), (8, 2)])
@pytest.mark.parametrize("hole", ["corner", "centre", "inside"])
def test_hole_in_a_net_is_found(d, t, hole):
    """The whole net keeps the claim, and without its points round one of them that one is too far from the rest."""
    net, claimed = maurey_net(d, 1.0, t), 1.1 * math.sqrt(min(d, 2 * t)) / (2 * t)
    point = {"corner": 1.0, "centre": 0.0, "inside": 1 / t}[hole] * torch.eye(d, dtype=torch.float64)[0]
    left = net[torch.linalg.vector_norm(net - point, dim=1) > claimed]
    assert 0 < len(left) < len(net)
    check_covering(net, 1.0, claimed, samples=2000, rng=seeded())
    assert law(check_covering, left, 1.0, claimed, samples=2000).startswith("covering")


@pytest.mark.parametrize("d", [2, 3, 4])
@pytest.mark.parametrize("size", [1, 5, 40])
def test_what_is_tried_comes_near_to_the_exact_radius(d, size, monkeypatch):
    """Where it is known; of nets without structure, samples alone stay up to 20% below."""
    for seed in range(3):
        corners = torch.cat([torch.eye(d), -torch.eye(d)]).double()
        net = torch.cat([corners, torch.rand(size, d, generator=seeded(seed), dtype=torch.float64) - 0.5])
        exact = covering_radius(net, 1.0)
        with monkeypatch.context() as patch:
            patch.setattr(coverings, "EXACT", 0)
            found = check_covering(net, 1.0, exact, samples=100, rng=seeded(seed))
        assert 0.97 * exact <= found <= exact * (1 + 1e-12)


def test_net_for_a_smaller_ball_and_nets_that_are_none():
    assert "covering: [" in law(check_covering, maurey_net(3, 1.0, 4), 1.5, 0.25)
    for net in (torch.zeros(0, 3), torch.zeros(3), torch.tensor([[math.nan]])):
        with pytest.raises(ValueError, match=r"must be \[N, d\], finite and not empty"):
            check_covering(net, 1.0, 1.0, rng=seeded())
    with pytest.raises(ValueError, match=r"\(r=...\)` must be > 0 and finite, got 0"):
        check_covering(torch.zeros(1, 2), 0.0, 1.0, rng=seeded())
