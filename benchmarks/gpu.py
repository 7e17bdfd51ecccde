"""All that is measured on a GPU, with random weights: python benchmarks/gpu.py

Tables go to the terminal as they come, and into their own section of benchmarks/RESULTS.md, the rest of which stays.
What a machine lacks (triton, memory) is a line in its row. `--device cpu --quick` runs it all small, for a test of it.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from full_problem import config_f, denoising_objective, one_step, paper_rounds, random_vgg, target_of
from peers import nvidia, rosinality
from released_loop import project_by_sorting

from ilo_practice.devices import describe, set_precision
from ilo_practice.images import write_atomically
from ilo_practice.memory import gigabytes, peak_memory
from ilo_practice.stepping import compiled, cuda_graph, graphable
from ilo_practice.stylegan2 import StyleGAN2
from ilo_theory.balls import project_l1_ball
from ilo_theory.ilo import ilo
from ilo_theory.operators import PartialCirculant

RESULTS = Path(__file__).parent / "RESULTS.md"
BEGIN, END = "<!-- {}: begin, written by a script -->", "<!-- {}: end -->"
SHARES = (112, 75, 75, 38)  # of 300 steps, as 3 : 2 : 2 : 1
TARGET = {1024: 6.0}  # seconds of a whole restoration on one H200
Lines = Iterator[str]


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    sides: tuple[int, ...] = (256, 512, 1024)
    channels: int = 512
    narrow: int = 1
    steps: tuple[int, ...] = SHARES
    repeats: int = 20
    entries: tuple[int, ...] = (9_216, 131_072, 2_097_152, 67_108_864)


QUICK = Size(sides=(32,), channels=8, narrow=16, steps=(3, 2, 2, 2), repeats=2, entries=(512,))

STEPS = {  # name: (what wraps the step, whether rounds are made for it)
    "eager": (lambda f: f, False),
    "compiled": (compiled, False),
    "graph": (cuda_graph, True),
    "compiled, graph": (lambda f: cuda_graph(compiled(f)), True),
}


def kinds(device: str) -> dict[str, tuple[Callable, bool]]:
    """The kinds of steps that a device is measured with: on the CPU compiling takes longer than all the rest."""
    return {name: kind for name, kind in STEPS.items() if device == "cuda" or name in ("eager", "graph")}


def finish(device: str) -> None:
    """Wait for the device."""
    if device == "cuda":
        torch.cuda.synchronize()


def timed(function: Callable[[], object], device: str, repeats: int, warm: int = 3) -> tuple[float, float, float]:
    """Seconds a call after `warm` untimed ones: (least, median, most)."""
    for _ in range(warm):
        function()
    finish(device)
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        finish(device)
        seconds.append(time.perf_counter() - start)
    return min(seconds), statistics.median(seconds), max(seconds)


def milliseconds(seconds: Iterable[float]) -> str:
    least, median, most = (f"{1e3 * s:.4g}" for s in seconds)
    return f"{least} ({median}, {most})"


def peak(function: Callable[[], object], device: str) -> tuple[object, int]:
    """What the function returns, and how many bytes of the device were in use at most; 0 where nobody counts."""
    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    result = function()
    finish(device)
    return result, torch.cuda.max_memory_allocated() if device == "cuda" else 0


def attempted(head: str, rows: Lines) -> Lines:
    """The rows until one fails, whose reason is the last: out of memory, no compiler, no such device."""
    try:
        yield from rows
    except (RuntimeError, ValueError, MemoryError) as error:
        yield f"{head} failed: {' '.join(str(error).split())[:160]} |"


def synthesis(size: Size, device: str) -> Lines:
    yield "Synthesis, forward and backward to codes and noises, batch 1, float32: milliseconds, least (median, most)\n"
    yield "| px | ours | ours, compiled | NVIDIA's reference operations | rosinality's native ones | peak of ours |"
    yield "|---:|---|---|---|---|---:|"
    for side in size.sides:
        network = config_f(side, channels=size.channels).to(device)
        yield from attempted(f"| {side} |", synthesis_row(network, size, device))


def synthesis_row(network: StyleGAN2, size: Size, device: str) -> Lines:
    latent = {k: v.requires_grad_() for k, v in network.init_codes(1, rng=torch.Generator().manual_seed(0)).items()}
    values = list(latent.values())
    fast = torch.compile(network, dynamic=False) if device == "cuda" else None

    def run(forward: Callable[[], torch.Tensor]) -> Callable[[], object]:
        return lambda: torch.autograd.grad(forward().sum(), values)

    ours = run(lambda: network(latent))
    cells = [milliseconds(timed(ours, device, size.repeats))]
    cells.append("")
    if fast is not None:
        try:
            cells[-1] = milliseconds(timed(run(lambda: fast(latent)), device, size.repeats))
        except RuntimeError as error:
            cells[-1] = f"failed: {type(error).__name__}"
    cells += [
        milliseconds(timed(run(lambda p=p: p(network, latent)), device, size.repeats)) for p in (nvidia, rosinality)
    ]
    cells.append(gigabytes(peak(ours, device)[1]))
    yield f"| {network.resolution} | " + " | ".join(cells) + " |"


def steps(size: Size, device: str) -> Lines:
    yield "One step of ILO at layer 0, MSE + LPIPS + geodesic, spheres, l1 balls: milliseconds, least (median, most)\n"
    yield "| px | step | ms |\n|---:|---|---|"
    for side in size.sides:
        network, objective, latent, rounds = problem(side, size, device)
        for name, (wrap, made) in kinds(device).items():
            head = f"| {side} | {name} |"
            rows = step_row(head, network, objective, latent, rounds, wrap, made, size, device)
            yield from attempted(head, rows)


def step_row(head, network, objective, latent, rounds, wrap, made, size: Size, device: str) -> Lines:
    (round,) = graphable(rounds[:1]) if made else rounds[:1]
    step = one_step(network, objective, round, latent, wrap)
    yield f"{head} {milliseconds(timed(step, device, size.repeats))} |"


def problem(side: int, size: Size, device: str) -> tuple:
    """Network, objective, first latent and the four rounds of a restoration."""
    network = config_f(side, channels=size.channels).to(device)
    objective = denoising_objective(target_of(network), random_vgg(narrow=size.narrow).to(device))
    latent = network.init_codes(1, rng=torch.Generator().manual_seed(2))
    return network, objective, latent, paper_rounds(network, size.steps)


def restorations(size: Size, device: str) -> Lines:
    yield f"A whole restoration, {sum(size.steps)} steps in rounds of {size.steps}, MSE + LPIPS + geodesic;"
    yield "TF32 is off unless named; the estimate is that of `peak_memory`\n"
    yield "| px | step | seconds | aim | objective at the end | peak | estimate |\n|---:|---|---:|---:|---:|---:|---:|"
    for side in size.sides:
        network, objective, latent, rounds = problem(side, size, device)
        for tf32 in (False, True):
            for name, (wrap, made) in kinds(device).items():
                head = f"| {side} | {name}{', TF32' if tf32 else ''} |"
                rows = restoration_row(head, network, objective, latent, rounds, wrap, made, tf32, device)
                yield from attempted(head, rows)


def restoration_row(head, network, objective, latent, rounds, wrap, made, tf32: bool, device: str) -> Lines:
    set_precision(tf32=tf32, tune=True)
    rounds = graphable(rounds) if made else rounds

    def run():
        return ilo(network, objective, rounds, rng=torch.Generator().manual_seed(3), latent=latent, step=wrap)

    start = time.perf_counter()
    solution, used = peak(run, device)
    seconds = time.perf_counter() - start
    set_precision(tune=True)
    aim = f"<= {TARGET[network.resolution]}" if network.resolution in TARGET else ""
    cells = [f"{seconds:.2f}", aim, f"{solution.loss.min().item():.4g}", gigabytes(used)]
    cells.append(gigabytes(peak_memory(network, objective, rounds, latent).total))
    yield f"{head} " + " | ".join(cells) + " |"


def projections(size: Size, device: str) -> Lines:
    yield "Projection onto the l1 ball of 1 % of the norm, Gaussian points; the unit is one `x.abs().sum()`\n"
    yield "| p | unit, ms | ours, units | by sorting, units |\n|---:|---:|---:|---:|"
    for p in size.entries:
        yield from attempted(f"| {p:,} |", projection_row(p, size, device))


def projection_row(p: int, size: Size, device: str) -> Lines:
    x = torch.randn(1, p, generator=torch.Generator().manual_seed(p)).to(device)
    radius = 0.01 * x.abs().sum(dtype=torch.float64 if device == "cpu" else None).item()
    unit, ours, theirs = (
        timed(function, device, size.repeats)[0]
        for function in (
            lambda: x.abs().sum(),
            lambda: project_l1_ball(x, radius),
            lambda: project_by_sorting(x, radius),
        )
    )
    error = (project_l1_ball(x, radius) - project_by_sorting(x.double(), radius)).abs().sum().item()
    if not error <= 1e-3 * radius:
        raise RuntimeError(f"the two projections differ by {error / radius:.1e} of the radius")
    yield f"| {p:,} | {1e3 * unit:.4g} | {ours / unit:.3g} | {theirs / unit:.3g} |"


def circulants(size: Size, device: str) -> Lines:
    yield "Partial circulant, m = n/10; the unit is a bare rfft + irfft of the same length\n"
    yield "| n | unit, ms | forward, units | forward + adjoint, units |\n|---:|---:|---:|---:|"
    for side in size.sides:
        yield from attempted(f"| {3 * side**2:,} |", circulant_row(3 * side**2, size, device))


def circulant_row(n: int, size: Size, device: str) -> Lines:
    rng = torch.Generator().manual_seed(0)
    operator, x = PartialCirculant.draw(n // 10, (n,), rng=rng).to(device), torch.randn(n, generator=rng).to(device)
    unit, forward, both = (
        timed(function, device, size.repeats)[0]
        for function in (
            lambda: torch.fft.irfft(torch.fft.rfft(x), n),
            lambda: operator(x),
            lambda: operator.adjoint(operator(x)),
        )
    )
    yield f"| {n:,} | {1e3 * unit:.4g} | {forward / unit:.3g} | {both / unit:.3g} |"


TABLES = {
    "synthesis": synthesis,
    "steps": steps,
    "restorations": restorations,
    "projections": projections,
    "circulants": circulants,
}


def write_section(path: Path, name: str, text: str) -> None:
    """Put `text` between the marks of a section of a Markdown file, at its end where there is none; the rest stays.

    Raises ValueError for a file in which one mark is missing.
    """
    begin, end = BEGIN.format(name), END.format(name)
    whole = path.read_text("utf-8") if path.exists() else ""
    section = f"{begin}\n\n{text.strip()}\n\n{end}\n"
    if whole.count(begin) != whole.count(end) or whole.count(begin) > 1:
        raise ValueError(f"{path.name} must hold the marks of section {name!r} once each, or neither.")
    if begin in whole:
        before, _, rest = whole.partition(begin)
        after = rest.partition(end)[2].removeprefix("\n")
        whole = before + section + after
    else:
        whole = f"{whole.rstrip()}\n\n{section}" if whole.strip() else section
    write_atomically(path, whole.encode("utf-8"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"), help="default: %(default)s")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that it runs")
    parser.add_argument("--sides", type=int, nargs="+", help="px, instead of 256 512 1024")
    parser.add_argument("--only", nargs="+", choices=TABLES, default=list(TABLES), help="these tables")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file with the section (default RESULTS.md)")
    arguments = parser.parse_args()
    if arguments.device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("benchmarks/gpu.py: this machine has no CUDA device; --device cpu --quick runs it small.")
    set_precision(tune=True)
    size = QUICK if arguments.quick else Size()
    size = replace(size, sides=tuple(arguments.sides)) if arguments.sides else size
    about = describe(arguments.device)
    lines = ["## On a GPU" if arguments.device == "cuda" else "## The GPU's tables, on a CPU", ""]
    lines += [", ".join(f"{key} {value}" for key, value in about.items())]
    print("\n".join(lines), flush=True)
    for name in arguments.only:
        lines.append("")
        print(flush=True)
        for line in TABLES[name](size, arguments.device):
            lines.append(line)
            print(line, flush=True)
        write_section(arguments.results, "gpu", "\n".join(lines))


if __name__ == "__main__":
    main()
