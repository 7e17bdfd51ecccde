"""The checker of linear operators is checked: other libraries' sound ones pass, each planted fault is named."""

import deepinv
import numpy as np
import pylops
import pytest
import scipy.sparse
import torch
from scipy.sparse.linalg import LinearOperator, aslinearoperator

from ilo_theory.checkers import check_linear_operator
from tests.laws import law
from tests.toys import seeded

SHAPE = (2, 3, 4)
MATRIX = torch.randn(7, 24, generator=seeded())


def forward(x):
    return x.flatten(1) @ MATRIX.T


def adjoint(y):
    return (y @ MATRIX).view(-1, *SHAPE)


def smoothed(dtype) -> pylops.LinearOperator:
    return pylops.SecondDerivative((6, 5), axis=0, dtype=dtype) @ pylops.Restriction(40, np.arange(30), dtype=dtype)


SOUND = {
    "SciPy, a sparse matrix": lambda: aslinearoperator(scipy.sparse.random(9, 30, 0.3, rng=np.random.default_rng(0))),
    "SciPy, complex": lambda: aslinearoperator(np.arange(12).reshape(3, 4) * (1 + 2j)),
    "SciPy, its adjoint": lambda: aslinearoperator(np.arange(12.0).reshape(3, 4)).H,
    "SciPy, of no dtype": lambda: LinearOperator((3, 3), matvec=lambda x: 2 * x, rmatvec=lambda x: 2 * x),
    "PyLops": lambda: smoothed("float64"),
    "PyLops in single precision": lambda: smoothed("float32"),
    "SciPy, whole numbers": lambda: aslinearoperator(np.arange(12).reshape(3, 4)),
    "PyLops, complex": lambda: pylops.signalprocessing.FFT(16, dtype="complex128"),
    "PyLops, complex of real": lambda: pylops.signalprocessing.FFT(16, real=True, dtype="float64"),
    "DeepInverse, a mask": lambda: deepinv.physics.Inpainting((1, 6, 5), mask=0.4),
    "DeepInverse, a blur": lambda: deepinv.physics.Blur(torch.ones(1, 1, 3, 3) / 9, padding="circular"),
    "DeepInverse, nothing done": lambda: deepinv.physics.Denoising(),
    "torch, a linear layer": lambda: (forward, adjoint),
}
IMAGES = {"DeepInverse, a blur": (1, 8, 6), "DeepInverse, nothing done": (3, 4, 5), "torch, a linear layer": SHAPE}


@pytest.mark.parametrize("name", SOUND)
def test_sound_operators_of_other_libraries_pass(name):
    sides = SOUND[name]()
    sides = sides if isinstance(sides, tuple) else (sides,)
    for seed in range(5):
        check_linear_operator(*sides, in_shape=IMAGES.get(name), rng=seeded(seed))


def mixing(x):
    """As a batch normalisation does it."""
    return forward(x) - 0.01 * forward(x).mean(0, keepdim=True)


def spilling(x):
    return forward(x) + 0 * forward(x).sum()


def in_place(x):
    return forward(x.mul_(1)) if x.sum() > 1e9 else forward(x.neg_())


FAULTS = {
    "sign": (forward, lambda y: -adjoint(y), "the adjoint"),
    "one percent": (forward, lambda y: 1.01 * adjoint(y), "the adjoint"),
    "one pixel": (
        forward,
        lambda y: adjoint(y) * torch.ones(24).index_fill(0, torch.tensor(5), 1.01).view(SHAPE),
        "the",
    ),
    "shift by one": (forward, lambda y: adjoint(y).roll(1, -1), "the adjoint"),
    "order": (forward, lambda y: adjoint(y.flip(-1)), "the adjoint"),
    "affine": (lambda x: forward(x) + 0.01, adjoint, "linearity at 0"),
    "affine adjoint": (forward, lambda y: adjoint(y) - 0.01, "linearity at 0"),
    "absolute value": (lambda x: forward(x).abs(), adjoint, "linearity at 2 u - 3 v"),
    "clamped": (lambda x: forward(x.clamp(-20, 20)), adjoint, "linearity at 1024 u"),
    "dead zone": (lambda x: forward(torch.where(x.abs() < 1e-4, 0, x)), adjoint, "linearity at 0.000976562 u"),
    "noise": (lambda x: forward(x) + 0.01 * x.norm() * torch.randn(len(x), 7, generator=seeded(9)), adjoint, "lin"),
    "mixed rows": (mixing, adjoint, "batches in array"),
    "NaN spreads": (spilling, adjoint, "batches in an array beside one of NaN"),
    "NaN made": (lambda x: forward(x) / forward(x).sign().relu(), adjoint, "finite numbers"),
    "NaN at 0": (lambda x: forward(x) / (x.norm() / x.norm()), adjoint, "linearity at 0"),
    "shape": (lambda x: forward(x)[:, None], lambda y: adjoint(y[:, 0])[..., :3], "shapes"),
    "no batch": (lambda x: forward(x)[0], adjoint, "shapes"),
    "dtype": (lambda x: forward(x).double(), adjoint, "one dtype"),
    "dtype of the adjoint": (forward, lambda y: adjoint(y).double(), "one dtype"),
    "argument": (in_place, adjoint, "an argument left alone"),
    "memory": (lambda x: forward(x.as_strided(x.shape, (24, 12, 4, 1))), adjoint, "strides"),
    "no array": (lambda x: forward(x).tolist(), adjoint, "arrays"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_of_an_operator_is_named(name):
    A, transpose, expected = FAULTS[name]
    assert law(check_linear_operator, A, transpose, in_shape=SHAPE, out_shape=(7,)).startswith(expected)


def test_fault_of_a_scipy_operator_is_named():
    matrix = np.arange(12).reshape(3, 4) * (1 + 2j) + 1
    for wrong in (matrix.T, 1j * matrix.conj().T):  # no conjugate; a phase
        planted = LinearOperator((3, 4), matvec=lambda x: matrix @ x, rmatvec=lambda y, w=wrong: w @ y, dtype=complex)
        assert law(check_linear_operator, planted).startswith("the adjoint")
    correlation = pylops.signalprocessing.Convolve1D(20, np.arange(1.0, 5), offset=2)
    planted = LinearOperator(correlation.shape, matvec=correlation.matvec, rmatvec=correlation.matvec, dtype=float)
    assert law(check_linear_operator, planted).startswith("the adjoint")


def test_fault_of_physics_is_named():
    physics = deepinv.physics.Blur(torch.arange(9.0).view(1, 1, 3, 3), padding="circular")
    physics.A_adjoint = physics.A  # a correlation for a convolution
    assert law(check_linear_operator, physics, in_shape=(1, 6, 6)).startswith("the adjoint")


def test_tolerance_is_relative_and_of_the_dtype():
    def near(y):
        return adjoint(y) * (1 + 1e-4)

    check_linear_operator(forward, near, in_shape=SHAPE, tolerance=1e-3, rng=seeded())
    assert law(check_linear_operator, forward, near, in_shape=SHAPE).startswith("the adjoint")
    half = torch.empty(0, dtype=torch.bfloat16)
    check_linear_operator(lambda x: 2 * x, lambda y: (2 + 1e-4) * y, in_shape=(5,), like=half, rng=seeded())


def test_operators_that_tell_too_little_are_refused():
    with pytest.raises(ValueError, match=r"\(in_shape=...\)` must be given"):
        check_linear_operator(forward, adjoint, rng=seeded())
    with pytest.raises(ValueError, match=r"\(adjoint=...\)` must be given for `forward`"):
        check_linear_operator(forward, in_shape=SHAPE, rng=seeded())
