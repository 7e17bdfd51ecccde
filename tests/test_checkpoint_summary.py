"""What a file holds, without its network; and other formats made ours."""

import hashlib

import pytest
import torch
from safetensors import safe_open

from ilo_practice.checkpoints import convert, inspect, load, save_generator
from tests.formats import golden, nvidia_bytes, state_of, write
from tests.tiny import tiny


def test_a_conversion_keeps_every_number_and_says_where_it_came_from(tmp_path):
    arrays = golden("nv_32px_rgb")
    path = write(tmp_path, "ffhq.pkl", nvidia_bytes(state_of(arrays), clamp=256))
    target = tmp_path / "ffhq.safetensors"
    convert(path, target, metadata={"license": "CC BY-NC 4.0"})
    found, before = inspect(target), inspect(path)
    assert (found.format, found.licence) == ("safetensors", "CC BY-NC 4.0")
    assert load(target).architecture == load(path).architecture
    for name, value in load(path).state_dict().items():
        assert torch.equal(load(target).state_dict()[name].nan_to_num(7), value.nan_to_num(7)), name
    with safe_open(target, framework="pt") as file:
        assert file.metadata()["source_sha256"] == before.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_conversion_replaces_no_file_unasked(tmp_path):
    path = write(tmp_path, "ffhq.pkl", nvidia_bytes(state_of(golden("nv_32px_rgb"))))
    target = write(tmp_path, "kept.safetensors", b"kept")
    with pytest.raises(FileExistsError, match=r"kept.safetensors' exists"):
        convert(path, target, metadata={})
    assert target.read_bytes() == b"kept"
    with pytest.raises(ValueError, match=r"must end in \.safetensors, got 'a\.pt'"):
        convert(path, tmp_path / "a.pt", metadata={})
    with pytest.raises(ValueError, match="is none of the formats"):
        convert(write(tmp_path, "broken.pkl", b"broken"), target, metadata={}, force=True)
    assert target.read_bytes() == b"kept"
    convert(path, target, metadata={}, force=True)
    assert inspect(target).resolution == 32
    with pytest.raises(FileNotFoundError, match="nowhere"):
        convert("nowhere", tmp_path / "b.safetensors", metadata={})


def test_a_summary_counts_what_the_network_holds(tmp_path):
    path = write(tmp_path, "ffhq.pkl", nvidia_bytes(state_of(golden("nv_32px_rgb"))))
    found, network = inspect(path), load(path)
    known = [value for name, value in network.state_dict().items() if name not in ("v_mean", "v_std")]
    assert found.parameters == sum(value.numel() for value in known)
    assert (found.z_dim, found.w_dim, found.channels, found.layers) == (32, 32, 3, 4)
    assert (found.size, found.licence, found.moments_known) == (path.stat().st_size, None, False)
    network.fit_codes_(rng=torch.Generator().manual_seed(0), samples=64)
    save_generator(network, tmp_path / "fitted.safetensors", metadata={})
    assert inspect(tmp_path / "fitted.safetensors").moments_known


def test_a_licence_is_shown_in_one_line(tmp_path):
    save_generator(tiny(2), tmp_path / "a.safetensors", metadata={"license": "CC0\n\x1b[2Jnothing"})
    assert inspect(tmp_path / "a.safetensors").licence == "CC0 ?[2Jnothing"


def test_no_network_is_built_for_a_summary(tmp_path, monkeypatch):
    files = [write(tmp_path, "a.pkl", nvidia_bytes(state_of(golden("nv_32px_rgb")))), "digits", "dcgan-faces"]

    def built(*_):
        raise AssertionError("a network was built")

    monkeypatch.setattr(torch.nn.Module, "__init__", built)
    assert [inspect(file).resolution for file in files] == [32, 32, 64]
