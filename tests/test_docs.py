"""The parts of the site: how docstrings, formulas and links are read, that its examples run, and its check of links."""

import re
import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GUIDES = sorted(path for path in (ROOT / "docs").glob("*.md"))


@pytest.fixture
def part(monkeypatch):
    """A module of the site by its name."""
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    return lambda name: runpy.run_path(str(ROOT / "docs" / f"{name}.py"))


def processed(part, text, what="function"):
    lines = text.split("\n")
    part("docstrings")["process"](None, what, "f", None, None, lines)
    return "\n".join(lines)


def test_prose_is_taken_as_it_stands(part):
    assert processed(part, "The |x| of `f(*a)` is x_ * y.") == r"The \|x\| of ``f(*a)`` is x\_ \* y."


def test_what_is_indented_is_a_formula_and_arguments_are_not(part):
    text = "One.\n\n    |x| <= *y\n\nArgs:\n    x: of *all*.\n\nReturns:\n    [B]."
    formula, arguments = processed(part, text).split("Args:")
    assert formula == "One.\n\n::\n\n    |x| <= *y\n\n"
    assert arguments == "\n    x: of \\*all\\*.\n\nReturns:\n    [B]."


def test_examples_stay_examples(part):
    text = "One.\n\n    >>> f(*a)\n    1\n\nTwo."
    assert processed(part, text) == text


def test_what_describes_a_value_is_not_its_type(part):
    assert processed(part, "f(a, b): how far.", "data").startswith("..\n\n")


def test_formulas_are_typeset_and_share_their_glyphs(part):
    formulas = part("formulas")
    first, second = (formulas["typeset"](x, "page") for x in (r"x_1 \leq \tfrac{1}{2}", r"x_1 \, y"))
    assert first.count("<use") >= 4
    glyphs = formulas["PAGES"]["page"].glyphs()
    named = set(re.findall(r'href="#(\w+)"', first + second))
    assert named == set(re.findall(r'path id="(\w+)"', glyphs))
    assert set(re.findall(r'href="#(\w+)"', first)) & set(re.findall(r'href="#(\w+)"', second))


def test_a_formula_that_cannot_be_typeset_is_shown_as_written(part, monkeypatch):
    formulas, told = part("formulas"), []
    formulas["typeset"].__globals__["warn"] = lambda *words, **_: told.append(words)
    assert formulas["typeset"](r"\nothing{x}", "page") == r"<code>\nothing{x}</code>"
    assert len(told) == 1


@pytest.mark.parametrize(
    ("link", "there"),
    [
        ("[all](CLAIMS.md)", "[all](/claims.md)"),
        ("![a](results/demo.png)", "![a](/_gathered/results/demo.png)"),
        ("[x](notebooks/00_tour.ipynb)", "[x](/_gathered/notebooks/00_tour.ipynb)"),
        ("[x](../notebooks/00_tour.ipynb)", "[x](/_gathered/notebooks/00_tour.ipynb)"),
        ("[rows](ilo_practice/recipes.py)", "rows (`ilo_practice/recipes.py`)"),
        ("[none](nothing.md)", "[none](nothing.md)"),
        ("[far](https://example.org/a)", "[far](https://example.org/a)"),
    ],
)
def test_links_lead_into_the_site(part, link, there):
    content = [f"See {link}."]
    part("links")["rewrite"](None, None, "index", content)
    assert content == [f"See {there}."]


def test_every_module_with_a_docstring_has_its_place(part, tmp_path):
    modules = part("modules")
    found = modules["modules"]("ilo_theory")
    assert {"ilo_theory", "ilo_theory.balls.l1", "ilo_theory.bounds", "ilo_theory.interop"} <= {*found}
    assert "ilo_theory.__main__" not in found
    modules["write"].__globals__["HERE"] = tmp_path
    modules["write"](None)
    pages = {path.stem: path.read_text() for path in (tmp_path / "_gathered" / "api").iterdir()}
    assert "automodule:: ilo_theory.balls.l1" in pages["ilo_theory.balls"]
    assert "automodule:: ilo_theory.ilo\n" in pages["ilo_theory"]
    assert sum(text.count("automodule::") for text in pages.values()) == sum(
        len(modules["modules"](package)) for package in modules["PACKAGES"]
    )


@pytest.mark.parametrize(
    ("page", "other", "problem"),
    [
        ('<a href="b.html#x">', '<p id="x">', None),
        ('<a href="b.html#y">', '<p id="x">', "no such place"),
        ('<a href="c.html">', "", "no such file"),
        ('<img src="b.png">', "", "no such file"),
        ('<a href="https://example.org/#y">', "", None),
        ('<a href="#here"><i name="here">', "", None),
    ],
)
def test_broken_links_are_found(part, tmp_path, monkeypatch, capsys, page, other, problem):
    (tmp_path / "a.html").write_text(page)
    (tmp_path / "b.html").write_text(other)
    check = part("check")
    monkeypatch.setattr(sys, "argv", ["check.py", str(tmp_path)])
    assert check["main"]() == (problem is not None)
    said = capsys.readouterr()
    assert (problem or "") in said.err
    assert said.out == f"2 pages, {int(problem is not None)} broken links\n"


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_examples_of_the_guides_run(guide):
    names = {}  # a guide is read from its beginning
    for code in re.findall(r"```python\n(.*?)```", guide.read_text("utf-8"), re.DOTALL):
        exec(compile(code, guide.name, "exec"), names)
