"""Files that other installed packages ship: found by the package's record, known by a hash; nothing is imported."""

import hashlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path


@dataclass(frozen=True)
class InstalledFile:
    """One file of an installed package.

    Args:
        package: the name of the distribution; `path` is where the file lies beside its packages.
        sha256: of the whole file, in hexadecimal digits.
        install: what brings the file, as arguments of `pip install`.
        licence: under which the package gives the file.
    """

    package: str
    path: str
    sha256: str
    install: str
    licence: str

    def locate(self) -> Path:
        """Where the file is. Raises FileNotFoundError, saying what to install, where it is not."""
        try:
            found = Path(distribution(self.package).locate_file(self.path))
        except PackageNotFoundError:
            raise FileNotFoundError(
                f"`{self.path}` needs the package {self.package}: pip install {self.install}"
            ) from None
        if not found.is_file():
            raise FileNotFoundError(f"`{self.path}` is not in the {self.package} installed: pip install {self.install}")
        return found

    def read(self) -> bytes:
        """What the file holds. Raises FileNotFoundError where it is not, ValueError for another hash."""
        content = self.locate().read_bytes()
        if (digest := hashlib.sha256(content).hexdigest()) != self.sha256:
            raise ValueError(f"`{self.path}` of {self.package} must have the sha256 {self.sha256}, got {digest}.")
        return content
