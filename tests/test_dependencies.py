"""What is installed: the lock is pinned and hashed, and the files that speak of dependencies and versions agree."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")
ENVIRONMENT, HOOKS, CITATION = (
    yaml.safe_load((ROOT / name).read_text("utf-8"))
    for name in ("environment.yml", ".pre-commit-config.yaml", "CITATION.cff")
)

IN_CONDA = {"torch": "pytorch"}  # the names that conda-forge spells in its own way
PYTHONS = ("3.11", "3.12", "3.13")


def declared(pyproject: Mapping) -> list[Requirement]:
    """The top-level dependencies of a project, those of its extras and of its build included."""
    project, build = pyproject["project"], pyproject["build-system"]
    groups = [project["dependencies"], *project["optional-dependencies"].values(), build["requires"]]
    return [Requirement(text) for group in groups for text in group]


def locked(lock: str) -> list[tuple[str, list[str]]]:
    """The entries of a lock: each requirement with its options."""
    lines = [line for line in lock.replace("\\\n", " ").splitlines() if line.strip() and not line.startswith("#")]
    return [(re.split(r"\s--", line)[0].strip(), re.findall(r"--\S+", line)) for line in lines]


def unpinned(lock: str) -> list[str]:
    """The entries of a lock that are not `name==version` with SHA-256 hashes, one at least, and nothing else."""
    wrong = []
    for text, options in locked(lock):
        pinned = re.fullmatch(r"[\w.-]+==[\w.+!]+( ;.*)?", text)
        hashed = options and all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", option) for option in options)
        if not (pinned and hashed):
            wrong.append(text)
    return wrong


def unlocked(pyproject: Mapping, lock: str) -> list[str]:
    """The top-level dependencies for which the lock has no pin, or one out of bounds, on a supported Python."""
    pins = [Requirement(text) for text, _ in locked(lock)]
    wrong = []
    for python in PYTHONS:
        here = {"python_version": python, "python_full_version": f"{python}.9", "sys_platform": "linux"}
        valid = [pin for pin in pins if pin.marker is None or pin.marker.evaluate(here)]
        versions = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in valid}
        for requirement in declared(pyproject):
            version = versions.get(canonicalize_name(requirement.name))
            if version is None or not requirement.specifier.contains(version):
                wrong.append(f"Python {python}: {requirement}, locked {version}")
    return wrong


def disagreements(environment: Mapping, pyproject: Mapping) -> set[str]:
    """What stands in one of environment.yml and pyproject.toml and not, with the same bound, in the other."""
    wanted = {f"{IN_CONDA.get(r.name, r.name)}{r.specifier}" for r in declared(pyproject)}
    wanted |= {f"python{pyproject['project']['requires-python']}", "pip", "-e ."}
    found = set()
    for entry in environment["dependencies"]:
        found |= set(entry["pip"]) if isinstance(entry, dict) else {entry}
    return wanted ^ found


def fetching_hooks(configuration: Mapping) -> list[str]:
    """The hooks that pre-commit would fetch, or install something for."""
    hooks = [(entry["repo"], hook) for entry in configuration["repos"] for hook in entry["hooks"]]
    return [
        hook["id"]
        for repo, hook in hooks
        if repo != "local" or hook["language"] != "system" or hook.get("additional_dependencies")
    ]


def versions(pyproject: Mapping, citation: Mapping, changelog: str) -> set[str]:
    """The version in each of three files; in the changelog that is the newest released one, if there is any."""
    released = re.findall(r"^## \[(\d[^\]]*)\]", changelog, re.MULTILINE)
    return {pyproject["project"]["version"], citation["version"], *released[:1]}


def test_lock_is_pinned_and_hashed():
    assert len(locked(LOCK)) > len(declared(PYPROJECT))
    assert unpinned(LOCK) == []
    digest = f" \\\n    --hash=sha256:{'0' * 64}"
    for good in (f"a==1{digest}", f"a-b==1.0+cpu ; python_version < '3.12'{digest}{digest}"):
        assert unpinned(good) == []
    for bad in ("a==1", "a==1 --hash=md5:0", f"a>=1{digest}", f"a==1.*{digest}", f"a @ https://x.org/a.whl{digest}"):
        assert len(unpinned(bad)) == 1


def test_lock_satisfies_the_project():
    assert unlocked(PYPROJECT, LOCK) == []
    project = {"dependencies": ["numpy>=2.0", "torch>=2.6"], "optional-dependencies": {"dev": ["uv"]}}
    pyproject = {"project": project, "build-system": {"requires": []}}
    assert unlocked(pyproject, "numpy==2.4 ; python_version < '3.13'\ntorch==1.0\n") == [
        "Python 3.11: torch>=2.6, locked 1.0",
        "Python 3.11: uv, locked None",
        "Python 3.12: torch>=2.6, locked 1.0",
        "Python 3.12: uv, locked None",
        "Python 3.13: numpy>=2.0, locked None",
        "Python 3.13: torch>=2.6, locked 1.0",
        "Python 3.13: uv, locked None",
    ]


def test_environment_agrees_with_the_project():
    assert ENVIRONMENT["channels"] == ["conda-forge"]
    assert disagreements(ENVIRONMENT, PYPROJECT) == set()
    project = {"dependencies": ["torch>=2.6"], "optional-dependencies": {"dev": ["uv>=1"]}, "requires-python": ">=3.11"}
    pyproject = {"project": project, "build-system": {"requires": []}}
    same = ["python>=3.11", "pytorch>=2.6", "uv>=1", "pip", {"pip": ["-e ."]}]
    assert disagreements({"dependencies": same}, pyproject) == set()
    assert disagreements({"dependencies": [*same[:2], "uv", *same[3:]]}, pyproject) == {"uv", "uv>=1"}
    assert disagreements({"dependencies": [*same, "scipy"]}, pyproject) == {"scipy"}
    assert disagreements({"dependencies": same[1:]}, pyproject) == {"python>=3.11"}


def test_hooks_are_local_and_install_nothing():
    assert [hook["id"] for hook in HOOKS["repos"][0]["hooks"]] == ["ruff-check", "ruff-format"]
    assert fetching_hooks(HOOKS) == []
    hooks = [{"id": "a", "language": "python"}, {"id": "b", "language": "system"}]
    assert fetching_hooks({"repos": [{"repo": "local", "hooks": hooks}]}) == ["a"]
    assert fetching_hooks({"repos": [{"repo": "https://github.com/a/b", "hooks": hooks}]}) == ["a", "b"]


def test_one_version_and_one_licence():
    assert versions(PYPROJECT, CITATION, CHANGELOG) == {PYPROJECT["project"]["version"]}
    assert versions(PYPROJECT, {"version": "0.0.9"}, "## [Unreleased]\n\n## [0.0.8]\n\n## [0.0.7]\n") == {
        PYPROJECT["project"]["version"],
        "0.0.9",
        "0.0.8",
    }
    assert CITATION["license"] == PYPROJECT["project"]["license"]
    assert "Apache License\n                           Version 2.0" in (ROOT / "LICENSE").read_text("utf-8")
