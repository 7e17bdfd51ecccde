"""Outcomes on paper: CLAIMS.md, JSON, and one self-contained HTML page with the mathematics and the figures in it."""

from ilo_theory.report.files import write
from ilo_theory.report.html import as_html
from ilo_theory.report.json import as_json
from ilo_theory.report.markdown import COLUMNS, as_markdown

__all__ = ["COLUMNS", "as_html", "as_json", "as_markdown", "write"]
