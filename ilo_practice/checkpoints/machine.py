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

from ilo_practice.checkpoints.inert import LONGEST, MOST, Budget, Constructor, Global, Inert, key

LONGEST_NUMBER = 32  # bytes of an integer, 8 is the most that any size takes


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


class Machine:
    """The stack, the stacks below its marks, the memo, and the place in the file."""

    def __init__(self, data: memoryview, start: int, resolve: Resolve, persistent: Persistent | None, budget: Budget):
        self.data, self.at, self.resolve, self.persistent, self.budget = data, start, resolve, persistent, budget
        self.stack: list = []
        self.below: list[list] = []
        self.memo: dict[int, object] = {}

    def run(self) -> object:
        """Every opcode until STOP; what is then on top of the stack."""
        if self.take(1) != pickle.PROTO or not 2 <= self.number(1) <= 5:
            raise ValueError("not a pickle of protocol 2 to 5")
        while (opcode := self.opcode()) != pickle.STOP[0]:
            if (step := STEPS.get(opcode)) is None:
                known = pickletools.code2op.get(chr(opcode))
                raise ValueError(
                    f"a pickle with {known.name if known else 'no opcode'} (byte {opcode}), not taken here"
                )
            step(self)
        return self.pop()

    def opcode(self) -> int:
        """The next byte, which is paid for."""
        if self.at == len(self.data):
            raise ValueError("a pickle that does not end")
        self.budget.step()
        self.at += 1
        return self.data[self.at - 1]

    def take(self, count: int) -> memoryview:
        """The next `count` bytes, uncopied."""
        if count > len(self.data) - self.at:
            raise ValueError(f"a pickle that claims {count} bytes where {len(self.data) - self.at} are left")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, size: int, *, signed: bool = False) -> int:
        return int.from_bytes(self.take(size), "little", signed=signed)

    def long(self, size: int) -> None:
        if (length := self.number(size)) > LONGEST_NUMBER:
            raise ValueError(f"a pickle with an integer of {length} bytes")
        self.push(self.number(length, signed=True))

    def line(self) -> str:
        """A name in the file, up to its newline."""
        piece = self.data[self.at : self.at + 256].tobytes()
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

    def pop(self) -> object:
        return self.stack.pop()

    def last(self, count: int) -> list:
        """The last `count` things, which go."""
        return [self.stack.pop() for _ in range(count)][::-1]

    def text(self, size: int) -> None:
        self.push(str(self.take(self.number(size)), "utf-8"))

    def bytes(self, size: int) -> None:
        self.push(self.take(self.number(size)))

    def mark(self) -> None:
        self.below.append(self.stack)
        self.stack = []

    def marked(self) -> list:
        """Everything above the last mark, which goes."""
        items, self.stack = self.stack, self.below.pop()
        return items

    def put(self, index: int) -> None:
        if index > MOST:
            raise ValueError("a pickle that numbers its parts beyond what any network has")
        self.memo[index] = self.stack[-1]

    def name(self, module: object, attribute: object) -> None:
        if type(module) is not str or type(attribute) is not str:
            raise ValueError("a pickle with a name that is not text")
        if max(len(module), len(attribute)) > LONGEST:
            raise ValueError("a pickle with a name longer than any")
        if "." in attribute:
            raise ValueError(f"a pickle with the name {attribute[:80]!r}, a part of another")
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
        function = self.pop()
        if type(args) is not tuple:
            raise ValueError("a pickle with arguments that are no tuple")
        if type(function) is Constructor:
            self.push(function.make(args, self.budget))
        elif type(function) is Global:
            self.push(Inert(function.name, args))
        else:
            raise ValueError("a pickle that calls what is no name")

    def call_with_keywords(self) -> None:
        keywords = self.pop()
        if type(keywords) is not dict or keywords:
            raise ValueError("a pickle with an object made from keywords")
        self.call(self.pop())

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


_STEPS: dict[bytes, Callable[[Machine], None]] = {
    pickle.MARK: Machine.mark,
    pickle.FRAME: Machine.frame,
    pickle.NONE: lambda m: m.push(None),
    pickle.NEWTRUE: lambda m: m.push(True),
    pickle.NEWFALSE: lambda m: m.push(False),
    pickle.BININT: lambda m: m.push(m.number(4, signed=True)),
    pickle.BININT1: lambda m: m.push(m.number(1)),
    pickle.BININT2: lambda m: m.push(m.number(2)),
    pickle.LONG1: lambda m: m.long(1),
    pickle.LONG4: lambda m: m.long(4),
    pickle.BINFLOAT: lambda m: m.push(struct.unpack(">d", m.take(8))[0]),
    pickle.SHORT_BINUNICODE: lambda m: m.text(1),
    pickle.BINUNICODE: lambda m: m.text(4),
    pickle.BINUNICODE8: lambda m: m.text(8),
    pickle.SHORT_BINBYTES: lambda m: m.bytes(1),
    pickle.BINBYTES: lambda m: m.bytes(4),
    pickle.BINBYTES8: lambda m: m.bytes(8),
    pickle.BYTEARRAY8: lambda m: m.bytes(8),
    pickle.EMPTY_TUPLE: lambda m: m.push(()),
    pickle.TUPLE1: lambda m: m.push(tuple(m.last(1))),
    pickle.TUPLE2: lambda m: m.push(tuple(m.last(2))),
    pickle.TUPLE3: lambda m: m.push(tuple(m.last(3))),
    pickle.TUPLE: lambda m: m.push(tuple(m.marked())),
    pickle.EMPTY_LIST: lambda m: m.push([]),
    pickle.APPEND: lambda m: m.extend(m.last(1)),
    pickle.APPENDS: lambda m: m.extend(m.marked()),
    pickle.EMPTY_SET: lambda m: m.push(set()),
    pickle.ADDITEMS: lambda m: m.add(m.marked()),
    pickle.FROZENSET: lambda m: m.push(frozenset(map(key, m.marked()))),
    pickle.EMPTY_DICT: lambda m: m.push({}),
    pickle.SETITEM: lambda m: m.set_items(m.last(2)),
    pickle.SETITEMS: lambda m: m.set_items(m.marked()),
    pickle.BINPUT: lambda m: m.put(m.number(1)),
    pickle.LONG_BINPUT: lambda m: m.put(m.number(4)),
    pickle.MEMOIZE: lambda m: m.put(len(m.memo)),
    pickle.BINGET: lambda m: m.push(m.memo[m.number(1)]),
    pickle.LONG_BINGET: lambda m: m.push(m.memo[m.number(4)]),
    pickle.GLOBAL: lambda m: m.name(m.line(), m.line()),
    pickle.STACK_GLOBAL: lambda m: m.name(*m.last(2)),
    pickle.REDUCE: lambda m: m.call(m.pop()),
    pickle.NEWOBJ: lambda m: m.call(m.pop()),
    pickle.NEWOBJ_EX: Machine.call_with_keywords,
    pickle.BUILD: lambda m: m.build(m.pop()),
    pickle.BINPERSID: lambda m: m.push(m.found(m.pop())),
}
STEPS = {code[0]: step for code, step in _STEPS.items()}
