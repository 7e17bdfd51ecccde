"""The projection onto the l1 ball beside the paper's released code and PyProximal: python benchmarks/l1_projection.py

The unit is one x.abs().sum(). Peers are checked to give the same result before anything is timed. Points are Gaussian
and heavy tailed (Cauchy), radii 1 % and 50 % of the norm; the last table holds the worst of the four.
"""

import argparse
import time

import numpy as np
import pyproximal.projection
import torch
from timing import interleaved, ratio

from ilo_practice.devices import keep_memory
from ilo_theory.balls import project_l1_ball

SIZES = (512, 9_216, 131_072, 2_097_152)
LARGE = 67_108_864
UNIT = "x.abs().sum()"
TARGETS = {  # times the released code, at least; units, at most
    512: (6, None),
    9_216: (8, None),
    131_072: (25, 15),
    2_097_152: (50, 10),
    LARGE: (60, 7),
}


def released(x: torch.Tensor, radius: float) -> torch.Tensor:
    """What the released code computes, in its order: Duchi et al. (2008) by a full sort of every row.

    theta = (mu_1 + ... + mu_n - radius) / n for the largest n with n mu_n > mu_1 + ... + mu_n - radius, where mu is
    sorted; a row whose norm is below the radius stays, by a product with its mask.
    """
    rows = x.view(len(x), -1)
    stays = (torch.norm(rows, p=1, dim=1) < radius).to(x.dtype).unsqueeze(1)
    mu = rows.abs().sort(dim=1, descending=True).values
    sums, n = mu.cumsum(dim=1), torch.arange(1, rows.shape[1] + 1)
    last = ((n * mu > sums - radius) * n).max(dim=1).values
    theta = (sums[torch.arange(len(rows)), last.cpu() - 1] - radius) / last
    shrunk = (rows.abs() - theta.unsqueeze(1)).clamp(min=0) * rows.sign()
    return (stays * rows + (1 - stays) * shrunk).view(x.shape)


def point(kind: str, p: int) -> torch.Tensor:
    rng = torch.Generator().manual_seed(p)
    x = torch.randn(1, p, generator=rng)
    return x if kind == "Gaussian" else x / torch.randn(1, p, generator=rng)


def check_same(name: str, y: torch.Tensor, exact: torch.Tensor, allowed: float) -> None:
    """Ends the program unless both are the same, in the l1 norm."""
    error = float((y.double() - exact).abs().sum())
    if not error <= allowed:
        raise SystemExit(f"{name} computes something else: its distance is {error:.1e}, {allowed:.1e} allowed.")


def compare(kind: str, p: int, share: float, arguments: argparse.Namespace) -> dict[str, list[float]]:
    """The times of one case; ends the program unless all compute the same."""
    x = point(kind, p)
    radius = share * float(x.abs().sum(dtype=torch.float64))
    centre = torch.full_like(x, 0.5)
    shifted = x + centre
    x_numpy, peer = x[0].numpy(), pyproximal.projection.L1BallProj(p, radius)
    functions = {
        UNIT: lambda: x.abs().sum(),
        "ours": lambda: project_l1_ball(x, radius),
        "about a centre": lambda: project_l1_ball(shifted, radius, centre),
        "released": lambda: released(x, radius),
        "PyProximal": lambda: peer(x_numpy),
    }
    exact = project_l1_ball(x.double(), radius)
    check_same("the released code in float64", released(x.double(), radius), exact, 1e-9 * radius)
    check_same("ours in float32", functions["ours"](), exact, 1e-6 * radius)
    about = functions["about a centre"]().double() - centre
    check_same(
        "ours about a centre",
        about,
        project_l1_ball(shifted.double() - centre, radius),
        1e-6 * (radius + float(shifted.abs().sum())),
    )
    check_same("the released code", functions["released"](), exact, 1e-2 * radius)  # its sums lose digits in float32
    check_same("PyProximal", torch.from_numpy(functions["PyProximal"]())[None], exact, 1e-2 * radius)  # xtol = 1e-5
    clock = time.process_time if arguments.cpu_time else time.perf_counter
    return interleaved(functions, seconds=arguments.seconds, clock=clock)


def cells(values: tuple[float, float, float, float]) -> str:
    best, least, median, most = values
    return f"{best:.3g} ({least:.3g}, {median:.3g}, {most:.3g})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1, help="of torch (default 1)")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each case (default 2)")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help=f"numbers of entries; {LARGE} takes 6 GB")
    parser.add_argument("--keep-memory", action="store_true", help="the allocator keeps freed memory, for all alike")
    parser.add_argument("--cpu-time", action="store_true", help="count processor time: for a busy machine")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.keep_memory:
        keep_memory()
    print(f"torch {torch.__version__}, {arguments.threads} thread(s), PyProximal {pyproximal.__version__}")
    print("Of minima (least, median, most over the rounds).\n")
    print("| p | x | radius | unit, ms | ours, units | about a centre, units | released / ours | PyProximal / ours |")
    print("|---:|---|---:|---:|---|---|---|---|")
    worst = {}
    for p in arguments.sizes:
        for kind in ("Gaussian", "heavy tailed"):
            for share in (0.01, 0.5):
                times = compare(kind, p, share, arguments)
                units, speed = ratio(times, "ours", UNIT), ratio(times, "released", "ours")
                row = [f"{p:,}", kind, f"{share:.0%}", f"{min(times[UNIT]) * 1e3:.3g}", cells(units)]
                row += [cells(ratio(times, "about a centre", UNIT)), cells(speed)]
                print("| " + " | ".join([*row, cells(ratio(times, "PyProximal", "ours"))]) + " |", flush=True)
                before = worst.get(p, (np.inf, 0))
                worst[p] = (min(before[0], speed[0]), max(before[1], units[0]))
    print("\n| p | released / ours, worst | aim | ours, units, worst | aim |\n|---:|---:|---:|---:|---:|")
    for p, (speed, units) in worst.items():
        least, most = TARGETS.get(p, (None, None))
        aims = [f">= {least}" if least else "", f"<= {most}" if most else ""]
        print(f"| {p:,} | {speed:.3g} | {aims[0]} | {units:.3g} | {aims[1]} |")


if __name__ == "__main__":
    main()
