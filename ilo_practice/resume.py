"""The state of a run, kept in a file as it goes, so that a run that was stopped goes on to the same result."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ilo_practice.images import write_atomically

State = Mapping[str, Tensor]


@contextmanager
def kept_state(
    path: str | Path | None, purpose: str, *, device: str = "cpu", every: float = 10.0
) -> Iterator[tuple[State | None, Callable[[State], None]]]:
    """Give the state in a file, None where there is none, and what keeps a newer one there.

    The file is written at most every `every` seconds, and removed once the run has ended well.

    Args:
        path: of the file; None keeps nothing.
        purpose: what the run is, in words; a file of another run is refused.
        device: of the run.
        every: seconds.

    Raises:
        ValueError: for a file that holds no state, or that of another run.
        NotADirectoryError: where no file can be.
    """
    if path is None:
        yield None, lambda state: None
        return
    path = Path(path)
    if not path.parent.is_dir():
        raise NotADirectoryError(f"`--resume {path}`: there is no folder {path.parent}.")
    for unfinished in path.parent.glob(f".{path.name}.*"):  # what a killed run was writing
        unfinished.unlink()
    written = time.monotonic()

    def keep(state: State) -> None:
        nonlocal written
        if time.monotonic() - written >= every:
            _write(path, state, purpose)
            written = time.monotonic()

    yield (_read(path, purpose, device) if path.exists() else None), keep
    path.unlink(missing_ok=True)


def _write(path: Path, state: State, purpose: str) -> None:
    moved = [key for key, value in state.items() if value.device.type != "cpu"]
    header = {"purpose": purpose, "on_device": json.dumps(moved)}
    write_atomically(path, save({key: value.cpu().clone().contiguous() for key, value in state.items()}, header))


def _read(path: Path, purpose: str, device: str) -> State:
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            moved = set(json.loads(header["on_device"]))
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a mapping)
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise ValueError(f"`--resume {path}` is not the state of a run: {error}") from None
    if header["purpose"] != purpose:
        raise ValueError(f"`--resume {path}` is the state of another run: its input, recipe, generator or seed differ.")
    return {key: value.to(device) if key in moved else value for key, value in state.items()}
