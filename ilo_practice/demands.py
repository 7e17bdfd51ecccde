"""What is asked of values on entry: one line that names call, argument and value where they do not meet it."""

from math import inf

from torch import Tensor


def require(holds: bool, what: str, condition: str, got: object) -> None:
    if not holds:
        raise ValueError(f"`{what}` must be {condition}, got {got}.")


def check_sigma(call: str, sigma: float) -> None:
    require(0 <= sigma < inf, f"{call}(sigma=...)", ">= 0 and finite", sigma)


def check_finite(what: str, values: Tensor) -> None:
    bad = int((~values.isfinite()).sum())
    require(bad == 0, what, "finite", f"{bad} values that are not")
