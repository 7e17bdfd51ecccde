"""A folder of results that appears whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp


@contextmanager
def output_folder(out: str | Path, *, force: bool = False) -> Iterator[Path]:
    """Give a temporary folder to write in; when all has gone well, move its files into `out`.

    The temporary folder lies on the disk of `out`, which shows at once whether that can be written. With `force` files
    of the same name are replaced one by one and all others left alone. After any failure nothing has changed.

    Raises:
        FileExistsError: for a folder that holds files, without `force`.
        NotADirectoryError: for a file.
        OSError: for a folder that cannot be written.
    """
    out = Path(out).absolute()
    if out.exists() and not out.is_dir():
        raise NotADirectoryError(f"`--out {out}` is a file.")
    if out.exists() and not force and any(out.iterdir()):
        raise FileExistsError(f"`--out {out}` holds files: choose another folder, or replace them with --force.")
    anchor = next(folder for folder in (out, *out.parents) if folder.exists())
    try:
        work = Path(mkdtemp(dir=anchor, prefix=".unfinished-"))
    except OSError as error:
        raise OSError(f"`--out {out}` cannot be written: {error.strerror}.") from None
    try:
        yield work
        for file in sorted(path for path in work.rglob("*") if path.is_file()):
            target = out / file.relative_to(work)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(file, target)
    finally:
        rmtree(work, ignore_errors=True)
