"""The trainer: resumes to the bit, its losses against independent formulas, augmentation and discriminator."""

from math import prod, sqrt

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from ilo_practice.discriminator import Conv, Discriminator, minibatch_deviation
from ilo_practice.stylegan2.layers import Architecture
from ilo_practice.train import Schedule, Trainer, augment, train

SMALL = Architecture(resolution=8, channels=1, z_dim=3, w_dim=4, widths=(4, 4), mapping_layers=2)


def trainer(**changes):
    rng = torch.Generator().manual_seed(0)
    schedule = Schedule(**{"batch": 4, "r1_every": 2, "path_every": 3, "augment_speed": 100} | changes)
    data = torch.rand(20, 1, 8, 8, generator=rng) * 2 - 1
    return Trainer(SMALL, data, schedule, rng=rng)


def flat(state):
    if isinstance(state, torch.Tensor):
        return [state]
    values = state.values() if isinstance(state, dict) else state if isinstance(state, list | tuple) else []
    return [tensor for value in values for tensor in flat(value)]


@pytest.mark.parametrize("stop", [8, 20, 28])
def test_a_resumed_training_is_the_same_to_the_bit(tmp_path, stop):
    whole, first, second = trainer(), trainer(), trainer()
    train(whole, tmp_path / "whole", images=40, every=8, on_step=lambda _: None)
    train(first, tmp_path / "parts", images=stop, every=8, on_step=lambda _: None)
    train(second, tmp_path / "parts", images=40, every=8, on_step=lambda _: None)
    for a, b in zip(flat(whole.state()), flat(second.state()), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0, equal_nan=True)
    assert (tmp_path / "parts" / "samples-00000.png").exists()


def test_training_moves_both_networks_and_averages_the_generator():
    run = trainer(ema=60)
    averages = [p.clone() for p in run.generator.parameters()]
    critic = [p.clone() for p in run.discriminator.parameters()]
    for step in range(1, 7):
        losses = run.step()
        assert all(torch.isfinite(torch.tensor(value)) for value in losses.values())
        keep = 0.5 ** (4 / min(60, 0.05 * 4 * step))
        averages = [
            keep * a + (1 - keep) * p.detach() for a, p in zip(averages, run.generator.parameters(), strict=True)
        ]
    for ours, expected in zip(run.average.parameters(), averages, strict=True):
        torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-5)
    assert not any(torch.equal(p, q) for p, q in zip(critic, run.discriminator.parameters(), strict=True))


def test_path_penalty_is_that_of_the_explicit_jacobian():
    run = trainer()
    run.generator.double()
    run.path_mean = torch.tensor(0.7, dtype=torch.float64)
    w = torch.randn(2, 4, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64, requires_grad=True)
    run._fakes = lambda batch: (run.generator({"w": w}), w)
    y_rng = torch.Generator().manual_seed(0)
    run.rng = torch.Generator().manual_seed(0)
    penalty = run._path_penalty()
    y = torch.randn(2, 1, 8, 8, generator=y_rng) / 8
    lengths = []
    for i in range(2):
        jacobian = torch.autograd.functional.jacobian(lambda v: run.generator({"w": v[None]}).flatten(), w[i].detach())
        slope = torch.einsum("n,nld->ld", y[i].flatten().double(), jacobian)
        lengths.append((slope**2).sum(1).mean().sqrt())
    lengths = torch.stack(lengths)
    mean = 0.7 + 0.01 * (lengths.mean() - 0.7)
    torch.testing.assert_close(penalty, ((lengths - mean) ** 2).mean() * 2.0 * 3)


def test_r1_is_the_mean_squared_slope_of_the_logits(monkeypatch):
    """With a discriminator that is linear, logit = <a, x>, the penalty is r1/2 every |a|^2."""
    run = trainer(r1=10.0)
    weight = torch.randn(64, generator=torch.Generator().manual_seed(2))

    class Linear(nn.Module):
        def forward(self, image):
            return image.flatten(1) @ weight

    totals = []
    run.discriminator = Linear()
    monkeypatch.setattr(run, "_apply", lambda optimiser, total: totals.append(total.item()))
    loss = run._discriminator_step(regularise=True)
    assert totals[0] - loss == pytest.approx(10.0 / 2 * 2 * weight.square().sum().item(), rel=1e-4)


def test_augmentation_with_probability_zero_is_the_identity(rng):
    images = torch.rand(5, 1, 8, 8, generator=rng) * 2 - 1
    torch.testing.assert_close(augment(images, torch.tensor(0.0), rng=rng), images, rtol=0, atol=1e-5)
    moved = augment(images, torch.tensor(1.0), rng=rng)
    assert (moved - images).abs().amax((1, 2, 3)).min() > 0.1
    assert moved.min() >= -1 - 1e-6


def test_augmentation_leaves_the_promised_share_untouched(rng):
    images = torch.rand(1, 1, 8, 8, generator=rng).expand(20_000, -1, -1, -1) * 2 - 1
    share = ((augment(images, torch.tensor(0.3), rng=rng) - images).abs().amax((1, 2, 3)) < 1e-4).float().mean().item()
    # five independent deformations are all left out with probability 0.7^5; 5.2 standard deviations: alarm below 1e-6
    expected = 0.7**5
    assert abs(share - expected) < 5.2 * sqrt(expected * (1 - expected) / 20_000)


def test_augmentation_grows_while_the_discriminator_is_too_sure():
    run = trainer(batch=8)
    for _ in range(4):
        run._adjust_augmentation(torch.ones(8))
    assert run.probability.item() == pytest.approx(32 / 100)
    for _ in range(4):
        run._adjust_augmentation(-torch.ones(8))
    assert run.probability.item() == 0


def test_downsampling_convolution_against_plain_torch(rng):
    layer = Conv(2, 3, size=3, down=True)
    layer.draw_(rng)
    x = torch.randn(2, 2, 8, 8, generator=rng)
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    kernel = (torch.outer(taps, taps) / 64).expand(2, 1, 4, 4)
    blurred = F.conv2d(F.pad(x, (2, 2, 2, 2)), kernel, groups=2)
    oracle = F.conv2d(blurred, layer.weight / sqrt(prod(layer.weight.shape[1:])), layer.bias, stride=2)
    torch.testing.assert_close(layer(x), oracle)
    assert oracle.shape == (2, 3, 4, 4)


def test_minibatch_deviation_sees_a_collapsed_batch(rng):
    x = torch.randn(1, 2, 4, 4, generator=rng)
    collapsed = minibatch_deviation(x.expand(4, -1, -1, -1))
    varied = torch.randn(4, 2, 4, 4, generator=rng)
    torch.testing.assert_close(collapsed[:, 2], torch.full((4, 4, 4), 1e-4))
    torch.testing.assert_close(
        minibatch_deviation(varied)[:, 2], varied.std(0, correction=0).mean().expand(4, 4, 4), rtol=1e-5, atol=1e-5
    )
    with pytest.raises(ValueError, match="divisible by 4, got 6"):
        minibatch_deviation(torch.zeros(6, 1, 2, 2))


def test_the_discriminator_halves_down_to_4_pixels(rng):
    logits = Discriminator.draw(3, (4, 5, 6), rng=rng)(torch.randn(4, 3, 16, 16, generator=rng))
    assert logits.shape == (4,)
    assert logits.isfinite().all()


def test_data_of_another_size_are_refused(rng):
    with pytest.raises(ValueError, match=r"must be \[N, 1, 8, 8\], got \[3, 1, 4, 4\]"):
        Trainer(SMALL, torch.zeros(3, 1, 4, 4), Schedule(), rng=rng)
