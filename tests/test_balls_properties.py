"""What makes a point the projection, whatever the data; that a device is not waited for; and what is refused."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ilo_theory.balls import project_l1_ball, project_l2_ball, project_sphere, sample_l1_ball
from ilo_theory.checkers import check_projection, norm_ball
from ilo_theory.strategies import batches, radii

RADII = radii(zero=True)
PAIRS = batches((2, 3, 8))


def dots(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a * b).flatten(1).sum(1)


@given(x=batches(), radius=RADII)
def test_l1_projection_satisfies_the_variational_inequality(x, radius):
    """y is nearest iff <x - y, z - y> <= 0 for all z of the ball; the largest <x - y, z> is radius ||x - y||_inf."""
    y = project_l1_ball(x, radius)
    assert bool((y.abs().flatten(1).sum(1) <= radius * (1 + 1e-12)).all())
    gap = radius * (x - y).abs().flatten(1).amax(1) - dots(x - y, y)
    assert float(gap.max()) <= 1e-12 * radius * float(x.abs().max())
    assert bool((x * y >= 0).all())


@given(x=batches(), radius=RADII)
def test_l2_projection_satisfies_the_variational_inequality(x, radius):
    y = project_l2_ball(x, radius)
    norm = y.flatten(1).norm(dim=1)
    assert bool((norm <= radius * (1 + 1e-14)).all())
    gap = radius * (x - y).flatten(1).norm(dim=1) - dots(x - y, y)
    assert float(gap.max()) <= 1e-12 * radius * max(float(x.abs().max()), 1e-300) * x[0].numel()


@pytest.mark.parametrize(("project", "order"), [(project_l1_ball, 1), (project_l2_ball, 2)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@settings(max_examples=30)
@given(points=batches((4, 2, 3)), radius=radii(1e-3, 1e6), seed=st.integers(0, 9))
def test_projections_onto_balls_keep_every_law(project, order, dtype, points, radius, seed):
    check_projection(
        lambda x: project(x, radius),
        norm_ball(order, radius),
        shape=(2, 3),
        points=points,
        like=torch.empty(0, dtype=dtype),
        tolerance=20 * torch.finfo(dtype).eps,
        rng=torch.Generator().manual_seed(seed),
    )


@pytest.mark.parametrize("project", [project_l1_ball, project_l2_ball])
@given(pair=PAIRS, radius=RADII)
def test_projections_onto_balls_do_not_expand_and_are_idempotent(project, pair, radius):
    a, b = pair
    p, q = project(a, radius), project(b, radius)
    assert bool(((p - q).norm(dim=1) <= (a - b).norm(dim=1) + 1e-9 * max(1, radius * 1e-6)).all())
    assert float((project(p, radius) - p).abs().sum()) <= 1e-12 * radius * p.numel()


@given(x=batches((3, 8)), radius=radii(1e-3), power=st.integers(-40, 40))
def test_l1_projection_scales_and_permutes_with_its_point(x, radius, power):
    y, factor = project_l1_ball(x, radius), 2.0**power
    assert float((project_l1_ball(x * factor, radius * factor) / factor - y).abs().max()) <= 1e-13 * radius
    assert float((project_l1_ball(-x.flip(1), radius) + y.flip(1)).abs().max()) <= 1e-13 * radius


@given(pair=PAIRS, radius=RADII)
def test_a_centre_is_a_shift(pair, radius):
    x, centre = pair
    for project in (project_l1_ball, project_l2_ball):
        shifted = project(x, radius, centre) - centre - project(x - centre, radius)
        assert float(shifted.abs().max()) <= 1e-9


@pytest.mark.parametrize(
    ("shape", "dtype"), [((2, 1000), torch.float16), ((2, 50_000), torch.float32), ((40, 50), torch.float64)]
)
def test_no_value_is_read_back_from_a_device(shape, dtype):
    """On the meta device there are no values: whatever waits for one fails."""
    x = torch.empty(shape, dtype=dtype, device="meta")
    with pytest.raises((RuntimeError, NotImplementedError)):
        x.sum().item()
    radius = torch.empty(shape[0], device="meta")
    for project in (project_l1_ball, project_l2_ball):
        for r in (1.0, radius):
            assert project(x, r, x).shape == shape
    assert project_sphere(x, radius).shape == shape
    moving = x.clone().requires_grad_()
    assert torch.autograd.grad(project_l1_ball(moving, 1.0).sum(), moving)[0].shape == shape


@pytest.mark.parametrize("project", [project_l1_ball, project_l2_ball, project_sphere])
@pytest.mark.parametrize(
    ("x", "radius", "words"),
    [
        (torch.zeros(3), 1.0, r"takes a batch \[B, \*shape\] \(a vector is x\[None\]\), got shape \(3,\)"),
        (torch.tensor(1.0), 1.0, r"takes a batch .* got shape \(\)"),
        (torch.zeros(2, 0), 1.0, r"takes a batch .* got shape \(2, 0\)"),
        (torch.zeros(2, 3, dtype=torch.int64), 1.0, r"must have a real floating dtype, got torch.int64"),
        (torch.zeros(2, 3, dtype=torch.complex64), 1.0, r"must have a real floating dtype, got torch.complex64"),
        (torch.zeros(2, 3), -1.0, r"\(radius=...\)` must be >= 0, got -1.0"),
        (torch.zeros(2, 3), math.nan, r"\(radius=...\)` must be >= 0, got nan"),
        (torch.zeros(2, 3), torch.ones(3), r"\(radius=...\)` must be a number or \[2\], got \(3,\)"),
        (torch.zeros(2, 3), torch.tensor(1.0), r"\(radius=...\)` must be a number or \[2\], got \(\)"),
    ],
)
def test_bad_arguments_are_refused(project, x, radius, words):
    with pytest.raises(ValueError, match=f"`{project.__name__}.*{words}"):
        project(x, radius)


@pytest.mark.parametrize("project", [project_l1_ball, project_l2_ball])
@pytest.mark.parametrize("centre", [torch.zeros(2, 4), torch.zeros(1, 3), torch.zeros(2, 3, dtype=torch.float64)])
def test_bad_centres_are_refused(project, centre):
    with pytest.raises(ValueError, match=rf"`{project.__name__}\(centre=...\)` must be as x, torch.float32 \(2, 3\)"):
        project(torch.zeros(2, 3), 1.0, centre)


def test_other_bad_arguments_are_refused(rng):
    with pytest.raises(ValueError, match=r"`project_sphere\(dims=...\)` must name a dimension"):
        project_sphere(torch.zeros(2, 3), 1.0, ())
    with pytest.raises(ValueError, match=r"`sample_l1_ball\(radius=...\)` must be >= 0, got -2"):
        sample_l1_ball((2, 3), -2, rng=rng)
    with pytest.raises(ValueError, match=r"`sample_l1_ball` takes a batch .* got shape \(5,\)"):
        sample_l1_ball((5,), 1.0, rng=rng)
