"""A study: which methods are compared on which images and problems, with equal steps and equal search effort."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

from torch import Tensor

from ilo_practice.problems import PROBLEMS
from ilo_theory.generators import Generator

Images = tuple[int, int]
"""[first, last) of a set of images."""


@dataclass(frozen=True)
class Method:
    """A recipe as a study runs it.

    Args:
        recipe: its row in RECIPES.
        candidates: the changes of it among which tuning chooses; as many for every method.
        wrap: what is made of the generator first.
        tuned_by: the study whose choice for the recipe it takes, instead of being tuned.
    """

    recipe: str
    candidates: tuple[dict, ...] = ()
    wrap: Callable[[Generator], Generator] | None = None
    tuned_by: str | None = None

    def wrapped(self, generator: Generator) -> Generator:
        """The network that the recipe is run on."""
        return generator if self.wrap is None else self.wrap(generator)


@dataclass(frozen=True)
class Study:
    """What `experiment` runs under one name.

    Args:
        name: of the study, and of the files of its results.
        generator: a name for `load`.
        title: what the images are, for the table.
        sets: by the name of a set, a function from [first, last) to these images [B, C, H, W].
        methods: by name.
        levels: of each kind of problem, how hard they are.
        tuned_at: the level at which a kind is tuned.
        reported, tuning: the images of every set that the table and the choice of values are made of.
        shown: those of its picture.
        steps: gradient steps an image, restarts included.
        group: images that share a draw of A.
        baseline: an answer to everything that no method should lose to: images -> errors [B], and its name.
    """

    name: str
    generator: str
    title: str
    sets: Mapping[str, Callable[[Images], Tensor]] = field(repr=False)
    methods: Mapping[str, Method]
    levels: Mapping[str, tuple[float, ...]]
    tuned_at: Mapping[str, float]
    reported: Images
    tuning: Images
    shown: Images
    steps: int = 200
    group: int = 10
    baseline: tuple[str, Callable[[Tensor], Tensor]] | None = None

    def __post_init__(self):
        if not self.reported[1] <= self.tuning[0]:
            raise ValueError(f"`Study(tuning={self.tuning})` must come after the reported {self.reported}.")
        searched = {len(method.candidates) for method in self.methods.values() if method.tuned_by is None}
        if len(searched) != 1:
            raise ValueError(f"`Study(methods=...)` must have as many candidates each, got {sorted(searched)}.")

    @property
    def problems(self) -> list[tuple[str, float]]:
        """(kind, level), every one."""
        return [(kind, level) for kind, levels in self.levels.items() for level in levels]


def grid(**options: Iterable) -> list[dict]:
    """All combinations of the options, each as changes of a recipe."""
    return [dict(zip(options, values, strict=True)) for values in product(*options.values())]


def simulate(kind: str, level: float, images: Tensor, *, rng, **options):
    """The problem of known images at one level; options as for `Kind.simulate`, sigma among them."""
    return PROBLEMS[kind].simulate(images, rng=rng, **options, **{PROBLEMS[kind].level: level})
