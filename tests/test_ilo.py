"""The engine: what a list of rounds does to one generator, and what the solution is."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from ilo_theory.generators import Chain, relu_chain
from ilo_theory.ilo import Outcome, Round, csgm, ilo, ramp
from tests.instances import GENERATORS
from tests.toys import PLAIN, Codes, distance_to, noisy_distance_to, seeded


def target(generator, batch, seed=9):
    """Images that the generator makes of other latents."""
    with torch.no_grad():
        return generator(generator.init(batch, rng=seeded(seed)))


@pytest.mark.parametrize("name", GENERATORS)
def test_with_all_radii_zero_ilo_is_csgm(name):
    """Deeper rounds whose variables may not move return the image of the round at 0, bit for bit."""
    generator = GENERATORS[name]()
    inputs = tuple(generator.init(1, rng=seeded()))
    objective = distance_to(target(generator, 2))
    rounds = csgm(8, 0.05, variables=inputs)
    alone = ilo(generator, objective, rounds, rng=seeded(), batch=2)
    for j in range(1, generator.num_layers):
        keys = tuple(generator(generator.init(1, rng=seeded()), stop=j))
        rounds.append(Round(j, 4, 0.05, keys, radii=dict.fromkeys(keys, 0.0)))
    deeper = ilo(generator, objective, rounds, rng=seeded(), batch=2)
    assert torch.equal(deeper.image, alone.image)
    assert (alone.start, deeper.start) == (0, generator.num_layers - 1)
    pushed = generator(alone.latent, stop=deeper.start)
    assert pushed.keys() == deeper.latent.keys()
    assert all(torch.equal(pushed[key], deeper.latent[key]) for key in pushed)


@given(st.integers(0, 10**6), st.floats(0.01, 3))
@settings(max_examples=25)
def test_solution_is_the_best_of_all_iterates(seed, lr):
    """Also at rates at which the last iterate is worse than the first."""
    generator = Codes(rng=seeded(seed)).double()
    objective = distance_to(target(generator, 3))
    rounds = [Round(0, 5, lr, ("v",)), Round(1, 5, lr, ("x",), **PLAIN), Round(2, 5, lr, ("x", "v"))]
    solution = ilo(generator, objective, rounds, rng=seeded(seed), batch=3)
    assert solution.loss.shape == (18, 3)
    reached = objective(generator(solution.latent, solution.start), solution.latent, rng=None)
    assert torch.equal(reached, solution.loss.min(0).values)
    assert torch.equal(generator(solution.latent, solution.start), solution.image)
    for first in (6, 12):  # every round starts from the best iterate of the last
        assert torch.equal(solution.loss[first], solution.loss[:first].min(0).values)


def test_without_memory_a_round_in_two_is_one_round():
    generator = relu_chain(3, 8, 6, rng=seeded()).double()
    objective = distance_to(target(generator, 2))
    whole = ilo(generator, objective, [Round(0, 30, 0.02, ("z",), **PLAIN)], rng=seeded(), batch=2)
    parts = [Round(0, 12, 0.02, ("z",), **PLAIN), Round(0, 18, 0.02, ("z",), **PLAIN)]
    halves = ilo(generator, objective, parts, rng=seeded(), batch=2)
    assert (whole.loss.diff(dim=0) < 0).all(), "the example must descend, or a round would not start from its last"
    assert torch.equal(halves.image, whole.image)
    assert torch.equal(torch.cat([halves.loss[:13], halves.loss[14:]]), whole.loss)


def test_a_round_starts_with_a_fresh_optimiser():
    """Adam's first step moves every coordinate by the rate, whatever the gradient; its later ones do not."""
    generator = relu_chain(3, 8, 6, rng=seeded()).double()
    points = []
    rounds = 2 * [Round(0, 5, 0.01, ("z",), schedule=ramp(0, 0))]
    objective = distance_to(target(generator, 2))
    ilo(generator, objective, rounds, rng=seeded(), batch=2, on_step=lambda p: points.append(p.state["point/z"]))
    moves = torch.stack(points).diff(dim=0).abs()
    assert torch.allclose(moves[4], torch.full_like(moves[4], 0.01), atol=1e-6)
    assert not torch.allclose(moves[3], torch.full_like(moves[3], 0.01), atol=1e-6)


def test_frozen_keys_do_not_move_and_layers_before_the_split_do_not_run():
    generator = Codes(rng=seeded()).double()
    runs = []
    forward = generator.forward
    generator.forward = lambda latent, start=0, stop=None: runs.append((start, stop)) or forward(latent, start, stop)
    seen = []
    rounds = [Round(0, 3, 0.1, ("v",)), Round(2, 4, 0.1, ("x",))]
    begin = generator.init(2, rng=seeded())

    def on_step(progress):
        seen.append((progress.round, {k: v for k, v in progress.state.items() if k.startswith("point/")}, list(runs)))
        runs.clear()

    solution = ilo(generator, distance_to(0), rounds, rng=seeded(), batch=2, latent=begin, on_step=on_step)
    assert all(torch.equal(point["point/noise_0"], begin["noise_0"]) for index, point, _ in seen if index == 0)
    assert len({point["point/v"].sum().item() for index, point, _ in seen if index == 1}) == 1
    assert [calls for _, _, calls in seen[1:3] + seen[4:]] == 2 * [[(0, None)]] + 3 * [[(2, None)]]
    assert set(solution.latent) == {"x", "v"}


def test_parameters_take_no_gradient_and_keep_their_flags():
    generator = Codes(rng=seeded())
    generator.W[0].requires_grad_(False)
    ilo(generator, distance_to(0), csgm(3, 0.1, variables=("v",)), rng=seeded())
    assert all(parameter.grad is None for parameter in generator.parameters())
    assert [parameter.requires_grad for parameter in generator.W] == [False, True, True]


def test_first_latent_is_the_one_given_or_the_generators_own():
    generator = Codes(rng=seeded()).double()
    rounds, objective = [Round(1, 3, 0.1, ("x",))], distance_to(1)
    drawn = ilo(generator, objective, rounds, rng=seeded(5), batch=2)
    latent = generator(generator.init(2, rng=seeded(5)), stop=1)
    given_ = ilo(generator, objective, rounds, rng=seeded(6), batch=2, latent=latent)
    assert torch.equal(drawn.image, given_.image)


def test_progress_tells_steps_rounds_and_losses():
    generator = Codes(rng=seeded())
    rounds = [Round(0, 3, 0.1, ("v",)), Round(1, 2, 0.1, ("x",), back_steps=4), Round(2, 2, 0.1, ("x",))]
    seen = []
    solution = ilo(generator, distance_to(0), rounds, rng=seeded(), batch=2, on_step=seen.append)
    assert [p.step for p in seen] == list(range(1, 12))
    assert {p.total for p in seen} == {11}
    assert [p.round for p in seen] == 3 * [0] + 6 * [1] + 2 * [2]
    assert [len(p.loss) for p in seen] == [1, 2, 3, 5, 6, 7, 7, 7, 7, 8, 9]
    assert all(torch.equal(p.loss, solution.loss[: len(p.loss)]) for p in seen)
    kept = torch.stack(
        [torch.minimum(p.state["best_loss"], p.state["here_loss"]) for p in seen if "target/x" not in p.state]
    )
    told = torch.stack([p.loss.min(0).values for p in seen if "target/x" not in p.state])
    assert torch.equal(kept, told), "the best so far is that of all iterates so far, which never rises"
    assert solution.loss.shape == (10, 2)
    assert all(isinstance(value, torch.Tensor) for p in seen for value in p.state.values())


class NoWaiting(TorchDispatchMode):
    """Refuses operations whose result the host has to wait for."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        assert not {"_local_scalar_dense", "nonzero", "is_nonzero", "equal"} & {func.overloadpacket.__name__}, func
        return func(*args, **(kwargs or {}))


def test_nothing_waits_for_the_device_between_steps():
    generator = Codes(rng=seeded())
    rounds = [
        Round(0, 3, 0.1, ("v",), spheres={"v": (2,)}, back_radius=9.0, **PLAIN),
        Round(1, 3, 0.1, ("x",), **PLAIN),
    ]
    with NoWaiting():
        ilo(generator, noisy_distance_to(torch.zeros(())), rounds, rng=seeded(), batch=2, on_step=lambda p: p.loss)
    with pytest.raises(AssertionError, match="_local_scalar_dense"), NoWaiting():
        ilo(generator, distance_to(0), rounds, rng=seeded(), on_step=lambda p: p.loss.sum().item())


def test_flat_ends_a_round_and_says_so():
    """At the minimum nothing improves: after two tenths of the steps every image is held."""
    generator = relu_chain(3, 8, 6, rng=seeded()).double()
    latent = generator.init(2, rng=seeded(1))
    objective = distance_to(generator(latent).detach())
    rounds = [Round(0, 100, 0.1, ("z",), flat=0.01, **PLAIN), Round(1, 7, 0.1, ("z",), **PLAIN)]
    flat = ilo(generator, objective, rounds[:1], rng=seeded(), batch=2, latent=latent)
    assert flat.status == (Outcome.FLAT, Outcome.FLAT)
    assert len(flat.loss) == 21
    both = ilo(generator, objective, rounds, rng=seeded(), batch=2, latent=latent)
    assert both.status == (Outcome.FINISHED, Outcome.FINISHED)
    assert len(both.loss) == 21 + 8


def test_flat_lets_what_still_falls_go_on():
    generator = Chain(torch.nn.Identity(), k=2).double()
    latent = {"z": torch.tensor([[1.0, 2.0]], dtype=torch.float64)}
    run = [Round(0, 50, 0.1, ("z",), flat=0.5, **PLAIN)]  # ||z||^2/2 falls by 1 - 0.9^10 = 0.65 in five steps
    solution = ilo(generator, distance_to(0), run, rng=seeded(), latent=latent)
    assert solution.status == (Outcome.FINISHED,)
    np.testing.assert_allclose(solution.image, [[0.9**50, 2 * 0.9**50]], rtol=1e-12)


def test_tight_flat_stops_the_same_descent():
    generator = Chain(torch.nn.Identity(), k=2).double()
    latent = {"z": torch.tensor([[1.0, 2.0]], dtype=torch.float64)}
    run = [Round(0, 50, 0.1, ("z",), flat=0.7, **PLAIN)]
    solution = ilo(generator, distance_to(0), run, rng=seeded(), latent=latent)
    assert solution.status == (Outcome.FLAT,)
    assert len(solution.loss) == 11


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch": 3}, r"`ilo\(latent=...\)` must have batch = 3 rows, got {'z': 2}."),
        (
            {"rounds": [Round(0, 2, 0.1, ("w",))]},
            r"`Round\(variables=...\)` must be of \['z'\] at start=0, got \['w'\].",
        ),
        (
            {"rounds": [*csgm(2, 0.1), Round(1, 2, 0.1, ("z", "x"))]},
            r"`Round\(variables=...\)` must be of \['z'\] at start=1, got \['x'\].",
        ),
        ({"rounds": [Round(2, 2, 0.1, ("z",))]}, r"`Round\(start=...\)` must be < num_layers = 2, got 2."),
        ({"rounds": []}, r"`ilo\(rounds=...\)` must hold at least one Round, got none."),
        ({"objective": lambda image, latent, *, rng: image.sum()}, r"`objective` must return \[B\] = \[2\], got \[\]."),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(options, message):
    generator = relu_chain(3, 8, 6, rng=seeded())
    objective = options.pop("objective", distance_to(0))
    arguments = {"rounds": csgm(2, 0.1), "batch": 2, "latent": generator.init(2, rng=seeded()), "rng": seeded()}
    with pytest.raises(ValueError, match=f"^{message}$"):
        ilo(generator, objective, **arguments | options)
