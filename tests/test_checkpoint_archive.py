"""Members of zip archives: as the standard library reads them, or refused, each lie by its own line."""

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ilo_practice.checkpoints.archive import members
from tests.formats import torch_bytes

NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\\", exclude_categories=["Cc"]), min_size=1, max_size=8
)


def archive(files, *, method=zipfile.ZIP_STORED, comment=b""):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, content in files.items():
            file.writestr(name, content)
        file.comment = comment
    return buffer.getvalue()


def entry(content, number):
    """Where an entry of the directory begins."""
    at = -1
    for _ in range(number + 1):
        at = content.index(b"PK\x01\x02", at + 1)
    return at


def written(content, at, value):
    return content[:at] + value + content[at + len(value) :]


@given(files=st.dictionaries(NAMES, st.binary(max_size=40), max_size=5), comment=st.binary(max_size=20))
def test_members_are_those_of_the_standard_library(files, comment):
    if b"PK" in comment:
        comment = b""
    content = archive(files, comment=comment)
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        theirs = {info.orig_filename: file.read(info) for info in file.infolist()}
    assert {name: bytes(view) for name, view in members(memoryview(content)).items()} == theirs


def test_members_are_views_of_the_file():
    content = torch_bytes({"a": 1})
    assert all(view.obj is content for view in members(memoryview(content)).values())


def test_each_lie_has_its_line():
    content = archive({"a": b"aaaa", "b": b"bbbb"})
    first, second = entry(content, 0), entry(content, 1)
    end = content.rindex(b"PK\x05\x06")
    size = struct.unpack_from("<L", content, end + 12)[0]
    for lie, message in [
        (archive({"a": bytes(99)}, method=zipfile.ZIP_DEFLATED), "compressed or encrypted member 'a'"),
        (written(content, first + 8, b"\x01"), "compressed or encrypted member 'a'"),
        (written(content, first + 20, b"\x05"), "compressed or encrypted member 'a'"),
        (written(content, second + 42, bytes(4)), "'b' overlaps another or is not there"),
        (written(content, second + 42, b"\x01"), "'b' overlaps another or is not there"),
        (written(content, first + 20, b"\x10\0\0\0\x10"), "'b' overlaps another or is not there"),
        (written(content, second + 20, b"\x28\0\0\0\x28"), "'b' is there twice or goes beyond the file"),
        (written(content, second + 46, b"a"), "'a' is there twice"),
        (written(content, second, b"PX"), "a broken directory"),
        (written(content, end + 10, b"\x03"), "a broken directory"),
        (written(content, end + 12, struct.pack("<L", size + 99)), "directory is not in the file"),
        (written(content, end + 10, b"\xff\xff"), "directory is not in the file"),
        (written(content, end + 16, b"\xff" * 4), "directory is not in the file"),
        (written(content, first + 46, b"\xff"), "not UTF-8"),
        (content[:end], "without its end"),
        (content[: end + 21], "without its end"),
    ]:
        with pytest.raises(ValueError, match=message):
            members(memoryview(lie))
