"""What has arrived of a file: it grows beside the place it is meant for, and takes that place whole or not at all."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path

from ilo_practice.images import write_atomically


class Unwritable(OSError):
    """This machine cannot keep the file: no mirror can help."""


@dataclass(frozen=True)
class Origin:
    """Where the bytes are from: the address, what names this version of the file there, and its whole size in bytes."""

    address: str
    validator: str | None
    total: int | None


@dataclass
class Partial:
    """Bytes received so far, in the open `file` at `path`; the note beside it keeps their `origin` for a later run."""

    path: Path
    file: FileIO
    note: Path
    origin: Origin | None = None
    placed: bool = False

    @property
    def length(self) -> int:
        return os.fstat(self.file.fileno()).st_size

    def append(self, chunk: bytes) -> None:
        rest = memoryview(chunk)
        with _unwritable(self.path):
            while rest:  # a write to a file that is not buffered may take less than all
                rest = rest[self.file.write(rest) :]

    def restart(self) -> None:
        """Forget all of it."""
        self.file.truncate(0)
        self.origin = None
        self.note.unlink(missing_ok=True)

    def began(self, origin: Origin) -> None:
        """Remember where what follows is from."""
        if origin != self.origin:
            with _unwritable(self.note):
                write_atomically(self.note, json.dumps(asdict(origin)).encode())
            self.origin = origin

    def place(self, target: Path) -> None:
        """Make it the file `target`, whole, in one step."""
        with _unwritable(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            os.fsync(self.file.fileno())
            os.chmod(self.path, 0o644)
            os.replace(self.path, target)
        self.placed = True
        self.note.unlink(missing_ok=True)


@contextmanager
def partial(target: Path) -> Iterator[Partial]:
    """What is there of `target` already, to be gone on with; afterwards kept if it is worth it.

    One process at a time goes on with it: another one, meanwhile, gets an empty part of its own, which is not kept.
    """
    path = target.with_name(f".{target.name}.part")
    with _unwritable(path):
        target.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab", buffering=0)
        if shared := not _locked(file, path):
            file.close()
            handle, own = tempfile.mkstemp(dir=target.parent, prefix=f"{path.name}.")
            file, path = os.fdopen(handle, "ab", buffering=0), Path(own)
    part = Partial(path, file, path.with_name(f"{path.name}.json"))
    part.origin = _origin(part.note)
    try:
        yield part
    finally:
        if not part.placed and (shared or part.origin is None or not part.length):
            path.unlink(missing_ok=True)
            part.note.unlink(missing_ok=True)
        file.close()  # last: it gives back the lock


def _locked(file, path: Path) -> bool:
    """Whether the lock on `file` is ours now, and it still is what is at `path`; never waits."""
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except (ImportError, OSError):
        return False


def _origin(note: Path) -> Origin | None:
    try:
        return Origin(**json.loads(note.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


@contextmanager
def _unwritable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unwritable(f"cannot write {path}: {error.strerror or error}") from error
