"""Who may import whom: read off the syntax trees of all sources and held against one table."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("ilo_theory", "ilo_practice", "tests", "benchmarks", "notebooks")

LAYER_0 = {"bounds", "verdict", "balls", "operators", "generators", "monte_carlo"}
LAYER_1 = {"lipschitz", "nets", "entropy", "tails", "calculator", "trained", "rounds", "descent", "ilo"}
LAYER_2 = {"extended_range", "optimum", "strategies", "checkers", "interop", "success", "assumptions"}

# A module of ilo_theory: the modules of ilo_theory that it may import. A new module needs a row here.
MAY_IMPORT = {
    **{name: {name} for name in LAYER_0},  # a folder of one idea imports its own parts
    "lipschitz": {"generators"},
    "nets": {"balls"},
    "entropy": {"nets"},
    "tails": {"bounds"},
    "calculator": {"bounds", "calculator"},
    "trained": {"generators", "trained"},
    "rounds": frozenset(),
    "descent": {"balls", "generators", "rounds"},
    "ilo": {"balls", "descent", "generators", "rounds"},
    "extended_range": {"balls", "generators", "ilo", "operators"},
    "optimum": {"balls", "generators", "lipschitz", "operators", "extended_range", "optimum"},
    **dict.fromkeys(("strategies", "checkers", "interop"), LAYER_0 | LAYER_1 | {"strategies", "checkers", "interop"}),
    **dict.fromkeys(
        ("success", "assumptions"), LAYER_0 | LAYER_1 | {"extended_range", "optimum", "success", "assumptions"}
    ),
    "claims": LAYER_0 | LAYER_1 | LAYER_2,  # each family, and never one another
    "claims.__init__": {"verdict", "monte_carlo", "claims"},
    "plots": {"bounds", "plots"},
    "report": {"verdict", "claims", "plots", "report"},
    "__init__": LAYER_0 | LAYER_1 | LAYER_2,
    "__main__": LAYER_0 | LAYER_1 | LAYER_2 | {"claims", "plots", "report"},
}

# A library, or a part of one: the only modules, or folders, that import it.
ONLY_IN = {
    "lpips": {"ilo_practice.perceptual", "tests", "benchmarks"},
    "sympy": {"ilo_theory.claims.chaining*", "tests"},
    "scipy.stats": {"ilo_theory.verdict", "tests"},
    "matplotlib": {"ilo_theory.plots", "ilo_theory.report", "ilo_practice.report", "ilo_practice.choices", "notebooks"},
    "dask": {"ilo_theory.monte_carlo", "ilo_practice.experiments", "tests"},
    "distributed": {"ilo_theory.monte_carlo", "ilo_practice.experiments", "tests"},
    "rich": {"ilo_theory.__main__", "ilo_practice.__main__"},
    "hypothesis": {"ilo_theory.strategies", "tests"},
    "ipywidgets": {"ilo_theory.plots", "notebooks", "tests"},
    "playwright": {"tests"},
    **{name: {"notebooks", "tests"} for name in ("jupytext", "nbclient", "nbformat", "papermill")},
}
PEERS = ("pylops", "deepinv")  # imported where they are asked for, so that neither is ever required
PEERS_TOO = ("tests", "benchmarks", "notebooks")
BOUNDS_ONLY = {"math", "dataclasses"}


@dataclass(frozen=True)
class Import:
    """One name that a module takes from elsewhere: `target` is dotted, `function` is the one it is imported in."""

    target: str
    function: str | None
    line: int


class Reader(ast.NodeVisitor):
    """Collects the imports of one module: statements, `import_module("...")`, and attributes of what was imported."""

    def __init__(self, package: str):
        self.package, self.names, self.functions, self.found = package, {}, [], []

    def add(self, target: str, node: ast.AST) -> None:
        self.found.append(Import(target, self.functions[-1] if self.functions else None, node.lineno))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.functions.append(node.name)
        self.generic_visit(node)
        self.functions.pop()

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            top = alias.name.partition(".")[0]
            self.names[alias.asname or top] = alias.name if alias.asname else top
            self.add(alias.name, node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        above = self.package.split(".")[: self.package.count(".") + 2 - node.level] if node.level else []
        source = ".".join([*above, *([node.module] if node.module else [])])
        for alias in node.names:
            target = source if alias.name == "*" else f"{source}.{alias.name}"
            self.names[alias.asname or alias.name] = target
            self.add(target, node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        parts, value = [node.attr], node.value
        while isinstance(value, ast.Attribute):
            parts, value = [value.attr, *parts], value.value
        if isinstance(value, ast.Name) and value.id in self.names:
            self.add(".".join([self.names[value.id], *parts]), node)
        else:
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
        match called, node.args:
            case "import_module" | "__import__", [ast.Constant(value=str(name)), *_]:
                self.add(name, node)
        self.generic_visit(node)


def imports(module: str, source: str) -> list[Import]:
    """What `module` (dotted, `package.__init__` for a package itself) imports."""
    reader = Reader(module.rpartition(".")[0])
    reader.visit(ast.parse(source))
    return reader.found


def within(name: str, owners) -> bool:
    """Whether the dotted name is one of `owners`, which may be patterns, or lies inside one."""
    return any(fnmatch(name, owner) or name.startswith(f"{owner}.") for owner in owners)


def may_import(inner: str) -> set[str] | None:
    """The row of a module of ilo_theory, None where it has none."""
    return MAY_IMPORT.get(inner, MAY_IMPORT.get(inner.partition(".")[0]))


def family(inner: str) -> str | None:
    """The family of a module of claims: "chaining" for claims.chaining and claims.chaining_series."""
    found = re.match(r"claims\.([a-z]+)", inner)
    return found and found[1]


def objections(module: str, item: Import) -> Iterator[str]:
    """What the table has against one import of one module."""
    here, _, inner = module.partition(".")
    there, _, rest = item.target.partition(".")
    other = rest.partition(".")[0]

    if here == "ilo_theory" and there == "ilo_practice":
        yield "the theory does not know the practice"
    elif other == "claims" and family(inner) and family(rest) == family(inner):
        pass
    elif here == there == "ilo_theory" and other in MAY_IMPORT and other not in may_import(inner):
        yield f"{inner} does not import {other}"
    elif here == "ilo_practice" and within(item.target, ["ilo_theory.claims"]):
        yield "the practice does not know the claims"
    if within(module, ["ilo_theory.bounds"]) and there not in BOUNDS_ONLY and other != "bounds":
        yield "bounds imports only math and dataclasses"

    for library, owners in ONLY_IN.items():
        if within(item.target, [library]) and not within(module, owners):
            yield f"{library} only in {', '.join(sorted(owners))}"
    if there in PEERS and here not in PEERS_TOO:
        asked = item.function is not None and (module == "ilo_theory.interop" or item.function.startswith("as_"))
        if not asked:
            yield f"{there} only inside the functions of interop and as_*()"


def violations(module: str, source: str) -> list[str]:
    """One line for each import of `module` that the table forbids."""
    here, _, inner = module.partition(".")
    if here == "ilo_theory" and may_import(inner) is None:
        return [f"{module}: no row in the table of layers"]
    found = imports(module, source)
    return [f"{module}:{item.line} {item.target}: {text}" for item in found for text in objections(module, item)]


def house():
    """The source of each module, by its dotted name."""
    files = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    assert len(files) > 5, "the house was not found"
    return {".".join(path.relative_to(ROOT).with_suffix("").parts): path.read_text("utf-8") for path in files}


def test_house_keeps_its_layers():
    assert [line for module, source in house().items() for line in violations(module, source)] == []


def circles(sources):
    """The modules of a circle of imports: those for annotations count, those within functions do not."""
    modules = {name.removesuffix(".__init__"): name for name in sources}

    def owner(target):
        while target and target not in modules:
            target = target.rpartition(".")[0]
        return target

    graph = {
        short: {owner(item.target) for item in imports(name, sources[name]) if item.function is None} - {short, ""}
        for short, name in modules.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_no_module_imports_itself_by_way_of_others():
    assert circles(house()) == []


def test_a_circle_is_found():
    typed = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a.one import X"
    assert set(circles({"a.__init__": "", "a.one": "from a.two import f", "a.two": typed})) == {"a.one", "a.two"}
    assert circles({"a.__init__": "from a.one import X", "a.one": "from a.two import f", "a.two": ""}) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("ilo_theory.balls", "from ilo_theory.operators import Gaussian"),
        ("ilo_theory.balls", "from ilo_theory import operators"),
        ("ilo_theory.balls", "from . import operators"),
        ("ilo_theory.balls", "from .operators import *"),
        ("ilo_theory.balls", "import ilo_theory.operators as o"),
        ("ilo_theory.balls", "import ilo_theory\nilo_theory.operators.dot_test"),
        ("ilo_theory.balls", "from importlib import import_module\nimport_module('ilo_theory.operators')"),
        ("ilo_theory.balls", "def f():\n    from ilo_theory.nets import maurey_net"),
        ("ilo_theory.nets", "from ilo_theory.bounds import Setting"),
        ("ilo_theory.ilo", "from ilo_theory.operators import Mask"),
        ("ilo_theory.extended_range", "from ilo_theory.nets import maurey_net"),
        ("ilo_theory.checkers", "from ilo_theory.claims import covering"),
        ("ilo_theory.claims.covering", "from ilo_theory.claims.chaining import entropy"),
        ("ilo_theory.claims.covering", "from .chaining import entropy"),
        ("ilo_theory.claims.covering", "from . import chaining"),
        ("ilo_theory.claims.covering", "import ilo_theory.claims"),
        ("ilo_theory.claims.covering", "from ..plots import figure"),
        ("ilo_theory.claims.covering", "from ilo_theory.report import write"),
        ("ilo_theory.plots", "from ilo_theory.balls import project_l1_ball"),
        ("ilo_theory.report", "from ilo_theory.nets import maurey_net"),
        ("ilo_theory.__init__", "from ilo_theory.claims import covering"),
        ("ilo_theory.__main__", "from ilo_practice.stylegan2 import StyleGAN2"),
        ("ilo_theory.utils", "pi = 3"),
        ("ilo_theory.bounds", "import numpy as np"),
        ("ilo_practice.problems", "from ilo_theory.claims.covering import maurey"),
        ("ilo_practice.problems", "from ilo_theory import claims"),
        ("ilo_practice.recipes", "import lpips"),
        ("ilo_theory.nets", "import sympy"),
        ("ilo_theory.claims.covering", "from sympy import binomial"),
        ("ilo_theory.claims.covering", "import scipy.stats"),
        ("ilo_theory.claims.covering", "from scipy import stats"),
        ("ilo_theory.claims.covering", "import scipy as sp\nsp.stats.binom"),
        ("ilo_practice.train", "import matplotlib.pyplot as plt"),
        ("tests.test_images", "from matplotlib import pyplot"),
        ("ilo_practice.recipes", "from dask import delayed"),
        ("ilo_theory.report", "from rich.table import Table"),
        ("ilo_theory.interop", "import pylops"),
        ("ilo_theory.operators", "def matrix():\n    import deepinv"),
    ],
)
def test_violation_is_found(module, source):
    assert violations(module, source)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("ilo_theory.bounds", "import math\nfrom dataclasses import dataclass"),
        ("ilo_theory.balls", "import torch\nfrom torch import Tensor\ntorch.distributions.Laplace"),
        ("ilo_theory.nets", "from ilo_theory.balls import sample_l1_ball\nfrom scipy.spatial import Voronoi"),
        ("ilo_theory.claims.covering", "from ilo_theory.nets import maurey_net\nfrom ..verdict import claim"),
        ("ilo_theory.claims.chaining", "import sympy"),
        ("ilo_theory.claims.chaining_series", "import sympy"),
        ("ilo_theory.claims.chaining_series", "from ilo_theory.claims.chaining import step"),
        ("ilo_theory.claims.chaining", "from ilo_theory.claims.chaining_series import step"),
        ("ilo_theory.claims.__init__", "from ilo_theory.claims import covering\nfrom . import chaining"),
        ("ilo_theory.report", "import ilo_theory.claims\nimport matplotlib.pyplot"),
        ("ilo_theory.verdict", "from scipy import stats"),
        ("ilo_theory.operators", "class A:\n    def as_pylops(self):\n        import pylops"),
        ("ilo_theory.__main__", "import rich"),
        ("ilo_practice.problems", "from ilo_theory.operators import Mask\nfrom ilo_theory import bounds"),
        ("ilo_practice.perceptual", "def network():\n    import lpips"),
        ("tests.test_nets", "import sympy\nfrom scipy import stats\nfrom ilo_theory.claims import covering"),
        ("benchmarks.circulant", "import pylops"),
    ],
)
def test_what_the_table_allows_passes(module, source):
    assert violations(module, source) == []
