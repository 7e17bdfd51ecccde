"""A mutant: one line of the code made wrong, and the tests that have to notice it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mutant:
    """One line changed.

    Args:
        what: what it breaks, in words; unique.
        file: from the root of the repository.
        original: a part of one line, found once in the file.
        replacement: what stands there instead.
        tests: what pytest is asked to run, as on a command line.
    """

    what: str
    file: str
    original: str
    replacement: str
    tests: str

    def applied(self, text: str) -> str:
        """Change the text of the file.

        Raises:
            ValueError: unless the original is part of one line, there once, and the replacement differs.
        """
        if "\n" in self.original + self.replacement:
            raise ValueError(f"`Mutant({self.what!r})` must change one line, got {self.original!r}.")
        if self.original == self.replacement:
            raise ValueError(f"`Mutant({self.what!r})` must change something, got {self.original!r} twice.")
        if (count := text.count(self.original)) != 1:
            got = f"{self.original!r} {count} times in {self.file}"
            raise ValueError(f"`Mutant({self.what!r})` must have its original once, got {got}.")
        return text.replace(self.original, self.replacement)

    def check(self, root: Path) -> None:
        """Raise `applied`'s ValueError where the mutant does not fit the file under `root`."""
        self.applied((root / self.file).read_text("utf-8"))
