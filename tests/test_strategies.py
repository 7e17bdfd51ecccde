"""The strategies: what they draw is what they say, they shrink to the simplest, and hypothesis finds them by itself."""

import math
import subprocess
import sys
import tomllib
from fractions import Fraction
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from ilo_theory import strategies
from ilo_theory.bounds import Setting
from ilo_theory.generators import Chain, Generator, relu_chain
from ilo_theory.operators import Gaussian, LinearOperator, Mask, PartialCirculant
from ilo_theory.strategies import (
    batches,
    circulant_operators,
    gaussian_operators,
    l1_ball_points,
    latents,
    masks,
    point_sets,
    radii,
    sign_vectors,
    small_generators,
    split_points,
    theorem_settings,
)

ENTRY = "ilo_theory.strategies:_hypothesis_setup"
ROOT = Path(__file__).parent.parent


def simplest(strategy, condition=lambda value: True):
    """What a failing test of `condition` would show."""
    return find(strategy, condition, settings=settings(database=None, max_examples=500, phases=set(Phase)))


def kinds(strategy, kind, draws: int = 300) -> set:
    """All kinds of what is drawn."""
    seen = set()

    @settings(max_examples=draws, database=None, derandomize=True)
    @given(strategy)
    def look(value):
        seen.add(kind(value))

    look()
    return seen


# --- Points -----------------------------------------------------------------------------------------------------------


@given(st.data(), st.sampled_from([(1,), (7,), (2, 3)]), radii())
def test_points_lie_in_the_l1_ball(data, shape, radius):
    point = data.draw(l1_ball_points(shape, radius))
    assert point.shape == shape
    assert point.dtype == torch.float64
    norm = sum(abs(Fraction(value)) for value in point.flatten().tolist())
    assert norm <= Fraction(radius) * (1 + Fraction(1, 2**50))


def test_points_are_of_all_kinds_and_shrink():
    def kind(point):
        norm, entries = float(point.abs().sum()), int(point.count_nonzero())
        return "centre" if not entries else ("boundary" if norm > 2 - 1e-9 else "inside", "corner" * (entries == 1))

    expected = {"centre", ("boundary", ""), ("boundary", "corner"), ("inside", ""), ("inside", "corner")}
    assert kinds(l1_ball_points((5,), 2.0), kind) == expected
    assert simplest(l1_ball_points((5,), 2.0)).tolist() == [0] * 5
    corner = simplest(l1_ball_points((5,), 2.0), lambda point: point.abs().sum() > 1)
    assert corner.count_nonzero() == 1


@given(sign_vectors((2, 3)))
def test_signs(signs):
    assert signs.shape == (2, 3)
    assert set(signs.flatten().tolist()) <= {1.0, -1.0}


def test_signs_are_all_there_and_shrink():
    assert len(kinds(sign_vectors(3), lambda signs: tuple(signs.tolist()))) == 8
    assert simplest(sign_vectors(4)).tolist() == [1] * 4
    assert sorted(simplest(sign_vectors(4), lambda signs: signs.sum() < 4).tolist()) == [-1, 1, 1, 1]


@given(radii(1e-3, 1e3), radii(zero=True))
def test_radii(radius, other):
    assert 1e-3 <= radius <= 1e3
    assert other == 0 or 1e-6 <= other <= 1e7


def test_radii_are_of_every_magnitude():
    assert {-4, -1, 0, 1, 4} <= kinds(radii(), lambda radius: math.floor(math.log10(radius)))
    assert simplest(radii(zero=True)) == 0
    assert 0 in kinds(radii(zero=True), float)


@settings(max_examples=30)
@given(batches(), batches((2, 3), largest=1.0), point_sets(3, 4))
def test_batches_and_sets(some, one, points):
    assert 2 <= some.ndim <= 4
    assert some.abs().max() <= 1e6
    assert one.shape == (2, 3)
    assert one.abs().max() <= 1
    assert one.dtype == some.dtype == points.dtype == torch.float64
    assert 1 <= len(points) <= 4
    assert points.shape[1] == 3
    assert points.abs().max() <= 1
    torch.testing.assert_close((12 * points).round(), 12 * points)


# --- Operators and generators -----------------------------------------------------------------------------------------


@given(circulant_operators())
def test_circulant_operators_have_exact_entries(operator):
    n = math.prod(operator.in_shape)
    assert operator.row.shape == operator.signs.shape == (n,)
    assert len(set(operator.rows.tolist())) == operator.out_shape[0] <= n
    assert operator.row.dtype == torch.float64
    assert torch.equal((32 * operator.row).round(), 32 * operator.row)


def test_operators_are_of_all_kinds_and_shrink():
    def kind(operator):
        first = torch.equal(operator.rows, torch.arange(len(operator.rows)))
        return len(operator.in_shape) > 1, first, bool((operator.signs < 0).any())

    assert len(kinds(circulant_operators(), kind)) == 8
    least = simplest(circulant_operators(), lambda A: A.out_shape[0] >= 2 and bool(A.row.any()))
    assert math.prod(least.in_shape) == 2
    assert least.signs.tolist() == [1, 1]
    assert simplest(gaussian_operators()).matrix.shape == (1, 1)
    assert simplest(masks()).mask.tolist() == [False]
    assert kinds(masks(st.just((2,))), lambda A: tuple(A.mask.tolist())) == {(a, b) for a in (0, 1) for b in (0, 1)}


@given(st.data(), small_generators())
def test_generators_their_latents_and_splits(data, generator):
    latent, (start, stop) = data.draw(latents(generator, 3)), data.draw(split_points(generator))
    assert 0 <= start <= stop < generator.num_layers <= 4
    assert latent["z"].shape == (3, generator.k)
    assert latent["z"].dtype == torch.float64
    middle = generator(generator(latent, stop=start), start, stop)
    assert torch.equal(generator(middle, start=stop), generator(latent))


def test_generators_are_of_all_kinds_and_shrink():
    def kind(chain):
        return chain.num_layers, type(chain.layers[-1]).__name__, type(chain.layers[0]).__name__

    assert {(n, "Sequential", "Sequential") for n in (1, 2, 3, 4)} <= kinds(small_generators(), kind)
    assert {(n, "Linear", "Linear") for n in (1, 2, 3, 4)} <= kinds(small_generators(), kind)
    assert {(n, "Linear", "Sequential") for n in (2, 3, 4)} <= kinds(small_generators(), kind)
    least = simplest(small_generators(), lambda chain: chain.num_layers >= 2)
    assert [layer.weight.shape for layer in least.layers] == [(1, 1), (1, 1)]
    splits = split_points(relu_chain(2, 3, 4, 5, rng=torch.Generator().manual_seed(0)))
    assert kinds(splits, tuple) == {(0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2)}
    assert simplest(splits) == (0, 0)


@given(theorem_settings(printed=True))
def test_printed_settings_are_those_of_the_printed_theorem(setting):
    assert math.sqrt(setting.p) >= setting.K
    assert math.isfinite(setting.measurements)


def test_settings_reach_both_sides_of_the_end_point_and_shrink():
    assert kinds(theorem_settings(), lambda setting: math.sqrt(setting.p) >= setting.K) == {True, False}
    least = simplest(theorem_settings())
    assert (least.k, least.p, least.n) == (1, 1, 1)
    assert least.L1 == least.L2 == least.r1 == least.delta == least.K == 1


# --- Hypothesis finds them --------------------------------------------------------------------------------------------

TYPES = {
    PartialCirculant: {PartialCirculant},
    Gaussian: {Gaussian},
    Mask: {Mask},
    LinearOperator: {PartialCirculant, Gaussian, Mask},
    Chain: {Chain},
    Generator: {Chain},
    Setting: {Setting},
}


def test_every_type_is_made_from_its_annotation():
    strategies._hypothesis_setup()
    strategies._hypothesis_setup()  # a second time changes nothing
    for annotation, expected in TYPES.items():
        assert kinds(st.from_type(annotation), type, draws=50) == expected

    @given(...)
    def together(operator: LinearOperator, setting: Setting):
        assert isinstance(operator, LinearOperator)
        assert isinstance(setting, Setting)

    together()


LATE = """
import sys
import hypothesis
from ilo_theory.strategies import _hypothesis_setup
_hypothesis_setup()
_hypothesis_setup()
assert "torch" not in sys.modules and "ilo_theory.bounds" not in sys.modules
from hypothesis import find, strategies as st
import ilo_theory.bounds
assert "torch" not in sys.modules
assert find(st.from_type(ilo_theory.bounds.Setting), lambda setting: True).k == 1
from ilo_theory.generators import Generator
assert find(st.from_type(Generator), lambda generator: True).num_layers == 1
from ilo_theory.operators import LinearOperator, PartialCirculant
assert find(st.from_type(PartialCirculant), lambda operator: True).in_shape == (1,)
assert find(st.from_type(LinearOperator), lambda operator: True).in_shape == (1,)
assert "Arrivals" not in [type(finder).__name__ for finder in sys.meta_path]
"""


def test_nothing_is_loaded_before_it_is_needed():
    """A new process: hypothesis first, then our modules, each of which is known as soon as it is there."""
    done = subprocess.run([sys.executable, "-c", LATE], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_entry_point_is_declared_and_installed():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert declared["entry-points"]["hypothesis"] == {"_": ENTRY}
    (installed,) = [entry for entry in distribution(declared["name"]).entry_points if entry.group == "hypothesis"]
    assert installed.value == ENTRY
    assert installed.load() is strategies._hypothesis_setup


def test_the_public_names():
    assert strategies.__all__ == sorted(strategies.__all__)
    assert set(strategies.__all__) <= set(dir(strategies))
    for name in strategies.__all__:
        assert getattr(strategies, name).__doc__
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        strategies.nothing  # noqa: B018
    assert np.shape(simplest(strategies.sign_vectors(2))) == (2,)
