"""Zip archives that lie: bombs, overlaps, sizes, members that are not there, and hostile pickles within."""

import io
import struct
import zipfile
from collections.abc import Iterator, Mapping

import torch

from tests.formats import torch_bytes
from tests.hostile import valid
from tests.hostile.case import Case, call, dictionary, integer, name, pickled, text, tuple_of


def archive(data: bytes, members: Mapping[str, bytes] = {}, *, method: int = zipfile.ZIP_STORED) -> bytes:
    """An archive as torch writes it, with this `data.pkl` and these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for member, content in {"data.pkl": data, "byteorder": b"little", "version": b"3\n", **members}.items():
            file.writestr(f"archive/{member}", content)
    return buffer.getvalue()


def tensor(key: str, count: int, *, shape=(4,), stride=(1,), offset: int = 0, kind: str = "FloatStorage") -> bytes:
    """A tensor over the storage `key` of `count` numbers."""
    storage = tuple_of(text("storage"), name("torch", kind), text(key), text("cpu"), integer(count)) + b"Q"
    sizes = (tuple_of(*map(integer, numbers)) for numbers in (shape, stride))
    return call(name("torch._utils", "_rebuild_tensor_v2"), storage, integer(offset), *sizes, b"\x89", b"}")


def state(weight: bytes) -> bytes:
    """A state dict whose one entry is `weight`."""
    return pickled(b"}" + text("g_ema") + b"}" + text("convs.0.conv.weight") + weight + b"ss")


def _edited(content: bytes, field: int, value: bytes, *, entry: int = 0) -> bytes:
    """One field of one entry of the directory overwritten."""
    at = -1
    for _ in range(entry + 1):
        at = content.index(b"PK\x01\x02", at + 1)
    return content[: at + field] + value + content[at + field + len(value) :]


def cases() -> Iterator[Case]:
    """All of them."""
    whole = torch_bytes({"g_ema": valid.rosinality_state(), "latent_avg": torch.zeros(valid.W)})
    numbers = {"data/0": bytes(16)}

    def made(what: str, content: bytes) -> Case:
        return Case(what, content, ".pt")

    small = archive(state(tensor("0", 4)), numbers)
    end = small.rindex(b"PK\x05\x06")
    yield made("a compressed archive", archive(state(tensor("0", 4)), numbers, method=zipfile.ZIP_DEFLATED))
    bomb = archive(state(tensor("0", 2**23)), {"data/0": bytes(2**25)}, method=zipfile.ZIP_DEFLATED)
    yield made("a zip bomb", bomb)
    yield made("a bomb of data.pkl", archive(pickled(b"]" * 2**22), method=zipfile.ZIP_DEFLATED))
    yield made("an encrypted member", _edited(small, 8, b"\x01\x00"))
    yield made("a member of 4 GB", _edited(_edited(small, 20, b"\xfe\xff\xff\xff"), 24, b"\xfe\xff\xff\xff"))
    yield made("a member of zip64", _edited(_edited(small, 20, b"\xff\xff\xff\xff"), 24, b"\xff\xff\xff\xff"))
    yield made("a member beyond the file", _edited(small, 42, b"\xff\xff\xff\x7f"))
    yield made("two members at one place", _edited(small, 42, bytes(4), entry=3))
    yield made("members one within another", _edited(small, 42, struct.pack("<L", 8), entry=3))
    yield made("a name that is not UTF-8", _edited(small, 46, b"\xff\xfe"))
    yield made("a name longer than the file", _edited(small, 28, b"\xff\xff"))
    yield made("a directory of another place", small[: end + 16] + b"\xf0\xff\xff\x7f" + small[end + 20 :])
    yield made("a directory of more entries", small[: end + 10] + b"\xff\xff" + small[end + 12 :])
    yield made("a directory of no entries", small[: end + 10] + b"\x00\x00" + small[end + 12 :])
    yield made("an end alone", small[end:])
    yield made("a beginning alone", small[:64])
    yield made("two of data.pkl", _twice("archive/data.pkl"))
    yield made("two of one name", _twice("other/data.pkl", "archive/version"))
    yield made("no data.pkl", archive(b"").replace(b"data.pkl", b"data.pkk"))
    yield made("an empty data.pkl", archive(b""))
    yield made("another byte order", archive(state(tensor("0", 4)), {"byteorder": b"big", **numbers}))
    yield made("a storage that is not there", archive(state(tensor("1", 4)), numbers))
    yield made("a storage in a folder above", archive(state(tensor("../data.pkl", 4)), numbers))
    yield made("a storage of 10 GB", archive(state(tensor("0", 10 * 2**30 // 4)), numbers))
    yield made("a storage of 2^70 numbers", archive(state(tensor("0", 2**70)), numbers))
    yield made("a storage of -1 numbers", archive(state(tensor("0", -1)), numbers))
    yield made("a storage of other numbers", archive(state(tensor("0", 4, kind="DoubleStorage")), numbers))
    yield made("a storage of a type unknown", archive(state(tensor("0", 4, kind="ComplexFloatStorage")), numbers))
    lies = {
        "a shape beyond its storage": {"shape": (5,)},
        "a shape of 10 GB by zero strides": {"shape": (50000, 50000), "stride": (0, 0)},
        "a shape of 10 GB by overlap": {"shape": (50000, 50000, 4), "stride": (0, 0, 1)},
        "an offset beyond its storage": {"offset": 4},
        "an offset of 2^80": {"offset": 2**80},
        "a negative offset": {"offset": -1},
        "a stride beyond its storage": {"shape": (2,), "stride": (4,)},
        "a negative stride": {"shape": (2,), "stride": (-1,)},
        "a stride of 2^64": {"shape": (2,), "stride": (2**64,)},
        "a negative shape": {"shape": (-4,)},
        "shapes whose product overflows": {"shape": (2**32, 2**32), "stride": (0, 0)},
        "more strides than dimensions": {"stride": (1, 1)},
        "a shape of a hundred thousand dimensions": {"shape": (2,) * 100_000, "stride": (0,) * 100_000},
        "a shape of 9 dimensions": {"shape": (1,) * 9, "stride": (1,) * 9},
        "an empty weight": {"shape": (0,), "stride": (1,)},
        "an empty weight that begins beyond": {"shape": (0,), "stride": (1,), "offset": 99},
        "a weight of the wrong shape": {},
    }
    for what, lie in lies.items():
        yield made(what, archive(state(tensor("0", 4, **lie)), numbers))
    for what, weight in {"a storage": tensor("0", 4), "text": text("x"), "nothing": b"N", "a list": b"]"}.items():
        content = state(call(name("torch._utils", "_rebuild_tensor_v2"), weight, integer(0), b")", b")"))
        yield made(f"a tensor over {what} for a storage", archive(content, numbers))
    for key in ("convs.0.conv.weight", "input.input", "noises.noise_1"):
        for file in ("archive", "legacy"):
            fewer = {k: v for k, v in valid.rosinality_state().items() if k != key}
            yield made(f"{key} missing, {file}", torch_bytes({"g_ema": fewer}, legacy=file == "legacy"))
    names = ("conv1.conv.weight", "convs.0.conv.weight", "convs.1.conv.weight")
    for file in ("archive", "legacy"):
        shared = _wide(dict.fromkeys(names, torch.zeros(1, 64, 64, 3, 3)))
        yield made(f"three weights at one place, {file}", torch_bytes(shared, legacy=file == "legacy"))
    yield made("a storage whose name is a megabyte", archive(state(tensor("0" * 2**20, 4)), numbers))
    yield made("an object with attributes", archive(pickled(dictionary(g_ema=dictionary(a=b"]}b")))))
    yield made("a whole module", archive(pickled(name("torch.nn.modules.linear", "Linear") + b")\x81}b")))
    yield made("a program of TorchScript", archive(pickled(name("__torch__.model", "Generator") + b")\x81}b")))
    for at in range(5):
        yield made(f"an archive behind {4**at} bytes", b"PK" + bytes(4**at) + whole)


def _wide(changes: Mapping[str, torch.Tensor]) -> dict:
    """A network of 64 channels, some of its tensors replaced."""
    made = {}
    for key, value in valid.rosinality_state().items():
        shape = list(value.shape)
        last = len(shape) - 2 if key.endswith("conv.weight") else len(shape)
        wide = [64 if n in valid.WIDTHS and i < last else n for i, n in enumerate(shape)]
        made[key] = value if key.endswith("kernel") else torch.zeros(wide)
    return {"g_ema": made | changes}


def _twice(*members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for member in ("archive/data.pkl", "archive/version"):
            file.writestr(member, pickled(b"}"))
        for member in members:
            file.writestr(member.replace("archive", "archivf"), pickled(b"}"))
    content = buffer.getvalue()
    return content.replace(b"archivf", b"archive")
