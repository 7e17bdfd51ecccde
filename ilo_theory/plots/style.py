"""What the figures share: colours that the colour-blind tell apart (Okabe and Ito), and sizes."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

Cases = Sequence[tuple[Mapping, object]]
"""The cases of a claim as `Outcome.cases` has them: parameters, and a verdict with lhs, rhs and witness."""

PAPER, EXACT, SHRUNK, VOLUME, OTHER = "#D55E00", "#0072B2", "#009E73", "#555555", "#CC79A7"
STATUS = {"HOLDS": SHRUNK, "SUPPORTED": EXACT, "INCONCLUSIVE": "#E69F00", "REFUTED": PAPER}
STYLE = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10}


def tidy(*panels: Axes) -> None:
    """Give panels what `STYLE` asks of frames and titles, wherever the figure is drawn."""
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
        axes.title.set_size(STYLE["axes.titlesize"])
