"""DeepInverse, the real one: its physics here, our operators and ILO there."""

import sys
from functools import partial

import deepinv
import numpy as np
import pytest
import torch
from scipy.sparse.linalg import cg

from ilo_practice.checkpoints import load
from ilo_practice.images import psnr
from ilo_practice.problems import sensing
from ilo_practice.recipes import RECIPES
from ilo_practice.restore import solve
from ilo_theory.checkers import check_linear_operator
from ilo_theory.generators import relu_chain
from ilo_theory.ilo import Round, ilo, ramp
from ilo_theory.interop import from_deepinv, reconstructor
from ilo_theory.operators import Gaussian, PartialCirculant, dot_test
from tests.dense import dense
from tests.instances import OPERATORS

SHAPE = (1, 8, 8)


def made(name):
    physics, rng = deepinv.physics, torch.Generator().manual_seed(0)
    gaussian = physics.functional.blur.gaussian_blur(sigma=(1.0, 1.0))
    return {
        "inpainting": lambda: physics.Inpainting(SHAPE, mask=0.5, rng=rng),
        "denoising": lambda: physics.Denoising(deepinv.physics.GaussianNoise(0.1)),
        "downsampling": lambda: physics.Downsampling(img_size=SHAPE, filter="gaussian", factor=2),
        "blur": lambda: physics.Blur(gaussian, padding="circular"),
        "sensing": lambda: physics.CompressedSensing(m=20, img_size=SHAPE, rng=rng),
        "colour": lambda: physics.Decolorize(),
        "mri": lambda: physics.MRI(img_size=(8, 8)),
        "tomography": lambda: physics.Tomography(angles=12, img_width=8, normalize=True),
    }[name]()


SHAPES = {"denoising": SHAPE, "blur": SHAPE, "colour": (3, 8, 8), "mri": (2, 8, 8), "tomography": SHAPE}
NAMES = ["inpainting", "denoising", "downsampling", "blur", "sensing", "colour", "mri", "tomography"]


@pytest.mark.parametrize("name", NAMES)
def test_any_linear_physics_is_an_operator(name):
    physics = made(name)
    operator = from_deepinv(physics, SHAPES.get(name))
    rng = torch.Generator().manual_seed(1)
    x = torch.randn(2, 3, *operator.in_shape, generator=rng)
    y = operator(x)
    assert y.shape == (2, 3, *operator.out_shape)
    torch.testing.assert_close(y.flatten(0, 1), physics.A(x.flatten(0, 1)))
    torch.testing.assert_close(operator.adjoint(y).flatten(0, 1), physics.A_adjoint(y.flatten(0, 1)))
    assert dot_test(operator, rng=rng) < 1e-4
    matrix = operator.as_matrix()
    torch.testing.assert_close(x[0].flatten(1) @ matrix.T, y[0].flatten(1), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_it_passes_the_checks_of_our_own_operators(name):
    check_linear_operator(from_deepinv(made(name), SHAPES.get(name)), rng=torch.Generator().manual_seed(4))


def test_an_adjoint_that_is_approximate_is_refused():
    """Filtered back-projection's neighbour: interpolated on the other side, so that no dot test passes."""
    physics = deepinv.physics.Tomography(angles=12, img_width=8, adjoint_via_backprop=False, normalize=True)
    with pytest.raises(ValueError, match=r"not the adjoint of A, by a dot test of 0\.0"):
        from_deepinv(physics, SHAPE)


@pytest.mark.parametrize("name", ["inpainting", "sensing", "downsampling"])
def test_its_gradient_is_the_adjoint(name):
    operator = from_deepinv(made(name), SHAPES.get(name))
    x = torch.randn(1, *operator.in_shape, generator=torch.Generator().manual_seed(2)).requires_grad_()
    y = operator(x)
    (gradient,) = torch.autograd.grad(y, x, y)
    torch.testing.assert_close(gradient, operator.adjoint(y.detach()))


@pytest.mark.parametrize("name", ["circulant", "gaussian", "downsample by 2", "mask"])
def test_there_and_back_is_the_same_operator(name):
    operator = OPERATORS[name]()
    again = from_deepinv(operator.as_deepinv())
    np.testing.assert_allclose(again.as_matrix().numpy(), dense(operator), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["circulant", "gaussian", "downsample by 2", "mask", "crop"])
def test_deepinv_takes_an_operator_of_ours(name):
    operator = OPERATORS[name]().double()
    physics = operator.as_deepinv()
    x = torch.randn(1, *operator.in_shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    assert abs(physics.adjointness_test(x)) < 1e-10
    y = physics(x)
    torch.testing.assert_close(y, operator(x))
    matrix = dense(operator)
    norm = np.linalg.norm(matrix, 2) ** 2
    assert physics.compute_sqnorm(x, max_iter=2000, tol=1e-6, verbose=False).item() == pytest.approx(norm, rel=1e-2)
    found = physics.A_dagger(y, solver="CG", max_iter=500, tol=1e-12)
    best = np.linalg.pinv(matrix) @ y.flatten().numpy()
    np.testing.assert_allclose(found.flatten().numpy(), best, rtol=0, atol=1e-4)  # its stopping rule is on the residual


def test_a_physics_goes_on_to_scipy():
    operator = from_deepinv(made("blur"), SHAPE)
    A = operator.as_scipy()
    b = np.random.default_rng(0).normal(size=64).astype(np.float32)
    x, info = cg(A.T @ A, A.T @ (A @ b), rtol=1e-6, maxiter=2000)
    assert info == 0
    np.testing.assert_allclose(A @ x, A @ b, atol=1e-2)


PLAIN = {"radii": {}, "spheres": {}}
ROUNDS = [Round(0, 30, 0.1, ("z",), **PLAIN), Round(1, 30, 0.05, ("z",), {"z": 2.0}, {}, schedule=ramp(0, 0))]


def test_ilo_is_a_reconstructor():
    chain = relu_chain(2, 16, 64, rng=torch.Generator().manual_seed(0)).requires_grad_(False)
    operator = Gaussian.draw(24, (64,), rng=torch.Generator().manual_seed(1))
    truth = chain(chain.init(3, rng=torch.Generator().manual_seed(2)))
    physics = operator.as_deepinv()
    model = reconstructor(chain, ROUNDS, seed=5)
    assert isinstance(model, deepinv.models.Reconstructor)
    y = physics(truth)
    image = model(y, physics)

    def objective(image, latent, *, rng):
        return (operator(image) - y).square().sum(1)

    expected = ilo(chain, objective, ROUNDS, rng=torch.Generator().manual_seed(5), batch=3).image
    torch.testing.assert_close(image, expected)
    torch.testing.assert_close(model(y, physics), image)
    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            torch.testing.assert_close(model(physics(truth), physics), image)
    assert (image - truth).norm() < 0.5 * truth.norm()


def test_their_evaluation_takes_it_for_a_reconstructor():
    """`deepinv.test` measures, restores and scores by itself: its mean PSNR is that of the images one by one."""
    generator = load("digits")
    truth = generator(generator.init(2, rng=torch.Generator().manual_seed(7))).detach()
    physics = deepinv.physics.CompressedSensing(
        m=300, img_size=truth.shape[1:], rng=torch.Generator().manual_seed(0), device="cpu"
    )
    recipe = RECIPES["ilo"]
    model = reconstructor(generator, recipe.plan(generator, 16)[1], seed=3, start=partial(recipe.initial, generator))
    pairs = [{"x": x, "y": y} for x, y in zip(truth, physics(truth), strict=True)]
    loader = torch.utils.data.DataLoader(pairs, batch_size=1)
    metric = deepinv.metric.PSNR(min_pixel=-1, max_pixel=1)
    quiet = {"verbose": False, "show_progress_bar": False, "rescale_mode": None, "non_blocking_transfers": False}
    found = deepinv.test(model, loader, physics, metrics=metric, device="cpu", **quiet)
    images = torch.cat([model(physics(x[None]), physics) for x in truth])
    expected = psnr(images, truth).mean().item()
    assert found["PSNR"] == pytest.approx(expected, abs=1e-3)
    assert found["PSNR"] > found["PSNR no learning"]


def test_a_recipe_on_a_physics_of_theirs():
    generator, recipe = load("digits"), RECIPES["ilo"]
    physics = deepinv.physics.Inpainting((1, 32, 32), mask=0.3, rng=torch.Generator().manual_seed(0))
    truth = generator(generator.init(1, rng=torch.Generator().manual_seed(7))).detach()
    y = physics(truth)
    _, rounds = recipe.plan(generator, 16)
    start = partial(recipe.initial, generator)
    image = reconstructor(generator, rounds, seed=3, start=start)(y, physics)
    problem = sensing(y, from_deepinv(physics))
    rng = torch.Generator().manual_seed(3)
    expected = solve(problem, generator, recipe, steps=16, rng=rng)
    assert image.shape == expected.image.shape
    # the sum of squares in place of their mean, and no geodesic term: another loss, which fits what was seen as well
    blank = (physics.A(-torch.ones_like(truth)) - y).norm()
    for found in (image, expected.image):
        assert (physics.A(found) - y).norm() < blank


def test_a_physics_that_is_not_linear_has_a_way_too():
    chain = relu_chain(2, 16, 64, rng=torch.Generator().manual_seed(0)).requires_grad_(False)
    physics = deepinv.physics.Physics(A=lambda x, **_: x.square())
    with pytest.raises(ValueError, match="must be a LinearPhysics, got Physics"):
        from_deepinv(physics, (64,))
    truth = chain(chain.init(1, rng=torch.Generator().manual_seed(2)))
    image = reconstructor(chain, ROUNDS, seed=1)(physics.A(truth), physics)
    assert (image.square() - truth.square()).norm() < 0.5 * truth.square().norm()


@pytest.mark.parametrize(
    ("A", "adjoint", "text"),
    [
        (lambda x, **_: x + 1, lambda y, **_: y, "measures something of the image 0"),
        (lambda x, **_: 2 * x, lambda y, **_: y, "not the adjoint"),
        (lambda x, **_: x.roll(1, -1), lambda y, **_: y.roll(1, -1), "not the adjoint"),
        (lambda x, **_: torch.fft.fft(x), lambda y, **_: torch.fft.ifft(y), "one real tensor"),
    ],
)
def test_a_physics_that_breaks_its_word_is_refused(A, adjoint, text):
    with pytest.raises(ValueError, match=text):
        from_deepinv(deepinv.physics.LinearPhysics(A=A, A_adjoint=adjoint), (1, 8, 8))


def test_what_is_missing_is_named(monkeypatch):
    with pytest.raises(ValueError, match="Denoising knows no img_size"):
        from_deepinv(made("denoising"))
    chain = relu_chain(2, 16, 64, rng=torch.Generator().manual_seed(0))
    physics = PartialCirculant.draw(24, (64,), rng=torch.Generator().manual_seed(1)).as_deepinv()
    with pytest.raises(ValueError, match=r"forward\(y=...\)` must be \[1, 24\]"):
        reconstructor(chain, ROUNDS, seed=1)(torch.zeros(1, 23), physics)
    monkeypatch.setitem(sys.modules, "deepinv", None)
    with pytest.raises(ImportError, match="`from_deepinv` needs DeepInverse, the extra `interop`"):
        from_deepinv(physics)
    with pytest.raises(ImportError, match="`reconstructor` needs DeepInverse"):
        reconstructor(chain, ROUNDS, seed=1)
