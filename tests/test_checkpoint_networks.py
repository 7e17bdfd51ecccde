"""Files of other networks, and of no network: the one line says which."""

import pytest
import torch

from ilo_practice.checkpoints import inspect, load
from tests.formats import module_tree, nvidia_bytes, tensorflow_bytes, torch_bytes, write
from tests.hostile import valid


def told(tmp_path, content, name="network.pkl"):
    """What `load` says, and that `inspect` says the same."""
    path = write(tmp_path, name, content)
    lines = []
    for call in (load, inspect):
        with pytest.raises(ValueError, match=name) as caught:
            call(path)
        lines.append(str(caught.value).removeprefix(f"`{call.__name__}({name!r})` "))
    assert lines[0] == lines[1]
    return lines[0]


@pytest.mark.parametrize(
    ("path", "attributes", "line"),
    [
        ("synthesis", {"class_name": "SynthesisInput"}, "a network of StyleGAN-3 (alias-free), not StyleGAN-2"),
        ("", {"class_name": "TriPlaneGenerator"}, "a network of EG3D, not StyleGAN-2"),
        ("", {"class_name": "Discriminator"}, "the class 'Discriminator', not the Generator of StyleGAN-2"),
        ("synthesis.b8", {"architecture": "resnet"}, "architecture is 'resnet', where only 'skip' is supported"),
        ("synthesis.b8", {"architecture": "orig"}, "architecture is 'orig', where only 'skip' is supported"),
        ("synthesis.b8.conv1", {"activation": "relu"}, "activation is 'relu', where only 'lrelu' is supported"),
        ("synthesis.b8.conv1", {"use_noise": False}, "use_noise is False, where only True is supported"),
        ("mapping.fc1", {"bias_gain": 1}, "the activation 'lrelu' and the rate 1, where only 'lrelu' and 0.01"),
        ("synthesis.b8.conv1", {"conv_clamp": 256}, "different bounds conv_clamp"),
        ("", {"_init_kwargs": {"synthesis_kwargs": {"architecture": "orig"}}}, "architecture is 'orig', not 'skip'"),
    ],
)
def test_networks_of_nvidias_that_are_not_computed_here(tmp_path, path, attributes, line):
    network = module_tree(valid.nvidia_state())
    network.get_submodule(path).__dict__.update(attributes)
    assert line in told(tmp_path, nvidia_bytes(network))


def test_a_filter_of_another_length_is_named(tmp_path):
    state = valid.nvidia_state() | {"synthesis.b8.resample_filter": torch.ones(12, 12)}
    assert "only the blur [1, 3, 3, 1] is supported" in told(tmp_path, nvidia_bytes(state))


@pytest.mark.parametrize(
    ("option", "value", "line"),
    [
        ("architecture", "resnet", "architecture is 'resnet', where only 'skip' is supported"),
        ("resample_kernel", [1, 2, 1], "resample_kernel is another, where only [1, 3, 3, 1] is supported"),
        ("mapping_lrmul", 1.0, "mapping_lrmul is 1.0, where only 0.01 is supported"),
    ],
)
def test_networks_of_tensorflow_that_are_not_computed_here(tmp_path, option, value, line):
    assert line in told(tmp_path, tensorflow_bytes(valid.variables(), options={option: value}))


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("a.pkl", b"<!DOCTYPE html><title>Quota exceeded</title>", "looks like a web page: the download failed"),
        ("a.pt", b"\n <html>", "looks like a web page: the download failed"),
        ("a.pkl", b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS"),
        ("a.pt", b"\x1f\x8b\x08\x00", "is compressed by gzip: unpack it first"),
        ("a.pkl", b"\x89HDF\r\n", "is an HDF5 file"),
        ("a.pt", b"weights", "is none of the formats known here"),
        ("a.pkl", b"cposix\nsystem\n(S'true'\ntR.", "is none of the formats known here"),
        ("a.safetensors", b"", "is empty"),
        ("a.bin", b"weights", "`(source)` reads .safetensors, .pkl, .pt, .pth, .tar, got 'a.bin'."),
    ],
)
def test_files_that_are_no_weights(tmp_path, name, content, line):
    path = write(tmp_path, name, content)
    for call in (load, inspect):
        with pytest.raises(ValueError, match="a\\.") as caught:
            call(path)
        assert line.replace("`(source)`", f"`{call.__name__}(source)`") in str(caught.value)


def test_a_whole_model_of_torch_names_its_class(tmp_path):
    content = torch_bytes({"g_ema": _Custom()})
    assert f"names '{_Custom.__module__}._Custom'" in told(tmp_path, content, "model.pt")


class _Custom(torch.nn.Module):
    """A module of somebody's, pickled whole."""


def test_names_are_shown_without_what_a_terminal_would_obey(tmp_path):
    content = nvidia_bytes(valid.nvidia_state() | {"synthesis.b8.\x1b[31m\nred": torch.ones(1)})
    line = told(tmp_path, content)
    assert "does not know the key" in line
    assert line.isprintable()


def test_a_folder_and_nothing_are_not_found(tmp_path):
    (tmp_path / "folder.pkl").mkdir()
    for path in (tmp_path / "folder.pkl", tmp_path / "nothing.pkl"):
        for call in (load, inspect):
            with pytest.raises(FileNotFoundError, match=f"`{call.__name__}\\(source\\)`: no file"):
                call(path)
