"""torch's three ways to store tensors: the zip archive of `torch.save`, its older file, and a storage in a pickle."""

import pickle

from ilo_practice.checkpoints.archive import members
from ilo_practice.checkpoints.inert import LONGEST, Budget, Constructor
from ilo_practice.checkpoints.machine import Persistent, run
from ilo_practice.checkpoints.pickles import resolve
from ilo_practice.checkpoints.stored import Element, Storage

MAGIC = 0x1950A86A20F9469CFC6C  # the number that opens the older file
VERSION = 1001


def read_zip(data: memoryview, budget: Budget) -> object:
    """The object in an archive of `torch.save`: its pickle is `data.pkl`, each storage a member `data/<key>`."""
    files = members(data)
    found = [name for name in files if name.endswith("/data.pkl")]
    if len(found) != 1:
        raise ValueError(f"a zip archive with {len(found)} members data.pkl, where `torch.save` writes one")
    folder = found[0].removesuffix("data.pkl")
    if bytes(files.get(f"{folder}byteorder", b"little")) != b"little":
        raise ValueError("numbers that are not little-endian")
    storages: dict[str, Storage] = {}

    def persistent(identity: object) -> Storage:
        key, storage = _storage(identity, storages)
        if storage.data is None:
            if (name := f"{folder}data/{key}") not in files:
                raise ValueError(f"a zip archive without the storage {key!r}")
            storage.fill(files[name])
        return storage

    return run(files[found[0]], resolve, budget, persistent=persistent)[0]


def read_legacy(data: memoryview, budget: Budget) -> object:
    """The object in a file of `torch.save` before torch 1.6: five pickles in a row, then the storages."""
    storages: dict[str, Storage] = {}
    parts, at = [], 0
    ids: list[Persistent | None] = [None, None, None, lambda identity: _storage(identity, storages)[1], None]
    for persistent in ids:
        part, at = run(data, resolve, budget, persistent=persistent, start=at)
        parts.append(part)
        if not is_magic(parts[0]):
            raise ValueError("a pickle that does not open as a file of `torch.save` does")
    _, version, system, root, keys = parts
    if version != VERSION or type(system) is not dict or system.get("little_endian") is not True:
        raise ValueError("a file of `torch.save` of another version or byte order")
    if type(keys) is not list or not all(type(key) is str for key in keys) or sorted(keys) != sorted(storages):
        raise ValueError("a file of `torch.save` whose list of storages is not that of its tensors")
    for key in keys:
        storage = storages[key]
        end = at + 8 + storage.count * storage.element.size
        if int.from_bytes(data[at : at + 8], "little") != storage.count or end > len(data):
            raise ValueError(f"a storage of {storage.count} numbers claimed, other than what is there")
        storage.fill(data[at + 8 : end])
        at = end
    return root


def read_pickle(data: memoryview, budget: Budget) -> object:
    """The object in a plain pickle, in which a storage is the bytes of an older file of `torch.save`."""
    return run(data, lambda name: LOADER if name == LOADER.name else resolve(name), budget)[0]


def _load_from_bytes(args: tuple, budget: Budget) -> object:
    if len(args) != 1 or type(args[0]) is not memoryview:
        raise ValueError("a storage that is not bytes")
    return read_legacy(args[0], budget)


LOADER = Constructor("torch.storage._load_from_bytes", _load_from_bytes)


def opens_legacy(head: bytes) -> bool:
    """Whether a file that begins so is one of `torch.save` before torch 1.6: its first pickle is a number alone."""
    return head[:1] == pickle.PROTO and head[2:].startswith(pickle.LONG1 + b"\x0a" + MAGIC.to_bytes(10, "little"))


def is_magic(value: object) -> bool:
    """Whether a first pickle says that a file of `torch.save` follows."""
    return type(value) is int and value == MAGIC


def _storage(identity: object, storages: dict[str, Storage]) -> tuple[str, Storage]:
    """The storage of a persistent id ("storage", type, key, location, count, None); where it was does not matter."""
    if type(identity) is not tuple or not 5 <= len(identity) <= 6 or any(part is not None for part in identity[5:]):
        raise ValueError("a persistent id that is no storage")
    kind, element, key, _, count = identity[:5]
    if kind != "storage" or type(element) is not Element or not _is_key(key) or type(count) is not int or count < 0:
        raise ValueError("a persistent id that is no storage")
    storage = storages.setdefault(key, Storage(element, count))
    if (storage.element, storage.count) != (element, count):
        raise ValueError(f"the storage {key[:20]!r} claimed in two sizes")
    return key, storage


def _is_key(key: object) -> bool:
    return type(key) is str and len(key) <= LONGEST
