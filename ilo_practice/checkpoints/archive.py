"""The members of a zip archive as views of the file: stored, never compressed, side by side, none larger than it."""

import struct

END, ENTRY, LOCAL = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04"
END_SIZE, ENTRY_SIZE, LOCAL_SIZE = 22, 46, 30
LONGEST_COMMENT = 0xFFFF
MOST = 50_000


def members(data: memoryview) -> dict[str, memoryview]:
    """The members of the archive by their names.

    Raises ValueError for an archive that is cut, larger than 4 GB (zip64), has compressed or encrypted members, two of
    one name, or members that overlap or lie outside the file.
    """
    tail = bytes(data[-END_SIZE - LONGEST_COMMENT :])
    if (at := tail.rfind(END)) < 0 or len(tail) - at < END_SIZE:
        raise ValueError("a zip archive without its end")
    count, size, at = struct.unpack_from("<HLL", tail, at + 10)
    if count > MOST or 0xFFFFFFFF in (size, at) or at + size > len(data):
        raise ValueError("a zip archive whose directory is not in the file, or of more than 4 GB")
    directory = at
    spans = []
    for _ in range(count):
        if bytes(data[at : at + 4]) != ENTRY or at + ENTRY_SIZE > len(data):
            raise ValueError("a zip archive with a broken directory")
        flags, method = struct.unpack_from("<HH", data, at + 8)
        packed, size, name_size, extra, comment = struct.unpack_from("<LLHHH", data, at + 20)
        (start,) = struct.unpack_from("<L", data, at + 42)
        try:
            name = str(data[at + ENTRY_SIZE : at + ENTRY_SIZE + name_size], "utf-8")
        except UnicodeDecodeError:
            raise ValueError("a zip archive with a name that is not UTF-8") from None
        if method or flags & 1 or packed != size:
            raise ValueError(f"a zip archive with the compressed or encrypted member {name[:80]!r}")
        spans.append((start, size, name))
        at += ENTRY_SIZE + name_size + extra + comment
    found: dict[str, memoryview] = {}
    end = 0
    for header, size, name in sorted(spans):
        if header < end or bytes(data[header : header + 4]) != LOCAL or header + LOCAL_SIZE > directory:
            raise ValueError(f"a zip archive whose member {name[:80]!r} overlaps another or is not there")
        start = header + LOCAL_SIZE + sum(struct.unpack_from("<HH", data, header + 26))
        end = start + size
        if end > directory or name in found:
            raise ValueError(f"a zip archive whose member {name[:80]!r} is there twice or goes beyond the file")
        found[name] = data[start:end]
    return found
