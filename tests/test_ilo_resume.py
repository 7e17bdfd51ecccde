"""A run that is stopped after any step and taken up from its state is the run that was never stopped, bit for bit."""

import io
from functools import cache, partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ilo_theory.ilo import Round, csgm, ilo
from tests.toys import Codes, noisy_distance_to, seeded

ROUNDS = [
    Round(0, 4, 0.1, ("v", "noise_0"), spheres={"v": (2,)}, optimiser=partial(torch.optim.SGD, momentum=0.9)),
    Round(1, 20, 0.05, ("x",), radii={"x": 0.5}, back_steps=3, back_radius=4.0, flat=0.01),
    Round(1, 4, 0.1, ("x", "v"), radii={"x": 0.5}),
    Round(2, 3, 0.1, ("x", "v"), spheres={"v": (2,), "x": (1,)}, radii={"v": 0.2}),
]
SAME_ROUNDS = r"`ilo\(state=...\)` must be of a run of the same rounds."
STEPS = 4 + 20 + 3 + 4 + 3
ARGUMENTS = {"objective": noisy_distance_to(torch.ones(1, 2, 3)), "rounds": ROUNDS, "batch": 2}


@cache
def whole_run():
    """Its solution, and all that it told."""
    progress = []
    return ilo(Codes(rng=seeded()), rng=seeded(3), on_step=progress.append, **ARGUMENTS), progress


def through_a_file(state):
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[key].nan_to_num(-7), b[key].nan_to_num(-7)) for key in a)


def test_the_run_covers_what_there_is_to_resume():
    _, progress = whole_run()
    entries = {"memory/v/momentum_buffer", "memory/x/exp_avg", "centre/x", "target/x", "input/v", "norm/v", "moving"}
    assert entries <= {name for told in progress for name in told.state}
    assert STEPS - 15 < len(progress) < STEPS, "flat was meant to end a round, though not at once"
    assert progress[-1].step == progress[-1].total == STEPS


@given(st.data())
@settings(max_examples=60)
def test_resumed_run_is_the_same(data):
    solution, progress = whole_run()
    i = data.draw(st.integers(0, len(progress) - 1), label="steps told before the run is stopped")
    state, told = through_a_file(progress[i].state), []
    resumed = ilo(Codes(rng=seeded()), rng=seeded(99), state=state, on_step=told.append, **ARGUMENTS)
    assert torch.equal(resumed.image, solution.image)
    assert torch.equal(resumed.loss, solution.loss)
    assert same(resumed.latent, solution.latent)
    assert same(resumed.violation, solution.violation)
    assert (resumed.start, resumed.status) == (solution.start, solution.status)
    assert [p.step for p in told] == [p.step for p in progress[i + 1 :]]
    assert all(same(p.state, q.state) for p, q in zip(told, progress[i + 1 :], strict=True))


def test_every_step_once():
    """Without hypothesis, so that no step is left out."""
    solution, progress = whole_run()
    for told in progress:
        resumed = ilo(Codes(rng=seeded()), rng=seeded(99), state=told.state, **ARGUMENTS)
        assert torch.equal(resumed.image, solution.image)


def test_states_stay_as_they_were_told():
    """A state is the caller's: later steps do not write into it."""
    kept = []

    def on_step(progress):
        kept.append((progress.state, {key: value.clone() for key, value in progress.state.items()}))

    ilo(Codes(rng=seeded()), rng=seeded(3), on_step=on_step, **ARGUMENTS)
    assert all(same(told, copy) for told, copy in kept)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch": 3}, r"`ilo\(state=...\)` must have batch = 3 rows, got 2."),
        ({"rounds": csgm(4, 0.1, variables=("v",))}, SAME_ROUNDS),
        (
            {"rounds": [*ROUNDS[:3], Round(2, 3, 0.1, ("x",))]},
            SAME_ROUNDS,
        ),
        ({"state": {"point/v": torch.zeros(2)}}, SAME_ROUNDS),
    ],
)
def test_state_of_another_run_is_refused(change, message):
    _, progress = whole_run()
    with pytest.raises(ValueError, match=f"^{message}$"):
        ilo(Codes(rng=seeded()), rng=seeded(), **{**ARGUMENTS, "state": progress[2].state, **change})
