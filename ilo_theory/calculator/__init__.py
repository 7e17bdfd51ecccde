"""The calculator: what each bound asks for and promises in one setting, and where it says nothing."""

from ilo_theory.calculator.resolution import best_resolution
from ilo_theory.calculator.rows import LEVEL, Bound, calculate, with_measurements
from ilo_theory.calculator.shown import HEAD, NOTE, NUMBERS, as_json, cells, facts

__all__ = [
    "HEAD",
    "LEVEL",
    "NOTE",
    "NUMBERS",
    "Bound",
    "as_json",
    "best_resolution",
    "calculate",
    "cells",
    "facts",
    "with_measurements",
]
