"""The registry of claims: cases, scopes, draws, effort."""

import json
from dataclasses import asdict
from fractions import Fraction

import pytest
import torch

from ilo_theory.verdict import Effort, Status, Verdict, certified, claim, verify
from ilo_theory.verdict import registry as module

HOLDS, REFUTED = Status.HOLDS, Status.REFUTED


@pytest.fixture
def registry(monkeypatch):
    """An empty registry for the length of a test."""
    monkeypatch.setattr(module, "CLAIMS", {})
    return module.CLAIMS


def test_a_claim_folds_its_cases(registry):
    @claim("sum", "Eq. (0)", "a", cases=[{"d": d, "r": Fraction(1, d)} for d in (1, 2, 3, 5, 8)], expected=HOLDS)
    def check(*, d, r, printed=10) -> Verdict:
        return certified(d, printed, scope="small", odd=d % 2)

    found = verify("sum")
    assert (found.status, found.lhs, found.rhs) == (HOLDS, 8, 10)
    assert found.witness == {"d": 8, "r": "1/8", "odd": 0}
    assert found.scope == "small; d = 1, r = 1; d = 2, r = 1/2; d = 3, r = 1/3; d = 5, r = 1/5; d = 8, r = 1/8"
    assert verify("sum", printed=2, r=1).scope == "small; d = 3, 5, 8, r = 1, printed = 2; 3 of 5 cases"
    assert registry["sum"].family == "test"
    json.dumps(asdict(found))


@pytest.mark.parametrize(
    ("cases", "scope"),
    [
        ([{}], "all"),
        ([{"d": d, "t": t} for d in (1, 2, 3, 5) for t in (4, 5, 6)], "all; d = 1…3, 5, t = 4…6"),
        (
            [{"d": d, "t": t} for d, most in ((1, 3), (4, 1), (6, 3)) for t in range(most)],
            "all; d = 1, 6, t = 0…2; d = 4, t = 0",
        ),
        ([{"d": 1}, {"s": 0.5}, {"d": 2}], "all; d = 1, 2; s = 0.5"),
        ([{"d": 10**9, "even": True}], "all; d = 1e+09, even = True"),
        ([{"s": 2.0**i} for i in range(20)], "all; s = 1, 2, 4, 8, …, 524288"),
    ],
)
def test_the_scope_says_which_cases(registry, cases, scope):
    claim("any", "", "", cases=cases, expected=HOLDS)(lambda d=0, t=0, s=0, even=False: certified(0, 1, scope="all"))
    assert verify("any").scope == scope


def test_parameters_replace_cases(registry):
    calls = []

    @claim("count", "", "", cases=[{"d": d, "t": t} for d in (1, 2) for t in (1, 2, 3)], expected=HOLDS)
    def check(*, d, t, trials=5) -> Verdict:
        calls.append((d, t, trials))
        return certified(0, 1, scope="")

    verify("count", d=7, trials=2)
    assert calls == [(7, 1, 2), (7, 2, 2), (7, 3, 2)]
    with pytest.raises(ValueError, match=r"`verify\('count', ...\)` takes \['d', 't', 'trials'\] only, got \['n'\]"):
        verify("count", n=3)


def test_draws_depend_on_the_seed_alone(registry):
    @claim("draw", "", "", cases=[{"d": 1}, {"d": 2}], expected=HOLDS)
    def check(*, d, rng) -> Verdict:
        return certified(0, float(torch.rand(1, generator=rng)), scope="")

    first = [v.rhs for _, v in registry["draw"].run(seed=3).cases]
    assert first == [float(torch.rand(1, generator=torch.Generator().manual_seed(3)))] * 2
    assert verify("draw", seed=3, d=9).rhs == first[0]
    assert verify("draw", seed=4).rhs != first[0]
    with pytest.raises(ValueError, match="rng"):
        verify("draw", rng=None)


def test_an_outcome_says_whether_it_is_as_expected(registry):
    for name, printed in (("true", 1), ("false", -1)):
        claim(name, "", "", expected=HOLDS)(lambda printed=printed: certified(0, printed, scope=""))
    assert registry["true"].run().as_expected
    assert not registry["false"].run().as_expected
    assert registry["true"].run(seed=5).seed == 5


def test_full_effort_has_its_own_cases(registry):
    claim("more", "", "", cases=[{"d": 1}], full=[{"d": 1}, {"d": 2}], expected=HOLDS)(
        lambda *, d: certified(d, 3, scope="")
    )
    claim("same", "", "", cases=[{"d": 1}], expected=HOLDS)(lambda *, d, rng: certified(d, 3, scope=""))
    for effort, count in ((Effort.QUICK, 1), (Effort.FULL, 2)):
        assert len(registry["more"].run(effort=effort).cases) == count
        assert len(registry["same"].run(effort=effort).cases) == 1
    assert [registry[name].draws for name in ("more", "same")] == [False, True]


def test_names_are_unique_and_known(registry):
    claim("one", "", "", expected=HOLDS)(lambda: certified(0, 1, scope=""))
    with pytest.raises(ValueError, match=r"`claim\(name=...\)` must be new, got 'one' twice"):
        claim("one", "", "", expected=HOLDS)(lambda: certified(0, 1, scope=""))
    with pytest.raises(ValueError, match=r"`verify\(name=...\)` must name one of the 1 claims registered, got 'two'"):
        verify("two")
