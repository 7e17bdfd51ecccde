"""Rounds as data: CSGM, PULSE, Algorithm 1 and Section 4.1 of the paper are lists of these, run by one engine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import cos, inf, pi

from torch.optim import Adam, Optimizer


@dataclass(frozen=True)
class ramp:
    """A schedule: up linearly, down by a cosine, min(1, t/up) (0.5 - 0.5 cos(pi min(1, (1 - t)/down))).

    `ramp(0, 0)` is the constant 1. The shape is that of StyleGAN-2's projector (Karras et al., 2020).

    Args:
        up, down: the shares of a round that the two ramps take, in [0, 1].

    Returns:
        When called with t in (0, 1], the share of the round that is done, the factor of its rate.
    """

    up: float
    down: float

    def __post_init__(self):
        for name, share in (("up", self.up), ("down", self.down)):
            if not 0 <= share <= 1:
                raise ValueError(f"`ramp({name}=...)` must be in [0, 1], got {share!r}.")

    def __call__(self, t: float) -> float:
        rising = t / self.up if t < self.up else 1.0
        falling = (1 - t) / self.down if 1 - t < self.down else 1.0
        return rising * (0.5 - 0.5 * cos(pi * falling))


OF_THE_PAPER = ramp(0.05, 0.75)


@dataclass(frozen=True)
class Round:
    """One minimisation of the objective over latents of layer `start`: each step is projected onto declared sets.

    In step s the rate is `lr schedule((s + 1) / steps)`. After the gradient step come the projections: the l2 ball,
    the spheres, and last the l1 balls, each image and each key alone.

    Args:
        start: the layer that the latent enters, 0 for the generator's own input.
        steps: gradient steps.
        lr: the highest rate.
        variables: the keys of the latent that move; all others are frozen and not projected.
        radii: key -> radius of the l1 ball round the value that the key has when the round begins (r2 of the paper).
        spheres: key -> dims over which its norm is held at what it was at the start of the whole run (PULSE).
        back_steps: steps of the projection back to the range that follows this round where another comes after it,
            z <- argmin ||G1(z) - z~|| over the keys that the first round moved, at its rate (line 5 of Algorithm 1).
        back_radius: r1, the radius of the ball B_2^k(r1) that holds each such key in line 5 and, in a round at
            start 0, in line 1; None for no ball.
        optimiser: a `torch.optim` class, or a partial one, whose step is proportional to its lr. The paper's is Adam,
            which scales each coordinate on its own: where an l1 ball holds a key, its steps and the projection balance
            away from the minimum. SGD makes the round projected gradient descent.
        schedule: the factor of the rate at t in (0, 1].
        flat: hold an image once its best objective has fallen by less than this fraction in a tenth of the steps;
            the round ends when all are held. None: never.

    Raises:
        ValueError: for an argument outside of its domain.
    """

    start: int
    steps: int
    lr: float
    variables: tuple[str, ...]
    radii: Mapping[str, float] = field(default_factory=dict)
    spheres: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    back_steps: int = 0
    back_radius: float | None = None
    optimiser: Callable[..., Optimizer] = Adam
    schedule: Callable[[float], float] = OF_THE_PAPER
    flat: float | None = None

    def __post_init__(self):
        def require(holds: bool, name: str, what: str, got: object) -> None:
            if not holds:
                raise ValueError(f"`Round({name}=...)` must be {what}, got {got!r}.")

        require(self.start >= 0, "start", ">= 0", self.start)
        require(isinstance(self.steps, int) and self.steps >= 1, "steps", "an integer >= 1", self.steps)
        require(0 < self.lr < inf, "lr", "> 0 and finite", self.lr)
        require(isinstance(self.variables, tuple) and self.variables != (), "variables", "keys", self.variables)
        for name, sets in (("radii", self.radii), ("spheres", self.spheres)):
            for key in sets:
                require(key in self.variables, name, f"of variables {self.variables}", key)
        for key, radius in self.radii.items():
            require(radius >= 0, "radii", ">= 0", {key: radius})
        for key, dims in self.spheres.items():
            require(len(dims) > 0 and min(dims) >= 1, "spheres", "over dims >= 1, the batch being 0", {key: dims})
        require(self.back_steps >= 0, "back_steps", ">= 0", self.back_steps)
        require(self.back_steps == 0 or self.start > 0, "back_steps", "0 where start is 0", self.back_steps)
        require(self.back_radius is None or self.back_radius >= 0, "back_radius", ">= 0 or None", self.back_radius)
        require(self.flat is None or 0 < self.flat < 1, "flat", "in (0, 1) or None", self.flat)

    def rate(self, step: int) -> float:
        """The rate of one step, counted from 0."""
        return self.lr * self.schedule((step + 1) / self.steps)


def check_rounds(rounds: Sequence[Round], num_layers: int) -> None:
    """Refuse a list of rounds that cannot be run one after another on a generator of `num_layers` layers.

    Raises:
        ValueError: naming the field of `Round` that does not fit.
    """
    if not rounds:
        raise ValueError("`ilo(rounds=...)` must hold at least one Round, got none.")
    last, dims = rounds[0].start, {}
    for round in rounds:
        if round.start < last:
            raise ValueError(f"`Round(start=...)` must not decrease, got {round.start} after {last}.")
        if round.start >= num_layers:
            raise ValueError(f"`Round(start=...)` must be < num_layers = {num_layers}, got {round.start}.")
        if round.back_steps and rounds[0].start > 0:
            raise ValueError(f"`Round(back_steps=...)` needs a first round at start 0, got one at {rounds[0].start}.")
        for key, over in round.spheres.items():
            if dims.setdefault(key, over) != over:
                raise ValueError(f"`Round(spheres=...)` must not change for {key!r}, got {over} after {dims[key]}.")
        last = round.start


def csgm(steps: int, lr: float, *, variables: tuple[str, ...] = ("z",), **options) -> list[Round]:
    """CSGM (Bora et al., 2017): one round on the generator's own input, line 1 of Algorithm 1.

    With `spheres=` on one code a layer it is the search of PULSE (Menon et al., 2020).

    Args:
        steps, lr, variables: of the round.
        options: further fields of `Round`.
    """
    return [Round(0, steps, lr, variables, **options)]


def algorithm_1(
    start: int,
    r: int,
    steps: int,
    lr: float,
    *,
    radii: Mapping[str, float],
    r1: float | None = None,
    back_steps: int | None = None,
    variables: tuple[str, ...] = ("z",),
    **options,
) -> list[Round]:
    """Algorithm 1: CSGM, then r times a round in an l1 ball at layer `start` (line 4) and a way back (lines 5 and 6).

    Args:
        start: the layer that splits G = G2 o G1.
        r: how many times lines 4 to 6 are run; what would follow the last line 4 changes nothing and is left out.
        steps, lr: of each round.
        radii: key of the latent at `start` -> r2; these keys move.
        r1: the radius of the l2 ball that holds the input; None for no ball.
        back_steps: of each way back, `steps` by default.
        variables: the keys of the generator's own input that move.
        options: further fields of all rounds.
    """
    first = csgm(steps, lr, variables=variables, back_radius=r1, **options)
    back_steps = steps if back_steps is None else back_steps
    deep = Round(start, steps, lr, tuple(radii), radii, back_steps=back_steps, back_radius=r1, **options)
    return [*first, *[deep] * r]
