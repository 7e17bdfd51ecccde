"""Formulas as SVG inside the page: each glyph is drawn once, and every formula refers to it."""

from html import escape

from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextToPath

EM = TextToPath.FONT_SCALE
COMMANDS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C", Path.CLOSEPOLY: "Z"}


class Formulas:
    """Typesets formulas for one page, and keeps their glyphs for its end."""

    def __init__(self) -> None:
        self._glyphs: dict[str, tuple] = {}
        self._names: dict[str, str] = {}

    def svg(self, latex: str) -> str:
        """The formula as an SVG element that grows with the text; fractions in full size, the source as its title."""
        source = f"${latex}$".replace(r"\frac", r"\dfrac")
        text, font = TextToPath(), FontProperties(math_fontfamily="cm", size=EM)
        width, height, depth = text.get_text_width_height_descent(source, font, ismath=True)
        places, new, boxes = text.get_glyphs_mathtext(font, source, self._glyphs, return_new_glyphs_only=True)
        self._glyphs |= new
        parts = []
        for glyph, x, y, scale in places:
            name = self._names.setdefault(glyph, f"g{len(self._names)}")
            size = f" scale({scale:.3g})" if scale != 1 else ""
            parts.append(f'<use href="#{name}" transform="translate({x:.1f} {y:.1f}){size}"/>')
        parts += [f'<path d="{_commands(*box)}"/>' for box in boxes]
        style = f"width:{width / EM:.3f}em;height:{height / EM:.3f}em;vertical-align:{-depth / EM:.3f}em"
        view = f"0 {depth - height:.1f} {width:.1f} {height:.1f}"
        return (
            f'<svg class="math" role="img" viewBox="{view}" style="{style}"><title>{escape(latex)}</title>'
            f'<g transform="scale(1 -1)">{"".join(parts)}</g></svg>'
        )

    def glyphs(self) -> str:
        """The glyphs of all formulas typeset, as an element that shows nothing."""
        paths = (f'<path id="{name}" d="{_commands(*self._glyphs[glyph])}"/>' for glyph, name in self._names.items())
        return f'<svg width="0" height="0" aria-hidden="true"><defs>{"".join(paths)}</defs></svg>'


def _commands(vertices: object, codes: object) -> str:
    """A path in the language of SVG, to a thousandth of an em."""
    parts = []
    for points, code in Path(vertices, codes).iter_segments(simplify=False, curves=True):
        numbers = [] if code == Path.CLOSEPOLY else [f"{round(float(x), 1):g}" for x in points]
        parts.append(COMMANDS[code] + " ".join(numbers))
    return "".join(parts)
