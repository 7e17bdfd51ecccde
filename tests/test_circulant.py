"""Partial circulant operators: Lemma 1's convention, any length, any rows, long signals, memory."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import example, given
from scipy.linalg import circulant as circulant_of_first_column

from ilo_theory.operators import PartialCirculant, dot_test
from ilo_theory.strategies import circulant_operators
from tests.dense import circulant

ROOT = Path(__file__).parent.parent
GOLDEN = np.load(ROOT / "tests" / "golden" / "ilo_ops.npz")
LONG = [8192, 8209, 9261, 12288, 16398, 30603]  # 2^13, a prime, 21^3, 3 * 64^2, 2 * 3 * 2733, 3 * 101^2


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normal(*shape) -> torch.Tensor:
    return torch.randn(shape, generator=seeded(), dtype=torch.float64)


def test_agrees_with_the_released_code():
    """It puts the filter into the first column, so our row is the filter read backwards, and scales nothing."""
    filter, signs, rows, x, y = (
        torch.from_numpy(GOLDEN[f"circ/{key}"]) for key in ("filter", "sign", "indices", "x", "y")
    )
    operator = PartialCirculant(filter[0].flip(0).roll(1), signs, rows, (3, 16, 16))
    np.testing.assert_allclose(operator(x), y, rtol=0, atol=1e-12)
    np.testing.assert_allclose(operator.adjoint(y), GOLDEN["circ/adjoint_of_y"], rtol=0, atol=1e-11)


def test_convention_by_hand():
    g, signs = torch.tensor([1.0, 2, 3, 4]), torch.tensor([1.0, -1, 1, 1])
    operator = PartialCirculant(g, signs, torch.tensor([0, 1, 3]), (2, 2))
    rows = [[1, 2, 3, 4], [4, 1, 2, 3], [2, 3, 4, 1]]
    np.testing.assert_allclose(operator.as_matrix(), np.array(rows) * signs.numpy(), rtol=0, atol=1e-6)


@given(circulant_operators())
@example(PartialCirculant.draw(1, (1,), rng=seeded()).double())
@example(PartialCirculant.draw(19, (19,), rng=seeded(), rows=torch.arange(18, -1, -1)).double())  # padded beyond 2 n
@example(PartialCirculant.draw(1, (23,), rng=seeded()).double())  # padded, with nothing to continue
def test_both_sides_are_the_matrix(operator):
    first_row, signs = operator.row.numpy(), operator.signs.numpy()
    A = circulant_of_first_column(first_row).T[operator.rows.numpy()] * signs
    for lead in ((), (3,)):
        x, y = normal(*lead, *operator.in_shape), normal(*lead, *operator.out_shape)
        np.testing.assert_allclose(operator(x), x.numpy().reshape(*lead, -1) @ A.T, rtol=0, atol=1e-12)
        np.testing.assert_allclose(operator.adjoint(y).reshape(*lead, -1), y.numpy() @ A, rtol=0, atol=1e-12)


@pytest.mark.parametrize("n", LONG)
@pytest.mark.parametrize("some", [False, True], ids=["first rows", "some rows"])
def test_long_signals_alone_and_in_batches(n, some):
    """Alone they take another way through the transform; both ways are the matrix."""
    rows = torch.randperm(n, generator=seeded())[:7] if some else None
    operator = PartialCirculant.draw(7, (n,), rng=seeded(), rows=rows)
    for dtype, tolerance in ((torch.float32, 3e-6), (torch.float64, 1e-14)):
        operator.to(dtype)
        A = circulant(operator.row, operator.signs, operator.rows)
        for lead in ((), (2,)):
            x, y = normal(*lead, n).to(dtype), normal(*lead, 7).to(dtype)
            for out, oracle in ((operator(x), x.numpy() @ A.T), (operator.adjoint(y), y.numpy() @ A)):
                assert np.linalg.norm(out.numpy() - oracle) <= tolerance * np.linalg.norm(oracle)


def test_an_edited_row_is_seen():
    operator = PartialCirculant.draw(5, (3, 4), rng=seeded()).double()
    x = normal(3, 4)
    operator(x)
    for edit in (lambda row: row.mul_(3), lambda row: row[2:5].zero_()):
        edit(operator.row)
        A = circulant(operator.row, operator.signs, operator.rows)
        np.testing.assert_allclose(operator(x), A @ x.flatten().numpy(), rtol=0, atol=1e-14)
    operator.row = torch.ones(12, dtype=torch.float64)
    torch.testing.assert_close(operator(x), (x.flatten() * operator.signs).sum().expand(5))


def test_float64_is_exact_after_float32():
    """A cast spectrum would keep an error of 1e-7."""
    operator = PartialCirculant.draw(40, (10, 10), rng=seeded())
    x = normal(10, 10)
    operator(x.float())
    A = circulant(operator.row, operator.signs, operator.rows)
    np.testing.assert_allclose(operator.double()(x), A @ x.flatten().numpy(), rtol=0, atol=1e-14)


def test_rows_are_the_first_unless_given():
    assert PartialCirculant.draw(3, (5,), rng=seeded()).rows.tolist() == [0, 1, 2]
    given_rows = PartialCirculant.draw(2, (5,), rng=seeded(), rows=torch.tensor([4, 1], dtype=torch.int32))
    assert given_rows.rows.tolist() == [4, 1]
    assert torch.equal(given_rows.row, PartialCirculant.draw(2, (5,), rng=seeded()).row)


@pytest.mark.parametrize(
    ("m", "rows", "message"),
    [
        (13, None, r"draw\(m=\.\.\.\)` must be from 1 to n = 12, got 13\.$"),
        (0, None, r"draw\(m=\.\.\.\)` must be from 1 to n = 12, got 0\.$"),
        (2, [1, 2, 3], r"draw\(rows=\.\.\.\)` must be m = 2 indices, got 3\.$"),
        (2, [1, 1], r"must be distinct, from 0 to 11, got \[1, 1\]\.$"),
        (2, [0, 12], "must be distinct, from 0 to 11"),
        (2, [-1, 3], "must be distinct, from 0 to 11"),
    ],
)
def test_impossible_rows_are_refused(m, rows, message):
    with pytest.raises(ValueError, match=r"^`PartialCirculant[.(].*" + message):
        PartialCirculant.draw(m, (3, 4), rng=seeded(), rows=None if rows is None else torch.tensor(rows))


@pytest.mark.parametrize(("row", "signs", "name"), [(11, 12, "row"), (12, 1, "signs")])
def test_buffers_of_another_length_are_refused(row, signs, name):
    with pytest.raises(
        ValueError, match=rf"^`PartialCirculant\({name}=\.\.\.\)` must be \[12\], got shape \(\d+,\)\.$"
    ):
        PartialCirculant(torch.ones(row), torch.ones(signs), torch.arange(3), (3, 4))


MEMORY = """
import resource, torch
from ilo_theory.operators import PartialCirculant
torch.set_num_threads(1)
n = 3 * 1024**2
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
A = PartialCirculant.draw(n // 10, (3, 1024, 1024), rng=torch.Generator().manual_seed(0))
x = torch.ones(1, 3, 1024, 1024, requires_grad=True)
A(x).square().sum().backward()
A.adjoint(A(x.detach()))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes


def test_three_million_pixels_take_less_than_a_gigabyte():
    """A process inherits the peak of the one that forks it: a shell stands between it and this one, which is large."""
    shell = ["sh", "-c", '"$0" -c "$1"; exit $?', sys.executable, MEMORY]
    done = subprocess.run(shell, cwd=ROOT, capture_output=True, text=True, check=True)
    assert 5 * 4 * 3 * 1024**2 < int(done.stdout) * UNIT < 10**9  # at least row, signs, x, its gradient, a spectrum


def test_dot_test_at_full_size(rng):
    operator = PartialCirculant.draw(3 * 512**2 // 10, (3, 512, 512), rng=rng)
    assert dot_test(operator, rng=rng) < 1e-6
