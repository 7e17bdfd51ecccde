"""The projection onto the l1 ball is exact: float64 oracles, adversarial data, all formats, shapes and strides."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from l1_oracle import by_fractions, by_sorting

from ilo_theory.balls import l1, project_l1_ball

TOLERANCE = {torch.float32: 1e-6, torch.float64: 1e-12}  # of the radius, for the l1 norm of the error
SUBNORMAL = {torch.float32: 2.0**-149, torch.float64: 2.0**-1074}
SHARES = [1e-4, 1e-3, 0.01, 0.5, 0.9, 1 - 1e-6, 1.5]  # of the norm


@pytest.fixture(params=["one by one", "together"])
def way(request, monkeypatch):
    """Both ways of solving rows on the CPU, whatever their number."""
    monkeypatch.setattr(l1, "ROW_BY_ROW", 0 if request.param == "one by one" else math.inf)


def data(p: int, rng: torch.Generator) -> dict[str, torch.Tensor]:
    def normal():
        return torch.randn(p, generator=rng, dtype=torch.float64)

    def uniform():
        return torch.rand(p, generator=rng, dtype=torch.float64)

    spike = torch.zeros(p, dtype=torch.float64).index_fill_(0, torch.tensor([p // 2]), -1e4)
    return {
        "Gaussian": normal(),
        "heavy tails": normal() / normal(),
        "all equal": torch.full((p,), 1.2345678, dtype=torch.float64),
        "few values": torch.randint(-3, 4, (p,), generator=rng) * 0.777,
        "half tied at the top": torch.where(uniform() < 0.5, 3.3, normal().clamp(-3, 3)),
        "spike": normal() * 1e-3 + spike,
        "one entry": spike,
        "sparse": torch.where(uniform() < 0.99, 0.0, normal()),
        "26 orders of magnitude": torch.exp(normal().clamp(-2, 2) * 15),
        "subnormal": normal() * 1e-39,
        "near ties": 1 + 1e-6 * normal(),
        "geometric": 2.0 ** -torch.arange(p, dtype=torch.float64).clamp(max=100),
        "ramp": torch.arange(p, dtype=torch.float64),
        "exponential": -torch.log1p(-uniform()),  # from 0, Newton's method climbs by one mean a step
    }


def error(y: torch.Tensor, x: torch.Tensor, radius: float) -> float:
    """The l1 norm of the error over all rows, the worst of them, in units of the radius."""
    oracle = [by_sorting(row.numpy(), radius) for row in x.flatten(1)]
    return max(math.fsum(np.abs(a.double().numpy() - b)) for a, b in zip(y.flatten(1), oracle, strict=True)) / radius


def allowed(x: torch.Tensor, radius: float) -> float:
    """The tolerance, and a subnormal step an entry, below which there are no numbers."""
    return TOLERANCE[x.dtype] + x[0].numel() * SUBNORMAL[x.dtype] / radius


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("p", [1, 2, 17, 1000, 20_000, 140_000])
def test_one_point_agrees_with_sorting(p, dtype, rng):
    for name, x in data(p, rng).items():
        x = x.to(dtype)[None]
        for share in SHARES if p < 20_000 else SHARES[::4] if p < 50_000 else [1e-6, 0.5]:
            radius = share * math.fsum(x[0].abs().numpy())
            if radius > 0:
                assert error(project_l1_ball(x, radius), x, radius) <= allowed(x, radius), (name, share)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("p", [1, 3, 16, 200])
def test_many_points_agree_with_sorting(p, dtype, rng):
    for name, x in data(20 * p, rng).items():
        x = x.to(dtype).view(20, p)
        for share in SHARES:
            radius = share * float(x.abs().sum(1, dtype=torch.float64).mean())
            if radius > 0:
                assert error(project_l1_ball(x, radius), x, radius) <= allowed(x, radius), (name, share)


@pytest.mark.parametrize(("name", "share"), [("Gaussian", 0.01), ("heavy tails", 0.5), ("all equal", 0.5)])
def test_two_million_entries_in_float32(name, share, rng):
    x = data(2_097_152, rng)[name].float()[None]
    radius = share * math.fsum(x[0].abs().numpy())
    assert error(project_l1_ball(x, radius), x, radius) <= 1e-6


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_entries_crowded_just_below_the_threshold_are_not_passed_over(dtype):
    """No entry that Newton's method has met tells of the 4,000 within its last step, which a strided sample misses."""
    p, stride = 20_000, 19
    sampled = torch.arange(p) % stride == 0
    x = torch.empty(p, dtype=torch.float64)
    seen = torch.zeros(int(sampled.sum()), dtype=torch.float64)
    seen[:395] = 1  # by these the threshold is 0.2, and 0.5 after a step
    hidden = torch.full((p - len(seen),), 0.5 + 1e-6, dtype=torch.float64)
    hidden[4000:], hidden[4000 : 4000 + 12_000 - 395], hidden[-1] = 0, 1, 0.3
    x[sampled], x[~sampled] = seen, hidden
    x, radius = x.to(dtype)[None], 6000 - 0.2 + 4e-3
    assert error(project_l1_ball(x, radius), x, radius) <= allowed(x, radius)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_tiny_radii_agree_with_rational_arithmetic(dtype, rng):
    """A radius far below the spacing of the numbers near the threshold."""
    for name, x in data(30, rng).items():
        if name == "subnormal":
            continue
        x = x.to(dtype)
        for share in (1e-12, 1e-9, 1e-6, 0.1):
            radius = share * math.fsum(x.abs().numpy())
            y = project_l1_ball(x[None], radius)[0]
            distance = sum(abs(Fraction(float(a)) - b) for a, b in zip(y, by_fractions(x.numpy(), radius), strict=True))
            assert distance <= TOLERANCE[dtype] * radius, (name, share)


def test_oracles_agree(rng):
    for x in data(30, rng).values():
        radius = 0.3 * math.fsum(x.abs().numpy())
        exact = by_fractions(x.numpy(), radius)
        assert sum(abs(v) for v in exact) == Fraction(radius)
        assert float(sum(abs(Fraction(a) - b) for a, b in zip(by_sorting(x.numpy(), radius), exact, strict=True))) <= (
            1e-14 * radius
        )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("shape", [(1, 5000), (40, 50)])
def test_half_precision(dtype, shape, rng):
    x = torch.randn(shape, generator=rng).to(dtype)
    radius, eps = 0.1 * float(x[0].abs().double().sum()), torch.finfo(dtype).eps
    y = project_l1_ball(x, radius)
    assert y.dtype == dtype
    assert float(y.double().abs().sum(1).max()) <= radius * (1 + eps)
    for a, row in zip(y.double().numpy(), x.float().numpy(), strict=True):
        oracle = by_sorting(row, radius)
        assert np.all(np.abs(a - oracle) <= eps * np.abs(oracle) + 1e-6 * radius)


def test_any_shape_and_stride(rng):
    x = torch.randn(6, 5, 4, 3, generator=rng, dtype=torch.float64)
    for view in (x.transpose(1, 3), x.flip(2), x[::2, 1:, ::2], x[:1].expand(7, 5, 4, 3), x.permute(3, 2, 1, 0)):
        y = project_l1_ball(view, 2.0)
        assert y.shape == view.shape
        assert error(y, view.contiguous(), 2.0) <= 1e-12


@pytest.mark.parametrize("shape", [(4, 3000), (50, 7)])
def test_each_point_has_its_radius_and_its_centre(shape, rng):
    x, centre = torch.randn(2, *shape, generator=rng, dtype=torch.float64)
    radius = torch.linspace(0, 3000, shape[0])
    y = project_l1_ball(x, radius, centre)
    for i, r in enumerate(radius.tolist()):
        oracle = by_sorting((x - centre)[i].numpy(), r) + centre[i].numpy()
        assert np.abs(y[i].numpy() - oracle).max() <= 1e-13 * max(r, 1)
    assert torch.equal(y[0], centre[0])  # radius 0


@pytest.mark.parametrize("shape", [(2, 30_000), (2, 900), (50, 7)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_points_of_the_ball_are_unchanged(shape, dtype, rng):
    x, centre = torch.randn(2, *shape, generator=rng).to(dtype)
    for radius in (1.001 * float((x - centre).double().abs().sum(1).max()), math.inf):
        assert torch.equal(project_l1_ball(x, radius, centre), x)
    assert torch.equal(project_l1_ball(centre, 0.0, centre), centre)
    assert torch.equal(project_l1_ball(x * 0, 0.0), x * 0)


@pytest.mark.parametrize("shape", [(3, 30_000), (3, 900), (50, 7)])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_nan_and_infinity_stay_in_their_row(shape, bad, rng):
    x = torch.randn(shape, generator=rng)
    expected = project_l1_ball(x, 1.0)
    x[1, 2] = bad
    expected[1] = math.nan
    assert torch.equal(project_l1_ball(x, 1.0).nan_to_num(7.0), expected.nan_to_num(7.0))
    radius = torch.ones(shape[0])
    radius[1] = math.nan
    assert project_l1_ball(x, radius)[1].isnan().all()


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("p", [1000, 20_000])
def test_huge_entries(p, rng):
    x = torch.randn(1, p, generator=rng).clamp(-3, 3) * 1e33
    radius = float(x.double().abs().sum()) / 2
    assert error(project_l1_ball(x, radius), x, radius) <= 1e-6
    assert project_l1_ball(x * 1e5, 1.0).isnan().all()  # the norm overflows


def test_empty_batch():
    for centre in (None, torch.zeros(0, 3, 4)):
        assert project_l1_ball(torch.zeros(0, 3, 4), 1.0, centre).shape == (0, 3, 4)


@pytest.mark.parametrize("radius", [0.01, torch.tensor([0.5, 2.0])])
def test_argument_is_left_alone(radius, rng):
    x = torch.randn(2, 20_000, generator=rng)
    copy = x.clone()
    project_l1_ball(x, radius)[:] = 0
    assert torch.equal(x, copy)
