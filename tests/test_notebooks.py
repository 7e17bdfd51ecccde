"""Every notebook, run with small parameters; how it is written; and its copy for reading, which must not be stale."""

import ast
import base64
import io
import re

import nbformat
import pytest
from PIL import Image

from notebooks import run
from notebooks.__main__ import main

SMALL = {  # what makes a notebook run in seconds
    "00_tour": {"count": 1, "steps": 16},
    "01_covering": {"d": 2, "t": 16},
    "02_embedding": {"m": 128, "n": 256, "trials": 400},
    "03_srec": {"p": 24, "m": [8, 16], "kept_at": 16},
    "04_theorem_1": {"draws": 1, "m": [40, 80]},
    "05_K_and_r2": {
        "workers": 1,
        "p": 64,
        "n": 256,
        "trials": 4,
        "m": [8, 16, 64, 256],
        "K": [2, 4, 8],
        "sweep_m": [16, 64],
        "sweep_K": [0.5, 2, 8],
        "generators": {"digits": ["digits", 2]},
        "steps": 8,
        "shares": [0.1],
        "scales": [0, 1],
    },
    "06_stylegan2": {"count": 1, "steps": 24, "kinds": ["sense"]},
}

NOTEBOOKS = pytest.mark.parametrize("name", run.names())


def tagged(notebook, tag):
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def written(notebook):
    """The code of a notebook, without what only a notebook understands."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    return ast.parse(re.sub(r"^%.*$", "", code, flags=re.MULTILINE))


def test_each_notebook_has_small_parameters():
    assert sorted(SMALL) == run.names()


@NOTEBOOKS
def test_it_runs_with_small_parameters(name, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # tests beside it have the other cores
    notebook = run.source(name)
    modules = run.run(notebook, parameters=SMALL[name])
    assert "ilo_theory" in modules
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    said = [output.text for output in outputs if output.output_type == "stream"]
    assert not said, "a warning, or a print that should be a table"


@NOTEBOOKS
def test_small_parameters_are_parameters_of_its_own(name):
    (cell,) = tagged(run.source(name), "parameters")
    named = {target.id for node in ast.parse(cell.source).body for target in _names(node.targets[0])}
    assert {*SMALL[name]} <= named
    assert "seed" in named


def _names(target):
    return target.elts if isinstance(target, ast.Tuple) else [target]


@NOTEBOOKS
def test_it_holds_sentences_calls_and_figures(name):
    notebook = run.source(name)
    own = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
    assert not [node for node in ast.walk(written(notebook)) if isinstance(node, own)]
    first, last = notebook.cells[0], notebook.cells[-1]
    assert first.cell_type == last.cell_type == "markdown"
    assert "$" in first.source
    assert "?" in first.source
    assert re.search(r"K and r2", last.source)
    assert len(notebook.cells) <= 26


@NOTEBOOKS
def test_copy_for_reading_shows_its_source_and_the_code_of_today(name):
    copy = nbformat.read(run.copy_path(name), 4)
    nbformat.validate(copy)
    cells, source = copy.cells, run.source(name).cells
    assert [(cell.cell_type, cell.source) for cell in cells] == [(cell.cell_type, cell.source) for cell in source]
    assert run.stale(name, copy) is None, f"run `make notebooks`, or `python -m notebooks {name}`"


@NOTEBOOKS
def test_copy_for_reading_is_whole_and_plain(name):
    copy = nbformat.read(run.copy_path(name), 4)
    code = [cell for cell in copy.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [*range(1, len(code) + 1)]
    pictures = 0
    for output in (output for cell in code for output in cell.outputs):
        assert output.output_type in ("display_data", "execute_result"), output
        assert "application/vnd.jupyter.widget-view+json" not in output.data
        if "image/png" in output.data:
            width, height = Image.open(io.BytesIO(base64.b64decode(output.data["image/png"]))).size
            assert 300 <= width <= 1600
            assert height <= 1600
            pictures += 1
    assert pictures >= 1
    assert run.copy_path(name).stat().st_size < 2e6


@pytest.fixture
def small_house(tmp_path, monkeypatch):
    """A notebook that imports one module of a package, in a folder of their own."""
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "HERE", tmp_path)
    (tmp_path / "ilo_theory").mkdir()
    (tmp_path / "ilo_theory" / "__init__.py").write_text('"""Words."""\n')
    (tmp_path / "ilo_theory" / "one.py").write_text('"""Words."""\n\n\ndef f():\n    """More."""\n    return 1\n')
    (tmp_path / "ilo_theory" / "tuned.json").write_text("[1]")
    (tmp_path / "01_a.py").write_text("# %% [markdown]\n# Why?\n\n# %%\nx = 1\n")
    stamp = {"source": run.source_hash("01_a"), "modules": ["ilo_theory", "ilo_theory.one"]}
    stamp |= {"code": run.code_hash(stamp["modules"]), "data": run.data_hash(stamp["modules"])}
    copy = run.source("01_a")
    copy.metadata["ilo"] = nbformat.NotebookNode(stamp)
    nbformat.write(copy, tmp_path / "01_a.ipynb")
    return tmp_path


def check(house):
    return run.stale("01_a", nbformat.read(house / "01_a.ipynb", 4))


def test_words_and_layout_do_not_make_a_copy_stale(small_house):
    assert check(small_house) is None
    (small_house / "ilo_theory" / "one.py").write_text(
        '"""Other."""\n\n\ndef f():  # why\n    return (\n        1\n    )\n'
    )
    assert check(small_house) is None


@pytest.mark.parametrize(
    ("file", "old", "new", "why"),
    [
        ("ilo_theory/one.py", "return 1", "return 2", "code"),
        ("ilo_theory/one.py", "def f():", "def f(x=0):", "code"),
        ("ilo_theory/__init__.py", '"""Words."""', "y = 1", "code"),
        ("ilo_theory/tuned.json", "1", "2", "data"),
        ("01_a.py", "x = 1", "x = 2", "source"),
        ("01_a.py", "Why?", "How?", "source"),
    ],
)
def test_a_change_makes_a_copy_stale(small_house, capsys, file, old, new, why):
    text = (small_house / file).read_text()
    (small_house / file).write_text(text.replace(old, new))
    assert why in check(small_house)
    assert main(["--check"]) == 1
    assert why in capsys.readouterr().out


def test_a_module_that_is_gone_makes_a_copy_stale(small_house, capsys):
    assert main(["--check"]) == 0
    assert capsys.readouterr().out == "01_a: fresh\n"
    (small_house / "ilo_theory" / "one.py").unlink()
    assert "code" in check(small_house)


def test_a_failing_notebook_leaves_its_copy(small_house, capsys):
    before = (small_house / "01_a.ipynb").read_bytes()
    (small_house / "01_a.py").write_text("# %%\n1 / 0\n")
    assert main([]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert (small_house / "01_a.ipynb").read_bytes() == before


def test_an_unknown_notebook_is_one_line(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["07_nothing"])
    assert "got '07_nothing'" in capsys.readouterr().err
