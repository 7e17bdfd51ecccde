"""Where the weights of perceptual distances come from: files at hand, never the network; what is said without them."""

import hashlib
import os
import socket
from dataclasses import replace
from importlib.metadata import PackageNotFoundError

import pytest
import torch

from ilo_practice.perceptual import perceptual, trunks
from tests.perceptual_networks import noise, random_network

LEGACY = {"_use_new_zipfile_serialization": False}  # as torchvision's files are


@pytest.fixture(scope="module")
def drawn():
    return random_network().float()


@pytest.fixture(scope="module")
def state(drawn):
    """The trunk of `drawn` as torchvision would keep it, with a classifier that nobody asks for."""
    layers = {key: value for part in drawn.trunk for key, value in part.state_dict().items()}
    return {f"features.{key}": value for key, value in layers.items()} | {"classifier.1.weight": torch.zeros(2, 2)}


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A machine without weights and without a network."""

    def refuse(*arguments, **options):
        raise AssertionError("the network was asked, or a file executed")

    monkeypatch.setattr(os, "system", refuse)
    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(trunks, "whereabouts", lambda name: tmp_path / "ours" / trunks.named(name).file)
    return tmp_path


def assert_same(network, drawn):
    x, y = noise(1, 3, 64, 64).float(), noise(1, 3, 64, 64, seed=1).float()
    assert torch.equal(network(x, y), drawn(x, y))


@pytest.mark.parametrize("options", [{}, LEGACY], ids=["zip", "legacy"])
def test_trunk_is_read_from_the_file_given(machine, state, drawn, options):
    torch.save(state, machine / "mine.pth", **options)
    network = perceptual("lpips-alex", trunk=machine / "mine.pth")
    assert_same(network, drawn)
    assert network.about["net"] == "lpips-alex"


@pytest.mark.parametrize("folder", ["ours", "torch/hub/checkpoints"])
def test_trunk_is_found_where_it_was_put_and_its_hash_checked(machine, state, drawn, folder, monkeypatch):
    path = machine / folder / "alexnet-owt-7be5be79.pth"
    path.parent.mkdir(parents=True)
    torch.save(state, path, **LEGACY)
    with pytest.raises(ValueError, match=r"sha256 7be5be79.*got [0-9a-f]{64}: remove it"):
        perceptual("lpips-alex")
    row = replace(trunks.named("lpips-alexnet"), sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setattr(trunks, "named", lambda name: {"lpips-alexnet": row}[name])
    assert_same(perceptual("lpips-alex"), drawn)


@pytest.mark.parametrize(("name", "file"), [("vgg", "vgg16-397923af.pth"), ("alex", "alexnet-owt-7be5be79.pth")])
def test_missing_trunk_is_said_plainly_and_not_downloaded(machine, name, file):
    with pytest.raises(FileNotFoundError) as error:
        perceptual(f"lpips-{name}")
    published = {"vgg": "lpips-vgg16", "alex": "lpips-alexnet"}[name]
    for words in (
        *(file, str(machine / "ours"), str(machine / "torch" / "hub" / "checkpoints")),
        *(f"python -m ilo_practice weights fetch {published}", "--perceptual-trunk FILE", "stlpips-alex"),
    ):
        assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert not (machine / "ours").exists()
    assert not (machine / "torch").exists()


@pytest.mark.parametrize("name", ["stlpips-alex", "stlpips-vgg", "random-alex", "random-vgg"])
def test_the_others_need_no_network(name):
    perceptual(name, rng=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", ["lpips-alex", "stlpips-alex", "random-alex"])
def test_missing_package_is_said_plainly(name, monkeypatch):
    def absent(package):
        raise PackageNotFoundError(package)

    monkeypatch.setattr("ilo_practice.installed.distribution", absent)
    with pytest.raises(FileNotFoundError, match=r"pip install (--no-deps st)?lpips"):
        perceptual(name, rng=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a file of weights"),
        (b"<!DOCTYPE html><html><body>Too many requests</body></html>", "not a file of weights"),
        (b"\x80\x02cos\nsystem\nq\x00X\x04\x00\x00\x00exitq\x01\x85q\x02Rq\x03.", "not a file of weights"),
        (b"PK\x03\x04" + bytes(100), "not a file of weights"),
    ],
    ids=["empty", "HTML", "hostile", "broken zip"],
)
def test_file_that_holds_no_weights_is_refused_in_one_line(machine, content, words):
    (machine / "mine.pth").write_bytes(content)
    with pytest.raises(ValueError, match=words) as error:
        perceptual("lpips-alex", trunk=machine / "mine.pth")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("options", [{}, LEGACY], ids=["zip", "legacy"])
def test_truncated_file_is_refused(machine, state, options):
    torch.save({key: value[:2].clone() for key, value in state.items()}, machine / "whole.pth", **options)
    whole = (machine / "whole.pth").read_bytes()
    for percent in range(0, 100, 7):
        (machine / "mine.pth").write_bytes(whole[: len(whole) * percent // 100])
        with pytest.raises(ValueError, match=r"mine\.pth"):
            perceptual("lpips-alex", trunk=machine / "mine.pth")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"features.0.weight": torch.zeros(64, 3, 3, 3)}, r"layer 0\.weight.*11, 11.*3, 3, 3"),
        ({"features.10.bias": None}, r"layer 10\.bias.*None"),
        ({"features.3.bias": torch.full((192,), torch.nan)}, r"layer 3\.bias.*finite"),
        ({"features.3.bias": torch.zeros(192, dtype=torch.long)}, r"layer 3\.bias"),
    ],
    ids=["shape", "missing", "NaN", "integers"],
)
def test_other_weights_are_refused(machine, state, change, words):
    torch.save(state | change, machine / "mine.pth")
    with pytest.raises(ValueError, match=words):
        perceptual("lpips-alex", trunk=machine / "mine.pth")


def test_vgg_takes_no_weights_of_alexnet(machine, state):
    torch.save(state, machine / "mine.pth")
    with pytest.raises(ValueError, match=r"layer 0\.weight"):
        perceptual("lpips-vgg", trunk=machine / "mine.pth")
    torch.save([1, 2], machine / "mine.pth")
    with pytest.raises(ValueError, match=r"mapping.*list"):
        perceptual("lpips-vgg", trunk=machine / "mine.pth")


def test_arguments_that_do_not_fit_are_refused(machine):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.pth"):
        perceptual("lpips-alex", trunk=machine / "nowhere.pth")
    with pytest.raises(ValueError, match=r"trunk=.*stlpips-alex"):
        perceptual("stlpips-alex", trunk=machine / "nowhere.pth")
    with pytest.raises(ValueError, match=r"rng=.*random-vgg"):
        perceptual("random-vgg")


def test_random_trunk_is_that_of_its_rng_alone(drawn):
    before = torch.get_rng_state()
    again, other = random_network().float(), random_network(seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    assert_same(again, drawn)
    for (name, one), two in zip(drawn.trunk.state_dict().items(), other.trunk.state_dict().values(), strict=True):
        assert torch.equal(one, two.float()) == name.endswith("bias")
    assert drawn.trunk[1][1].weight.var().item() == pytest.approx(2 / (64 * 25), rel=0.02)


def test_nothing_is_printed_or_warned_of(capsys, recwarn):
    random_network("vgg")
    perceptual("stlpips-alex")
    assert capsys.readouterr() == ("", "")
    assert [str(warning.message) for warning in recwarn] == []
