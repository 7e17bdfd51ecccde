"""python -m ilo_practice weights: list, inspect, convert, fetch, and each error in one line."""

import argparse
import hashlib
from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch

from ilo_practice import checkpoints, registry
from ilo_practice.checkpoints import load, save_generator
from ilo_practice.commands import weights
from tests.loopback import file, site, status
from tests.tiny import tiny


@pytest.fixture
def command():
    """Runs a line of words as the command line does; `command.told` is what the bar was shown."""

    @contextmanager
    def bar():
        run.told.append("open")
        yield lambda *now: run.told.append(now)
        run.told.append("closed")

    top = argparse.ArgumentParser()
    weights.add(top.add_subparsers(required=True), bar)

    def run(*words) -> int:
        args = top.parse_args(["weights", *map(str, words)])
        return args.run(args)

    run.told = []
    return run


@pytest.fixture
def network(tmp_path):
    """A file of ours that names its licence."""
    path = tmp_path / "tiny.safetensors"
    save_generator(tiny(3, channels=3, widths=(3, 4, 5)), path, metadata={"license": "CC0-1.0"})
    return path


@pytest.fixture
def published(network, monkeypatch):
    """The row of a published network, "net", whose file is `network`."""
    content = network.read_bytes()
    row = registry.Published(
        *("net", "net.safetensors", "small faces", 16, "Some Licence", ()),
        *(hashlib.sha256(content).hexdigest(), "https://example.org/page", len(content)),
    )
    monkeypatch.setitem(registry.PUBLISHED, "net", row)
    return row


@pytest.fixture(scope="module")
def server():
    with site() as here:
        yield here


@pytest.fixture
def web(server, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server.answers.clear()
    server.asked.clear()
    return server


def lines(capsys) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_what_is_here_is_listed_first_then_what_is_published(command, capsys):
    assert command("list") == 0
    told = lines(capsys)
    offered, rest = told[: len(checkpoints.offered())], told[len(checkpoints.offered()) :]
    assert [line.partition("  ")[0] for line in offered] == checkpoints.offered()
    (first,) = [line for line in offered if line.startswith("digits  ")]
    path = checkpoints.file_of("digits")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    licence = checkpoints.inspect("digits").licence
    assert first == f"digits  32 px  {path.stat().st_size} bytes  {licence}  sha256 {digest}"
    assert [line.partition("  ")[0] for line in rest] == list(registry.PUBLISHED)
    by_name = {line.partition("  ")[0]: line.split("  ") for line in rest}
    assert by_name["ffhq-1024"][1:5] == [
        *("1024 px", "381673535 bytes", "NVIDIA Source Code License-NC"),
        "sha256 adf127ea7bb8a7788c8bdeda3c9937f7310b669b09ecf799ca53a631ff46948d",
    ]
    assert by_name["ffhq-256"][2:5:2] == ["size unknown", "sha256 unknown"]
    assert by_name["lpips-vgg16"][1] == "no images"


def test_a_package_that_is_not_installed_is_said_to_be_missing(command, capsys, monkeypatch):
    inspect = checkpoints.inspect

    def missing(name):
        if name == "dcgan-faces":
            raise FileNotFoundError("install something")
        return inspect(name)

    monkeypatch.setattr(checkpoints, "inspect", missing)
    assert command("list") == 0
    assert "dcgan-faces  not installed: install something" in lines(capsys)


def test_inspect_prints_what_a_file_holds(command, capsys, network):
    assert command("inspect", network) == 0
    told = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines(capsys)}
    state = load(network).state_dict()
    assert told["file"] == str(network)
    assert told["format"] == "safetensors, stylegan2"
    assert told["resolution"] == "16 px"
    assert told["channels"] == "3"
    assert told["layers"] == "3, of 3, 4, 5 channels"
    assert told["parameters"] == str(sum(tensor.numel() for tensor in state.values()))
    assert told["size"] == f"{network.stat().st_size} bytes"
    assert told["sha256"] == hashlib.sha256(network.read_bytes()).hexdigest()
    assert told["licence"] == "CC0-1.0"
    assert told["published"] == "not in our list"


def test_inspect_takes_names_of_what_is_here(command, capsys, published, network, tmp_path):
    assert command("inspect", "digits") == 0
    assert "resolution  32 px" in lines(capsys)
    with pytest.raises(FileNotFoundError, match=r"'net' is not here yet .*: fetch it first, `weights fetch net`"):
        command("inspect", "net", "--folder", tmp_path / "cache")
    (tmp_path / "cache").mkdir()
    network.rename(tmp_path / "cache" / "net.safetensors")
    assert command("inspect", "net", "--folder", tmp_path / "cache") == 0
    assert "published   as net, small faces (https://example.org/page)" in lines(capsys)


def test_inspect_builds_no_network(command, network, monkeypatch):
    monkeypatch.setattr(torch.nn.Module, "__init__", lambda *_, **__: pytest.fail("a network is built"))
    assert command("inspect", network) == 0


def test_inspect_refuses_what_is_no_generator(command, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.pkl"):
        command("inspect", "none.pkl")
    page = tmp_path / "page.safetensors"
    page.write_text("<html>")
    with pytest.raises(ValueError, match=r"page\.safetensors"):
        command("inspect", page)


@pytest.mark.parametrize(
    ("options", "licence"), [((), "CC0-1.0"), (("--licence", "MIT"), "MIT")], ids=["of the file", "given"]
)
def test_convert_writes_the_same_generator_with_its_licence(command, capsys, network, tmp_path, rng, options, licence):
    target = tmp_path / "out.safetensors"
    assert command("convert", network, target, *options) == 0
    assert lines(capsys) == [f"{target}: {target.stat().st_size} bytes, {licence}"]
    assert checkpoints.inspect(target).licence == licence
    z = load(network).init(2, rng=rng)
    assert torch.equal(load(target)(z), load(network)(z))


def test_convert_takes_the_licence_of_a_published_file_that_names_none(command, tmp_path, monkeypatch):
    source, target = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    save_generator(tiny(2), source, metadata={})
    assert command("convert", source, target) == 0
    assert checkpoints.inspect(target).licence == "unknown"
    row = replace(registry.PUBLISHED["ffhq-1024"], name="net", sha256=checkpoints.sha256(source))
    monkeypatch.setitem(registry.PUBLISHED, "net", row)
    assert command("convert", source, target, "--force") == 0
    assert checkpoints.inspect(target).licence == row.licence


def test_convert_replaces_nothing_unless_told(command, network, tmp_path):
    target = tmp_path / "out.safetensors"
    target.write_text("mine")
    with pytest.raises(FileExistsError, match="exists"):
        command("convert", network, target)
    assert target.read_text() == "mine"
    with pytest.raises(ValueError, match=r"\.safetensors"):
        command("convert", network, tmp_path / "out.pt")


def test_fetch_brings_the_file_and_shows_how_far_it_is(command, capsys, published, network, web, tmp_path):
    address = web.put("/net", status(500))
    good = web.put("/good", file(network.read_bytes()))
    folder = tmp_path / "cache"
    assert command("fetch", "net", "--folder", folder, "--mirror", address, "--mirror", good) == 0
    path = folder / "net.safetensors"
    assert path.read_bytes() == network.read_bytes()
    assert lines(capsys) == [f"{path}: small faces; Some Licence; sha256 {published.sha256}"]
    assert command.told[0] == "open"
    assert command.told[-2:] == [(published.size, published.size, "net.safetensors from 127.0.0.1"), "closed"]
    assert command("inspect", "net", "--folder", folder) == 0


def test_fetch_refuses_another_size_before_it_comes(command, published, web, tmp_path):
    address = web.put("/net", file(b"x" * 100_000))
    with pytest.raises(ConnectionError, match=f"the file there has 100000 bytes, not {published.size}"):
        command("fetch", "net", "--folder", tmp_path, "--mirror", address)


def test_fetch_without_a_known_hash_says_what_to_do(command, capsys, published, network, web, tmp_path, monkeypatch):
    monkeypatch.setitem(registry.PUBLISHED, "net", replace(published, sha256=None, page=None))
    fetch = ("fetch", "net", "--folder", tmp_path / "c", "--mirror", web.put("/net", file(network.read_bytes())))
    with pytest.raises(RuntimeError, match=f"its sha256 is {published.sha256}. Compare .* --sha256"):
        command(*fetch)
    assert not (tmp_path / "c" / "net.safetensors").exists()
    assert command(*fetch, "--sha256", published.sha256) == 0
    assert lines(capsys)[-1].endswith(f"sha256 {published.sha256}")
    assert (tmp_path / "c" / "net.safetensors").read_bytes() == network.read_bytes()


def test_errors_of_fetch_name_what_is_wrong(command, tmp_path):
    with pytest.raises(ValueError, match=r"must be one of ffhq-1024, .*, got 'faces'"):
        command("fetch", "faces", "--folder", tmp_path)
    with pytest.raises(ValueError, match="must be https"):
        command("fetch", "ffhq-1024", "--folder", tmp_path, "--mirror", "http://example.org/x")
    for words in ((), ("fetch",), ("convert", "a"), ("inspect",), ("list", "x"), ("steal",)):
        with pytest.raises(SystemExit):
            command(*words)
