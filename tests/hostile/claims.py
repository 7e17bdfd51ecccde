"""Pickles that claim sizes, 10 GB in each opcode with a length, and structures that would grow: bombs, cycles."""

import struct
from collections.abc import Iterator

from tests.hostile import valid
from tests.hostile.attacks import hidden, legacy
from tests.hostile.case import Case, call, dictionary, integer, name, pickled, text, tuple_of

HUGE = 10 * 2**30
SHORT, LONG = b"\xff", struct.pack("<I", 2**32 - 1)
EIGHT = struct.pack("<Q", HUGE)

LENGTHS = {
    "SHORT_BINUNICODE": b"\x8c" + SHORT,
    "BINUNICODE": b"X" + LONG,
    "BINUNICODE8": b"\x8d" + EIGHT,
    "BINUNICODE8 of 2^64": b"\x8d" + b"\xff" * 8,
    "SHORT_BINBYTES": b"C" + SHORT,
    "BINBYTES": b"B" + LONG,
    "BINBYTES8": b"\x8e" + EIGHT,
    "BINBYTES8 of 2^64": b"\x8e" + b"\xff" * 8,
    "BYTEARRAY8": b"\x96" + EIGHT,
    "BYTEARRAY8 of 2^63": b"\x96" + struct.pack("<Q", 2**63),
    "SHORT_BINSTRING": b"U" + SHORT,
    "BINSTRING": b"T" + struct.pack("<i", 2**31 - 1),
    "BINSTRING of -1": b"T" + struct.pack("<i", -1),
    "LONG1": b"\x8a" + SHORT,
    "LONG4": b"\x8b" + struct.pack("<i", 2**31 - 1),
    "LONG4 of -1": b"\x8b" + struct.pack("<i", -1),
    "LONG4 of a megabyte": b"\x8b" + struct.pack("<i", 2**20) + b"\x7f" * 2**20,
    "LONG in text": b"L" + b"9" * 10**5 + b"L\n",
    "FRAME": b"\x95" + EIGHT,
    "FRAME of 2^64": b"\x95" + b"\xff" * 8,
    "LONG_BINPUT of the last place": b"Nr" + LONG,
    "LONG_BINGET of the last place": b"j" + LONG,
    "BINGET of a place unused": b"h\x07",
    "GLOBAL without end": b"c" + b"a" * 10**5,
    "UNICODE without end": b"V" + b"a" * 10**5,
    "an out-of-band buffer": b"\x97",
}
NUMPY = {
    "numpy.core": ("numpy.core.multiarray", "numpy.core.numeric"),
    "numpy._core": ("numpy._core.multiarray", "numpy._core.numeric"),
}


def dtype(code: str, *rest: bytes) -> bytes:
    """`numpy.dtype(code)` with its state."""
    made = call(name("numpy", "dtype"), text(code), b"\x89", b"\x88")
    return (
        made
        + tuple_of(*(rest or (integer(3), text("<"), b"N", b"N", b"N", integer(-1), integer(-1), integer(0))))
        + b"b"
    )


def array(
    shape: bytes, data: bytes, *, kind: bytes | None = None, order: bytes = b"\x89", core: str = "numpy.core"
) -> bytes:
    """A NumPy array as it pickles."""
    made = call(name(NUMPY[core][0], "_reconstruct"), name("numpy", "ndarray"), tuple_of(integer(0)), b"C\x01b")
    return made + tuple_of(integer(1), shape, dtype("f4") if kind is None else kind, order, data) + b"b"


def _arrays() -> dict[str, bytes]:
    four = b"C\x10" + bytes(16)
    shape = tuple_of(integer(4))
    state = (integer(3), text("<"), b"N", b"N", b"N", integer(-1), integer(-1), integer(0))
    return {
        "an array of 10 GB": array(tuple_of(integer(HUGE)), four),
        "an array of 10^5 x 10^5": array(tuple_of(integer(10**5), integer(10**5)), four),
        "an array whose size overflows": array(tuple_of(integer(2**33), integer(2**33)), four),
        "an array of a negative shape": array(tuple_of(integer(-4)), four),
        "an array of a float for a shape": array(tuple_of(b"G" + bytes(8)), four),
        "an array of a number for a shape": array(integer(4), four),
        "an array without its bytes": array(shape, b"N"),
        "an array of a list of objects": array(shape, b"](NNNNe", kind=dtype("O", *state)),
        "an array of text": array(shape, four, kind=dtype("U4")),
        "an array of bytes": array(shape, four, kind=dtype("S4")),
        "an array of dates": array(shape, four, kind=dtype("M8")),
        "an array of complex numbers": array(tuple_of(integer(2)), four, kind=dtype("c8")),
        "an array of records": array(
            shape, four, kind=dtype("V4", integer(3), text("|"), b"N", tuple_of(text("a")), b"}")
        ),
        "an array with fields": array(
            shape, four, kind=dtype("f4", integer(3), text("<"), b"N", tuple_of(text("a")), b"}")
        ),
        "an array of big-endian numbers": array(shape, four, kind=dtype("f4", integer(3), text(">"), *state[2:])),
        "an array of no type": array(shape, four, kind=b"N"),
        "an array of a type without state": array(shape, four, kind=call(name("numpy", "dtype"), text("f4")) + b"Nb"),
        "an array of a type that is a number": array(shape, four, kind=call(name("numpy", "dtype"), integer(4))),
        "an array of an order that is a number": array(shape, four, order=integer(7)),
        "an array with half a state": call(name("numpy.core.multiarray", "_reconstruct"), b")")
        + tuple_of(shape, four)
        + b"b",
        "a buffer of 10 GB": call(
            name("numpy.core.numeric", "_frombuffer"), four, dtype("f4"), tuple_of(integer(HUGE)), text("C")
        ),
        "a scalar of too few bytes": call(name("numpy._core.multiarray", "scalar"), dtype("f8"), four),
        "a scalar that is an object": call(name("numpy._core.multiarray", "scalar"), dtype("O"), b"N"),
        "10 GB of zeros": call(name("builtins", "bytearray"), integer(HUGE)),
        "10 GB of bytes": call(name("builtins", "bytes"), integer(HUGE)),
        "bytes of another encoding": call(name("_codecs", "encode"), text("a"), text("zip")),
        "bytes of text beyond Latin-1": call(name("_codecs", "encode"), text("\u20ac"), text("latin1")),
        "a range": call(name("builtins", "range"), integer(HUGE)),
        "a size that is a number": call(name("torch", "Size"), integer(HUGE)),
    }


def _again(function: bytes, argument: bytes, count: int) -> bytes:
    """One argument, made once, given to a function many times."""
    made = text("a") + b"q\x00" + function + b"q\x01" + argument + b"\x85q\x02"
    return b"(" + made + b"h\x01h\x02R" * count + b"t"


def _bombs() -> dict[str, bytes]:
    megabyte = "a" * 2**20
    return {
        "half a million lists": b"](" + b"]" * 500_000 + b"e",
        "half a million places in the memo": b"N" + b"\x94" * 500_000,
        "half a million marks": b"(" * 500_000,
        "lists a hundred thousand deep": b"]" * 100_000 + b"a" * 99_999,
        "tuples a hundred thousand deep": b")" + b"\x85" * 100_000,
        "dictionaries ten thousand deep": (b"}" + text("a")) * 10_000 + b"N" + b"s" * 10_000,
        "laughs, a billion": b"]\x94" + b"".join(b"](h%ch%ce\x94" % (i, i) for i in range(40)),
        "a list in itself": b"]q\x00h\x00a",
        "a dictionary in itself": b"}q\x00" + text("a") + b"h\x00s",
        "a list as a key": b"}]Ns",
        "a tuple as a key": b"}" + tuple_of(integer(1)) + b"Ns",
        "a float as a key": b"}G" + bytes(8) + b"Ns",
        "keys that collide": b"}(" + b"".join(integer(k * (2**61 - 1)) + b"N" for k in range(1, 2000)) + b"u",
        "text made bytes again and again": text(megabyte)
        + b"q\x00"
        + call(name("_codecs", "encode"), b"h\x00", text("latin1")) * 64,
        "sets made again and again": _again(name("builtins", "set"), b"](" + b"h\x00" * 100_000 + b"e", 50_000),
        "sizes made again and again": _again(name("torch", "Size"), b"](" + b"h\x00" * 100_000 + b"e", 50_000),
        "pairs made again and again": _again(
            name("collections", "OrderedDict"), b"](" + tuple_of(b"h\x00", b"N") * 50_000 + b"e", 50_000
        ),
        "names made again and again": text("a" * 2**22) + b"q\x00" + b"h\x00h\x00\x93" * 1000,
        "an array of a hundred thousand dimensions": array(tuple_of(*[integer(2**200)] * 100_000), b"C\x00"),
        "odd items": b"}(NNNu",
        "items of a list": b"]" + text("a") + b"Ns",
        "an append to nothing": b"a",
        "a tuple of nothing": b"t",
        "a stack that is empty": b"0",
        "text that is not UTF-8": b"X\x02\x00\x00\x00\xff\xfe",
        "a second head": b"\x80\x04N",
        "an opcode that is none": b"\xfe",
    }


def _modules() -> dict[str, bytes]:
    """Networks as NVIDIA's whose modules are without end."""

    def module(kind: str, **state: bytes) -> bytes:
        meta = dictionary(type=text("class"), class_name=text(kind), state=dictionary(**state))
        return call(name("torch_utils.persistence", "_reconstruct_persistent_obj"), meta)

    inner = module("SynthesisNetwork")
    chain = inner
    for _ in range(30):
        chain = module("SynthesisNetwork", _modules=dictionary(a=chain))
    doubled = inner + b"q\x00"
    for i in range(1, 30):
        twice = dictionary(a=b"h%c" % (i - 1), b=b"h%c" % (i - 1))
        doubled += module("Generator", _modules=twice) + b"q%c" % i
    many = b"}(" + b"".join(text(f"p{i}") + b"N" for i in range(30_000)) + b"uq\x02"
    shared = dictionary(**{f"m{i}": b"h\x01" for i in range(400)})
    leaf = many + module("Generator", _parameters=b"h\x02") + b"q\x01"
    wide = dictionary(**{f"m{i}": b"h\x00" for i in range(6000)})
    return {
        "modules thirty deep": dictionary(G_ema=chain),
        "modules doubled thirty times": doubled + dictionary(G_ema=b"h%c" % 29),
        "six thousand modules": inner + b"q\x00" + dictionary(G_ema=module("Generator", _modules=wide)),
        "four hundred modules of thirty thousand parameters": leaf
        + dictionary(G_ema=module("Generator", _modules=shared)),
        "a module in itself": b"}q\x00" + text("G_ema") + module("Generator", _modules=b"h\x00") + b"s",
        "modules that are a list": dictionary(G_ema=module("Generator", _modules=b"]")),
        "a module that is text": dictionary(G_ema=module("Generator", _modules=dictionary(mapping=text("x")))),
        "parameters that are a number": dictionary(G_ema=module("Generator", _parameters=integer(3))),
        "a parameter that is text": dictionary(G_ema=module("Generator", _parameters=dictionary(a=text("x")))),
        "a network without a state": dictionary(
            G_ema=call(name("torch_utils.persistence", "_reconstruct_persistent_obj"))
        ),
        "a network that is text": dictionary(G_ema=text("Generator")),
        "a network of a class that is a number": dictionary(
            G_ema=call(
                name("torch_utils.persistence", "_reconstruct_persistent_obj"),
                dictionary(class_name=integer(3), state=b"}"),
            )
        ),
        "no network": dictionary(training_set_kwargs=b"}"),
        "an empty dictionary": b"}",
        "a list": b"]",
        "nothing": b"N",
        "a number": integer(2**70),
        "text": text("x"),
    }


def cases() -> Iterator[Case]:
    """All of them, lengths and arrays at every place where a pickle may be."""
    for what, body in (LENGTHS | _arrays()).items():
        for place, suffix, content in hidden(body):
            yield Case(f"{what}, {place}", content, suffix)
    for what, body in (_bombs() | _modules()).items():
        yield Case(what, pickled(body))
    yield Case("a pickle without end", pickled(valid.network_pickle())[:-1])
    yield Case("a pickle of nothing", pickled(b""))
    yield Case("a pickle of protocol 9", b"\x80\x09N.")
    yield Case("a head alone", b"\x80")
    for count in (10**9, 2**62, -1):
        storage = tuple_of(text("storage"), name("torch", "FloatStorage"), text("0"), text("cpu"), integer(count), b"N")
        yield Case(f"a storage of {count} numbers in an older file", legacy(storage + b"Q"), ".pt")
    storage = tuple_of(text("storage"), name("torch", "FloatStorage"), text("0"), text("cpu"), integer(1), b"N") + b"Q"
    keys = legacy(storage)[:-3] + b"](" + text("0") * 2 + b"e."
    yield Case("a storage listed twice", keys + struct.pack("<q", 1) + bytes(12), ".pt")
    keys = legacy(storage)[:-3] + b"](" + text("0") + b"e."
    yield Case("a storage of a negative count", keys + struct.pack("<q", -1) + bytes(4), ".pt")
    yield Case(
        "a storage that is a view",
        legacy(storage.replace(b"Nt", tuple_of(text("0"), integer(0), integer(1)) + b"t")),
        ".pt",
    )
