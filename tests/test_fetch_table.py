"""The table of published networks: nothing in it without a page, nothing that contradicts what files say themselves."""

import re
import runpy
import socket
import sys
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest

from ilo_practice import registry
from ilo_practice.commands import weights
from ilo_practice.registry import PUBLISHED, fetching

ROWS = pytest.mark.parametrize("row", list(PUBLISHED.values()), ids=list(PUBLISHED))


def test_all_that_the_command_promises_is_there():
    data = {name.partition("-")[0] for name in PUBLISHED}
    assert {"ffhq", "cat", "church", "car", "horse", "afhq", "lpips"} <= data
    assert {"afhq-cat-512", "afhq-dog-512", "afhq-wild-512", "lpips-vgg16", "lpips-alexnet"} <= PUBLISHED.keys()


def test_names_files_and_hashes_are_of_one_row_each():
    rows = list(PUBLISHED.values())
    assert [row.name for row in rows] == list(PUBLISHED)
    assert len({row.file for row in rows}) == len(rows)
    hashes = [row.sha256 for row in rows if row.sha256]
    assert len(set(hashes)) == len(hashes) >= 10
    assert [registry.known_as(row.sha256) for row in rows if row.sha256] == [row for row in rows if row.sha256]
    assert registry.known_as("0" * 64) is None


@ROWS
def test_a_hash_stands_only_with_its_page(row):
    assert (row.sha256 is None) == (row.page is None)
    if row.sha256:
        assert re.fullmatch("[0-9a-f]{64}", row.sha256)
        assert urlsplit(row.page).scheme == "https"
    assert row.size is None or row.size > 10**8
    assert row.licence
    assert row.what


@ROWS
def test_every_address_is_https_of_that_very_file_and_has_its_page(row):
    assert row.mirrors
    assert len({mirror.address for mirror in row.mirrors}) == len(row.mirrors)
    for mirror in row.mirrors:
        assert registry.transfer.checked(mirror.address).startswith("https://")
        assert unquote(urlsplit(mirror.address).path).rpartition("/")[2] == row.file
        assert urlsplit(mirror.page).scheme == "https"
        assert mirror.page != mirror.address


@ROWS
def test_a_row_agrees_with_the_names_of_its_file(row):
    if found := re.search(r"-([0-9a-f]{8})\.pth$", row.file):  # torchvision: the first digits of the hash
        assert row.sha256.startswith(found[1])
    if row.resolution:
        assert f"-{row.resolution}" in row.name
        assert row.resolution == 2 ** (row.resolution.bit_length() - 1)
    if stated := re.search(r"(\d+)x\1|res(\d+)", row.file):
        assert row.resolution == int(stated[1] or stated[2])


def test_torchvision_is_asked_for_its_own_address_first(monkeypatch):
    row = PUBLISHED["lpips-vgg16"]
    models = SimpleNamespace(get_weight=lambda name: SimpleNamespace(url=f"https://example.org/{name}"))
    monkeypatch.setitem(sys.modules, "torchvision", SimpleNamespace(models=models))
    monkeypatch.setitem(sys.modules, "torchvision.models", models)
    mirrors = [mirror.address for mirror in row.mirrors]
    assert fetching._addresses(row) == ["https://example.org/VGG16_Weights.IMAGENET1K_V1", *mirrors]
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    assert fetching._addresses(row) == mirrors
    assert fetching._addresses(PUBLISHED["ffhq-256"]) == [PUBLISHED["ffhq-256"].mirrors[0].address]


def test_the_default_folder_is_the_cache_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / project)
    assert registry.whereabouts("car-512") == tmp_path / "ilo" / "stylegan2-car-config-f.pkl"
    assert registry.whereabouts("car-512", "here").as_posix() == "here/stylegan2-car-config-f.pkl"
    with pytest.raises(ValueError, match="must be one of"):
        registry.whereabouts("../x")


def test_importing_opens_no_connection(monkeypatch):
    def no(*_, **__):
        raise AssertionError("a connection")

    for name in ("socket", "getaddrinfo", "create_connection"):
        monkeypatch.setattr(socket, name, no)
    sources = [*Path(registry.__file__).parent.glob("*.py"), Path(weights.__file__)]
    assert len(sources) >= 6
    for path in sources:
        runpy.run_path(str(path))
