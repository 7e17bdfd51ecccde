"""The mutants fit the code, three of them are killed here, and the runner tells who lives."""

import shlex
from pathlib import Path

import pytest

from tests.mutants import MUTANTS
from tests.mutants.__main__ import line
from tests.mutants.mutant import Mutant
from tests.mutants.runner import copy_of, python, survey, verdict

ROOT = Path(__file__).parents[1]
HERE = ("delta-nets for delta/2-nets", "non-strict for strict: the greedy packing", "the schedule one step late")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.what)
def test_a_mutant_fits_the_code_as_it_is(mutant):
    mutant.check(ROOT)
    assert mutant.file.startswith(("ilo_theory/", "ilo_practice/", "notebooks/"))
    for argument in shlex.split(mutant.tests):
        assert (ROOT / argument).is_file() or not argument.startswith("tests/")


def test_mutants_are_many_and_told_apart():
    assert len(MUTANTS) >= 30
    assert len({mutant.what for mutant in MUTANTS}) == len(MUTANTS)
    assert len({(mutant.file, mutant.original, mutant.replacement) for mutant in MUTANTS}) == len(MUTANTS)


def test_three_are_killed():
    chosen = [mutant for mutant in MUTANTS if mutant.what in HERE]
    assert len(chosen) == 3
    for result in survey(chosen, ROOT, jobs=2):
        assert result.killer, line(result)
        assert result.killer.startswith(result.mutant.tests.split()[0])


# --- The runner, tested -----------------------------------------------------------------------------------------------


@pytest.fixture
def toy(tmp_path):
    """A tree of one package, a test of it and one that always fails."""
    files = {
        "toy/__init__.py": "",
        "toy/code.py": "def twice(x):\n    return 2 * x\n",
        "tests/test_code.py": "from toy.code import twice\n\n\ndef test_twice():\n    assert twice(2) == 4\n",
        "tests/test_never.py": "def test_never():\n    assert False\n",
        "toy/report/__init__.py": "",
        "report/claims.html": "",
        ".git/HEAD": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def texts(root: Path) -> dict[Path, str]:
    return {path: path.read_text("utf-8") for path in root.rglob("*") if path.is_file()}


def mutant(replacement: str, tests: str = "tests/test_code.py") -> Mutant:
    return Mutant(replacement, "toy/code.py", "return 2 * x", replacement, tests)


def test_who_is_killed_and_who_lives(toy):
    before, told = texts(toy), []
    mutants = [
        mutant("return 3 * x"),
        mutant("return x + x"),
        mutant("retrun 2 * x"),
        mutant("return 2 * x + 0", "tests/test_never.py"),
        mutant("return 2 * x - 0", "tests/test_nowhere.py"),
    ]
    results = survey(mutants, toy, jobs=2, tell=told.append)
    assert [result.mutant for result in results] == mutants
    assert len(told) == len(mutants)
    assert [result.killer for result in results] == ["tests/test_code.py::test_twice", None, None, None, None]
    assert results[1].why == "survives"
    assert results[2].why.startswith("pytest ends with 2")
    assert results[3].why == "tests/test_never.py::test_never fails without it"
    assert results[4].why.startswith("pytest ends with 4")
    assert "ALIVE: survives" in line(results[1])
    assert texts(toy) == before


def test_a_copy_is_what_is_imported_and_leaves_nothing(toy):
    with copy_of(toy) as tree:
        assert {path.relative_to(tree) for path in texts(tree)} == {
            path.relative_to(toy) for path in texts(toy) if path.relative_to(toy).parts[0] not in (".git", "report")
        }
        assert Path(python(tree, "-c", "import toy; print(toy.__file__)").stdout).is_relative_to(tree)
        (tree / "toy/code.py").unlink()
    assert not tree.exists()
    assert (toy / "toy/code.py").exists()


def test_a_package_that_comes_from_elsewhere_is_refused(toy):
    (toy / "sys").mkdir()  # one that no folder can hide
    (toy / "sys/__init__.py").write_text("", "utf-8")
    with pytest.raises(RuntimeError, match="must be what Python imports from"), copy_of(toy):
        pass


def test_a_test_that_does_not_end_is_ended(toy, monkeypatch):
    (toy / "tests/test_code.py").write_text("def test_long():\n    while True:\n        pass\n", "utf-8")
    monkeypatch.setattr("tests.mutants.runner.python.__kwdefaults__", {"longest": 3.0})
    [result] = survey([mutant("return 3 * x")], toy, jobs=1)
    assert result.killer is None
    assert result.why.startswith("not ended")


@pytest.mark.parametrize(
    ("original", "replacement", "message"),
    [
        ("no such line", "x", "must have its original once, got 'no such line' 0 times"),
        ("x", "y", "must have its original once, got 'x' 2 times in toy/code.py"),
        ("2 * x", "2 * x", "must change something"),
        ("twice(x):\n", "twice(x):\n\n", "must change one line"),
    ],
)
def test_a_mutant_that_does_not_fit_is_an_error(toy, original, replacement, message):
    wrong = Mutant("wrong", "toy/code.py", original, replacement, "tests/test_code.py")
    with pytest.raises(ValueError, match=message):
        survey([wrong], toy, jobs=1)


@pytest.mark.parametrize(
    ("code", "output", "found"),
    [
        (0, "1 passed", (None, "survives")),
        (1, "FAILED a::b - assert 1 - 2 == 0\n1 failed", ("a::b", "")),
        (1, "nothing named", (None, "pytest ends with 1: nothing named")),
        (5, "", (None, "pytest ends with 5: ")),
    ],
)
def test_what_pytest_prints_is_understood(code, output, found):
    assert verdict(code, output) == found
