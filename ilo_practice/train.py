"""The trainer of small StyleGAN-2 generators: non-saturating loss, R1, path lengths, adaptive augmentation, EMA.

Karras et al. 2020 (loss, lazy regularisation, style mixing, averaged weights) and Karras et al., "Training generative
adversarial networks with limited data" (adaptive augmentation). Everything that a step depends on is in
`Trainer.state()`, so that a resumed run is the same to the bit.
"""

import copy
import io
from collections.abc import Callable
from dataclasses import asdict, dataclass
from math import pi
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ilo_practice.discriminator import Discriminator
from ilo_practice.images import sheet, write_atomically, write_png
from ilo_practice.stylegan2 import StyleGAN2
from ilo_practice.stylegan2.layers import Architecture


@dataclass(frozen=True)
class Schedule:
    """Rates and weights of a training; counts are in images shown to the discriminator, `every` in steps.

    The rate `lr` falls linearly from `decay_from` images on, to a twentieth at `decay_to`. `ema` is the half-life of
    the averaged weights; `augment_speed` is how many images the augmentation takes to go from never to always.
    """

    batch: int = 16
    lr: float = 0.005
    decay_from: int = 900_000
    decay_to: int = 1_000_000
    r1: float = 0.2
    r1_every: int = 16
    path: float = 2.0
    path_every: int = 8
    mixing: float = 0.9
    ema: float = 10_000.0
    augment_target: float = 0.6
    augment_speed: float = 100_000.0


def augment(images: Tensor, probability: Tensor, *, rng: torch.Generator) -> Tensor:
    """Each of translation, rotation, scale and stretch, with `probability`, on [B, C, H, W] in [-1, 1] on black.

    The untouched image keeps a positive share, so that the generator learns the images and not their deformations.
    """
    batch = images.shape[0]

    def sometimes(value: Tensor) -> Tensor:
        return value * (torch.rand(batch, generator=rng) < probability)

    shift = torch.stack([sometimes(torch.randn(batch, generator=rng) * 0.12) for _ in range(2)], dim=1)
    angle = sometimes((torch.rand(batch, generator=rng) - 0.5) * (pi / 4))
    scale = torch.exp2(sometimes(torch.randn(batch, generator=rng) * 0.2))
    stretch = torch.exp2(sometimes(torch.randn(batch, generator=rng) * 0.2))
    cos, sin = angle.cos() * scale, angle.sin() * scale
    affine = torch.stack([cos * stretch, -sin * stretch, sin / stretch, cos / stretch], dim=1).reshape(batch, 2, 2)
    grid = F.affine_grid(torch.cat((affine, shift[:, :, None]), dim=2), list(images.shape), align_corners=False)
    return F.grid_sample(images + 1, grid, mode="bilinear", padding_mode="zeros", align_corners=False) - 1


class Trainer:
    """Generator, discriminator, their optimisers and the averaged generator, advanced by `step`."""

    def __init__(self, architecture: Architecture, data: Tensor, schedule: Schedule, *, rng: torch.Generator):
        """`data`: images [N, C, H, W] in [-1, 1], on the CPU."""
        side = architecture.resolution
        if data.ndim != 4 or tuple(data.shape[1:]) != (architecture.channels, side, side):
            raise ValueError(
                f"`Trainer(data=...)` must be [N, {architecture.channels}, {side}, {side}], got {list(data.shape)}."
            )
        self.data, self.schedule, self.rng = data, schedule, rng
        self.generator = StyleGAN2.draw(architecture, rng=rng)
        self.discriminator = Discriminator.draw(architecture.channels, architecture.widths, rng=rng)
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        self.g_optimiser = self._adam(self.generator, schedule.path_every)
        self.d_optimiser = self._adam(self.discriminator, schedule.r1_every)
        self.images = torch.tensor(0)
        self.probability = torch.tensor(0.0)
        self.path_mean = torch.tensor(torch.nan)
        self.signs = torch.zeros(2)  # sum of the signs of real logits, and their number, since the last adjustment

    def _adam(self, network: torch.nn.Module, every: int) -> torch.optim.Adam:
        return torch.optim.Adam(network.parameters(), betas=(0.0, 0.99 ** _lazy(every)), fused=True)

    def _rate(self, every: int) -> float:
        begin, end = self.schedule.decay_from, self.schedule.decay_to
        left = (end - self.images.item()) / (end - begin)
        return self.schedule.lr * _lazy(every) * min(1.0, max(0.05, left))

    def step(self) -> dict[str, float]:
        """One step of the discriminator and one of the generator; returns their losses and the augmentation."""
        index = self.images.item() // self.schedule.batch
        for optimiser, every in (
            (self.g_optimiser, self.schedule.path_every),
            (self.d_optimiser, self.schedule.r1_every),
        ):
            optimiser.param_groups[0]["lr"] = self._rate(every)
        d_loss = self._discriminator_step(regularise=index % self.schedule.r1_every == 0)
        g_loss = self._generator_step(regularise=index % self.schedule.path_every == 0)
        self.images += self.schedule.batch
        half_life = min(self.schedule.ema, 0.05 * self.images.item())
        keep = 0.5 ** (self.schedule.batch / half_life)
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.generator.parameters()), 1 - keep)
        return {"d_loss": d_loss, "g_loss": g_loss, "augment": self.probability.item()}

    def _fakes(self, batch: int) -> tuple[Tensor, Tensor]:
        latent = self.generator.init(batch, rng=self.rng)
        w = self.generator.map(latent.pop("z"))
        if torch.rand((), generator=self.rng) < self.schedule.mixing:
            other = self.generator.map(torch.randn(batch, self.generator.z_dim, generator=self.rng))
            cut = int(torch.randint(1, self.generator.num_ws, (), generator=self.rng))
            w = torch.cat((w[:, :cut], other[:, cut:]), dim=1)
        return self.generator({"w": w} | latent), w

    def _discriminator_step(self, *, regularise: bool) -> float:
        with torch.no_grad():
            fakes, _ = self._fakes(self.schedule.batch)
        chosen = torch.randint(len(self.data), (self.schedule.batch,), generator=self.rng)
        reals = augment(self.data[chosen], self.probability, rng=self.rng).requires_grad_(regularise)
        real_logits = self.discriminator(reals)
        fake_logits = self.discriminator(augment(fakes, self.probability, rng=self.rng))
        loss = F.softplus(fake_logits).mean() + F.softplus(-real_logits).mean()
        total = loss
        if regularise:
            # taken at the augmented images, on which the discriminator is trained
            (slope,) = torch.autograd.grad(real_logits.sum(), reals, create_graph=True)
            total = loss + slope.square().sum((1, 2, 3)).mean() * (self.schedule.r1 / 2 * self.schedule.r1_every)
        self._apply(self.d_optimiser, total)
        self._adjust_augmentation(real_logits.detach())
        return loss.item()

    def _generator_step(self, *, regularise: bool) -> float:
        fakes, _ = self._fakes(self.schedule.batch)
        self.discriminator.requires_grad_(False)
        loss = F.softplus(-self.discriminator(augment(fakes, self.probability, rng=self.rng))).mean()
        self.discriminator.requires_grad_(True)
        total = loss + self._path_penalty() if regularise else loss
        self._apply(self.g_optimiser, total)
        return loss.item()

    def _path_penalty(self) -> Tensor:
        """Karras et al. 2020, Equation 4: the lengths ||J_w^T y|| are drawn to their running mean."""
        fakes, w = self._fakes(self.schedule.batch // 2)
        y = torch.randn(fakes.shape, generator=self.rng) / self.generator.resolution
        (slope,) = torch.autograd.grad((fakes * y).sum(), w, create_graph=True)
        lengths = slope.square().sum(2).mean(1).sqrt()
        here = lengths.detach().mean()
        # from the first value on: a mean that starts at 0 would flatten a generator that is trained so briefly
        self.path_mean = here if self.path_mean.isnan() else self.path_mean.lerp(here, 0.01)
        return (lengths - self.path_mean).square().mean() * (self.schedule.path * self.schedule.path_every)

    @staticmethod
    def _apply(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()

    def _adjust_augmentation(self, logits: Tensor) -> None:
        """Every four steps, towards the share of positive real logits at which overfitting is held off."""
        self.signs += torch.stack((logits.sign().sum(), torch.tensor(float(len(logits)))))
        if self.signs[1] >= 4 * self.schedule.batch:
            direction = (self.signs[0] / self.signs[1] - self.schedule.augment_target).sign()
            move = direction * self.signs[1] / self.schedule.augment_speed
            self.probability = (self.probability + move).clamp(0, 0.8)
            self.signs.zero_()

    def state(self) -> dict:
        """Everything that the next step depends on but the data: tensors and plain numbers, for `load_state`."""
        return {
            "schedule": asdict(self.schedule),
            "networks": [m.state_dict() for m in (self.generator, self.discriminator, self.average)],
            "optimisers": [o.state_dict() for o in (self.g_optimiser, self.d_optimiser)],
            "counters": [self.images, self.probability, self.path_mean, self.signs],
            "rng": self.rng.get_state(),
        }

    def load_state(self, state: dict) -> None:
        """Continue where `state` was taken, to the bit on the same machine and number of threads.

        Raises ValueError for a state of another schedule.
        """
        if state["schedule"] != asdict(self.schedule):
            raise ValueError(f"`Trainer.load_state(state)` is of the schedule {state['schedule']}.")
        networks = (self.generator, self.discriminator, self.average)
        for network, saved in zip(networks, state["networks"], strict=True):
            network.load_state_dict(saved)
        for optimiser, saved in zip((self.g_optimiser, self.d_optimiser), state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.images, self.probability, self.path_mean, self.signs = (c.clone() for c in state["counters"])
        self.rng.set_state(state["rng"])


def _lazy(every: int) -> float:
    """Lazy regularisation adds a gradient every so many steps: the rates for it (Karras et al. 2020, Appendix B)."""
    return every / (every + 1)


def train(
    trainer: Trainer, folder: str | Path, *, images: int, every: int = 10_000, on_step: Callable[[dict], None]
) -> None:
    """Advance `trainer` until it has seen `images`, from the last checkpoint in `folder` where there is one.

    Every `every` images it writes `state.pt` (to resume) and `samples-<thousands>.png` (64 images of the averaged
    generator, of the same latents each time). `on_step` gets the losses, the augmentation and the images so far.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / "state.pt"
    if checkpoint.exists():
        trainer.load_state(torch.load(checkpoint, weights_only=True))
    latent = trainer.average.init(64, rng=torch.Generator().manual_seed(0))
    while (seen := trainer.images.item()) < images:
        on_step(trainer.step() | {"images": seen + trainer.schedule.batch})
        seen = trainer.images.item()
        if seen // every > (seen - trainer.schedule.batch) // every or seen >= images:
            content = io.BytesIO()
            torch.save(trainer.state(), content)
            write_atomically(checkpoint, content.getvalue())
            with torch.no_grad():
                samples = trainer.average(latent)
            write_png(folder / f"samples-{seen // 1000:05}.png", sheet(samples, columns=8))
