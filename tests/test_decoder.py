"""The maker of the theory's digit decoder, on few and simple images."""

import math

import pytest
import torch

from ilo_practice import decoder
from ilo_practice.digits import Digits
from ilo_practice.images import read_image
from ilo_theory import trained
from ilo_theory.lipschitz import lipschitz_upper

SHAPE = (28, 28)


def bars(count: int) -> Digits:
    """Images that say their label by the height of a bar."""
    labels = torch.arange(count) % 10
    images = torch.zeros(count, *SHAPE, dtype=torch.uint8)
    for image, label in zip(images, labels.tolist(), strict=True):
        image[2 * label : 2 * label + 6] = 255 - label
    return Digits(images, labels)


def inputs(digits: Digits) -> torch.Tensor:
    return trained.as_images(digits.images).float()


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture(scope="module")
def network():
    return decoder.train(inputs(bars(200)), epochs=200, smooth=0.05, rng=seeded())


def test_training_lowers_the_error(network):
    images = inputs(bars(200))
    assert (network(images) - images).square().mean() < 0.5 * (images - images.mean(0)).square().mean()
    assert network.encode(images).norm(dim=1).max() < 1


def test_training_is_the_same_to_the_bit_for_the_same_seed():
    images, losses = inputs(bars(40)), []
    first, second = (
        decoder.train(images, epochs=2, smooth=0.1, rng=seeded(), on_epoch=lambda *seen: losses.append(seen))
        for _ in range(2)
    )
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)
    assert losses[:2] == losses[2:]
    assert [epoch for epoch, _ in losses] == [1, 2, 1, 2]


def test_the_penalty_makes_it_smoother():
    images = inputs(bars(100))
    rough, smooth = (decoder.train(images, epochs=60, smooth=s, rng=seeded()).decoder for s in (0.0, 10.0))
    assert lipschitz_upper(smooth) < 0.7 * lipschitz_upper(rough)


def test_scaling_moves_the_last_norm_and_nothing_else(rng):
    chain = trained.blank(2, 5, 4).double()
    for parameter in chain.parameters():
        parameter.data = torch.randn(parameter.shape, generator=rng, dtype=torch.float64)
    z = torch.randn(6, 2, generator=rng, dtype=torch.float64)
    before, product = chain({"z": z}), lipschitz_upper(chain)
    decoder._normalise(decoder.linear_layers(chain))
    torch.testing.assert_close(chain({"z": z}), before)
    assert lipschitz_upper(chain, 2) == pytest.approx(1)
    assert lipschitz_upper(chain) == pytest.approx(product)


def test_what_is_published_is_what_is_loaded(network, tmp_path):
    training, held_out = bars(200), bars(50)
    about = {"seed": 0, "epochs": 200, "smooth": 0.05}
    figures = decoder.publish(network, training, held_out, tmp_path, about)
    assert {path.name for path in tmp_path.iterdir()} == {
        f"digits.{end}" for end in ("safetensors", "json", "md", "png")
    }
    loaded = trained.digit_decoder(tmp_path)
    z = torch.tensor([[0.1, -0.4], [0.9, 0.2]])
    torch.testing.assert_close(loaded({"z": z.double()}), network.decoder({"z": z}).double(), rtol=1e-4, atol=1e-5)
    shipped = trained.held_out_digits(tmp_path)
    torch.testing.assert_close(shipped, trained.as_images(bars(10).images.repeat_interleave(2, dim=0)))
    assert figures["L2"] == pytest.approx(1, abs=1e-5)
    assert figures["L1_at_least"] <= figures["L1"]
    errors = (network(inputs(held_out)) - inputs(held_out)).flatten(1).norm(dim=1)
    assert figures["error"] == pytest.approx(errors.square().mean().sqrt().item(), rel=1e-5)
    assert read_image(tmp_path / "digits.png", 1).shape == (1, 1, 15 * 29 - 1, 15 * 29 - 1)


def test_the_picture_is_of_the_disc(network):
    page = decoder.picture(network.decoder, side=3)
    assert (page[:, :28, :28] == 1).all()  # a corner
    image = network.decoder({"z": torch.zeros(1, 2)})[0].detach()
    torch.testing.assert_close(page[:, 29:57, 29:57], image, rtol=1e-4, atol=1e-5)


def command(out, **changes):
    flags = {"data": "mnist.tgz", "out": out, "epochs": 1} | changes
    return [part for name, value in flags.items() for part in (f"--{name}", str(value))]


def test_the_command_writes_the_four_files(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(decoder, "read_archive", lambda path: bars(1200))
    assert decoder.main(command(tmp_path / "out")) == 0
    assert len([*(tmp_path / "out").iterdir()]) == 4
    said = capsys.readouterr()
    assert "L1 L2" in said.out
    assert "epoch 1, mean squared error" in said.err
    assert math.isfinite(trained.digit_decoder(tmp_path / "out")({"z": torch.zeros(1, 2).double()}).sum())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "sha512 differs"),
        ({"data": "missing.tgz"}, "missing.tgz"),
        ({"epochs": 0}, "`--epochs` must be >= 1"),
        ({"smooth": -1.0}, "`--smooth` >= 0"),
        ({"smooth": "nan"}, "`--smooth` >= 0"),
    ],
)
def test_what_a_user_got_wrong_is_one_line(tmp_path, monkeypatch, capsys, changes, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mnist.tgz").write_bytes(b"another file")
    assert decoder.main(command("out", **changes)) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert said.err.count("\n") == 1
    assert not (tmp_path / "out").exists()
