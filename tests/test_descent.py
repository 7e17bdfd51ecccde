"""The one step: a pure function of tensors, and the step that torch's optimisers make in a loop of their own."""

from functools import partial

import pytest
import torch

from ilo_theory.generators import relu_chain
from ilo_theory.ilo import Round, csgm, ilo, ramp
from tests.toys import PLAIN, Codes, distance_to, seeded

OPTIMISERS = {
    "Adam": torch.optim.Adam,
    "Adam with other moments": partial(torch.optim.Adam, betas=(0.8, 0.9), amsgrad=True),
    "AdamW": partial(torch.optim.AdamW, weight_decay=0.1),
    "SGD with momentum": partial(torch.optim.SGD, momentum=0.9, nesterov=True),
    "RMSprop": torch.optim.RMSprop,
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_free_round_is_the_loop_that_everyone_writes(name):
    generator = relu_chain(3, 8, 6, rng=seeded()).double()
    latent = generator.init(2, rng=seeded(1))
    y = torch.randn(2, 6, generator=seeded(2), dtype=torch.float64)
    schedule = ramp(0.2, 0.5)

    z = latent["z"].clone().requires_grad_()
    optimiser = OPTIMISERS[name]([z], lr=1.0)
    losses = []
    for s in range(30):
        optimiser.param_groups[0]["lr"] = 0.05 * schedule((s + 1) / 30)
        optimiser.zero_grad()
        loss = (generator({"z": z}) - y).square().sum(1) / 2
        losses.append(loss.detach())
        loss.sum().backward()
        optimiser.step()

    rounds = csgm(30, 0.05, optimiser=OPTIMISERS[name], schedule=schedule)
    states = []
    solution = ilo(
        generator,
        distance_to(y),
        rounds,
        rng=seeded(),
        batch=2,
        latent=latent,
        on_step=lambda p: states.append(p.state),
    )
    torch.testing.assert_close(solution.loss[:30], torch.stack(losses), rtol=1e-11, atol=1e-12)
    torch.testing.assert_close(states[-1]["point/z"], z.detach(), rtol=1e-11, atol=1e-12)


ROUNDS = [
    Round(0, 4, 0.1, ("v",), spheres={"v": (2,)}),
    Round(1, 4, 0.1, ("x",), radii={"x": 0.5}, back_steps=3, back_radius=4.0, flat=0.3),
    Round(2, 3, 0.1, ("x", "v"), radii={"v": 0.2}),
]


def run(step, rounds=ROUNDS):
    return ilo(Codes(rng=seeded()), distance_to(torch.ones(1, 2, 3)), rounds, rng=seeded(), batch=2, step=step)


def test_step_is_a_pure_function_of_tensors():
    """Called twice it gives the same twice, and what it was given is as it was."""
    wrapped = []

    def strict(advance):
        wrapped.append(advance)

        def checked(state):
            assert all(isinstance(value, torch.Tensor) for value in state.values())
            before = {key: value.clone() for key, value in state.items()}
            first, second = advance(state), advance(state)
            assert state.keys() == before.keys()
            assert all(torch.equal(state[key].nan_to_num(-7), before[key].nan_to_num(-7)) for key in before)
            assert all(torch.equal(first[key], second[key]) for key in first)
            assert not {value.data_ptr() for value in first.values()} & {value.data_ptr() for value in state.values()}
            return second

        return checked

    assert torch.equal(run(strict).image, run(lambda f: f).image)
    assert len(wrapped) == 4  # three rounds and a way back


def test_step_can_be_replayed_in_buffers_of_its_own():
    """As a CUDA graph does: inputs are copied into fixed tensors, outputs out of them."""

    def replayed(advance):
        buffers = {}

        def replay(state):
            for key, value in state.items():
                buffers.setdefault(key, torch.empty_like(value)).copy_(value)
            return {key: value.clone() for key, value in advance(buffers).items()}

        return replay

    assert torch.equal(run(replayed).image, run(lambda f: f).image)


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")  # torch 2.11's compiler looks
def test_step_can_be_compiled():
    rounds = [Round(0, 3, 0.1, ("v",), **PLAIN)]
    compiled = run(torch.compile(backend="eager", dynamic=False), rounds)
    torch.testing.assert_close(compiled.image, run(lambda f: f, rounds).image)
