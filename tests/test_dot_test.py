"""The dot test is tested, and the checker that holds one: both catch wrong adjoints, in the operator's precision."""

import math

import pytest
import torch

from ilo_theory.checkers import CheckFailed, check_linear_operator
from ilo_theory.operators import Downsample, Gaussian, LinearOperator, Mask, PartialCirculant, dot_test
from tests.instances import OPERATORS


class Planted(LinearOperator):
    """An operator with one side spoilt."""

    def __init__(self, operator, *, forward=None, adjoint=None):
        super().__init__(operator.in_shape, operator.out_shape)
        self.operator, self.spoil_forward, self.spoil_adjoint = operator, forward, adjoint

    def _forward(self, x):
        y = self.operator._forward(x)
        return y if self.spoil_forward is None else self.spoil_forward(y)

    def _adjoint(self, y):
        x = self.operator._adjoint(y)
        return x if self.spoil_adjoint is None else self.spoil_adjoint(x)


FAULTS = {
    "sign": torch.neg,
    "one percent": lambda v: 1.01 * v,
    "order": lambda v: v.flip(-1),
    "shift by one": lambda v: v.roll(1, -1),
    "not linear": torch.abs,
    "uneven": lambda v: v * torch.linspace(1, 1.01, v.shape[-1]),
    "nan": lambda v: v * math.nan,
}
SOUND = ["gaussian", "circulant", "circulant, some rows", "downsample by 2", "mask", "long circulant"]


def passes(operator, rng) -> bool:
    """As the operators' own tests ask for it."""
    eps = torch.finfo(operator._like.dtype).eps
    return all(dot_test(operator, rng=rng) < 20 * eps for _ in range(5))


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize("side", ["forward", "adjoint"])
@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_caught(name, side, fault, rng):
    operator = OPERATORS[name]()
    assert passes(Planted(operator), rng)
    planted = Planted(operator, **{side: FAULTS[fault]})
    assert not passes(planted, rng)
    with pytest.raises(CheckFailed):
        check_linear_operator(planted, rng=rng)


def test_wrong_adjoints_that_were_once_written_are_caught(rng):
    """Interpolation for bicubic downsampling, a correlation for a convolution, missing signs."""
    downsample = Downsample((8, 8), 2)
    interpolate = Planted(downsample)
    interpolate._adjoint = lambda y: torch.nn.functional.interpolate(y[None, None], scale_factor=2.0)[0, 0] / 4
    assert not passes(interpolate, rng)

    circulant = PartialCirculant.draw(64, (64,), rng=rng)
    spectrum = torch.fft.rfft(circulant.row)
    for wrong in (
        lambda y: circulant.signs * torch.fft.irfft(torch.fft.rfft(y) * spectrum.conj(), 64),
        lambda y: torch.fft.irfft(torch.fft.rfft(y) * spectrum, 64),
    ):
        planted = Planted(circulant)
        planted._adjoint = wrong
        assert not passes(planted, rng)
    planted._adjoint = lambda y: circulant.signs * torch.fft.irfft(torch.fft.rfft(y) * spectrum, 64)
    assert passes(planted, rng)


def test_is_the_stated_ratio(rng):
    """With A = 2 and an adjoint of 3, <Ax, y> - <x, 3y> = -<x, y>."""
    doubled = Gaussian(torch.tensor([[2.0]]), (1,))
    planted = Planted(doubled)
    planted._adjoint = lambda y: 3 * y
    assert dot_test(planted, rng=rng) == pytest.approx(1 / 2, rel=1e-6)


def test_runs_in_the_precision_of_the_operator(rng):
    seen = set()

    class Recorded(Gaussian):
        def _forward(self, x):
            seen.add(x.dtype)
            return super()._forward(x)

    operator = Recorded.draw(8, (16,), rng=rng)
    dot_test(operator, rng=rng)
    assert seen == {torch.float32}
    dot_test(operator.double(), rng=rng)
    assert seen == {torch.float32, torch.float64}


def test_draws_come_from_the_generator_alone():
    operator = Gaussian.draw(8, (16,), rng=torch.Generator().manual_seed(0))
    values = []
    for seed in (1, 1, 2):
        torch.manual_seed(99 + len(values))
        values.append(dot_test(operator, rng=torch.Generator().manual_seed(seed)))
    assert values[0] == values[1] != values[2]


def test_zero_operator(rng):
    nothing = Mask(torch.zeros(3, 3))
    assert dot_test(nothing, rng=rng) == 0
    assert not passes(Planted(nothing, adjoint=lambda x: x + 1), rng)
