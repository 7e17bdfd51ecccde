"""JSON: everything of every row, for programs."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict

from ilo_theory.verdict import Outcome


def as_json(outcomes: Sequence[Outcome]) -> str:
    """Write a list with one object a row: its claim, its verdict, every case, seeds and seconds.

    JSON has no infinity: it is the string "inf" there, and what is not a number "nan".
    """
    return json.dumps([_row(outcome) for outcome in outcomes], indent=1, allow_nan=False, ensure_ascii=False)


def _row(outcome: Outcome) -> dict:
    claim = outcome.claim
    return {
        **{key: getattr(claim, key) for key in ("name", "family", "reference", "latex", "note", "corrected")},
        "expected": claim.expected,
        "as_expected": outcome.as_expected,
        **_plain(asdict(outcome.verdict)),
        "seed": outcome.seed,
        "seeds": [{"seed": seed, "status": status} for seed, status in outcome.seeds],
        "seconds": outcome.seconds,
        "cases": [{"case": _plain(case), **_plain(asdict(verdict))} for case, verdict in outcome.cases],
    }


def _plain(value: object) -> object:
    """The same in what JSON has."""
    match value:
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case float() if not math.isfinite(value):
            return str(value)
    return value
