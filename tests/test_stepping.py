"""Faster steps: compiled and replayed ones walk where the plain one does, and say in one line why they cannot."""

from contextlib import nullcontext
from functools import partial

import pytest
import torch
from torch.optim import SGD, Adam

from ilo_practice import stepping
from ilo_practice.stepping import HostFree, compiled, cuda_graph, graphable, replaying
from ilo_theory.ilo import Round, ilo
from tests.toys import Codes, distance_to, noisy_distance_to, seeded

ROUNDS = [
    Round(0, 5, 0.1, ("v",), spheres={"v": (2,)}),
    Round(1, 5, 0.1, ("x",), radii={"x": 0.5}, back_steps=4, back_radius=4.0, flat=1e-6),
    Round(2, 4, 0.1, ("x", "v"), radii={"v": 0.2}),
]
TARGET = distance_to(torch.ones(1, 2, 3))


def run(step=lambda f: f, rounds=ROUNDS, objective=TARGET, **options):
    return ilo(Codes(rng=seeded()), objective, rounds, rng=seeded(), batch=2, step=step, **options)


class Recorder:
    """A CUDA graph's part on the CPU: what is captured reads and writes the tensors of its capture, and no others."""

    def __init__(self):
        self.captures, self.replays = 0, 0

    def __call__(self, function):
        self.captures += 1
        outputs = {name: value.clone() for name, value in function().items()}

        def replay():
            self.replays += 1
            for name, value in function().items():
                outputs[name].copy_(value)

        for value in outputs.values():  # a capture computes nothing
            value.fill_(7)
        return outputs, replay


def test_replayed_steps_are_the_plain_ones_to_the_bit():
    recorder, rounds, plain, replayed = Recorder(), graphable(ROUNDS), [], []
    a = run(rounds=rounds, on_step=plain.append)
    b = run(lambda f: replaying(f, recorder, watch=nullcontext), rounds, on_step=replayed.append)
    assert torch.equal(a.image, b.image)
    assert torch.equal(a.loss, b.loss)
    for told, other in zip(plain, replayed, strict=True):
        assert told.state.keys() == other.state.keys()
        assert all(torch.equal(v.nan_to_num(-7), other.state[k].nan_to_num(-7)) for k, v in told.state.items())
    assert recorder.captures == 4, "one a minimisation: three rounds and a way back"
    assert recorder.replays == len(plain) - 4 * 2, "the first step of each is checked, the second warms up"


def test_states_of_replayed_steps_stay_as_they_were_told():
    kept = []
    run(
        lambda f: replaying(f, Recorder(), watch=nullcontext),
        graphable(ROUNDS),
        on_step=lambda p: kept.append((p.state, {k: v.clone() for k, v in p.state.items()})),
    )
    assert len(kept) > 10
    assert all(torch.equal(a[k].nan_to_num(-7), b[k].nan_to_num(-7)) for a, b in kept for k in a)


def test_replayed_run_is_resumed_to_the_bit():
    rounds, states = graphable(ROUNDS), []
    whole = run(lambda f: replaying(f, Recorder(), watch=nullcontext), rounds, on_step=lambda p: states.append(p.state))
    for state in (states[0], states[3], states[8], states[-1]):
        resumed = run(lambda f: replaying(f, Recorder(), watch=nullcontext), rounds, state=state)
        assert torch.equal(resumed.image, whole.image)


def test_a_state_changed_in_place_is_copied_anew():
    """What is copied once is known by the tensor and its version, not by its name."""
    step = replaying(lambda state: {"twice": 2 * state["frozen"]}, Recorder(), watch=nullcontext)
    state = {"frozen": torch.ones(3), "here_loss": torch.zeros(1)}
    for factor in range(1, 6):
        assert torch.equal(step(state)["twice"], torch.full((3,), 2.0 * factor))
        state["frozen"] += 1


def test_graphable_rounds_differ_in_their_optimiser_alone():
    rounds = [Round(0, 5, 0.1, ("v",)), Round(0, 5, 0.1, ("v",), optimiser=partial(SGD, momentum=0.9))]
    adam, sgd = graphable(rounds)
    assert adam.optimiser.keywords == {"capturable": True, "fused": True}
    assert sgd.optimiser.keywords == {"momentum": 0.9}
    torch.testing.assert_close(run(rounds=[adam]).loss, run(rounds=rounds[:1]).loss, rtol=1e-4, atol=1e-6)
    assert torch.equal(run(rounds=[sgd]).loss, run(rounds=rounds[1:]).loss)


def test_no_cuda_is_said_in_one_line(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=r"^`--cuda-graph` needs a CUDA device, and this machine has none\.$"):
        run(cuda_graph)


def test_optimiser_that_counts_on_the_host_is_refused():
    """The state lies on the device without numbers, Adam's counter on the CPU."""
    state = {"here_loss": torch.zeros(1, device="meta"), "rate": torch.tensor(0.1), "memory/v/step": torch.tensor(1.0)}
    with pytest.raises(RuntimeError, match=r"^`--cuda-graph` needs the whole state on meta, but memory/v/step is on"):
        replaying(lambda state: state, Recorder(), watch=HostFree)(state)
    del state["memory/v/step"]
    assert replaying(lambda state: {}, Recorder(), watch=HostFree)(state) == {}


def test_what_waits_for_the_device_is_refused():
    for waits in (lambda x: x.sum().item(), lambda x: x[x > 0], lambda x: bool((x > 0).all())):
        objective = lambda image, latent, *, rng, waits=waits: (image.flatten(1).sum(1), waits(image))[0]  # noqa: E731
        with pytest.raises(RuntimeError, match=r"^`--cuda-graph`: the step waits for the device \(\w+\); run it"):
            run(lambda f: replaying(f, Recorder(), watch=HostFree), ROUNDS[:1], objective)


def test_noise_drawn_on_the_host_is_refused():
    """It would be drawn once and replayed. The device is the one without numbers."""
    far = torch.zeros(2, 3, device="meta")
    for brings in (lambda: torch.randn(2, 3).to(far.device), lambda: far.clone().copy_(torch.randn(2, 3))):
        with pytest.raises(RuntimeError, match=r"^`--cuda-graph`: the step brings \[2, 3\] from cpu to meta, as noise"):
            replaying(lambda state, brings=brings: {"x": brings()}, Recorder(), watch=HostFree)({"here_loss": far})
    with HostFree():
        assert (far.to(torch.float64) + far).dtype == torch.float64, "a cast moves nothing"


def test_compiled_steps_are_the_plain_ones():
    """Without a compiler of machine code: what is traced is run as it is, generator and objective in one piece."""
    pieces = []

    def backend(graph, inputs):
        pieces.append([str(node.target) for node in graph.graph.nodes])
        return graph.forward

    rounds = [Round(0, 3, 0.1, ("v",), spheres={"v": (2,)}), Round(1, 3, 0.1, ("x", "v"), radii={"x": 0.5})]
    torch.compiler.reset()
    solution = run(lambda f: compiled(f, backend=backend), rounds)
    torch.testing.assert_close(solution.loss, run(rounds=rounds).loss, rtol=1e-5, atol=1e-6)
    networks = [piece for piece in pieces if any("tanh" in name for name in piece)]
    assert len(networks) >= 2, "one for each round"
    assert all("square" in piece for piece in networks), "from its codes to the objective in one piece"


@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated")  # torch 2.11's compiler uses it itself
def test_compiler_is_asked_for_before_anything_is_compiled(monkeypatch):
    monkeypatch.setenv("CXX", "")
    monkeypatch.setattr(stepping.shutil, "which", lambda name: None)
    with pytest.raises(RuntimeError, match=r"^`--compile` needs a C\+\+ compiler .* and there is none\.$"):
        run(compiled)
    monkeypatch.setattr(stepping.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RuntimeError, match=r"^`--compile` needs the package triton on a CUDA device"):
        compiled(lambda state: state)({"here_loss": type("Loss", (), {"device": torch.device("cuda")})})


def test_failing_compiler_is_one_line():
    def backend(graph, inputs):
        raise NotImplementedError("no such machine")

    torch.compiler.reset()
    with pytest.raises(
        RuntimeError, match=r"^`--compile` failed, leave it out to run without: NotImplementedError: no such machine$"
    ):
        run(lambda f: compiled(f, backend=backend))


def test_compiled_steps_are_replayed():
    """Both together: what compiles is warm when it is captured."""
    calls = []

    def backend(graph, inputs):
        calls.append("compiled")
        return graph.forward

    def capture(function):
        calls.append("captured")
        return Recorder()(function)

    rounds = graphable([Round(0, 6, 0.1, ("v",), spheres={"v": (2,)}, optimiser=Adam)])
    torch.compiler.reset()
    solution = run(lambda f: replaying(compiled(f, backend=backend), capture, watch=nullcontext), rounds)
    torch.testing.assert_close(solution.loss, run(rounds=rounds).loss, rtol=1e-5, atol=1e-6)
    assert calls.count("captured") == 1
    assert calls.index("captured") == len(calls) - 1


def test_noise_of_each_step_is_plain_without_a_graph():
    """On the CPU nothing is brought anywhere, so that what is refused is the crossing and not the drawing."""
    recorder = Recorder()
    run(
        lambda f: replaying(f, recorder, watch=nullcontext),
        graphable(ROUNDS[:1]),
        noisy_distance_to(torch.ones(1, 2, 3)),
    )
    assert recorder.captures == 1
