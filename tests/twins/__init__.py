"""The false twins of all claims, one module a family or two: (claim, status of the twin, what is changed in it).

A twin's keys replace the values of the cases; those that are not `printed` pick cases.
"""

from importlib import import_module
from pkgutil import iter_modules


def times(factor, formula):
    """The formula with another constant."""
    return lambda *arguments: factor * formula(*arguments)


TWINS = [twin for module in iter_modules(__path__) for twin in import_module(f"{__name__}.{module.name}").TWINS]
