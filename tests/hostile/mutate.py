"""Files made from whole ones by small changes, of bytes, opcodes and lengths, in the file or in the pickle within."""

import io
import pickle
import struct
import zipfile
from collections.abc import Callable
from functools import cache
from random import Random

from tests.hostile import attacks, claims, valid
from tests.hostile.archives import archive

OPCODES = sorted({code[0] for name, code in vars(pickle).items() if isinstance(code, bytes) and len(code) == 1})
SIZES = (0, 1, 2, 3, 127, 128, 255, 256, 2**15, 2**16 - 1, 2**16, 2**31 - 1, 2**31, 2**32 - 1)
LONGER = (2**32, 2**33, 10 * 2**30, 2**62, 2**63 - 1, 2**63, 2**64 - 1)

Mutation = Callable[[bytearray, Random], None]


def _at(data: bytearray, rng: Random) -> int:
    return rng.randrange(len(data)) if data else 0


def flip(data: bytearray, rng: Random) -> None:
    """One bit turned."""
    if data:
        data[_at(data, rng)] ^= 1 << rng.randrange(8)


def byte(data: bytearray, rng: Random) -> None:
    """One byte replaced by any."""
    if data:
        data[_at(data, rng)] = rng.randrange(256)


def opcode(data: bytearray, rng: Random) -> None:
    """One byte replaced by an opcode, or an opcode put in."""
    at = _at(data, rng)
    data[at : at + rng.randrange(2)] = bytes([rng.choice(OPCODES)])


def operand(data: bytearray, rng: Random) -> None:
    """The number behind an opcode of small integers, so that a shape, a stride, an offset or a count is another."""
    code, size = rng.choice(((b"K", 1), (b"K", 1), (b"M", 2), (b"J", 4)))
    if (at := data.find(code, _at(data, rng))) >= 0:
        data[at + 1 : at + 1 + size] = rng.choice((*SIZES, rng.randrange(16))).to_bytes(8, "little")[:size]


def length(data: bytearray, rng: Random) -> None:
    """Four or eight bytes replaced by a size that is small, large or at an edge."""
    at = _at(data, rng)
    size = struct.pack("<I", rng.choice(SIZES)) if rng.random() < 0.6 else struct.pack("<Q", rng.choice(SIZES + LONGER))
    data[at : at + len(size)] = size


def cut(data: bytearray, rng: Random) -> None:
    """The end gone."""
    del data[_at(data, rng) :]


def remove(data: bytearray, rng: Random) -> None:
    """A piece gone."""
    at = _at(data, rng)
    del data[at : at + rng.randrange(1, 64)]


def double(data: bytearray, rng: Random) -> None:
    """A piece there twice."""
    at = _at(data, rng)
    data[at:at] = data[at : at + rng.randrange(1, 256)]


def move(data: bytearray, rng: Random) -> None:
    """A piece written over another."""
    a, b, size = _at(data, rng), _at(data, rng), rng.randrange(1, 64)
    data[a : a + size] = data[b : b + size]


def splice(data: bytearray, rng: Random) -> None:
    """A piece of another whole file written over."""
    other = rng.choice(list(seeds().values()))
    a, b, size = _at(data, rng), rng.randrange(len(other)), rng.randrange(1, 512)
    data[a : a + size * rng.randrange(2)] = other[b : b + size]


def attack(data: bytearray, rng: Random) -> None:
    """An attack or a claim put in."""
    at = _at(data, rng)
    data[at:at] = rng.choice(_bodies())


MUTATIONS: list[Mutation] = [flip, byte, opcode, operand, operand, length, cut, remove, double, move, splice, attack]


@cache
def _bodies() -> list[bytes]:
    return [*attacks.EXECUTING.values(), *attacks.OTHERS.values(), *claims.LENGTHS.values()]


@cache
def seeds() -> dict[str, bytes]:
    """The whole files, and NVIDIA's with less in it."""
    return valid.files() | {"lean.pkl": valid.lean()}


def mutated(name: str, rng: Random, count: int) -> bytes:
    """A seed after `count` mutations; an archive is opened half of the time and its pickle changed."""
    content = seeds()[name]
    inside = name == "rosinality.pt" and rng.random() < 0.6
    members = {}
    if inside:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            members = {member.partition("/")[2]: file.read(member) for member in file.namelist()}
        content = members.pop("data.pkl")
    data = bytearray(content)
    for _ in range(count):
        rng.choice(MUTATIONS)(data, rng)
    return archive(bytes(data), members) if inside else bytes(data)
