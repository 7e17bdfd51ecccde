"""The recipes as tuned for a generator, from the file beside the weights that `experiment STUDY --tune` writes."""

import json
from dataclasses import replace
from functools import cache

from ilo_practice.checkpoints import WEIGHTS
from ilo_practice.recipe import Recipe
from ilo_practice.recipes import RECIPES


def tuned(recipe: str, kind: str, study: str, *, method: str | None = None, part: str | None = None) -> Recipe:
    """A row of RECIPES for a kind of problem, with the values that a study chose where there are any.

    Args:
        recipe: the row.
        kind: of problem.
        study: its name, which for an embedded generator is the generator's own.
        method: as the study calls it; None: as the row is called.
        part: the set of images that the values were chosen on; None: the last of the study.
    """
    rows = [row for row in _rows(study) if (row["method"], row["kind"]) == (method or recipe, kind)]
    rows = [row for row in rows if part in (None, row["set"])]
    if not rows:
        return RECIPES[recipe]
    changes = {key: tuple(value) if isinstance(value, list) else value for key, value in rows[-1]["changes"].items()}
    return replace(RECIPES[recipe], source=f"python -m ilo_practice experiment {study} --tune ({kind})", **changes)


@cache
def _rows(study: str) -> list[dict]:
    path = WEIGHTS / f"{study}-recipes.json"
    return json.loads(path.read_text())["rows"] if path.exists() else []
