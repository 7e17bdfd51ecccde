"""A figure of a few parameters: sliders that draw it anew where a kernel runs, a still picture where none does."""

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral

from matplotlib.figure import Figure

DPI = 80

Range = tuple[float, float, float, float]
"""(low, high, step, start) of a slider; whole numbers give whole numbers."""


@dataclass(frozen=True)
class Explorer:
    """What `explore` returns, and Jupyter shows.

    Args:
        draw: the values by name -> Figure.
        ranges: of the sliders, by name.
    """

    draw: Callable[..., Figure]
    ranges: Mapping[str, Range]

    @property
    def start(self) -> dict[str, float]:
        """The values at which the sliders stand first, those of the still picture."""
        return {name: start for name, (_, _, _, start) in self.ranges.items()}

    def png(self, **values: float) -> bytes:
        """The picture at these values, those of the start where not given."""
        buffer = io.BytesIO()
        self.draw(**self.start | values).savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
        return buffer.getvalue()

    def widget(self):
        """The sliders above the picture, which is drawn anew when one of them is let go.

        Where the values do not go together, `draw` raises a ValueError, and its words stand below the last picture.

        Raises:
            ImportError: without ipywidgets, the extra `notebooks` of this package.
        """
        from ipywidgets import HTML, FloatSlider, Image, IntSlider, VBox

        sliders = {}
        for name, (low, high, step, start) in self.ranges.items():
            whole = all(isinstance(value, Integral) for value in (low, high, step, start))
            options = {"min": low, "max": high, "step": step, "value": start, "description": name}
            sliders[name] = (IntSlider if whole else FloatSlider)(**options, continuous_update=False)
            if not whole:
                sliders[name].readout_format = ".3g"
        picture = Image(value=self.png(), format="png")
        words = HTML()

        def redraw(_) -> None:
            try:
                picture.value = self.png(**{name: slider.value for name, slider in sliders.items()})
                words.value = ""
            except ValueError as error:
                words.value = str(error)

        for slider in sliders.values():
            slider.observe(redraw, names="value")
        return VBox([*sliders.values(), picture, words])

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, object]:
        """The still picture, and the widget where ipywidgets is installed: a front end shows what it can."""
        still = {"image/png": base64.b64encode(self.png()).decode(), "text/plain": repr(self)}
        try:
            return self.widget()._repr_mimebundle_() | still
        except ImportError:
            return still

    def __repr__(self) -> str:
        return "sliders for " + ", ".join(f"{name} = {start:g}" for name, start in self.start.items())


def explore(draw: Callable[..., Figure], **ranges: Range) -> Explorer:
    """Sliders for a figure: the last expression of a notebook's cell.

    Args:
        draw: called with a value for each name.
        ranges: (low, high, step, start) of each slider.

    Raises:
        ValueError: without sliders, or for a range that is none.
    """
    if not ranges:
        raise ValueError("`explore(...)` needs a range for a slider, got none.")
    for name, value in ranges.items():
        if not (isinstance(value, Sequence) and len(value) == 4 and value[0] <= value[3] <= value[1] and value[2] > 0):
            raise ValueError(
                f"`explore({name}=...)` must be (low, high, step, start) with low <= start <= high, got {value}."
            )
    return Explorer(draw, ranges)
