"""One step of ILO beside the paper's released loop: python benchmarks/ilo_step.py

Both sides have the same network, target, LPIPS, starting point, spheres and balls, and are checked to have the same
loss and gradients before anything is timed, at 64 px in float64 to go to the same point too. Weights are random; what
is timed does not depend on them.
"""

import argparse
import time
from collections.abc import Callable

import torch
from full_problem import WEIGHTS, config_f, denoising_objective, one_step, paper_rounds, random_vgg, target_of
from released_loop import Lpips, Network, released_step
from timing import interleaved, ratio
from torch import Tensor

from ilo_practice.devices import keep_memory
from ilo_practice.stylegan2 import StyleGAN2

TARGETS = {256: 4.0, 1024: 5.0}  # times as fast as the released loop, at least
EXACT = 64  # px: up to here both sides are compared in float64 too
LAYER = 2  # the deepest split that is timed: features of 16 x 16


def check_same(what: str, ours: Tensor, theirs: Tensor, allowed: float) -> float:
    """Ends the program unless both are the same, relative to the l2 norm of ours; returns their distance."""
    error = float((ours - theirs).norm() / ours.norm())
    if not error <= allowed:
        raise SystemExit(f"{what}: the two sides differ by {error:.1e}, {allowed:.1e} allowed.")
    return error


def sides_of(network: StyleGAN2, layer: int, *, narrow: int) -> tuple:
    """The problem, as ours and as theirs: ours (objective, round, latent), theirs (distance, step, here)."""
    ours = random_vgg(narrow=narrow).to(network.w_avg)
    theirs = Lpips(ours).to(network.w_avg) if narrow == 1 else None  # the package knows one width
    y = target_of(network)
    with torch.no_grad():
        latent = network(network.init_codes(1, rng=torch.Generator().manual_seed(2)), 0, layer)
    (round,) = paper_rounds(network, [1], layer=layer)
    objective = denoising_objective(y, ours if narrow == 1 else None)
    return y, objective, round, latent, theirs, *released_step(network, theirs, y, latent, round, WEIGHTS)


def check_sides(network: StyleGAN2, layer: int, *, narrow: int, loss: float, gradient: float, move: float) -> None:
    """Ends the program unless both sides have the same loss and gradients and go to the same point, so exactly.

    The first move of Adam is +-rate, by the signs of the gradients: in float32 those near 0 change with rounding.
    """
    _, objective, round, latent, _, step, here = sides_of(network, layer, narrow=narrow)
    ours = one_first_step(network, objective, round, latent)
    check_same("the loss", ours["loss"], step()[None], loss)
    points, gradients = here()
    for key in round.variables:
        check_same(f"the gradient by {key}", ours[f"memory/{key}/exp_avg"] * 10, gradients[key], gradient)
        check_same(f"the move of {key}", ours[f"point/{key}"] - latent[key], points[key] - latent[key], move)


def both_sides(network: StyleGAN2, layer: int, *, narrow: int) -> dict[str, Callable]:
    """Whole steps and their parts, by name."""
    y, objective, round, latent, distance, theirs, _ = sides_of(network, layer, narrow=narrow)
    calls = {"ours": one_step(network, objective, round, latent), "released": theirs}
    calls |= {"our generator": our_generator(network, round, latent)}
    calls |= {"released generator": released_generator(network, latent, layer, round.variables)}
    if distance is not None:
        image = y.clone().requires_grad_()
        calls["our LPIPS"] = lambda: torch.autograd.grad(objective.terms["lpips"](image, {}).sum(), image)
        calls["released LPIPS"] = lambda: torch.autograd.grad(distance(image, y), image)
    return calls


def one_first_step(network, objective, round, latent) -> dict[str, Tensor]:
    """What the first step of `ilo` changes."""
    told = []

    def keep(advance):
        return lambda state: told.append(advance(state)) or told[-1]

    one_step(network, objective, round, latent, keep)
    return told[0]


def our_generator(network: StyleGAN2, round, latent) -> Callable[[], object]:
    """Forward and backward, to what moves in the round."""
    moved = {key: latent[key].clone().requires_grad_() for key in round.variables}
    values = list(moved.values())
    return lambda: torch.autograd.grad(network(latent | moved, round.start).sum(), values)


def released_generator(ours: StyleGAN2, latent, layer: int, variables) -> Callable[[], None]:
    """The same of the peer, whose weights get gradients too."""
    network = Network(ours).to(latent["v"])
    moved = {key: value.clone().requires_grad_(key in variables) for key, value in latent.items()}
    noises = {int(key[6:]): value for key, value in moved.items() if key.startswith("noise_")}

    def run() -> None:
        w = torch.nn.functional.leaky_relu(ours.v_std * moved["v"] + ours.v_mean, 0.2)
        network(w, noises, layer, moved.get("x"), latent.get("rgb")).sum().backward()
        network.zero_grad()

    return run


def report(side: int, layer: int, times: dict[str, list[float]]) -> str:
    """One row of the table: the ratio, what both take, and what of it is neither generator nor LPIPS."""
    best, least, median, most = ratio(times, "released", "ours")
    cells = [
        str(side),
        str(layer),
        f"{best:.2f} ({least:.2f}, {median:.2f}, {most:.2f})",
        f">= {TARGETS.get(side, '')}",
    ]
    for whole, of in (("ours", "our"), ("released", "released")):
        seconds = min(times[whole])
        parts = [min(times.get(f"{of} {part}", [0.0])) for part in ("generator", "LPIPS")]
        rest = max(seconds - sum(parts), 0) / seconds
        cells += [f"{seconds:.3f}", f"{parts[0] / seconds:.0%} / {parts[1] / seconds:.0%} / {rest:.1%}"]
    return "| " + " | ".join(cells) + " |"


COLUMNS = (
    "px",
    "layer",
    "released / ours, of minima (least, median, most)",
    "aim",
    "ours, s",
    "generator / LPIPS / rest",
    "released, s",
    "generator / LPIPS / rest",
)
HEADER = f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sides", type=int, nargs="+", default=[64, 256, 1024], help="px (default 64 256 1024)")
    parser.add_argument(
        "--layers", type=int, nargs="+", default=[0, LAYER], help="where the round starts (default 0 2)"
    )
    parser.add_argument("--threads", type=int, default=1, help="of torch (default 1)")
    parser.add_argument("--repeats", type=int, default=5, help="rounds of interleaved calls (default 5)")
    parser.add_argument("--keep-memory", action="store_true", help="the allocator keeps freed memory, on both sides")
    parser.add_argument("--cpu-time", action="store_true", help="count processor time: for a busy machine")
    parser.add_argument("--channels", type=int, default=512, help="at most, of the network (default 512)")
    parser.add_argument("--narrow", type=int, default=1, help="leave LPIPS out, and divide its channels: for tests")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.keep_memory:
        keep_memory()
    clock = time.process_time if arguments.cpu_time else time.perf_counter
    how = f"{arguments.threads} thread(s), keep_memory {arguments.keep_memory}, cpu time {arguments.cpu_time}"
    print(f"torch {torch.__version__}, {how}\n\n{HEADER}")
    for side in arguments.sides:
        network = config_f(side, channels=arguments.channels)
        for layer in arguments.layers:
            check_sides(network, layer, narrow=arguments.narrow, loss=1e-4, gradient=0.02, move=1.0)
            if side <= EXACT:
                exact = config_f(side, channels=arguments.channels).double()
                check_sides(exact, layer, narrow=arguments.narrow, loss=1e-9, gradient=1e-7, move=1e-4)
                del exact
            calls = both_sides(network, layer, narrow=arguments.narrow)
            print(report(side, layer, interleaved(calls, repeats=arguments.repeats, clock=clock)), flush=True)


if __name__ == "__main__":
    main()
