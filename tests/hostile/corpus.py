"""The corpus: every hostile file, written into a folder with a list of what each is."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from tests.hostile import archives, attacks, claims, networks, valid
from tests.hostile.case import Case


def cases() -> Iterator[Case]:
    """All cases: attacks, claims, lies, and each format cut at every hundredth of its length."""
    yield from attacks.cases()
    yield from claims.cases()
    yield from archives.cases()
    yield from networks.cases()
    for name, content in valid.files().items():
        for percent in range(100):
            cut = content[: len(content) * percent // 100]
            yield Case(f"{name} cut at {percent} %", cut, Path(name).suffix)


def write(folder: Path) -> list[Case]:
    """Write all files and `cases.json`; what was written, the whole files, which must be read, aside."""
    made = list(cases())
    listed = []
    for number, case in enumerate(made):
        path = folder / f"{number:04}{case.suffix}"
        path.write_bytes(case.content)
        listed.append({key: value for key, value in asdict(case).items() if key != "content"} | {"file": path.name})
    for name, content in valid.files().items():
        (folder / f"whole-{name}").write_bytes(content)
    (folder / "cases.json").write_text(json.dumps(listed), "utf-8")
    return made
