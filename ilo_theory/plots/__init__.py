"""The figures of the theory. They take what was computed elsewhere, and draw the paper's curves from `bounds`."""

from ilo_theory.plots.covering import entropy_figure, net_figure, radius_figure, sudakov_figure
from ilo_theory.plots.style import STYLE

__all__ = ["STYLE", "entropy_figure", "net_figure", "radius_figure", "sudakov_figure"]
