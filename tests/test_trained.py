"""The decoder of digits that comes with the theory: its shape, its constants, its card, and its hash."""

import json
import math
import shutil

import pytest
import torch

from ilo_practice.decoder import card
from ilo_theory.lipschitz import lipschitz_lower, lipschitz_upper
from ilo_theory.trained import HERE, SPLIT, digit_decoder, held_out_digits

FIGURES = json.loads((HERE / "digits.json").read_text("utf-8"))


def test_the_decoder_is_split_before_an_affine_layer(rng):
    decoder = digit_decoder()
    z = torch.randn(4, 2, generator=rng, dtype=torch.float64)
    w = decoder({"z": z}, stop=SPLIT)["z"]
    assert w.shape == (4, 16)
    image = decoder({"z": w}, start=SPLIT)
    assert torch.equal(image, decoder({"z": z}))
    assert image.shape == (4, 1, 28, 28)
    assert image.dtype == torch.float64
    middle = decoder({"z": w.mean(0, keepdim=True)}, start=SPLIT)
    torch.testing.assert_close(middle, image.mean(0, keepdim=True))
    assert not any(parameter.requires_grad for parameter in decoder.parameters())


def test_its_lipschitz_constants_are_those_of_the_card(rng):
    decoder = digit_decoder()
    assert lipschitz_upper(decoder, 0, SPLIT) == pytest.approx(FIGURES["L1"], rel=1e-12)
    assert lipschitz_upper(decoder, SPLIT) == pytest.approx(1, abs=1e-5)
    z = torch.rand(300, 2, generator=rng, dtype=torch.float64) * 2 - 1
    seen = lipschitz_lower(decoder, {"z": z}, 0, SPLIT, rng=rng)
    assert 0.5 * FIGURES["L1_at_least"] < seen < FIGURES["L1"]


def test_digits_held_out_are_bytes_of_each_kind():
    digits = held_out_digits()
    assert digits.shape == (20, 1, 28, 28)
    assert digits.min() == -1
    assert digits.max() == 1
    levels = (digits + 1) * 127.5
    torch.testing.assert_close(levels, levels.round())
    assert len({row.numpy().tobytes() for row in digits}) == 20


def test_the_decoder_is_nearer_to_digits_than_their_mean_is():
    decoder, digits = digit_decoder(), held_out_digits().flatten(1)
    ticks = torch.linspace(-1, 1, 81, dtype=torch.float64)
    z = torch.cartesian_prod(ticks, ticks)
    images = decoder({"z": z[z.norm(dim=1) <= 1]}).flatten(1)
    nearest = torch.cdist(digits, images).amin(1).square().mean().sqrt()
    assert nearest < 0.85 * (digits - digits.mean(0)).norm(dim=1).square().mean().sqrt()
    assert nearest == pytest.approx(FIGURES["error"], rel=0.15)


def test_the_card_tells_the_figures():
    text = (HERE / "digits.md").read_text("utf-8")
    assert text == card(FIGURES)
    assert FIGURES["sha256"] in text
    assert f"{FIGURES['L1_at_least']:.1f} to {FIGURES['L1']:.1f}" in text
    assert (HERE / "digits.png").read_bytes()[:4] == b"\x89PNG"
    assert FIGURES["parameters"] == sum(p.numel() for p in digit_decoder().parameters())
    assert math.isclose(FIGURES["held_out_digits"] + FIGURES["training_digits"], 10_000)


def test_another_file_of_weights_is_refused(tmp_path):
    for name in ("digits.safetensors", "digits.json"):
        shutil.copy(HERE / name, tmp_path)
    digit_decoder(tmp_path)
    content = bytearray((tmp_path / "digits.safetensors").read_bytes())
    content[-1] ^= 1
    (tmp_path / "digits.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match="has not the sha256"):
        digit_decoder(tmp_path)
    with pytest.raises(ValueError, match="has not the sha256"):
        held_out_digits(tmp_path)
