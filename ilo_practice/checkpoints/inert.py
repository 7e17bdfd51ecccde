"""What names in a pickle become, all of it data, and what reading a pickle may cost."""

from collections.abc import Callable
from dataclasses import dataclass, field

MOST = 400_000  # opcodes; three networks of 1024 px have some seventy thousand
LARGEST_KEY = 2**63
LONGEST = 200  # letters of a name


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
    """What reading one file may still cost: steps, each of which makes at most one small object, and bytes copied."""

    copied: int
    steps: int = MOST

    def step(self, count: int = 1) -> None:
        """Account for `count` steps, an opcode or one thing of many that a constructor goes through."""
        self.steps -= count
        if self.steps < 0:
            raise ValueError("a pickle of more parts than any network has")

    def copy(self, count: int) -> None:
        """Account for `count` bytes that are not views of the file."""
        self.copied -= count
        if self.copied < 0:
            raise ValueError("it asks for more bytes than the file holds")


def key(value: object) -> str | int:
    """A key of a dictionary or a set: text, or an integer of at most 64 bits, so that no two can be made to collide."""
    if type(value) is str or (type(value) is int and abs(value) < LARGEST_KEY):
        return value
    raise ValueError("a pickle with a key that is neither text nor a small integer")


def items_of(value: object) -> dict:
    """What is set in a dictionary, or in an object of a file that is a dictionary of its own class; else nothing."""
    return value if type(value) is dict else value.items if type(value) is Inert else {}
