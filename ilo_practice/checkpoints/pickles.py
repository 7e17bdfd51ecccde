"""The closed list of names that a pickle of weights may use, and what each means here; nothing is imported or called.

Three kinds of names: those below with a meaning, made by functions of ours; those of the packages that NVIDIA's and
rosinality's files refer to (`INERT`), which become data that carry the name; all others, which are an error naming it.
"""

from collections.abc import Callable

import numpy as np

from ilo_practice.checkpoints.inert import Budget, Constructor, Global, key
from ilo_practice.checkpoints.stored import ELEMENTS, MOST_DIMENSIONS, Element, Storage, Stored, array

# Modules whose names stand in real files for what is not needed to run a generator, or is read as data.
INERT = ("dnnlib.", "torch_utils.", "training.", "torch.nn.", "argparse.Namespace")

NUMPY_CODES = {element.code.lstrip("<|"): element for element in ELEMENTS.values() if element.name != "bfloat16"}
STORAGES = {
    "BFloat16Storage": "bfloat16",
    "BoolStorage": "bool",
    "ByteStorage": "uint8",
    "CharStorage": "int8",
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "IntStorage": "int32",
    "LongStorage": "int64",
    "ShortStorage": "int16",
}


class NumpyType:
    """`numpy.dtype` of a file, whose byte order arrives with its state."""

    def __init__(self, element: Element):
        self.element = element

    def take_state(self, state: object, budget: Budget) -> None:
        """(version, byte order, subtype, names, fields, ...): nothing but a plain little-endian number is taken."""
        if type(state) is not tuple or len(state) < 5 or any(part is not None for part in state[2:5]):
            raise ValueError("a NumPy type that is no plain number")
        if state[1] not in ("<", "|", "="):
            raise ValueError("numbers that are not little-endian")


class NumpyArray:
    """`numpy.ndarray` of a file, empty until its state comes."""

    stored: Stored | None = None

    def take_state(self, state: object, budget: Budget) -> None:
        """(version, shape, type, Fortran order, bytes)."""
        if type(state) is not tuple or len(state) != 5 or type(state[3]) is not bool:
            raise ValueError("a NumPy array with a state of another form")
        _, shape, dtype, fortran, data = state
        self.stored = array(_element(dtype), shape, data, fortran=fortran)


def _element(dtype: object) -> Element:
    if type(dtype) is not NumpyType:
        raise ValueError("a NumPy array of no NumPy type")
    return dtype.element


def _numpy_type(args: tuple, budget: Budget) -> NumpyType:
    code = args[0] if args else None
    if type(code) is not str or code not in NUMPY_CODES:
        raise ValueError(f"numbers of the NumPy type {code[:20] if type(code) is str else 'that is no name'!r}")
    return NumpyType(NUMPY_CODES[code])


def _numpy_array(args: tuple, budget: Budget) -> NumpyArray:
    return NumpyArray()


def _numpy_scalar(args: tuple, budget: Budget) -> int | float | bool:
    dtype, data = _take(args, 2)
    array(_element(dtype), (), data)  # which checks
    return np.frombuffer(data, dtype.element.code)[0].item()


def _numpy_buffer(args: tuple, budget: Budget) -> NumpyArray:
    data, dtype, shape, order = _take(args, 4)
    made = NumpyArray()
    made.stored = array(_element(dtype), shape, data, fortran=order == "F")
    return made


def _ordered(args: tuple, budget: Budget) -> dict:
    """`OrderedDict()` or `OrderedDict([(key, value), ...])`: a dictionary, which has an order."""
    pairs = args[0] if len(args) == 1 and type(args[0]) is list else [] if not args else None
    budget.step(len(pairs or ()))
    if pairs is None or not all(type(pair) in (tuple, list) and len(pair) == 2 for pair in pairs):
        raise ValueError("an ordered dictionary made of what are no pairs")
    return {key(name): value for name, value in pairs}


def _set(args: tuple, budget: Budget) -> set:
    items = args[0] if len(args) == 1 else ()
    if type(items) not in (list, tuple):
        raise ValueError("a set made of what is no list")
    budget.step(len(items))
    return set(map(key, items))


def _bytes(args: tuple, budget: Budget) -> memoryview:
    """`bytes()`, `bytearray(...)` and `_codecs.encode(text, "latin1")`, by which protocol 2 spells bytes."""
    if not args:
        return memoryview(b"")
    if type(args[0]) is memoryview and len(args) == 1:
        return args[0]
    if len(args) != 2 or type(args[0]) is not str or args[1] not in ("latin1", "latin-1"):
        raise ValueError("bytes that are no text in Latin-1")
    budget.copy(len(args[0]))
    try:
        return memoryview(args[0].encode("latin-1"))
    except UnicodeEncodeError:
        raise ValueError("bytes that are no text in Latin-1") from None


def _tensor(args: tuple, budget: Budget) -> Stored:
    """`torch._utils._rebuild_tensor_v2(storage, offset, size, stride, ...)`: the rest says nothing of the numbers."""
    if len(args) < 4 or type(args[0]) is not Storage:
        raise ValueError("a tensor without a storage")
    return Stored(args[0], args[2], args[3], args[1])


def _parameter(args: tuple, budget: Budget) -> Stored:
    if not args or type(args[0]) is not Stored:
        raise ValueError("a parameter that is no tensor")
    return args[0]


def _size(args: tuple, budget: Budget) -> tuple:
    (sizes,) = _take(args, 1)
    if type(sizes) not in (list, tuple) or len(sizes) > MOST_DIMENSIONS:
        raise ValueError("a size that is no tuple, or of too many dimensions")
    return tuple(sizes)


def _take(args: tuple, count: int) -> tuple:
    if len(args) != count:
        raise ValueError(f"{len(args)} arguments where there are {count}")
    return args


def _both(module: str, *names: str) -> list[str]:
    """The names under the old and the new name of their module."""
    modules = {"builtins": ("builtins", "__builtin__"), "numpy.core": ("numpy.core", "numpy._core")}
    top = next(old for old in modules if module.startswith(old))
    return [f"{new}{module.removeprefix(top)}.{name}" for new in modules[top] for name in names]


_MAKERS: dict[str, Callable[[tuple, Budget], object]] = {
    "_codecs.encode": _bytes,
    "collections.OrderedDict": _ordered,
    "numpy.dtype": _numpy_type,
    "torch.Size": _size,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    **dict.fromkeys(_both("builtins", "bytes", "bytearray"), _bytes),
    **dict.fromkeys(_both("builtins", "set", "frozenset"), _set),
    **dict.fromkeys(_both("numpy.core.multiarray", "_reconstruct"), _numpy_array),
    **dict.fromkeys(_both("numpy.core.multiarray", "scalar"), _numpy_scalar),
    **dict.fromkeys(_both("numpy.core.numeric", "_frombuffer"), _numpy_buffer),
}
KNOWN = {
    **{name: Constructor(name, make) for name, make in _MAKERS.items()},
    **{f"torch.{name}": ELEMENTS[element] for name, element in STORAGES.items()},
    **{name: Global(name) for name in ("numpy.ndarray", "torch.device", *(f"torch.{name}" for name in ELEMENTS))},
}


def resolve(name: str) -> object:
    """What a name in a pickle means. Raises ValueError for a name that is on no list."""
    if name in KNOWN:
        return KNOWN[name]
    if name.startswith(INERT):
        return Global(name)
    raise ValueError(
        f"a pickle that names {name[:80]!r}: it is not on the list of what weights need, and is not called"
    )
