"""StyleGAN-2 synthesis, config-f, batch 1: the image and its gradients by codes and noises, beside two peers.

The unit is the arithmetic floor: four operations for each multiply-add of the image's convolutions (two in the image,
two in the gradient), at the rate of a float32 matrix product in the same process. Checked before anything is timed: the
peers reproduce arrays computed by the public implementations, and all give the same image and gradients.
"""

import argparse
import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from peers import nvidia, rosinality
from timing import interleaved, print_table
from torch import Tensor

from ilo_practice.checkpoints import from_state_dict
from ilo_practice.devices import keep_memory
from ilo_practice.stylegan2 import StyleGAN2
from ilo_practice.stylegan2.checkpointing import checkpointed
from ilo_practice.stylegan2.layers import Architecture
from ilo_theory.generators import Generator, Latent

GOLDEN = Path(__file__).parent.parent / "tests" / "golden"
TARGETS = {64: 1.08, 256: 1.12, 1024: 1.45}
UNIT, SIDE = "arithmetic floor", 2048


def config_f(resolution: int) -> StyleGAN2:
    """A network of that size with random weights, which take no gradient."""
    rng, blocks = torch.Generator().manual_seed(0), resolution.bit_length() - 2
    widths = tuple(min(512, 32768 // 2 ** (j + 2)) for j in range(blocks))
    network = StyleGAN2.draw(Architecture(resolution, 3, 512, 512, widths), rng=rng)
    for name, parameter in network.named_parameters():
        if name.endswith(("bias", "noise_strength")):
            parameter.data += 0.2 * torch.randn(parameter.shape, generator=rng)
    network.fit_codes_(rng=rng, samples=1000)
    return network.eval().requires_grad_(False)


def multiply_adds(network: StyleGAN2) -> int:
    """Of one image: a transposed convolution counts at the size that it starts from."""
    total = 0
    for j, block in enumerate(network.blocks):
        pixels = 4 ** (j + 2)
        total += (block.conv1.weight.numel() + block.torgb.weight.numel()) * pixels
        total += block.conv0.weight.numel() * pixels // 4 if j else 0
    return total


def variables(network: StyleGAN2) -> Latent:
    latent = network.init_codes(1, rng=torch.Generator().manual_seed(1))
    return {key: value.requires_grad_() for key, value in latent.items()}


def gradients(image: Callable[[Latent], Tensor], latent: Latent) -> tuple[Tensor, ...]:
    """By all codes and noises, of the image's mean square."""
    return torch.autograd.grad(image(latent).square().mean(), list(latent.values()))


def check_peers() -> None:
    """Ends the program unless the peers give what the public implementations gave."""
    for peer, name, code, expected, w_avg in (
        (nvidia, "nv_32px_rgb", "in/ws", "out/img_from_ws_const", None),
        (nvidia, "nv_64px_rgb", "in/ws", "out/img_from_ws_const", None),
        (rosinality, "ros_32px", "in/latent", "out/img_from_latent", "in/truncation_latent"),
    ):
        arrays = {k: torch.from_numpy(v) for k, v in np.load(GOLDEN / f"{name}.npz", allow_pickle=False).items()}
        state = {key[3:]: value for key, value in arrays.items() if key.startswith("sd/")}
        network = from_state_dict(state, w_avg=arrays.get(w_avg)).double()
        noises = {key[3:]: value.double() for key, value in arrays.items() if key.startswith("in/noise")}
        check_same(f"{peer.__name__} on {name}", arrays[expected], peer(network, {"w": arrays[code].double()} | noises))


def check_same(name: str, expected: Tensor, got: Tensor, limit: float = 1e-8) -> None:
    error = ((expected - got).abs().max() / expected.abs().max()).item()
    if not error < limit:
        raise SystemExit(f"{name}: something else is computed, the greatest difference is {error:.1e} of the largest.")


def compare(resolution: int, options: argparse.Namespace) -> None:
    """One table."""
    network = config_f(resolution)
    latent = variables(network)
    images = {
        "ours": network,
        "ours, checkpointed": checkpointed(network),
        "NVIDIA's reference operations": lambda latent: nvidia(network, latent),
        "rosinality's native operations": lambda latent: rosinality(network, latent),
    }
    with torch.no_grad():
        for name, image in images.items():
            check_same(f"{name} at {resolution}", network(latent), image(latent), 1e-4)
    if resolution <= 64:  # in float64: sign flips of the leaky ReLU move larger ones by more than rounding
        exact, codes = (
            config_f(resolution).double(),
            {k: v.detach().double().requires_grad_() for k, v in latent.items()},
        )
        for peer in (nvidia, rosinality):
            pairs = zip(gradients(exact, codes), gradients(lambda c, p=peer: p(exact, c), codes), strict=True)
            for ours, theirs in pairs:
                check_same(f"gradient of {peer.__name__}", ours, theirs, 1e-6)

    a, b, out = (torch.randn(SIDE, SIDE) for _ in range(3))
    calls = {UNIT: lambda: torch.mm(a, b, out=out)}
    calls |= {name: lambda image=image: gradients(image, latent) for name, image in images.items()}
    clock = time.process_time if options.cpu_time else time.perf_counter
    times = interleaved(calls, repeats=options.repeats, clock=clock)
    times[UNIT] = [2 * multiply_adds(network) / SIDE**3 * seconds for seconds in times[UNIT]]
    target = f", target {TARGETS[resolution]}" if resolution in TARGETS else ""
    print_table(f"forward + backward, {resolution} px, {multiply_adds(network) / 1e9:.1f} GMAC{target}", times, UNIT)
    print_table(f"the same, {resolution} px", {k: v for k, v in times.items() if k != UNIT}, "ours")


def peak(resolution: int, kind: str) -> float:
    """GB by which one forward and backward raise the memory of a process that holds the network."""
    network = config_f(resolution)
    images: dict[str, Generator | Callable] = {
        "ours": network,
        "ours, checkpointed": checkpointed(network),
        "plain layers": network.requires_grad_(kind == "plain layers"),
        "NVIDIA's reference operations": lambda latent: nvidia(network, latent),
    }
    latent, before = variables(network), _memory("VmRSS")
    gradients(images[kind], latent)
    return (_memory("VmHWM") - before) / 1e6


def _memory(name: str) -> int:
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def memory(resolutions: list[int]) -> None:
    """A table of peaks, each in a process of its own; where the kernel tells them (Linux)."""
    kinds = ("ours", "ours, checkpointed", "plain layers", "NVIDIA's reference operations")
    print("\n| peak of forward + backward above the network, GB | " + " | ".join(kinds) + " |\n|---|" + "---:|" * 4)
    for resolution in resolutions:
        peaks = []
        for kind in kinds:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                peaks.append(pool.apply(peak, (resolution, kind)))
        print(f"| {resolution} px | " + " | ".join(f"{each:.2f}" for each in peaks) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1, help="of torch (default 1)")
    parser.add_argument("--repeats", type=int, default=5, help="rounds (default 5)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 256, 1024], help="default 64 256 1024")
    parser.add_argument("--keep-memory", action="store_true", help="let the C library keep what is freed")
    parser.add_argument("--cpu-time", action="store_true", help="count processor time: a busy machine, one thread")
    parser.add_argument("--memory", action="store_true", help="measure peaks of memory and no times")
    options = parser.parse_args()
    if options.memory:
        return memory(options.sizes)
    torch.set_num_threads(options.threads)
    if options.keep_memory:
        keep_memory()
    kept = "memory kept" if options.keep_memory else "memory given back"
    clock = "processor time" if options.cpu_time else "wall time"
    print(f"torch {torch.__version__}, {options.threads} thread(s), {kept}, {clock}")
    check_peers()
    for resolution in options.sizes:
        compare(resolution, options)


if __name__ == "__main__":
    main()
