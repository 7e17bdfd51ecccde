"""What the benchmarks of a step and of a restoration share: networks with random weights, a problem, its rounds."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import log2

import torch
from torch import Tensor, nn

from ilo_practice.losses import DataMSE, Objective, PerceptualData, geodesic
from ilo_practice.perceptual import Perceptual
from ilo_practice.stylegan2 import StyleGAN2
from ilo_practice.stylegan2.layers import Architecture
from ilo_theory.generators import Latent
from ilo_theory.ilo import Round, ilo, ramp
from ilo_theory.operators import Identity

WEIGHTS = {"mse": 1.0, "lpips": 1.0, "geodesic": 0.01}
VGG = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))  # channels by part (Simonyan 2015)
RATE = 0.1


def config_f(side: int, *, channels: int = 512, z_dim: int = 512) -> StyleGAN2:
    """The published architecture for `side` px with random weights that leave nothing trivially zero."""
    rng = torch.Generator().manual_seed(side)
    widths = tuple(min(channels, 2 ** (13 - j)) for j in range(int(log2(side)) - 1))
    network = StyleGAN2.draw(Architecture(side, 3, z_dim, z_dim, widths, wscale=True), rng=rng)
    for name, parameter in network.named_parameters():
        if name.endswith("noise_strength") or (name.endswith("bias") and "affine" not in name):
            parameter.data.add_(0.1 * torch.randn(parameter.shape, generator=rng))
    network.v_mean.normal_(generator=rng)
    network.v_std.fill_(1.0)
    return network.eval().requires_grad_(False)


def random_vgg(*, seed: int = 0, narrow: int = 1) -> Perceptual:
    """LPIPS on a VGG-16 trunk with random weights, made without the package lpips; `narrow` divides its channels."""
    rng, before, parts = torch.Generator().manual_seed(seed), 3, []
    for i, widths in enumerate(VGG):
        layers: list[nn.Module] = [nn.MaxPool2d(2)] if i else []
        for width in widths:
            convolution = nn.utils.skip_init(nn.Conv2d, before, width // narrow, 3, padding=1)
            nn.init.kaiming_normal_(convolution.weight, generator=rng)
            nn.init.zeros_(convolution.bias)
            layers += [convolution, nn.ReLU()]
            before = width // narrow
        parts.append(nn.Sequential(*layers))
    heads = [torch.rand(widths[-1] // narrow, 1, 1, generator=rng) for widths in VGG]
    return Perceptual("random-vgg", "0.1", parts, heads)


def denoising_objective(y: Tensor, network: Perceptual | None) -> Objective:
    """Squared error, LPIPS and geodesic of images y [B, 3, H, W]: A is the identity, so that LPIPS sees all of y."""
    operator = Identity(tuple(y.shape[1:])).to(y)
    terms = {"mse": DataMSE(operator, y), "geodesic": geodesic}
    weights = dict(WEIGHTS)
    if network is None:
        del weights["lpips"]
    else:
        terms["lpips"] = PerceptualData(operator, y, network)
    return Objective(weights, terms)


def target_of(network: StyleGAN2) -> Tensor:
    """The image of another latent, in [-1, 1]."""
    latent = network.init_codes(1, rng=torch.Generator().manual_seed(1))
    with torch.no_grad():
        image = network(latent)
    return image / image.abs().max()


def paper_rounds(network: StyleGAN2, steps: Sequence[int], *, layer: int = 0) -> list[Round]:
    """Rounds at layers `layer`, `layer` + 1, ... with the l1 balls and spheres of Appendix 7.3."""
    rounds = []
    for i, count in enumerate(steps):
        start = layer + i
        noises = tuple(network.noise_shapes)[max(0, 2 * start - 1) : 5 + 2 * start]
        spheres = {"v": (2,), **dict.fromkeys(noises, (2, 3))}
        radii = {"v": 300.0, **dict.fromkeys(noises, 300.0)} | ({"x": 1000.0} if start else {})
        rounds.append(Round(start, count, RATE, ("v", *noises, *(("x",) if start else ())), radii, spheres))
    return rounds


def one_step(
    network: StyleGAN2, objective: Objective, round: Round, latent: Latent, wrap: Callable = lambda f: f
) -> Callable[[], dict[str, Tensor]]:
    """The one step of `ilo` in a round, as a function that may be called again and again from the same state."""
    found = {}

    def keep(advance: Callable) -> Callable:
        run = wrap(advance)

        def kept(state: dict[str, Tensor]) -> dict[str, Tensor]:
            found["step"] = lambda: run(state)
            return run(state)

        return kept

    constant = replace(round, steps=2, schedule=ramp(0, 0))  # in the second the optimiser has a memory
    with torch.no_grad():
        ilo(network, objective, [constant], rng=torch.Generator(), latent=latent, step=keep)
    return torch.no_grad()(found["step"])
