"""Pickles that run something when Python reads them, alone and hidden at every place where a pickle may be."""

import struct
from collections.abc import Iterator

from tests.hostile import valid
from tests.hostile.archives import archive
from tests.hostile.case import Case, call, dictionary, integer, name, pickled, text, tuple_of

OS_SYSTEM = call(name("posix", "system"), text("true"))
GETATTR = name("builtins", "getattr")
OS = call(name("builtins", "__import__"), text("os"))
WRITTEN = text("hostile-was-here")

# What runs, and what the watch sees of it when Python's own pickle reads it.
EXECUTING = {
    "os.system": OS_SYSTEM,
    "os.system by its other name": call(name("os", "system"), text("true")),
    "os.system from the stack": text("os") + text("system") + b"\x93" + tuple_of(text("true")) + b"R",
    "os.system through a module of torch": text("torch.nn.modules.module")
    + text("torch.os.system")
    + b"\x93"
    + tuple_of(text("true"))
    + b"R",
    "os.system by INST": b"(S'true'\niposix\nsystem\n",
    "os.system by OBJ": b"(cposix\nsystem\nS'true'\no",
    "os.system by text opcodes": b"cposix\nsystem\n(S'true'\ntR",
    "os.popen": call(name("os", "popen"), text("true")),
    "os.execv": call(name("os", "execv"), text("/bin/true"), b"](" + text("true") + b"e"),
    "os.posix_spawn": call(name("os", "posix_spawn"), text("/bin/true"), b"](" + text("true") + b"e", b"}"),
    "os.remove": call(name("os", "remove"), WRITTEN),
    "os.mkdir": call(name("os", "mkdir"), WRITTEN),
    "os.open": call(name("os", "open"), WRITTEN, integer(0o101)),
    "os.rename": call(name("os", "rename"), WRITTEN, WRITTEN),
    "shutil.rmtree": call(name("shutil", "rmtree"), WRITTEN),
    "eval": call(name("__builtin__", "eval"), text("1 + 1")),
    "eval of builtins": call(name("builtins", "eval"), text("__import__('os').system('true')")),
    "exec": call(name("builtins", "exec"), text("import os")),
    "compile": call(name("builtins", "compile"), text("1"), text("x"), text("eval")),
    "getattr chain": call(call(GETATTR, OS, text("system")), text("true")),
    "getattr of builtins": call(
        call(GETATTR, call(name("builtins", "__import__"), text("posix")), text("system")), WRITTEN
    ),
    "import_module": call(name("importlib", "import_module"), text("this")),
    "__import__": call(name("builtins", "__import__"), text("antigravity")),
    "a name whose module is imported": name("this", "s"),
    "subprocess.Popen": call(name("subprocess", "Popen"), text("true")),
    "subprocess.check_output": call(name("subprocess", "check_output"), text("true")),
    "subprocess.run by NEWOBJ's way": call(name("subprocess", "run"), b"](" + text("true") + b"e"),
    "socket": call(name("socket", "create_connection"), tuple_of(text("127.0.0.1"), integer(9))),
    "a socket alone": call(name("socket", "socket")),
    "open for writing": call(name("builtins", "open"), WRITTEN, text("w")),
    "io.open for writing": call(name("io", "open"), WRITTEN, text("wb")),
    "open for appending": call(name("_io", "open"), WRITTEN, text("a")),
    "a chain of maps": call(
        name("builtins", "list"), call(name("builtins", "map"), name("os", "system"), b"](" + text("true") + b"e")
    ),
    "functools.partial": call(call(name("functools", "partial"), name("os", "system"), text("true"))),
    "nested in an ordered dictionary": call(
        name("collections", "OrderedDict"), b"](" + tuple_of(text("a"), OS_SYSTEM) + b"e"
    ),
    "nested in the arguments of a tensor": call(
        name("torch._utils", "_rebuild_tensor_v2"), OS_SYSTEM, integer(0), b")", b")", b"\x89", b"}"
    ),
    "nested eight deep": b"".join([b"("] * 8) + OS_SYSTEM + b"t" * 8,
    "a key of a dictionary": b"}" + OS_SYSTEM + b"Ns",
    "a member of a set": b"\x8f(" + OS_SYSTEM + b"\x90",
    "timeit": call(name("timeit", "timeit"), text("1"), text("1"), name("time", "time"), integer(1)),
    "runpy": call(name("runpy", "run_module"), text("this")),
    "webbrowser": call(name("webbrowser", "open"), text("file:///x")),
    "a pickle in a pickle": call(name("pickle", "loads"), b"C" + bytes([len(pickled(OS_SYSTEM))]) + pickled(OS_SYSTEM)),
    "marshal": call(name("marshal", "loads"), b"C\x02i\x00"),
    "ctypes": call(name("ctypes", "CDLL"), text("libc.so.6")),
    "code": call(name("code", "interact")),
    "the function of NVIDIA's, then os.system": call(
        name("torch_utils.persistence", "_reconstruct_persistent_obj"), dictionary(state=OS_SYSTEM)
    ),
}
# Harmless to the watch, or errors of Python's own; refused all the same.
OTHERS = {
    "an object from keywords": name("subprocess", "Popen") + tuple_of(text("true")) + b"}\x92",
    "attributes of a module": name("os", "path") + b"}" + text("sep") + text("x") + b"sb",
    "attributes of a class": name("collections", "OrderedDict") + b"}" + text("x") + text("y") + b"sb",
    "slots of a class": name("collections", "OrderedDict") + b"N}" + text("x") + text("y") + b"s\x86b",
    "a state for a number": integer(3) + b"}b",
    "a state for a list": b"]}b",
    "a state for text": text("a") + b"}b",
    "a new code object": name("types", "CodeType") + b")\x81",
    "a new function": name("types", "FunctionType") + b")\x81",
    "a new thread": name("threading", "Thread") + b")\x81",
    "EXT1": b"\x82\x01",
    "EXT2": b"\x83\x01\x00",
    "EXT4": b"\x84\x01\x00\x00\x00",
    "a persistent id as text": b"Pstorage\n",
    "a persistent id": tuple_of(text("storage")) + b"Q",
    "a call of a number": integer(3) + b")R",
    "a call of a string": text("os.system") + b")R",
    "a call of a dictionary": b"}" + b")R",
    "a call with a list": name("collections", "OrderedDict") + b"]R",
    "a call of a call": call(call(name("dnnlib.util", "EasyDict"))),
    "a name that is a number": integer(1) + integer(2) + b"\x93",
    "a name with a newline": text("os\n") + text("system\r\x1b[2J") + b"\x93",
    "a name of a surrogate": text("\ud800") + text("x") + b"\x93",
    "torch.load": call(name("torch", "load"), WRITTEN),
    "torch.hub": call(name("torch.hub", "load"), WRITTEN, WRITTEN),
    "numpy.load": call(name("numpy", "load"), WRITTEN),
    "object": name("builtins", "object") + b")\x81",
    "a weak reference to nothing": call(
        name("copyreg", "_reconstructor"), name("os", "system"), name("builtins", "object"), b"N"
    ),
    "argparse's other names": name("argparse", "FileType") + b")\x81",
    "a storage made by torch": call(name("torch.storage", "_load_from_bytes"), text("x")),
    "memory shared by name": call(name("torch.multiprocessing.reductions", "rebuild_storage_filename")),
}


def legacy(root: bytes) -> bytes:
    """A file of torch.save before 1.6 whose object is `root`."""
    system = b"}(" + text("protocol_version") + integer(1001) + text("little_endian") + b"\x88u"
    return b"".join(map(pickled, (integer(0x1950A86A20F9469CFC6C), integer(1001), system, root, b"]")))


def hidden(body: bytes) -> Iterator[tuple[str, str, bytes]]:
    """The body at every place where a pickle may be: the name of the place, the suffix, the file."""
    network = valid.network_pickle()
    yield "alone", ".pkl", pickled(body)
    yield (
        "beside a whole network",
        ".pkl",
        pickled(b"}(" + text("training_set_kwargs") + body + text("G_ema") + network + b"u"),
    )
    yield "in an archive of torch", ".pt", archive(pickled(dictionary(g_ema=body)))
    yield "in an older file of torch", ".pt", legacy(dictionary(g_ema=body))
    inner = legacy(body)
    loaded = call(name("torch.storage", "_load_from_bytes"), b"B" + struct.pack("<I", len(inner)) + inner)
    yield "in the bytes of a storage", ".pkl", pickled(dictionary(G_ema=loaded))


def cases() -> Iterator[Case]:
    """Every body at every place; Python reads those of plain pickles whole, so that its reading is compared there."""
    for what, body in EXECUTING.items():
        for place, suffix, content in hidden(body):
            runs = place == "alone" and what != "the function of NVIDIA's, then os.system"
            yield Case(f"{what}, {place}", content, suffix, executes=runs)
    for what, body in OTHERS.items():
        for place, suffix, content in hidden(body):
            yield Case(f"{what}, {place}", content, suffix)
