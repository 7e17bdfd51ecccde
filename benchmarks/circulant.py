"""The partial circulant operator beside PyLops and the paper's released code: python benchmarks/circulant.py

The unit is a bare torch.fft.rfft and irfft of the same length. All three are the same operator with the same g, signs
and rows, m = n / 10 of them, which is checked before anything is timed.
"""

import argparse

import numpy as np
import pylops
import scipy.fft
import torch
from timing import interleaved, print_table

from ilo_theory.operators import PartialCirculant

LENGTHS = {12_288: "3 * 64^2", 196_608: "3 * 256^2", 3_145_728: "3 * 1024^2"}
SMOOTH, ROUGH = 3 * 1008**2, 3 * 1009**2
UNIT = "torch rfft + irfft"


class Released:
    """What the released code does, in today's torch.fft: complex transforms, the filter's at every call, any rows.

    It has no adjoint: the gradient is torch's.
    """

    def __init__(self, ours: PartialCirculant):
        self.filter, self.signs, self.rows = ours.row.flip(0).roll(1), ours.signs, ours.rows

    def forward(self, x):
        product = torch.fft.fft(self.signs * x) * torch.fft.fft(self.filter)
        return torch.fft.ifft(product).real[..., self.rows]


class PyLops:
    """The same product of PyLops' operators, with its faster engine."""

    def __init__(self, ours: PartialCirculant):
        n = len(ours.row)
        transform = pylops.signalprocessing.FFT(n, real=True, engine="scipy", dtype="float32")
        spectrum = scipy.fft.rfft(ours.row.numpy()).conj()
        correlate = transform.H @ pylops.Diagonal(spectrum, dtype="complex64") @ transform
        rows = pylops.Restriction(n, ours.rows.numpy(), dtype="float32")
        self.operator = rows @ correlate @ pylops.Diagonal(ours.signs.numpy(), dtype="float32")


def check_same(name: str, ours: torch.Tensor, theirs) -> None:
    """Ends the program unless both computed the same."""
    error = float((ours - torch.as_tensor(np.asarray(theirs))).norm() / ours.norm())
    if not error < 1e-5:
        raise SystemExit(f"{name} computes something else: its relative distance is {error:.1e}.")


def compare(n: int, seconds: float) -> None:
    """Two tables for one length: forward; forward and adjoint."""
    rng = torch.Generator().manual_seed(0)
    ours = PartialCirculant.draw(n // 10, (n,), rng=rng)
    released, theirs = Released(ours), PyLops(ours).operator
    x, y = torch.randn(n, generator=rng), torch.randn(n // 10, generator=rng)
    variable, x_numpy, y_numpy = x.clone().requires_grad_(), x.numpy(), y.numpy()

    def gradient(forward):
        return torch.autograd.grad(forward(variable), variable, y)[0]

    check_same("the released code", ours(x), released.forward(x))
    check_same("the released code's gradient", ours.adjoint(y), gradient(released.forward))
    check_same("PyLops", ours(x), theirs @ x_numpy)
    check_same("PyLops' adjoint", ours.adjoint(y), theirs.H @ y_numpy)
    check_same("our gradient", ours.adjoint(y), gradient(ours))

    units = {
        UNIT: lambda: torch.fft.irfft(torch.fft.rfft(x), n),
        "scipy.fft rfft + irfft": lambda: scipy.fft.irfft(scipy.fft.rfft(x_numpy), n),
    }
    forward = {
        "ours": lambda: ours(x),
        "PyLops": lambda: theirs @ x_numpy,
        "released": lambda: released.forward(x),
    }
    both = {
        "ours": lambda: ours.adjoint(ours(x)),
        "ours, forward + gradient": lambda: gradient(ours),
        "PyLops": lambda: theirs.H @ (theirs @ x_numpy),
        "released, forward + gradient": lambda: gradient(released.forward),
    }
    print_table(f"forward, n = {n:,} = {LENGTHS[n]}", interleaved(units | forward, seconds=seconds), UNIT)
    print_table(f"forward + adjoint, n = {n:,}", interleaved(units | both, seconds=seconds), UNIT)


def rough_lengths(seconds: float) -> None:
    """A length with the prime factor 1009 in units of its smooth neighbour, for rows of the same kind."""
    for kind in ("first", "random"):
        rng, calls = torch.Generator().manual_seed(0), {}
        for n in (SMOOTH, ROUGH):
            m = n // 10
            rows = torch.arange(m) if kind == "first" else torch.randperm(n, generator=rng)[:m]
            operator, x = PartialCirculant.draw(m, (n,), rng=rng, rows=rows), torch.randn(n, generator=rng)
            calls[f"ours, n = {n:,}"] = lambda operator=operator, x=x: operator.adjoint(operator(x))
        calls[f"torch rfft + irfft, n = {ROUGH:,}"] = lambda x=x: torch.fft.irfft(torch.fft.rfft(x), ROUGH)
        times = interleaved(calls, seconds=seconds)
        print_table(f"forward + adjoint, {kind} rows, 3 * 1008^2 and 3 * 1009^2", times, next(iter(times)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1, help="of torch (default 1)")
    parser.add_argument("--seconds", type=float, default=4.0, help="for each table (default 4)")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"torch {torch.__version__}, {arguments.threads} thread(s), PyLops {pylops.__version__}")
    for n in LENGTHS:
        compare(n, arguments.seconds)
    rough_lengths(arguments.seconds)


if __name__ == "__main__":
    main()
