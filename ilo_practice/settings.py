"""Fields of a recipe as words, `name=value`: what --set takes on the command line."""

import json
from collections.abc import Sequence
from dataclasses import fields, replace
from math import isnan

from ilo_practice.recipe import Recipe

SETTABLE = tuple(field.name for field in fields(Recipe) if field.name not in ("source", "build"))


def varied(recipe: Recipe, settings: Sequence[str]) -> Recipe:
    """The recipe with fields set by words such as `lr=0.2`, `code_radii=[Infinity, 0.1]`, `codes=w`, `spheres=false`.

    A value is JSON, or a bare word; of a field with one value a round a single number is the value of all.

    Raises:
        ValueError: for a word that names no field, and for a value of another type than the field's.
    """
    changes = {}
    for word in settings:
        name, equals, value = word.partition("=")
        if not equals or name not in SETTABLE:
            raise ValueError(f"`--set {word}` must be NAME=VALUE with a name of {', '.join(SETTABLE)}.")
        changes[name] = _like(getattr(recipe, name), name, value)
    return replace(recipe, **changes)


def _like(now: object, name: str, text: str) -> object:
    """The value in the text, of the type that the field has now."""
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    if isinstance(now, tuple):
        value = tuple(value) if isinstance(value, list) else (value,)
        wanted = str if now and isinstance(now[0], str) else int if name == "starts" else (int, float)
        good = len(value) > 0 and all(_is(entry, wanted) for entry in value)
    elif name == "flat":  # a share or nothing
        good = value is None or _is(value, (int, float))
    else:
        good = _is(value, (int, float) if isinstance(now, float) else type(now))
    if not good:
        raise ValueError(f"`--set {name}={text}` must be like {json.dumps(now)}.")
    return value


def _is(value: object, types: type | tuple[type, ...]) -> bool:
    """Whether a value is of the types, true being no number and NaN none either."""
    if isinstance(value, float) and isnan(value):
        return False
    return isinstance(value, types) and (isinstance(value, bool) is (types is bool))
