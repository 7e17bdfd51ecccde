"""One projected gradient step as a pure function of tensors: gradient, optimiser, l2 ball, spheres, l1 balls last."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor
from torch.optim import Optimizer

from ilo_theory.balls import project_l1_ball, project_l2_ball, project_sphere
from ilo_theory.generators import Latent
from ilo_theory.rounds import Round

State = dict[str, Tensor]
"""All that a minimisation remembers: "point/z" is where the key z stands, "here/z" its best so far and "here_loss" how
good that is, "centre/z" and "norm/z" the sets, "memory/z/..." the optimiser's, "moving" the images not held yet."""

Evaluate = Callable[[Latent, State], Tensor]
"""(point, state) -> [B], what is minimised: entry i depends on row i alone."""


def part(state: State, name: str) -> Latent:
    """The entries below `name`, without it: part({"point/z": z}, "point") = {"z": z}."""
    return {key.removeprefix(f"{name}/"): value for key, value in state.items() if key.startswith(f"{name}/")}


def named(name: str, latent: Mapping[str, Tensor]) -> State:
    """The other way: named("point", {"z": z}) = {"point/z": z}."""
    return {f"{name}/{key}": value for key, value in latent.items()}


def descent_step(moves: Round, evaluate: Evaluate) -> Callable[[State], State]:
    """The step of one minimisation: a function from the state to those of its entries that change.

    z <- P(z + rate (u(z) - z)), u(z) being what the optimiser makes of z at rate 1, and P the projections in turn.
    Nothing in it waits for the device, and nothing but its result changes.

    Args:
        moves: which keys move, by which optimiser, and the sets that hold them.
        evaluate: what is minimised.
    """

    propose = torch.compiler.disable(unit_step)  # a compiler cannot follow an optimiser that is made anew in each step

    @torch.compiler.disable(recursive=False)  # what it calls is compiled, part by part; the gradient follows from that
    def advance(state: State) -> State:
        point = part(state, "point")
        moved = {key: point[key].detach().requires_grad_() for key in moves.variables}
        with torch.enable_grad():
            loss = evaluate({**point, **moved}, state)
            gradients = torch.autograd.grad(loss.sum(), list(moved.values()), allow_unused=True, materialize_grads=True)
        proposed, memory = propose(moves.optimiser, dict(zip(moved, gradients, strict=True)), state)
        return keep_best(moves, state, loss.detach()) | memory | named("point", move(moves, proposed, state))

    return advance


def unit_step(optimiser: Callable[..., Optimizer], gradients: Latent, state: State) -> tuple[Latent, State]:
    """What a torch optimiser makes of the point at rate 1, and its memory: both as tensors, without side effects."""
    values = {key: state[f"point/{key}"].clone() for key in gradients}
    machine = optimiser(list(values.values()), lr=1.0)
    for key, value in values.items():
        value.grad = gradients[key]
        machine.state[value] = {name: kept.clone() for name, kept in part(state, f"memory/{key}").items()}
    machine.step()
    memory = {}
    for key, value in values.items():
        kept = {name: torch.as_tensor(entry) for name, entry in machine.state[value].items() if entry is not None}
        memory |= named(f"memory/{key}", kept)
    return values, memory


def move(moves: Round, proposed: Latent, state: State) -> Latent:
    """The share `rate` of the way to what is proposed, then the projections; images that are held stay."""
    moved = {}
    for key, value in proposed.items():
        z = state[f"point/{key}"]
        new = z + state["rate"] * (value - z)
        if moves.start == 0 and moves.back_radius is not None:
            new = project_l2_ball(new, moves.back_radius)
        if key in moves.spheres:
            new = project_sphere(new, state[f"norm/{key}"], moves.spheres[key])
        if key in moves.radii:
            new = project_l1_ball(new, moves.radii[key], state[f"centre/{key}"])
        moved[key] = new if moves.flat is None else where(state["moving"], new, z)
    return moved


def keep_best(moves: Round, state: State, loss: Tensor) -> State:
    """The best iterate once the loss at the present point is known, image by image; NaN is never the best."""
    better = loss < state["here_loss"]
    here = {key: where(better, state[f"point/{key}"], state[f"here/{key}"]) for key in moves.variables}
    return {"loss": loss, "here_loss": torch.where(better, loss, state["here_loss"]), **named("here", here)}


def hold_flat(fraction: float, state: State) -> State:
    """Hold the images whose best fell by at most the fraction since this was last asked."""
    reference, here = state["reference"], state["here_loss"]
    flat = reference - here <= fraction * reference.abs()  # false when first asked: the reference is NaN
    return {"moving": state["moving"] & ~flat, "reference": here}


def where(mask: Tensor, yes: Tensor, no: Tensor) -> Tensor:
    """Row i of `yes` where the mask [B] holds at i, else of `no`."""
    return torch.where(mask.view(-1, *[1] * (yes.ndim - 1)), yes, no)


def norm(x: Tensor, dims: Sequence[int]) -> Tensor:
    """The l2 norm over `dims`, which stay as dimensions of size 1."""
    return torch.linalg.vector_norm(x, dim=tuple(dims), keepdim=True)
