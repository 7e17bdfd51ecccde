"""The derivative of the projection onto the l1 ball is that of the theory, in the point, the radius and the centre."""

import math

import numpy as np
import pytest
import torch
from l1_oracle import by_sorting
from torch.autograd import gradcheck, gradgradcheck
from torch.autograd.functional import jacobian

from ilo_theory.balls import project_l1_ball, project_l2_ball, project_sphere


def theory(x: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """dy/dx [p, p] and dy/dradius [p] at one point: diag(|s|) - s s^T / n and s / n outside, I and 0 inside."""
    if math.fsum(np.abs(x)) <= radius:
        return np.eye(x.size), np.zeros(x.size)
    s = np.sign(by_sorting(x, radius))
    return np.diag(np.abs(s)) - np.outer(s, s) / np.abs(s).sum(), s / np.abs(s).sum()


def point(shape: tuple[int, ...], rng: torch.Generator) -> torch.Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.9, 1.5])
def test_jacobian_in_all_arguments(share, rng):
    x, centre = point((1, 40), rng), point((1, 40), rng)
    norm = float((x - centre).abs().sum())
    radius = torch.tensor([share * norm], dtype=torch.float64)
    to_x, to_radius, to_centre = jacobian(project_l1_ball, (x, radius, centre))
    expected, slope = theory((x - centre)[0].numpy(), float(radius))
    assert np.abs(to_x[0, :, 0].numpy() - expected).max() <= 1e-15
    assert np.abs(to_radius[0, :, 0].numpy() - slope).max() <= 1e-15
    assert np.abs(to_centre[0, :, 0].numpy() - (np.eye(40) - expected)).max() <= 1e-15


@pytest.mark.parametrize("shape", [(3, 20_000), (30, 50)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_each_point_has_its_gradient(shape, dtype, rng):
    """Points inside of their ball and outside, solved one by one and together."""
    x, upstream = point(shape, rng).to(dtype), point(shape, rng).to(dtype)
    radius = torch.linspace(0.2, 1.2, shape[0]) * x.double().abs().sum(1).float()
    moving, growing = x.clone().requires_grad_(), radius.clone().requires_grad_()
    to_x, to_radius = torch.autograd.grad(project_l1_ball(moving, growing), (moving, growing), upstream)
    assert to_x.dtype == dtype
    assert to_radius.dtype == torch.float32
    for i, g in enumerate(upstream.double().numpy()):
        row = x[i].double().numpy()
        s = np.sign(by_sorting(row, float(radius[i])))
        inside = math.fsum(np.abs(row)) <= float(radius[i])
        mean = 0.0 if inside else (g @ s) / np.abs(s).sum()
        expected = g if inside else np.abs(s) * g - mean * s
        assert np.abs(to_x[i].numpy() - expected).max() <= 1e-5
        assert abs(float(to_radius[i]) - mean) <= 1e-5
    assert (torch.count_nonzero(to_radius) == torch.count_nonzero(radius < x.double().abs().sum(1))).item()


def test_finite_differences_agree(rng):
    x, centre = point((4, 3, 5), rng).requires_grad_(), point((4, 3, 5), rng).requires_grad_()
    radius = torch.tensor([0.5, 3.0, 9.0, 100.0], dtype=torch.float64, requires_grad=True)
    for project in (project_l1_ball, project_l2_ball):
        assert gradcheck(project, (x, radius, centre))
        assert gradgradcheck(project, (x, radius, centre))
    assert gradcheck(project_l1_ball, (x, 2.0))
    assert gradcheck(project_sphere, (x, radius))
    assert gradcheck(lambda z: project_sphere(z, 2.0, (1,)), (x,))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_has_a_gradient(dtype, rng):
    x = torch.randn(2, 3000, generator=rng).to(dtype).requires_grad_()
    (grad,) = torch.autograd.grad((project_l1_ball(x, 20.0) * x.detach()).sum(), x)
    assert grad.dtype == dtype
    for g, row in zip(grad.double().numpy(), x.detach().double().numpy(), strict=True):
        expected = theory(row, 20.0)[0] @ row
        assert np.abs(g - expected).max() <= 4 * torch.finfo(dtype).eps * np.abs(expected).max()


@pytest.mark.parametrize("project", [project_l1_ball, project_l2_ball])
def test_gradients_are_finite_where_there_is_none(project):
    """At the origin, on the boundary, for radius 0: some element of the generalised derivative, never NaN."""
    for radius in (0.0, 2.0):
        x = torch.tensor([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]], requires_grad=True)
        (grad,) = torch.autograd.grad(project(x, radius).sum(), x)
        assert bool(grad.isfinite().all())


def test_no_graph_is_recorded_without_need(rng):
    x = torch.randn(2, 5000, generator=rng)
    assert not project_l1_ball(x, 1.0).requires_grad
    with torch.no_grad():
        assert not project_l1_ball(x.requires_grad_(), 1.0).requires_grad
