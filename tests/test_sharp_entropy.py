"""The sharp entropy is the size of the smaller of two nets, each with the fewest draws whose radius suffices."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ilo_theory import bounds, nets


def fewest(radius, s: float) -> int:
    """The least number of draws at which the net's radius is at most 1/s."""
    return next(t for t in itertools.count(1) if radius(t) * s <= 1 + 1e-12)


@given(st.integers(1, 40), st.integers(65, 768).map(lambda n: n / 64))
def test_sharp_entropy_is_the_size_of_the_smaller_net(d, s):
    exact = nets.delannoy(d, fewest(lambda t: bounds.exact_radius(d, 1.0, t), s))
    shrunk = nets.parity_count(d, fewest(lambda t: bounds.shrunk_radius(1.0, t), s))
    assert bounds.sharp_entropy(d, s, 1.0) == pytest.approx(math.log(min(exact, shrunk)), rel=1e-12)


@pytest.mark.parametrize("d", [1, 2, 7, 512])
def test_the_first_net_is_that_of_the_vertices(d):
    for s in (1.001, 1.5, 2.0):
        assert bounds.sharp_entropy(d, s, 1.0) == pytest.approx(math.log(2 * d))


@pytest.mark.parametrize(("d", "t"), [(1, 3), (2, 4), (3, 3), (4, 2)])
def test_a_net_of_that_size_covers(d, t):
    net = nets.shrunk_net(d, 1.0, t)
    s = 1 / nets.covering_radius(net, 1.0)
    assert bounds.sharp_entropy(d, s * (1 - 1e-9), 1.0) <= math.log(len(net)) * (1 + 1e-12)
    assert s == pytest.approx(1 + math.sqrt(t))
