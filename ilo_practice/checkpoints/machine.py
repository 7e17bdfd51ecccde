"""A pickle machine that can call nothing of Python's: what a name in a file means is one look-up in a closed table.

It knows the opcodes that Python 3 writes in protocols 2 to 5 and refuses all others (INST, OBJ, EXT, the text opcodes).
Bytes stay where they are, as views of the file, so a length is believed only as far as the file goes. What a file may
cost is bounded by its `Budget`. There is no recursion, no attribute is set, no object of the file is hashed, compared
or printed but strings and integers.
"""

import pickle
import pickletools
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

LONGEST_NUMBER = 32  # bytes of an integer, 8 is the most that any size takes
LARGEST_KEY = 2**63


@dataclass(frozen=True)
class Global:
    """A name that stands for nothing but itself."""

    name: str


@dataclass(frozen=True)
class Constructor:
    """A name that has a meaning here: `make` takes the arguments that the file gives, and checks them."""

    name: str
    make: Callable[[tuple, "Budget"], object]


@dataclass(eq=False)
class Inert:
    """What a file would have made by calling or creating `name`: the arguments, the items set, the state. Data only."""

    name: str
    args: tuple = ()
    items: dict = field(default_factory=dict)
    state: object = None


@dataclass
class Budget:
    """What reading one file may still cost: opcodes, each of which makes at most one small object, and bytes copied."""

    copied: int
    opcodes: int = 1_000_000

    def copy(self, count: int) -> None:
        """Account for `count` bytes that are not views of the file."""
        self.copied -= count
        if self.copied < 0:
            raise ValueError("it asks for more bytes than the file holds")


Resolve = Callable[[str], Global | Constructor | object]
Persistent = Callable[[object], object]


def run(
    data: memoryview, resolve: Resolve, budget: Budget, *, persistent: Persistent | None = None, start: int = 0
) -> tuple[object, int]:
    """The object that the pickle at `data[start:]` describes, and where the pickle ends.

    `resolve` gives the meaning of a dotted name or raises ValueError, `persistent` that of a persistent id (None: there
    are none). Raises ValueError alone, for whatever is not such a pickle.
    """
    machine = Machine(data, start, resolve, persistent, budget)
    try:
        return machine.run(), machine.at
    except (IndexError, KeyError):
        raise ValueError("a pickle that takes what it has not put there") from None
    except UnicodeDecodeError:
        raise ValueError("a pickle whose text is not UTF-8") from None


CONSTANTS = {pickle.NONE: None, pickle.NEWTRUE: True, pickle.NEWFALSE: False, pickle.EMPTY_TUPLE: ()}
FRESH = {pickle.EMPTY_LIST: list, pickle.EMPTY_DICT: dict, pickle.EMPTY_SET: set}
INTEGERS = {pickle.BININT: (4, True), pickle.BININT1: (1, False), pickle.BININT2: (2, False)}
LONGS = {pickle.LONG1: 1, pickle.LONG4: 4}
TEXTS = {pickle.SHORT_BINUNICODE: 1, pickle.BINUNICODE: 4, pickle.BINUNICODE8: 8}
BYTES = {pickle.SHORT_BINBYTES: 1, pickle.BINBYTES: 4, pickle.BINBYTES8: 8, pickle.BYTEARRAY8: 8}
TUPLES = {pickle.TUPLE1: 1, pickle.TUPLE2: 2, pickle.TUPLE3: 3}
PUTS = {pickle.BINPUT: 1, pickle.LONG_BINPUT: 4}
GETS = {pickle.BINGET: 1, pickle.LONG_BINGET: 4}


class Machine:
    """The stack, the stacks below its marks, the memo, and the place in the file."""

    def __init__(self, data: memoryview, start: int, resolve: Resolve, persistent: Persistent | None, budget: Budget):
        self.data, self.at, self.resolve, self.persistent, self.budget = data, start, resolve, persistent, budget
        self.stack: list = []
        self.below: list[list] = []
        self.memo: dict[int, object] = {}
        self.does = {
            pickle.MARK: self.mark,
            pickle.TUPLE: lambda: self.push(tuple(self.marked())),
            pickle.FROZENSET: lambda: self.push(frozenset(map(key, self.marked()))),
            pickle.BINFLOAT: lambda: self.push(struct.unpack(">d", self.take(8))[0]),
            pickle.APPEND: lambda: self.extend([self.stack.pop()]),
            pickle.APPENDS: lambda: self.extend(self.marked()),
            pickle.ADDITEMS: lambda: self.add(self.marked()),
            pickle.SETITEM: lambda: self.set_items([self.stack.pop(), self.stack.pop()][::-1]),
            pickle.SETITEMS: lambda: self.set_items(self.marked()),
            pickle.MEMOIZE: lambda: self.put(len(self.memo)),
            pickle.GLOBAL: lambda: self.name(self.line(), self.line()),
            pickle.STACK_GLOBAL: lambda: self.name(*[self.stack.pop(), self.stack.pop()][::-1]),
            pickle.REDUCE: lambda: self.call(self.stack.pop()),
            pickle.NEWOBJ: lambda: self.call(self.stack.pop()),
            pickle.NEWOBJ_EX: self.call_with_keywords,
            pickle.BUILD: lambda: self.build(self.stack.pop()),
            pickle.BINPERSID: lambda: self.push(self.found(self.stack.pop())),
            pickle.FRAME: self.frame,
        }

    def run(self) -> object:
        """Every opcode until STOP; what is then on top of the stack."""
        if self.take(1) != pickle.PROTO or not 2 <= self.number(1) <= 5:
            raise ValueError("not a pickle of protocol 2 to 5")
        while (opcode := bytes(self.take(1))) != pickle.STOP:
            self.budget.opcodes -= 1
            if self.budget.opcodes < 0:
                raise ValueError("a pickle of more parts than any network has")
            self.step(opcode)
        return self.stack.pop()

    def step(self, opcode: bytes) -> None:
        if opcode in CONSTANTS:
            self.push(CONSTANTS[opcode])
        elif opcode in FRESH:
            self.push(FRESH[opcode]())
        elif opcode in INTEGERS:
            size, signed = INTEGERS[opcode]
            self.push(self.number(size, signed=signed))
        elif opcode in TEXTS:
            self.push(str(self.take(self.number(TEXTS[opcode])), "utf-8"))
        elif opcode in BYTES:
            self.push(self.take(self.number(BYTES[opcode])))
        elif opcode in LONGS:
            self.push(self.long(self.number(LONGS[opcode])))
        elif opcode in TUPLES:
            count = TUPLES[opcode]
            self.push(tuple([self.stack.pop() for _ in range(count)][::-1]))
        elif opcode in PUTS:
            self.put(self.number(PUTS[opcode]))
        elif opcode in GETS:
            self.push(self.memo[self.number(GETS[opcode])])
        elif opcode in self.does:
            self.does[opcode]()
        else:
            known = pickletools.code2op.get(opcode.decode("latin-1"))
            raise ValueError(f"a pickle with {known.name if known else 'no opcode'} (byte {opcode[0]}), not taken here")

    def take(self, count: int) -> memoryview:
        """The next `count` bytes, uncopied."""
        if count > len(self.data) - self.at:
            raise ValueError(f"a pickle that claims {count} bytes where {len(self.data) - self.at} are left")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, size: int, *, signed: bool = False) -> int:
        return int.from_bytes(self.take(size), "little", signed=signed)

    def long(self, size: int) -> int:
        if size > LONGEST_NUMBER:
            raise ValueError(f"a pickle with an integer of {size} bytes")
        return self.number(size, signed=True)

    def line(self) -> str:
        """A name in the file, up to its newline."""
        piece = bytes(self.data[self.at : self.at + 256])
        text, newline, _ = piece.partition(b"\n")
        if not newline:
            raise ValueError("a pickle with a name that does not end")
        self.at += len(text) + 1
        return text.decode("utf-8")

    def frame(self) -> None:
        if (size := self.number(8)) > (left := len(self.data) - self.at):
            raise ValueError(f"a pickle that claims a frame of {size} bytes where {left} are left")

    def push(self, value: object) -> None:
        self.stack.append(value)

    def mark(self) -> None:
        self.below.append(self.stack)
        self.stack = []

    def marked(self) -> list:
        """Everything above the last mark, which goes."""
        items, self.stack = self.stack, self.below.pop()
        return items

    def put(self, index: int) -> None:
        self.memo[index] = self.stack[-1]

    def name(self, module: object, attribute: object) -> None:
        if type(module) is not str or type(attribute) is not str:
            raise ValueError("a pickle with a name that is not text")
        self.push(self.resolve(f"{module}.{attribute}"))

    def extend(self, items: list) -> None:
        if type(self.stack[-1]) is not list:
            raise ValueError("a pickle that appends to what is no list")
        self.stack[-1].extend(items)

    def add(self, items: list) -> None:
        if type(self.stack[-1]) is not set:
            raise ValueError("a pickle that adds to what is no set")
        self.stack[-1].update(map(key, items))

    def set_items(self, items: list) -> None:
        target = self.stack[-1]
        target = target.items if type(target) is Inert else target
        if type(target) is not dict or len(items) % 2:
            raise ValueError("a pickle that sets items of what is no dictionary")
        for name, value in zip(items[::2], items[1::2], strict=True):
            target[key(name)] = value

    def call(self, args: object) -> None:
        """The constructor below the arguments, if it is one of ours; the name and the arguments as data, if not."""
        function = self.stack.pop()
        if type(args) is not tuple:
            raise ValueError("a pickle with arguments that are no tuple")
        if type(function) is Constructor:
            self.push(function.make(args, self.budget))
        elif type(function) is Global:
            self.push(Inert(function.name, args))
        else:
            raise ValueError("a pickle that calls what is no name")

    def call_with_keywords(self) -> None:
        keywords = self.stack.pop()
        if type(keywords) is not dict or keywords:
            raise ValueError("a pickle with an object made from keywords")
        self.call(self.stack.pop())

    def build(self, state: object) -> None:
        """Give a state to what takes one; a dictionary's own attributes (`_metadata` of a state dict) are left out."""
        target = self.stack[-1]
        if type(target) is Inert:
            target.state = state
        elif hasattr(type(target), "take_state"):
            target.take_state(state, self.budget)
        elif type(target) is not dict:
            raise ValueError("a pickle that gives a state to what takes none")

    def found(self, identity: object) -> object:
        if self.persistent is None:
            raise ValueError("a pickle with a persistent id, outside a file of torch.save")
        return self.persistent(identity)


def key(value: object) -> str | int:
    """A key of a dictionary or a set: text, or an integer of at most 64 bits, so that no two can be made to collide."""
    if type(value) is str or (type(value) is int and abs(value) < LARGEST_KEY):
        return value
    raise ValueError("a pickle with a key that is neither text nor a small integer")


def items_of(value: object) -> dict:
    """What is set in a dictionary, or in an object of a file that is a dictionary of its own class; else nothing."""
    return value if type(value) is dict else value.items if type(value) is Inert else {}
