"""What hypothesis is told about our classes, each at the moment when it is imported and no sooner."""

import sys
from importlib.abc import MetaPathFinder
from importlib.util import find_spec
from types import ModuleType

from ilo_theory import strategies

MAKES = {
    "ilo_theory.operators": {
        "PartialCirculant": "circulant_operators",
        "Gaussian": "gaussian_operators",
        "Mask": "masks",
        "LinearOperator": "linear_operators",
    },
    "ilo_theory.generators": {"Chain": "small_generators", "Generator": "small_generators"},
    "ilo_theory.bounds": {"Setting": "theorem_settings"},
}
"""For each module the classes that it holds, and the strategy that makes them."""


def register() -> None:
    """Let `st.from_type` make our classes: `PartialCirculant`, `Gaussian`, `Mask`, `Chain` and `Setting`.

    An annotation with an abstract base gets one of these: `LinearOperator` any operator, `Generator` a chain. A class
    that is not imported yet is waited for, so that hypothesis starts no slower where nobody uses it.
    """
    waiting = {name for name in MAKES if name not in sys.modules}
    for name in MAKES.keys() - waiting:
        arrived(sys.modules[name])
    if waiting:
        sys.meta_path.insert(0, Arrivals(waiting))


def arrived(module: ModuleType) -> None:
    """Tell hypothesis of the classes of a module; their strategies are looked up when they are asked for."""
    from hypothesis.strategies import register_type_strategy

    for name, strategy in MAKES[module.__name__].items():
        register_type_strategy(getattr(module, name), lambda _, strategy=strategy: getattr(strategies, strategy)())


class Arrivals(MetaPathFinder):
    """Lets a module be found and loaded as ever, and then tells hypothesis of it, once.

    Args:
        waiting: the names of the modules.
    """

    def __init__(self, waiting: set[str]):
        self.waiting = waiting

    def find_spec(self, name, path=None, target=None):
        """The spec that the other finders find; None where nothing waits."""
        if name not in self.waiting:
            return None
        self.waiting.remove(name)
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
