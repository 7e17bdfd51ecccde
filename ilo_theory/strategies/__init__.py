"""Strategies of hypothesis for what a test of this kind of code draws: points, signs, operators, generators, settings.

Hypothesis finds this module by itself, in every project of a place where it is installed: it therefore loads nothing
until something is asked for. Where a class is imported, `st.from_type` of it works (`register`).
"""

from importlib import import_module
from typing import Any

_HOLDS = {
    "points": ("batches", "l1_ball_points", "point_sets", "radii", "sign_vectors"),
    "operators": ("circulant_operators", "gaussian_operators", "linear_operators", "masks"),
    "generators": ("latents", "small_generators", "split_points"),
    "theorem": ("theorem_settings",),
}
_FROM = {name: part for part, names in _HOLDS.items() for name in names}

__all__ = sorted(_FROM)


def _hypothesis_setup() -> None:
    """What hypothesis calls when it is imported."""
    from ilo_theory.strategies.registration import register

    register()


def __getattr__(name: str) -> Any:
    if name not in _FROM:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_FROM[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
