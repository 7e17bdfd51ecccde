"""The l2 ball and the sphere against their formulas, and all projections against stored results of other code."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from ilo_theory.balls import project_l1_ball, project_l2_ball, project_sphere

GOLDEN = Path(__file__).parent / "golden" / "ilo_ops.npz"


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN, allow_pickle=False) as arrays:
        return {key: torch.from_numpy(arrays[key]) for key in arrays.files if key.startswith(("l1/", "sph/"))}


@pytest.mark.parametrize("share", ["0.01", "0.1", "0.5", "0.99", "1.5"])
def test_stored_l1_projections(golden, share):
    x, radius, expected = golden["l1/x"], float(golden[f"l1/eps_{share}"]), golden[f"l1/proj_{share}"]
    alone = torch.cat([project_l1_ball(row[None], radius) for row in x])
    together = project_l1_ball(x.repeat(8, 1), radius)[: len(x)]
    for y in (alone, together):
        assert float((y - expected).abs().sum(1).max()) <= 1e-12 * radius
    single = project_l1_ball(x.float(), radius).double()
    assert float((single - expected).abs().sum(1).max()) <= 1e-6 * radius


@pytest.mark.parametrize("name", ["sph/p0", "sph/p1"])
def test_stored_spheres(golden, name):
    """The sphere through the starting value, in each group of the dimensions from the third on."""
    start, before, after = (golden[f"{name}_{when}"] for when in ("init", "before", "after"))
    dims = tuple(range(2, before.ndim))
    radius = torch.linalg.vector_norm(start, dim=dims, keepdim=True)
    assert float((project_sphere(before, radius, dims) - after).abs().max()) <= 1e-6
    assert float((project_sphere(start, radius, dims) - start).abs().max()) <= 1e-6


@pytest.mark.parametrize("shape", [(3, 7), (3, 4, 50)])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-14), (torch.float16, 1e-3)])
def test_l2_ball(shape, dtype, tolerance, rng):
    x, centre = torch.randn(2, *shape, generator=rng).to(dtype)
    radius = torch.tensor([0.0, 0.7, 1e3])
    y = project_l2_ball(x, radius, centre)
    assert y.dtype == dtype
    for i, r in enumerate(radius.tolist()):
        c, shift = centre[i].double().numpy(), (x[i].double() - centre[i].double()).numpy()
        expected = c + shift * min(1.0, r / math.sqrt((shift**2).sum()))
        assert np.abs(y[i].double().numpy() - expected).max() <= tolerance * max(1, np.abs(c).max())
    assert torch.equal(y[0], centre[0])
    assert torch.equal(y[2], x[2])


@pytest.mark.parametrize("scale", [1e-40, 1e-30, 1.0, 1e30])
def test_squares_neither_overflow_nor_vanish(scale, rng):
    x = (torch.randn(2, 50, generator=rng).double() * scale).float()
    expected = x.double() / x.double().norm(dim=1, keepdim=True)
    tolerance = 1e-6 * scale + 1e-44
    assert float((project_l2_ball(x, scale).double() - scale * expected).abs().max()) <= tolerance
    assert float((project_sphere(x, 3.0).double() - 3 * expected).abs().max()) <= 1e-5


@pytest.mark.parametrize("dims", [None, (1,), (2, 3), (-1,), (1, 2, 3)])
def test_sphere(dims, rng):
    x = torch.randn(3, 4, 5, 6, generator=rng, dtype=torch.float64)
    groups = tuple(range(1, 4)) if dims is None else dims
    norm = np.sqrt((x.numpy() ** 2).sum(axis=groups, keepdims=True))
    radius = torch.rand(3, generator=rng, dtype=torch.float64)
    each = torch.rand(norm.shape, generator=rng, dtype=torch.float64)
    for r, array in ((2.5, 2.5), (radius, radius.numpy().reshape(3, 1, 1, 1)), (each, each.numpy())):
        assert np.abs(project_sphere(x, r, dims).numpy() - array * x.numpy() / norm).max() <= 1e-14


def test_origin_goes_to_a_nearest_point_of_the_sphere():
    y = project_sphere(torch.zeros(2, 9), torch.tensor([0.0, 6.0]))
    assert torch.equal(y, torch.tensor([[0.0], [2.0]]).expand(2, 9))
    assert torch.equal(project_l2_ball(torch.zeros(2, 9), 0.0), torch.zeros(2, 9))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_nan_and_infinity_stay_in_their_row(bad, rng):
    x = torch.randn(3, 40, generator=rng)
    for project in (project_l2_ball, project_sphere):
        expected = project(x, 1.0)
        spoilt = x.index_put((torch.tensor(1), torch.tensor(2)), torch.tensor(bad))
        y = project(spoilt, 1.0)
        assert y[1].isnan().any()
        assert torch.equal(y[[0, 2]], expected[[0, 2]])


def test_empty_batch():
    assert project_l2_ball(torch.zeros(0, 3), 1.0).shape == (0, 3)
    assert project_sphere(torch.zeros(0, 3, 2), 1.0, (2,)).shape == (0, 3, 2)
