"""Operators as SciPy, PyLops and DeepInverse see them: the same matrix, and their solvers run on it."""

import math
import sys
import types

import numpy as np
import pylops
import pytest
import torch
from scipy.sparse.linalg import lsqr

from ilo_theory.checkers import check_linear_operator
from tests.dense import dense
from tests.instances import OPERATORS

SMALL = [name for name, make in OPERATORS.items() if math.prod(make().in_shape) <= 1000]


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_as_scipy(name, dtype, rng):
    operator = OPERATORS[name]().to(dtype)
    A, matrix = operator.as_scipy(), dense(operator)
    tolerance = 20 * torch.finfo(dtype).eps
    check_linear_operator(A, tolerance=tolerance, rng=rng)
    assert A.shape == matrix.shape
    assert A.dtype == operator(torch.zeros(operator.in_shape, dtype=dtype)).numpy().dtype
    numbers = np.random.default_rng(0)
    for side, oracle in ((A, matrix), (A.T, matrix.T)):
        for x in (numbers.normal(size=oracle.shape[1]), numbers.normal(size=(oracle.shape[1], 3))[:, ::-1]):
            out = side @ x
            assert out.dtype == A.dtype
            np.testing.assert_allclose(out, oracle @ x, rtol=0, atol=tolerance * np.linalg.norm(x))
    np.testing.assert_array_equal(A.matmat(np.ones((A.shape[1], 1))).ravel(), A @ np.ones(A.shape[1]))


def test_a_solver_of_scipy_runs_on_it(rng):
    operator = OPERATORS["circulant"]().double()
    y = torch.randn(operator.out_shape, generator=rng, dtype=torch.float64).numpy()
    x = lsqr(operator.as_scipy(), y, atol=1e-14, btol=1e-14)[0]
    np.testing.assert_allclose(x, np.linalg.pinv(dense(operator)) @ y, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", SMALL)
def test_as_pylops(name, rng):
    operator = OPERATORS[name]().double()
    A, matrix = operator.as_pylops(), dense(operator)
    check_linear_operator(A, rng=rng)
    assert (A.dims, A.dimsd, A.shape) == (operator.in_shape, operator.out_shape, matrix.shape)
    if matrix.any():
        assert pylops.utils.dottest(A, rtol=1e-12)
    x = np.random.default_rng(0).normal(size=A.dims)
    y = A @ x
    assert y.shape == A.dimsd
    np.testing.assert_allclose(y.ravel(), matrix @ x.ravel(), rtol=0, atol=1e-12)
    np.testing.assert_allclose((A.H @ y).ravel(), matrix.T @ y.ravel(), rtol=0, atol=1e-12)


def test_pylops_composes_with_it():
    operator = OPERATORS["circulant"]().double()
    twice = 2 * operator.as_pylops() @ pylops.Identity(math.prod(operator.in_shape))
    np.testing.assert_allclose(twice.todense(), 2 * dense(operator), rtol=0, atol=1e-14)


class LinearPhysics(torch.nn.Module):
    """The calls of deepinv.physics.LinearPhysics on its A and A_adjoint, which get keyword arguments as well."""

    def __init__(self, A, A_adjoint, img_size):
        super().__init__()
        self._A, self._A_adjoint, self.img_size = A, A_adjoint, img_size

    def A(self, x, **parameters):
        return self._A(x, **parameters)

    def A_adjoint(self, y, **parameters):
        return self._A_adjoint(y, **parameters)


def test_as_deepinv(monkeypatch, rng):
    physics_module = types.ModuleType("deepinv.physics")
    physics_module.LinearPhysics = LinearPhysics
    monkeypatch.setitem(sys.modules, "deepinv", types.ModuleType("deepinv"))
    monkeypatch.setitem(sys.modules, "deepinv.physics", physics_module)
    operator = OPERATORS["circulant"]()
    physics = operator.as_deepinv().double()  # the operator goes along
    assert physics.img_size == operator.in_shape
    matrix = torch.from_numpy(dense(operator))
    x = torch.randn(2, *operator.in_shape, generator=rng, dtype=torch.float64)
    y = physics.A(x, mask=None)
    torch.testing.assert_close(y, x.flatten(1) @ matrix.T, rtol=0, atol=1e-13)
    torch.testing.assert_close(physics.A_adjoint(y, mask=None).flatten(1), y @ matrix, rtol=0, atol=1e-13)


@pytest.mark.parametrize(("adapter", "package"), [("as_pylops", "pylops"), ("as_deepinv", "deepinv")])
def test_missing_package_is_named(adapter, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setitem(sys.modules, f"{package}.physics", None)
    with pytest.raises(ImportError, match=package):
        getattr(OPERATORS["identity"](), adapter)()
