"""Numbers, lists and tables of a witness in readable form: long ones are abridged, for JSON has them whole."""

import math
from collections.abc import Mapping, Sequence
from html import escape

FEW, MANY = 6, 70
"""So many entries of a list are shown, and so many rows of a table; of longer ones the first and the last."""


def short(value: object, digits: int = 4) -> str:
    """A number to some digits, whole ones below a million as they are; other things as text."""
    match value:
        case bool():
            return str(value)
        case int() if abs(value) >= 10**300:
            return f"{'-' if value < 0 else ''}10^{math.log10(abs(value)):.6g}"
        case int() if abs(value) < 10**6:
            return str(value)
        case int() | float():
            return f"{value:.{digits}g}"
    return str(value)


def readable(value: object) -> str:
    """A value of a witness as HTML."""
    match value:
        case Mapping():
            rows = (f"<tr><th>{escape(str(key))}</th><td>{readable(item)}</td></tr>" for key, item in value.items())
            return f"<table>{''.join(rows)}</table>"
        case str():
            return escape(value if len(value) <= 400 else f"{value[:400]}…")
        case Sequence():
            inner = any(isinstance(item, Mapping | Sequence) and not isinstance(item, str) for item in value)
            texts = _abridged([readable(item) for item in value], f"… ({len(value)} in all)")
            return "<br>".join(texts) if inner else "(" + ", ".join(texts) + ")"
        case None:
            return "–"
    return escape(short(value, 6))


def _abridged(texts: list[str], gap: str) -> list[str]:
    return texts if len(texts) <= FEW + 2 else [*texts[: FEW - 1], gap, texts[-1]]


def pipes(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of plain cells in Markdown, in which a cell's own pipes are escaped."""
    cells = ([cell.replace("|", r"\|") for cell in line] for line in (head, ["---"] * len(head), *rows))
    return "".join("| " + " | ".join(line) + " |\n" for line in cells)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], name: str = "") -> str:
    """A table of cells that are HTML; of more than `MANY` rows the first and the last."""
    if len(rows) > MANY:
        gap = [f"… {len(rows) - MANY + 1} more", *[""] * (len(head) - 1)]
        rows = [*rows[: MANY - 10], gap, *rows[-9:]]
    lines = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
    titles = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<table class="{name}"><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>'
