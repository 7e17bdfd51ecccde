"""Files are written whole or not at all."""

import os
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all: beside its place first, then renamed. Missing folders are made.

    Raises:
        OSError: if the place cannot be written; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
