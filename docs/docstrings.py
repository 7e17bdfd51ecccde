"""Docstrings of this house as reStructuredText: they are plain text with indented formulas and `names`."""

import re

NAME = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
SPECIAL = re.compile(r"([*|\\]|(?<=\w)_(?=\W|$)|``+)")
SECTION = re.compile(r"(Args|Returns|Raises|Source|Yields|Attributes|Note|Notes|Examples?):")


def escape(line: str) -> str:
    """Names in backquotes as literals, all else as it stands."""
    parts, end = [], 0
    for found in NAME.finditer(line):
        parts += [SPECIAL.sub(r"\\\1", line[end : found.start()]), f"``{found[1]}``"]
        end = found.end()
    return "".join([*parts, SPECIAL.sub(r"\\\1", line[end:])])


def process(app, what, name, obj, options, lines: list[str]) -> None:
    """Escape prose; make literal blocks of what is indented after an empty line, and leave examples alone."""
    out: list[str] = []
    formula = example = section = False
    for i, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if not line.strip():
            formula = formula and _goes_on(lines[i:])
            example = False
            out.append(line)
            continue
        if not indent:
            section, formula = bool(SECTION.match(line)), False
        starts = indent >= 4 and not section and (i == 0 or not lines[i - 1].strip())
        example = example or line.lstrip().startswith(">>>")
        if starts and not formula and not example:
            out += ["::", ""]
            formula = True
        out.append(line if formula or example else escape(line))
    # an empty comment first, for else napoleon takes what stands before a colon for a type
    lines[:] = ["..", "", *out] if what in ("data", "attribute", "property") else out


def _goes_on(rest: list[str]) -> bool:
    """Whether the next line that is not empty is indented."""
    return next((line.startswith("    ") for line in rest if line.strip()), False)


def setup(app) -> dict:
    app.connect("autodoc-process-docstring", process, priority=100)  # before napoleon
    return {"parallel_read_safe": True}
