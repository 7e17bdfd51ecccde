"""Every operator is what its matrix says: both sides, in batches, under gradients, casts, moves and copies."""

import copy
import io
import math

import numpy as np
import pytest
import torch

from ilo_theory.checkers import check_linear_operator
from ilo_theory.operators import Identity
from tests.dense import dense
from tests.instances import OPERATORS

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
PRECISIONS = [(torch.float32, 3e-6), (torch.float64, 1e-14)]
SMALL = [name for name, make in OPERATORS.items() if math.prod(make().in_shape) <= 1000]

every_operator = pytest.mark.parametrize("name", OPERATORS)


def normal(rng, *shape, dtype=torch.float64):
    return torch.randn(shape, generator=rng, dtype=dtype)


def flat(array, shape) -> np.ndarray:
    """[..., *shape] as [..., n]."""
    return array.detach().flatten(-len(shape)).double().numpy()


def close(a, b, tolerance) -> bool:
    return np.linalg.norm(a - b) <= tolerance * np.linalg.norm(b)


def sides(operator):
    """A and A^T, each with the shape of what it takes."""
    return (operator, operator.in_shape), (operator.adjoint, operator.out_shape)


@every_operator
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("device", DEVICES)
def test_is_linear_with_its_adjoint(name, dtype, device, rng):
    """The dot test, linearity, strides and batches."""
    operator = OPERATORS[name]().to(device, dtype)
    check_linear_operator(operator, tolerance=20 * torch.finfo(dtype).eps, rng=rng)


@every_operator
@pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
@pytest.mark.parametrize("lead", [(), (1,), (3,), (2, 2), (0,)], ids=str)
def test_both_sides_are_the_matrix_for_any_leading_dimensions(name, dtype, tolerance, lead, rng):
    operator = OPERATORS[name]()
    operator(torch.zeros(operator.in_shape))  # what float32 derived must not survive the cast
    operator.to(dtype)
    A = dense(operator)
    x, y = normal(rng, *lead, *operator.in_shape, dtype=dtype), normal(rng, *lead, *operator.out_shape, dtype=dtype)
    Ax, back = operator(x), operator.adjoint(y)
    assert (Ax.shape, Ax.dtype) == ((*lead, *operator.out_shape), dtype)
    assert (back.shape, back.dtype) == ((*lead, *operator.in_shape), dtype)
    assert close(flat(Ax, operator.out_shape), flat(x, operator.in_shape) @ A.T, tolerance)
    assert close(flat(back, operator.in_shape), flat(y, operator.out_shape) @ A, tolerance)


@pytest.mark.parametrize("name", SMALL)
def test_as_matrix(name):
    operator = OPERATORS[name]().double()
    np.testing.assert_allclose(operator.as_matrix().numpy(), dense(operator), rtol=0, atol=1e-14)


@every_operator
def test_nan_changes_no_bit_of_what_is_beside_it(name, rng):
    for apply, shape in sides(OPERATORS[name]().double()):
        x = normal(rng, 3, *shape)
        together = apply(x)
        x[1] = math.nan
        assert torch.equal(apply(x)[::2], together[::2])


@every_operator
def test_what_is_returned_is_new_and_contiguous(name, rng):
    for apply, shape in sides(OPERATORS[name]().double()):
        x = normal(rng, 2, *shape)
        before = x.clone()
        out = apply(x)
        assert out.is_contiguous()
        out.add_(1)
        assert torch.equal(x, before)


@every_operator
def test_gradients_are_the_other_side(name, rng):
    operator = OPERATORS[name]().double()
    A = dense(operator)
    for (apply, shape), transpose in zip(sides(operator), (A, A.T), strict=True):
        x = normal(rng, 2, *shape).requires_grad_()
        out = apply(x)
        v, w = normal(rng, *out.shape).requires_grad_(), normal(rng, *x.shape)
        (gradient,) = torch.autograd.grad(out, x, v, create_graph=True)
        assert close(gradient.detach().flatten(1).numpy(), v.detach().flatten(1).numpy() @ transpose, 1e-14)
        (second,) = torch.autograd.grad(gradient, v, w)  # of <A^T v, w> in v
        assert close(second.flatten(1).numpy(), w.flatten(1).numpy() @ transpose.T, 1e-14)


@every_operator
def test_transforms_of_torch_func(name, rng):
    operator = OPERATORS[name]().double()
    A = torch.from_numpy(dense(operator))
    x, v = normal(rng, 3, *operator.in_shape), normal(rng, 3, *operator.out_shape)
    mapped = torch.func.vmap(operator)(x)  # the first call of this operator
    torch.testing.assert_close(mapped.flatten(1), x.flatten(1) @ A.T, rtol=0, atol=1e-12)
    _, pull_back = torch.func.vjp(operator, x)
    torch.testing.assert_close(pull_back(v)[0].flatten(1), v.flatten(1) @ A, rtol=0, atol=1e-12)


@every_operator
def test_casting_there_and_back_changes_nothing(name, rng):
    operator = OPERATORS[name]()
    x = normal(rng, 2, *operator.in_shape, dtype=torch.float32)
    before = operator(x)
    operator.double()(x.double())
    assert torch.equal(operator.float()(x), before)


@every_operator
def test_moves_with_its_module(name):
    operator = OPERATORS[name]()
    operator(torch.zeros(operator.in_shape))  # what was derived on the CPU must move along
    module = torch.nn.Sequential(operator).to("meta")
    assert not list(module.parameters())
    y = module(torch.empty(2, *operator.in_shape, device="meta"))
    assert (y.device.type, y.shape) == ("meta", (2, *operator.out_shape))
    x = operator.adjoint(y)
    assert (x.device.type, x.shape) == ("meta", (2, *operator.in_shape))


@every_operator
def test_copies_and_files_hold_the_same_operator(name, rng):
    operator = OPERATORS[name]()
    x = normal(rng, *operator.in_shape, dtype=torch.float32)
    y = operator(x)
    file = io.BytesIO()
    torch.save(operator, file)
    file.seek(0)
    state = operator.state_dict()
    for twin in (copy.deepcopy(operator), torch.load(file, weights_only=False), OPERATORS[name]()):
        assert torch.equal(twin(x), y)
        twin.load_state_dict({key: torch.zeros_like(value) for key, value in state.items()})
        assert (twin(x) == 0).all() or not state
        twin.load_state_dict(state)
        assert torch.equal(twin(x), y)


@every_operator
def test_inference_mode_and_gradients_may_alternate(name, rng):
    operator = OPERATORS[name]()
    x = normal(rng, *operator.in_shape, dtype=torch.float32)
    with torch.inference_mode():
        y = operator(x)
        drawn_here = OPERATORS[name]()
    for each in (operator, drawn_here):
        z = x.clone().requires_grad_()
        out = each(z)
        assert torch.equal(out, y)
        out.sum().backward()
        assert torch.equal(z.grad, operator.adjoint(torch.ones(operator.out_shape)))


@every_operator
def test_other_shapes_and_dtypes_are_refused(name):
    operator = OPERATORS[name]()
    call = rf"^`{type(operator).__name__}\.%s\(.=\.\.\.\)` must be "
    x, y = torch.zeros(operator.in_shape), torch.zeros(operator.out_shape)
    with pytest.raises(ValueError, match=call % "forward" + r"torch\.float32 .* got torch\.float64\.$"):
        operator(x.double())
    operator.double()
    with pytest.raises(ValueError, match=call % "adjoint" + r"torch\.float64 .* got torch\.float32\.$"):
        operator.adjoint(y)
    for side, good in (("forward", x), ("adjoint", y)):
        for wrong in (good[..., None].expand(*good.shape, 17), good[0], torch.cat([good, good], -1)):
            with pytest.raises(ValueError, match=call % side + r"\[\.\.\., \d.*\], got shape \(.*\)\.$"):
                getattr(operator, side)(wrong.double())


@pytest.mark.parametrize("shape", [(), (3, 0), (-1,)])
def test_empty_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"^`Identity\(shape=\.\.\.\)` must be positive integers, got \("):
        Identity(shape)
