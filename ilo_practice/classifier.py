"""A small digit classifier, the judge of generated digits: what share does it recognise, and as which digit?"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CONFIDENT = 0.9


def classifier() -> nn.Module:
    """Logits [B, 10] of images [B, 1, 32, 32] in [-1, 1]."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(512, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )


def train_classifier(
    images: Tensor,
    labels: Tensor,
    *,
    rng: torch.Generator,
    epochs: int = 12,
    batch: int = 64,
    on_epoch: Callable[[int, float], None] = lambda epoch, loss: None,
) -> nn.Module:
    """A classifier trained on images [N, 1, 32, 32] shifted by up to two pixels; its start comes from `rng` too."""
    network = classifier()
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim > 1:
                fan_in = parameter[0].numel()
                parameter.normal_(0, (2 / fan_in) ** 0.5, generator=rng)
            else:
                parameter.zero_()
    steps = len(images) // batch
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=epochs * steps)
    padded = F.pad(images, (2, 2, 2, 2), value=-1.0)
    for epoch in range(epochs):
        order, total = torch.randperm(len(images), generator=rng), 0.0
        for chosen in order[: steps * batch].split(batch):
            top, left = torch.randint(5, (2,), generator=rng).tolist()
            logits = network(padded[chosen, :, top : top + 32, left : left + 32])
            loss = F.cross_entropy(logits, labels[chosen])
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        on_epoch(epoch + 1, total / steps)
    return network.eval().requires_grad_(False)


def recognise(network: nn.Module, images: Tensor, *, chunk: int = 500) -> tuple[Tensor, Tensor]:
    """(digit [B], confidence [B] in [0, 1]) of images [B, 1, 32, 32]."""
    with torch.no_grad():
        confidence, digit = torch.cat([network(part).softmax(1) for part in images.split(chunk)]).max(1)
    return digit, confidence
