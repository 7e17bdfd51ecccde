"""One hostile file, and what writes pickles opcode by opcode."""

import struct
from dataclasses import dataclass

STACK_GLOBAL, STOP = b"\x93", b"."


@dataclass(frozen=True)
class Case:
    """A file that must be refused.

    `calls` are those that refuse it: numbers that are not finite are seen by "load" alone. `executes`: Python's own
    `pickle.load` runs something that the watch sees.
    """

    name: str
    content: bytes
    suffix: str = ".pkl"
    calls: tuple[str, ...] = ("load", "inspect")
    executes: bool = False


def text(value: str) -> bytes:
    """A string."""
    encoded = value.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(encoded)) + encoded


def name(module: str, attribute: str) -> bytes:
    """A global name."""
    return f"c{module}\n{attribute}\n".encode()


def call(function: bytes, *arguments: bytes) -> bytes:
    """A function applied to arguments."""
    return function + tuple_of(*arguments) + b"R"


def tuple_of(*items: bytes) -> bytes:
    """A tuple."""
    return b"(" + b"".join(items) + b"t"


def integer(value: int) -> bytes:
    """An integer of any size."""
    size = value.bit_length() // 8 + 1
    return b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)


def dictionary(**items: bytes) -> bytes:
    """A dictionary with text keys."""
    return b"}(" + b"".join(text(key) + value for key, value in items.items()) + b"u"


def pickled(body: bytes) -> bytes:
    """A whole pickle, of protocol 2 where the opcodes allow."""
    return (b"\x80\x04" if STACK_GLOBAL in body else b"\x80\x02") + body + STOP
