"""Intermediate Layer Optimization: one loop for any list of rounds, Algorithm 1 and Section 4.1 among them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf, nan
from zlib import crc32

import torch
from torch import Tensor

from ilo_theory.balls import project_l2_ball, project_sphere
from ilo_theory.descent import Evaluate, State, descent_step, hold_flat, keep_best, named, norm, part, where
from ilo_theory.generators import Generator, Latent
from ilo_theory.rounds import Round, algorithm_1, check_rounds, csgm, ramp

__all__ = ["Outcome", "Progress", "Round", "Solution", "algorithm_1", "csgm", "ilo", "ramp"]

Objective = Callable[..., Tensor]
"""objective(image, latent, *, rng) -> [B]: entry i depends on image i alone."""


class Outcome(StrEnum):
    """How the run of one image ended."""

    FINISHED = "finished"
    FLAT = "flat"  # held in the last round, its objective having flattened
    NON_FINITE = "non-finite"  # its objective was not a number, or infinite, at some iterate


@dataclass(frozen=True)
class Progress:
    """What `on_step` is told after every step; nothing in it has waited for the device."""

    step: int  # steps done, of all rounds together, ways back included
    total: int
    round: int  # counted from 0
    loss: Tensor  # [t, B], the objective so far
    state: State  # plain tensors: give them back to `ilo(state=...)` to go on from here


@dataclass(frozen=True)
class Solution:
    """The best iterate of every image, never merely the last."""

    image: Tensor  # [B, C, H, W] = generator(latent, start)
    latent: Latent
    start: int
    loss: Tensor  # [T, B], the objective at every iterate: steps + 1 rows a round
    violation: dict[str, Tensor]  # [B] by key: the distance to the last round's spheres, which l1 balls may break
    status: tuple[Outcome, ...]  # one an image


@dataclass(frozen=True)
class _Phase:
    """One minimisation: a round, or the way back from it, which moves what the first round moved."""

    round: int
    moves: Round
    back: bool
    level: int  # the layer of the round, where a way back ends too


@torch.no_grad()
def ilo(
    generator: Generator,
    objective: Objective,
    rounds: Sequence[Round],
    *,
    rng: torch.Generator,
    batch: int = 1,
    latent: Latent | None = None,
    state: State | None = None,
    on_step: Callable[[Progress], None] | None = None,
    step: Callable[[Callable[[State], State]], Callable[[State], State]] = lambda f: f,
) -> Solution:
    """Minimise the objective over latents of ever deeper layers, round by round, by projected gradient steps.

    z^p <- argmin objective(G2(z)) over z in z^p (+) B_1^p(r2), where z^p <- G1(z^k) when a round starts deeper.

    The images of a batch are independent problems: what happens to one, NaN included, leaves the others alone. A round
    starts from the best iterate of the last one, or from G1 of its projection back to the range. Layers before the
    split are not run in a round, and the generator's parameters get no gradient.

    Args:
        generator: G, of which a round runs the layers from `start`.
        objective: (image, latent, *, rng) -> [B], entry i depending on image i alone; rng serves added noise.
        rounds: with `start` not decreasing.
        rng: draws the first latent, and whatever the objective draws.
        batch: B, the number of images.
        latent: where to begin, a latent of layer `rounds[0].start`; drawn by the generator where it is None.
        state: of a `Progress`, all other arguments being as they were: the run goes on from there, bit for bit, and
            `rng` is set to where it was.
        on_step: called after every step.
        step: wraps the step, a pure function from a dict of tensors to those of its entries that change, without
            `.item()`, so that `torch.compile` or a CUDA graph (given a capturable optimiser, and all of the dict on
            the device) comes from outside. Every minimisation has its step wrapped anew.

    Returns:
        The best iterate of every image over all rounds, and how it was found.

    Raises:
        ValueError: for rounds, a latent or a state that do not fit, before anything is minimised.

    >>> from ilo_theory.generators import linear_chain
    >>> G = linear_chain(2, 16, 64, rng=torch.Generator().manual_seed(0))
    >>> x = G(G.init(1, rng=torch.Generator().manual_seed(1)))
    >>> def objective(image, latent, *, rng):
    ...     return (image - x).square().sum(1)
    >>> csgm = Round(0, 200, 0.1, ("z",), radii={}, spheres={})
    >>> deeper = Round(1, 50, 0.01, ("z",), radii={"z": 0.5}, spheres={})
    >>> solution = ilo(G, objective, [csgm, deeper], rng=torch.Generator().manual_seed(2))
    >>> solution.start, tuple(solution.image.shape), bool((solution.image - x).norm() < 0.01 * x.norm())
    (1, (1, 64), True)

    Source: Algorithm 1 and Section 4.1 of the paper.
    """
    check_rounds(rounds, generator.num_layers)
    phases, plan = _phases(rounds), _plan(rounds)
    trace = _Trace(sum(round.steps + 1 for round in rounds))
    if state is None:
        state, first, done = _begin(generator, rounds, rng, batch, latent), 0, 0
    else:
        state, first, done = _resume(state, plan, rng, batch, trace)

    for i in range(first, len(phases)):
        phase, moves = phases[i], phases[i].moves
        if done == 0:
            state = _enter(phase, phases[i - 1].level if i else rounds[0].start, generator, state)
        evaluate = _evaluation(phase, generator, objective, rng)
        advance = step(descent_step(moves, evaluate))
        precision = torch.promote_types(state["here_loss"].dtype, torch.float32)
        for s in range(done, moves.steps):
            if moves.flat is not None and s > 0 and s % max(1, moves.steps // 10) == 0:
                state |= hold_flat(moves.flat, state)
                if not state["moving"].any():
                    break
            state |= {"rate": torch.tensor(moves.rate(s), dtype=precision)}
            state |= advance(state)
            if not phase.back:
                trace.add(state["loss"])
            if on_step is not None:
                on_step(_progress(phases, i, s + 1, {**state, "plan": plan, "rng": rng.get_state()}, trace.rows))
        state |= keep_best(moves, state, evaluate(part(state, "point"), state))
        if not phase.back:
            trace.add(state["loss"])
        state, done = _leave(phase, generator, state), 0
    return _solution(generator, rounds[-1], state, trace.rows)


class _Trace:
    """The objective at every iterate, [t, B] so far, in one tensor of room for all: rows once written stay."""

    def __init__(self, room: int):
        self.room, self.length = room, 0

    def add(self, loss: Tensor) -> None:
        if self.length == 0:
            self.buffer = loss.new_empty(self.room, len(loss))
        self.buffer[self.length] = loss
        self.length += 1

    @property
    def rows(self) -> Tensor:
        return self.buffer[: self.length]


def _phases(rounds: Sequence[Round]) -> list[_Phase]:
    """The rounds, each followed by its way back where it has one and another round comes after."""
    phases = []
    for index, round in enumerate(rounds):
        phases.append(_Phase(index, round, False, round.start))
        if round.back_steps and index + 1 < len(rounds):
            back = replace(rounds[0], steps=round.back_steps, back_radius=round.back_radius, radii={}, flat=None)
            phases.append(_Phase(index, back, True, round.start))
    return phases


def _plan(rounds: Sequence[Round]) -> Tensor:
    """A mark of each round, optimiser and schedule aside, so that a state goes on with its own rounds alone."""
    return torch.tensor([crc32(repr(replace(round, optimiser=None, schedule=None)).encode()) for round in rounds])


def _evaluation(phase: _Phase, generator: Generator, objective: Objective, rng: torch.Generator) -> Evaluate:
    """What a phase minimises: the objective, or ||G1(z) - z~||^2 over all that G2 takes in."""

    def of_image(point: Latent, state: State) -> Tensor:
        loss = objective(generator(point, phase.level), point, rng=rng)
        if loss.shape != state["here_loss"].shape:
            raise ValueError(f"`objective` must return [B] = {list(state['here_loss'].shape)}, got {list(loss.shape)}.")
        return loss

    def of_way_back(point: Latent, state: State) -> Tensor:
        reached = generator(point, 0, phase.level)
        return sum((reached[key] - z).flatten(1).square().sum(1) for key, z in part(state, "target").items())

    return of_way_back if phase.back else of_image


def _begin(
    generator: Generator, rounds: Sequence[Round], rng: torch.Generator, batch: int, latent: Latent | None
) -> State:
    """The state before the first round: besides that of a minimisation "best", the run's, and "input", where ways back
    start. The keys of all rounds are looked up here, before anything is minimised."""
    level = rounds[0].start
    if latent is None:
        latent = generator.init(batch, rng=rng)
        latent = generator(latent, 0, level) if level else latent
    if any(len(value) != batch for value in latent.values()):
        rows = {key: len(value) for key, value in latent.items()}
        raise ValueError(f"`ilo(latent=...)` must have batch = {batch} rows, got {rows}.")
    point = probe = {key: value.detach() for key, value in latent.items()}
    for round in rounds:
        probe, level = generator(probe, level, round.start) if round.start > level else probe, round.start
        if unknown := [key for key in round.variables if key not in probe]:
            raise ValueError(f"`Round(variables=...)` must be of {sorted(probe)} at start={level}, got {unknown}.")

    norms = {key: norm(point[key], dims) for r in rounds for key, dims in r.spheres.items() if key in point}
    state = {**named("point", point), **named("best", point), **named("norm", norms)}
    if any(round.back_steps for round in rounds):
        state |= named("input", point)
    return state | {"best_loss": next(iter(point.values())).new_full((batch,), inf)}


def _enter(phase: _Phase, level: int, generator: Generator, state: State) -> State:
    """Go to the layer of the phase, carrying the best of the run along, and centre the l1 balls there.

    A round starts from the best iterate of the last one as it is; in the l2 ball, where that is not yet in it.
    """
    point, best = part(state, "point"), part(state, "best")
    new = {name: value for name, value in state.items() if name.startswith(("norm/", "input/")) or name == "best_loss"}
    if phase.back:
        new |= named("target", point)
        point = part(state, "input")
    elif phase.level > level:
        point, best = generator(point, level, phase.level), generator(best, level, phase.level)
    if phase.moves.start == 0 and phase.moves.back_radius is not None:
        point |= {key: project_l2_ball(point[key], phase.moves.back_radius) for key in phase.moves.variables}
    for key, dims in phase.moves.spheres.items():
        radius = norm(point[key], dims)
        if f"norm/{key}" not in new or new[f"norm/{key}"].shape != radius.shape:  # the layers before made or cut it
            new[f"norm/{key}"] = radius
    new |= named("point", point) | named("best", best) | named("centre", {key: point[key] for key in phase.moves.radii})
    new |= named("here", {key: point[key] for key in phase.moves.variables})
    here_loss = torch.full_like(new["best_loss"], inf)
    moving = torch.ones_like(here_loss, dtype=torch.bool)
    return new | {"here_loss": here_loss, "reference": torch.full_like(here_loss, nan), "moving": moving}


def _leave(phase: _Phase, generator: Generator, state: State) -> State:
    """Go to the best iterate of the phase; from a way back, to its image under G1 (line 6 of Algorithm 1)."""
    point = part(state, "point") | part(state, "here")
    if phase.moves.start == 0:
        state |= {name: point[name.removeprefix("input/")] for name in state if name.startswith("input/")}
    if phase.back:
        state = {name: value for name, value in state.items() if not name.startswith("point/")}
        return state | named("point", generator(point, 0, phase.level))
    better = state["here_loss"] < state["best_loss"]
    best = {key: where(better, point[key], value) for key, value in part(state, "best").items()}
    lowest = torch.minimum(state["here_loss"], state["best_loss"])
    return state | named("point", point) | named("best", best) | {"best_loss": lowest}


def _progress(phases: Sequence[_Phase], i: int, s: int, state: State, trace: Tensor) -> Progress:
    """After s steps of phase i."""
    steps = [phase.moves.steps for phase in phases]
    state |= {"phase": torch.tensor(i), "step": torch.tensor(s), "trace": trace}
    return Progress(sum(steps[:i]) + s, sum(steps), phases[i].round, trace, state)


def _resume(state: State, plan: Tensor, rng: torch.Generator, batch: int, trace: _Trace) -> tuple[State, int, int]:
    """A state that `on_step` was told, taken apart: its tensors, the phase, the steps done in that."""
    if "plan" not in state or not torch.equal(state["plan"], plan):
        raise ValueError("`ilo(state=...)` must be of a run of the same rounds.")
    if len(state["best_loss"]) != batch:
        raise ValueError(f"`ilo(state=...)` must have batch = {batch} rows, got {len(state['best_loss'])}.")
    rng.set_state(state["rng"])
    for loss in state["trace"]:
        trace.add(loss)
    run = {name: value for name, value in state.items() if name not in ("plan", "rng", "phase", "step", "trace")}
    return run, int(state["phase"]), int(state["step"])


def _solution(generator: Generator, last: Round, state: State, trace: Tensor) -> Solution:
    latent = part(state, "best")
    violation = {}
    for key, dims in last.spheres.items():
        nearest = project_sphere(latent[key], state[f"norm/{key}"], dims)
        violation[key] = (latent[key] - nearest).flatten(1).norm(dim=1)
    status = [Outcome.FINISHED if moving else Outcome.FLAT for moving in state["moving"].tolist()]
    for i, finite in enumerate(trace.isfinite().all(0).tolist()):
        status[i] = status[i] if finite else Outcome.NON_FINITE
    return Solution(generator(latent, last.start), latent, last.start, trace, violation, tuple(status))
