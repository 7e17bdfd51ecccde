"""Every module can be imported without a compiler, without a GPU, and without what it does not need."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Imports the modules named after it, or all of a package where the name ends in ".*", and tells what happened.
PROBE = """
import importlib, json, pkgutil, sys
failures = {}
def attempt(name):
    try:
        return importlib.import_module(name)
    except BaseException as error:
        failures[name] = f"{type(error).__name__}: {error}"
for name in sys.argv[1:]:
    package = attempt(name.removesuffix(".*"))
    if name.endswith(".*") and package is not None:
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".", onerror=lambda name: None):
            attempt(module.name)
cuda = "torch" in sys.modules and sys.modules["torch"].cuda.is_initialized()
print(json.dumps({"failures": failures, "loaded": sorted(sys.modules), "cuda": cuda}))
"""


def probe(*names: str, folder: Path = ROOT) -> dict:
    """Import `names` in a fresh Python: nothing in PATH, no GPU in sight, every warning an error."""
    hidden = {"PATH": str(folder / "nowhere"), "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(folder)}
    environment = {key: value for key, value in os.environ.items() if key not in ("CC", "CXX", "CUDA_HOME")} | hidden
    command = [sys.executable, "-B", "-W", "error", "-c", PROBE, *names]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=300, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("package", ["ilo_theory", "ilo_practice"])
def test_every_module_imports_without_a_compiler_or_a_gpu(package):
    report = probe(f"{package}.*")
    assert report["failures"] == {}
    assert not report["cuda"]
    sources = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in (ROOT / package).rglob("*.py")}
    assert {name.removesuffix(".__init__") for name in sources} <= set(report["loaded"])
    if package == "ilo_practice":  # not even through another module
        assert "ilo_theory.claims" not in report["loaded"]


def test_theory_is_light():
    """The modules on which the solvers stand draw in no figure, no algebra, no image and no terminal library."""
    report = probe("ilo_theory", "ilo_theory.balls", "ilo_theory.operators", "ilo_theory.generators", "ilo_theory.ilo")
    assert report["failures"] == {}
    assert not {"matplotlib", "sympy", "lpips", "rich", "dask", "PIL", "hypothesis"} & set(report["loaded"])


def test_probe_sees_a_compiler_a_warning_and_a_library(tmp_path):
    package = tmp_path / "planted"
    package.mkdir()
    planted = {
        "__init__": "",
        "compiles": "import subprocess; subprocess.run(['gcc', '--version'], check=True)",
        "warns": "import warnings; warnings.warn('old', DeprecationWarning)",
        "draws": "import sympy",
        "fine": "import os; assert os.environ['CUDA_VISIBLE_DEVICES'] == ''",
    }
    for name, source in planted.items():
        (package / f"{name}.py").write_text(source, "utf-8")
    report = probe("planted.*", folder=tmp_path)
    assert set(report["failures"]) == {"planted.compiles", "planted.warns"}
    assert {"sympy", "planted.fine"} <= set(report["loaded"])
