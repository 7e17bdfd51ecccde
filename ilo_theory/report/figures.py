"""The figure of each row, as an image in the page."""

import base64
import io

import matplotlib
from matplotlib.figure import Figure

from ilo_theory import plots
from ilo_theory.verdict import Outcome


def figure(outcome: Outcome) -> tuple[str, str]:
    """The figure of a row as a data URI, and its caption.

    Letters are drawn as paths where a figure was made for the claim. The common figure of two sides has no mathematics:
    the browser's letters do, and make it light.
    """
    name = outcome.claim.name
    style = {"mathtext.fontset": "cm", "svg.fonttype": "path" if name in plots.FIGURES else "none"}
    with matplotlib.rc_context({**plots.STYLE, **style, "svg.hashsalt": "ilo"}):
        return _uri(plots.figure_of(name, outcome.cases)), plots.caption_of(name)


def _uri(drawn: Figure) -> str:
    buffer = io.BytesIO()
    drawn.savefig(buffer, format="svg", transparent=True, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode()
