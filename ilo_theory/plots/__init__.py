"""The figures of the theory, one module a family: they take the cases of a claim, and draw the curves from `bounds`.

A module's FIGURES names the claims it draws; any other claim is drawn as its two sides over its cases.
"""

from importlib import import_module
from pkgutil import iter_modules

from matplotlib.figure import Figure

from ilo_theory.plots.sides import sides_figure
from ilo_theory.plots.style import STYLE, Cases

__all__ = ["FIGURES", "STYLE", "caption_of", "figure_of"]

_MODULES = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]

FIGURES = {name: draw for module in _MODULES for name, draw in getattr(module, "FIGURES", {}).items()}
"""By the claim's name, what draws its figure from its cases."""


def figure_of(name: str, cases: Cases) -> Figure:
    """Draw the figure of the claim `name`."""
    return FIGURES.get(name, sides_figure)(cases)


def caption_of(name: str) -> str:
    """What the figure of the claim `name` shows: the first line of the docstring of what draws it."""
    return FIGURES.get(name, sides_figure).__doc__.partition("\n")[0]
