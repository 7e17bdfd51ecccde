"""The site: guides, the API from its docstrings, the notebooks as they were run. `make docs` builds it, offline."""

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE))

project = "ILO, verified"
author = "the authors of ILO, verified"
html_title = project
extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "myst_nb",
    "docstrings",
    "formulas",
    "links",
    "modules",
]
html_theme = "furo"
html_math_renderer = "glyphs"
exclude_patterns = []
nitpicky = False
nb_execution_mode = "off"  # the copies for reading hold their outputs
nb_merge_streams = True
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "undoc-members": False, "ignore-module-all": True}
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
suppress_warnings = ["misc.highlighting_failure"]  # IPython's magics are not Python


def gather(app) -> None:
    """What lies elsewhere in the tree is copied beside the pages, tables with a title."""
    for folder, pattern in (("notebooks", "*.ipynb"), ("results", "*.png")):
        target = HERE / "_gathered" / folder
        target.mkdir(parents=True, exist_ok=True)
        for path in (ROOT / folder).glob(pattern):
            shutil.copy(path, target)
    for path in (ROOT / "results").glob("*.md"):
        title = f"# Restorations: {path.stem}\n\n`python -m ilo_practice experiment {path.stem}`\n\n"
        (HERE / "_gathered" / "results" / path.name).write_text(title + path.read_text("utf-8"), "utf-8")


def setup(app):
    app.connect("builder-inited", gather)
