"""The recipes as tuned for an embedded generator, from the file beside its weights that `experiment tuning` writes."""

import json
from dataclasses import replace
from functools import cache

from ilo_practice.checkpoints import WEIGHTS
from ilo_practice.recipes import RECIPES, Recipe


def tuned(method: str, kind: str, generator: str) -> Recipe:
    """The recipe `method` for problem `kind`, with the values chosen for the named generator where there are any."""
    for row in _rows(generator):
        if (row["method"], row["kind"]) == (method, kind):
            changes = {key: tuple(value) if isinstance(value, list) else value for key, value in row["changes"].items()}
            return replace(RECIPES[method], source=f"python -m ilo_practice experiment tuning ({kind})", **changes)
    return RECIPES[method]


@cache
def _rows(generator: str) -> list[dict]:
    path = WEIGHTS / f"{generator}-recipes.json"
    return json.loads(path.read_text())["rows"] if path.exists() else []
