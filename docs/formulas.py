"""Formulas as SVG in the page, by the same typesetting as the report of the claims: no script, no network."""

from collections import defaultdict

from docutils import nodes
from sphinx.util import logging

from ilo_theory.report.mathematics import Formulas

OTHERWISE = {r"\tfrac": r"\frac", r"\!": "", r"\,": r"\/", r"\;": " ", r"\ ": " ", "\n": " "}
"""What matplotlib writes otherwise, or not at all."""

PAGES: defaultdict[str, Formulas] = defaultdict(Formulas)
"""By page, so that each glyph is in it once."""

warn = logging.getLogger(__name__).warning


def typeset(latex: str, page: str, node: nodes.Node | None = None) -> str:
    """The formula as an SVG element; its source where it cannot be typeset, with a warning."""
    for old, new in OTHERWISE.items():
        latex = latex.replace(old, new)
    try:
        return PAGES[page].svg(" ".join(latex.split()))
    except ValueError as error:
        warn("a formula cannot be typeset: %s: %s", latex, str(error).splitlines()[-1], location=node)
        return f"<code>{latex}</code>"


def inline(self, node: nodes.math) -> None:
    formula = typeset(node.astext(), self.builder.current_docname, node)
    self.body.append(f'<span class="math">{formula}</span>')
    raise nodes.SkipNode


def displayed(self, node: nodes.math_block) -> None:
    formula = typeset(node.astext(), self.builder.current_docname, node)
    self.body.append(f'<div class="math" style="overflow-x:auto;padding:.6em 0">{formula}</div>')
    raise nodes.SkipNode


def add_glyphs(app, page: str, template: str, context: dict, doctree) -> None:
    if page in PAGES:
        context["body"] += PAGES.pop(page).glyphs()


def setup(app) -> dict:
    app.add_html_math_renderer("glyphs", inline_renderers=(inline, None), block_renderers=(displayed, None))
    app.connect("html-page-context", add_glyphs)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
