"""What hypothesis is told about our classes, each at the moment when it is imported and no sooner."""

import sys
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from importlib.util import find_spec
from types import ModuleType


def register() -> None:
    """Let `st.from_type` make our classes: `PartialCirculant`, `Gaussian`, `Mask`, `Chain` and `Setting`.

    An annotation with an abstract base gets one of these: `LinearOperator` any operator, `Generator` a chain. A class
    that is not imported yet is waited for, so that hypothesis starts no slower where nobody uses it.
    """
    waiting = {
        "ilo_theory.operators": _operators,
        "ilo_theory.generators": _generators,
        "ilo_theory.bounds": _bounds,
    }
    for name in [name for name in waiting if name in sys.modules]:
        waiting.pop(name)(sys.modules[name])
    if waiting:
        sys.meta_path.insert(0, Arrivals(waiting))


class Arrivals(MetaPathFinder):
    """Lets a module be found and loaded as ever, and then does what waits for it, once.

    Args:
        waiting: what is done with the module of that name.
    """

    def __init__(self, waiting: dict[str, Callable[[ModuleType], None]]):
        self.waiting = waiting

    def find_spec(self, name, path=None, target=None):
        """The spec that the other finders find; None where nothing waits."""
        arrived = self.waiting.pop(name, None)
        if arrived is None:
            return None
        if not self.waiting:
            sys.meta_path.remove(self)
        spec = find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_arrive(module: ModuleType) -> None:
                load(module)
                arrived(module)

            spec.loader.exec_module = load_and_arrive
        return spec


def _operators(module: ModuleType) -> None:
    from hypothesis.strategies import register_type_strategy

    from ilo_theory.strategies import operators

    circulant, gaussian, mask = operators.circulant_operators(), operators.gaussian_operators(), operators.masks()
    register_type_strategy(module.PartialCirculant, circulant)
    register_type_strategy(module.Gaussian, gaussian)
    register_type_strategy(module.Mask, mask)
    register_type_strategy(module.LinearOperator, mask | gaussian | circulant)


def _generators(module: ModuleType) -> None:
    from hypothesis.strategies import register_type_strategy

    from ilo_theory.strategies import generators

    register_type_strategy(module.Chain, generators.small_generators())
    register_type_strategy(module.Generator, generators.small_generators())


def _bounds(module: ModuleType) -> None:
    from hypothesis.strategies import register_type_strategy

    from ilo_theory.strategies import theorem

    register_type_strategy(module.Setting, theorem.theorem_settings())
