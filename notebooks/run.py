"""Notebooks from their percent sources: run with full or with injected parameters, and kept as copies for reading.

A copy holds what tells whether it is stale: a hash of its source, one of the modules of ours that it ran, and one of
the weights, images and tuned values that lie in their packages.
"""

import ast
import base64
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from papermill.parameterize import parameterize_notebook
from traitlets.config import Config

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PACKAGES = ("ilo_theory", "ilo_practice")
DATA = (".safetensors", ".npz", ".json")
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
SECONDS = 600
"""What a cell may take."""

ASK = f"""
import json, sys
print(json.dumps(sorted(name for name in sys.modules if name.partition(".")[0] in {PACKAGES})))
"""

Told = Callable[[int, int], None]
"""told(cells done, cells)."""


def names() -> list[str]:
    """The notebooks, in order."""
    return sorted(path.stem for path in HERE.glob("[0-9][0-9]_*.py"))


def source(name: str) -> NotebookNode:
    """The cells of a notebook as they are written, without outputs.

    Raises:
        ValueError: where there is none of this name.
    """
    path = HERE / f"{name}.py"
    if not path.exists():
        raise ValueError(f"`source(name=...)` must be one of {', '.join(names())}, got {name!r}.")
    notebook = jupytext.read(path, fmt="py:percent")
    notebook.metadata = NotebookNode(kernelspec=NotebookNode(KERNEL))
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    return notebook


def parameterised(notebook: NotebookNode, parameters: Mapping) -> NotebookNode:
    """The notebook with these values injected after the cell tagged "parameters"."""
    notebook.metadata.papermill = NotebookNode()
    for cell in notebook.cells:
        cell.metadata.setdefault("tags", [])
    return parameterize_notebook(notebook, dict(parameters))


def run(notebook: NotebookNode, *, parameters: Mapping | None = None, told: Told | None = None) -> list[str]:
    """Run the cells in a fresh kernel, in place.

    Args:
        notebook: what `source` gives.
        parameters: injected after the cell tagged "parameters"; None: those of the source.
        told: called after each cell.

    Returns:
        The modules of ours that were loaded in the end.

    Raises:
        nbclient.exceptions.CellExecutionError: where a cell fails.
    """
    if parameters is not None:
        notebook.cells = parameterised(notebook, parameters).cells
    notebook.cells.append(nbformat.v4.new_code_cell(ASK, id="modules"))
    count = len(notebook.cells)
    with tempfile.TemporaryDirectory() as settings:
        # by sockets in this folder: over TCP other users of the machine could listen
        here = {"transport": "ipc", "connection_file": f"{settings}/kernel.json"}
        client = NotebookClient(
            notebook,
            timeout=SECONDS,
            kernel_name=KERNEL["name"],
            config=Config(KernelManager=here),
            record_timing=False,
            store_widget_state=False,
            resources={"metadata": {"path": str(ROOT)}},
            on_cell_executed=told and (lambda cell_index, **_: told(cell_index + 1, count)),
        )
        client.execute(env={**os.environ, "IPYTHONDIR": settings})  # not the settings of whoever runs it
    return json.loads(notebook.cells.pop().outputs[0].text)


def reading_copy(name: str, told: Told | None = None) -> NotebookNode:
    """The notebook with its outputs, without anything that another run would make differently."""
    notebook = source(name)
    modules = run(notebook, told=told)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    stamp = {"source": source_hash(name), "modules": modules, "code": code_hash(modules), "data": data_hash(modules)}
    notebook.metadata = NotebookNode(
        kernelspec=NotebookNode(KERNEL), language_info=NotebookNode(name="python"), ilo=NotebookNode(stamp)
    )
    return notebook


def pictures(copy: NotebookNode) -> dict[str, bytes]:
    """The figures of cells tagged "picture:NAME", by name, as PNG: those that the README shows."""
    found = {}
    for cell in copy.cells:
        for tag in cell.metadata.get("tags", []):
            if tag.startswith("picture:"):
                (image,) = (output.data["image/png"] for output in cell.outputs if "image/png" in output.data)
                found[tag.removeprefix("picture:")] = base64.b64decode(image)
    return found


def stale(name: str, copy: NotebookNode) -> str | None:
    """Why a reading copy does not show what its source gives today, None where it does."""
    stamp = copy.metadata.get("ilo", {})
    if stamp.get("source") != source_hash(name):
        return "its source has changed"
    try:
        same = stamp.get("code") == code_hash(stamp.get("modules", []))
    except FileNotFoundError:
        same = False
    if not same:
        return "the code that it runs has changed"
    return None if stamp.get("data") == data_hash(stamp["modules"]) else "the data that it reads has changed"


def copy_path(name: str) -> Path:
    """Where the reading copy lies."""
    return HERE / f"{name}.ipynb"


def source_hash(name: str) -> str:
    """Of the cells, whatever is around them."""
    cells = [(cell.cell_type, cell.source) for cell in source(name).cells]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def code_hash(modules: Iterable[str]) -> str:
    """Of what the modules compute: their syntax trees without docstrings, comments and layout.

    Raises:
        FileNotFoundError: where one is no more.
    """
    trees = [(name, _shape(ast.parse(_file(name).read_text("utf-8")))) for name in modules]
    return hashlib.sha256(json.dumps(trees).encode()).hexdigest()


def data_hash(modules: Iterable[str]) -> str:
    """Of the data that lie in the packages of the modules."""
    packages = sorted({name.partition(".")[0] for name in modules})
    paths = sorted(path for name in packages for path in ROOT.joinpath(name).rglob("*") if path.suffix in DATA)
    found = [(path.relative_to(ROOT).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths]
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()


def _file(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _shape(node: object) -> object:
    """A tree as lists, alike for all versions of Python: fields that are empty are left out."""
    match node:
        case ast.AST():
            fields = [(name, value) for name, value in ast.iter_fields(node) if value not in (None, [])]
            return [type(node).__name__, *([name, _shape(value)] for name, value in fields)]
        case list():
            return [_shape(item) for item in node if not _is_text(item)]
    return repr(node)


def _is_text(node: object) -> bool:
    """A string that stands alone: a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
