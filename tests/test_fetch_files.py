"""Fetching and what is on this machine: files that are there, a disk that is full, arguments that are wrong."""

import errno
import hashlib
import os
from collections import namedtuple

import pytest

from ilo_practice import registry
from ilo_practice.registry import fetch, partial, transfer
from tests.loopback import file, status
from tests.test_fetch import CONTENT, HASH, OTHER, get, names, server, web  # noqa: F401 (fixtures)


@pytest.mark.parametrize("name", ["net", "unknown"])
def test_a_file_that_is_there_is_not_fetched_again(get, web, tmp_path, name):  # noqa: F811
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / f"{name}.pkl").write_bytes(CONTENT)
    assert get(file(CONTENT), name=name, sha256=HASH) == tmp_path / "cache" / f"{name}.pkl"
    assert web.asked == []


@pytest.mark.parametrize(
    ("name", "said"), [("net", f"not {HASH}"), ("unknown", "which one it ought to have is not known")]
)
def test_another_file_that_is_there_is_never_replaced(get, web, tmp_path, name, said):  # noqa: F811
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / f"{name}.pkl").write_bytes(OTHER)
    with pytest.raises(FileExistsError, match=f"sha256 {hashlib.sha256(OTHER).hexdigest()}, .*{said}"):
        get(file(CONTENT), name=name)
    assert (tmp_path / "cache" / f"{name}.pkl").read_bytes() == OTHER
    assert web.asked == []


def test_a_file_that_appears_meanwhile_is_not_replaced(get, tmp_path):  # noqa: F811
    target = tmp_path / "cache" / "net.pkl"
    with pytest.raises(FileExistsError, match="is there already"):
        get(file(CONTENT, before=lambda: target.write_bytes(OTHER)))
    assert target.read_bytes() == OTHER
    assert names(tmp_path) == ["cache/net.pkl"]


def test_a_folder_in_the_place_of_the_file_is_left(get, tmp_path):  # noqa: F811
    (tmp_path / "cache" / "net.pkl").mkdir(parents=True)
    with pytest.raises(FileExistsError, match="and is no file"):
        get(file(CONTENT))


def test_a_disk_that_fills_up_is_one_line_and_the_next_run_goes_on(get, web, tmp_path, monkeypatch):  # noqa: F811
    append = partial.Partial.append

    class Full:
        """A file on a disk with room for 100 kB."""

        def __init__(self, kept):
            self.kept = kept

        def write(self, chunk):
            if os.fstat(self.kept.fileno()).st_size + len(chunk) > 100_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return self.kept.write(chunk)

    def full(part, chunk):
        kept, part.file = part.file, Full(part.file)
        try:
            append(part, chunk)
        finally:
            part.file = kept

    monkeypatch.setattr(partial.Partial, "append", full)
    with pytest.raises(partial.Unwritable, match=r"^cannot write .*\.net\.pkl\.part: No space left on device$"):
        get(file(CONTENT), file(CONTENT))
    assert len(web.asked) == 1  # no other mirror can help
    assert names(tmp_path) == ["cache/.net.pkl.part", "cache/.net.pkl.part.json"]
    monkeypatch.undo()
    monkeypatch.setitem(registry.PUBLISHED, "net", registry.Published("net", "net.pkl", "", 8, "none", (), HASH, ""))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert get(file(CONTENT)).read_bytes() == CONTENT
    assert web.ranges() == [None, "bytes=65536-"]


def test_a_file_too_large_for_the_disk_is_not_begun(get, web, tmp_path, monkeypatch):  # noqa: F811
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda folder: usage(10**6, 800_000, 200_000))
    with pytest.raises(partial.Unwritable, match="300000 bytes are to come, and 200000 are free in"):
        get(file(CONTENT))
    assert names(tmp_path) == []
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda folder: usage(10**6, 700_000, 300_000))
    assert get(file(CONTENT)).read_bytes() == CONTENT


def test_a_last_step_that_fails_leaves_no_file_and_costs_no_second_transfer(get, web, tmp_path, monkeypatch):  # noqa: F811
    replace = os.replace

    def failing(source, target):
        if os.fspath(target).endswith("net.pkl"):
            raise OSError(errno.EROFS, "Read-only file system")
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", failing)
        with pytest.raises(partial.Unwritable, match=r"cannot write .*net\.pkl: Read-only file system"):
            get(file(CONTENT))
    assert not (tmp_path / "cache" / "net.pkl").exists()
    assert get(status(500)).read_bytes() == CONTENT
    assert len(web.asked) == 1
    assert names(tmp_path) == ["cache/net.pkl"]


def test_a_folder_that_cannot_be_made_is_one_line(web, tmp_path):  # noqa: F811
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="cannot write"):
        fetch("net", folder=tmp_path / "file" / "cache", mirrors=[web.put("/net", file(CONTENT))])


def test_a_run_that_is_interrupted_keeps_what_it_has(get, tmp_path):  # noqa: F811
    def interrupt(done, total, what):
        if done > 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get(file(CONTENT), on_progress=interrupt)
    assert names(tmp_path) == ["cache/.net.pkl.part", "cache/.net.pkl.part.json"]
    assert get(file(CONTENT)).read_bytes() == CONTENT


@pytest.mark.parametrize("note", [b"", b"{", b"[]", b'{"address": 3}', b"\xff"])
def test_a_note_that_is_damaged_means_starting_anew(get, web, tmp_path, note):  # noqa: F811
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / ".net.pkl.part").write_bytes(OTHER[:1000])
    (tmp_path / "cache" / ".net.pkl.part.json").write_bytes(note)
    assert get(file(CONTENT)).read_bytes() == CONTENT
    assert web.ranges() == [None]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"name": "nothing"}, r"`fetch\(name=...\)` must be one of ffhq-1024, .*lpips-alexnet, .*got 'nothing'"),
        ({"sha256": "12"}, r"`fetch\(sha256=...\)` must be 64 hexadecimal digits, got '12'"),
        ({"sha256": "0" * 64}, rf"must be {HASH} \(see https://example.org/page\), got 0000"),
        ({"mirrors": []}, r"`fetch\(mirrors=...\)` must hold an address"),
        ({"mirrors": ["http://example.org/x"]}, "must be https"),
        ({"mirrors": ["file:///etc/hostname"]}, "must be https"),
        ({"mirrors": ["https:///x"]}, "must be https"),
        ({"mirrors": ["http://127.0.0.1.example.org/x"]}, "must be https"),
        ({"mirrors": ["http://localhost.example.org/x"]}, "must be https"),
        ({"mirrors": ["http://127.0.0.1@example.org/x"]}, "must be https"),
        ({"mirrors": ["ftp://127.0.0.1/x"]}, "must be https"),
        ({"mirrors": ["x"]}, "must be https"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_done(web, tmp_path, options, said):  # noqa: F811
    with pytest.raises(ValueError, match=said):
        fetch(**{"name": "net", "folder": tmp_path} | options)
    assert names(tmp_path) == []


@pytest.mark.parametrize("address", ["https://example.org/x", "http://[::1]:80/x", "http://localhost/x"])
def test_addresses_that_may_be_fetched_from(address):
    assert transfer.checked(address) == address
