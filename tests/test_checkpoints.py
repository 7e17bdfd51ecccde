"""Checkpoints: a round trip to the bit, files that lie refused in one line, nothing half-written."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from ilo_practice.checkpoints import embedded, from_state_dict, load, save_generator
from tests.tiny import tiny


@pytest.fixture
def saved(tmp_path):
    network = tiny(3, channels=3, fitted=False, widths=(3, 4, 5))
    path = tmp_path / "tiny.safetensors"
    save_generator(network, path, metadata={"license": "CC0-1.0"})
    return network, path


def test_a_saved_generator_is_the_same_to_the_bit(saved, rng):
    network, path = saved
    again = load(path)
    latent = network.init(2, rng=rng)
    assert again.architecture == network.architecture
    assert torch.equal(again(latent), network(latent))
    assert not any(parameter.requires_grad for parameter in again.parameters())


def test_unknown_moments_stay_unknown(saved):
    assert load(saved[1]).v_mean.isnan().all()


def test_a_file_cut_anywhere_is_refused(saved, tmp_path):
    content = saved[1].read_bytes()
    for percent in range(1, 100, 3):
        cut = tmp_path / "cut.safetensors"
        cut.write_bytes(content[: len(content) * percent // 100])
        with pytest.raises(ValueError, match=r"`load\('cut.safetensors'\)` is not a whole StyleGAN-2"):
            load(cut)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("blocks.1.conv0.weight"), "lacks 'blocks.1.conv0.weight'"),
        (lambda t: t.update(extra=torch.zeros(1)), "holds 'extra'"),
        (lambda t: t.update({"blocks.0.const": torch.zeros(3, 4, 5)}), r"must be \[3, 4, 4\], got \[3, 4, 5\]"),
        (lambda t: t.update({"blocks.0.const": torch.full((3, 4, 4), torch.nan)}), "not finite"),
    ],
)
def test_wrong_tensors_are_refused(saved, tmp_path, change, message):
    network, path = saved
    tensors = load_file(path)
    change(tensors)
    wrong = tmp_path / "wrong.safetensors"
    save_file(tensors, wrong, {"architecture": json.dumps(network.architecture.__dict__)})
    with pytest.raises(ValueError, match=message):
        load(wrong)


@pytest.mark.parametrize(
    "header", [{}, *({"architecture": text} for text in ("{", "[]", '{"widths": 3}', "[" * 5000, '{"kind": []}'))]
)
def test_wrong_headers_are_refused(tmp_path, header):
    path = tmp_path / "header.safetensors"
    save_file({"a": torch.zeros(1)}, path, header)
    with pytest.raises(ValueError, match="not a whole StyleGAN-2"):
        load(path)


def test_no_file_and_other_formats_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no file and no embedded generator 'nowhere'"):
        load("nowhere")
    (tmp_path / "network.onnx").write_bytes(b"network")
    with pytest.raises(ValueError, match=r"reads \.safetensors, \.pkl, \.pt, \.pth, \.tar, got 'network\.onnx'"):
        load(tmp_path / "network.onnx")


def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(saved, monkeypatch):
    path = saved[1]
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space left"):
        save_generator(tiny(2), path, metadata={})
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"fc.weight": torch.zeros(1)}, r"knows no network with keys such as \['fc.weight'\]"),
        ({"synthesis.b4.mystery.weight": torch.zeros(1)}, "does not know the key"),
        ({"synthesis.b4.resample_filter": torch.ones(4, 4)}, "only the blur"),
        ({"synthesis.b4.const": torch.zeros(3, 4, 4)}, "lacks"),
        ({"convs.0.conv.weight": torch.zeros(3)}, "lacks|too few"),
    ],
)
def test_states_of_other_networks_are_refused(state, message):
    with pytest.raises(ValueError, match=message):
        from_state_dict(state)


@pytest.mark.parametrize("name", embedded())
def test_embedded_generators_load_and_draw(name, rng):
    network = load(name)
    image = network(network.init(2, rng=rng))
    assert image.isfinite().all()
    assert image.min() < 0 < image.max()
