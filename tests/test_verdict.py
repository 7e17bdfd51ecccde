"""How verdicts are earned: the three outcomes, exact error rates, folding."""

import json
import math
from dataclasses import asdict
from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ilo_theory.verdict import Evidence, Status, Verdict, certified, fold, identical, sampled, scaled

HOLDS, SUPPORTED, INCONCLUSIVE, REFUTED = (Status[name] for name in ("HOLDS", "SUPPORTED", "INCONCLUSIVE", "REFUTED"))


# --- Every way to earn a verdict, fed something true, something false and something undecidable -----------------------

SQUARES = [(x, 3 * x * x) for x in (1, 2, 4, 8, 16)]
ROUGH = [(x, y * factor) for (x, y), factor in zip(SQUARES, (1.1, 0.9, 1.0, 1.1, 0.9), strict=True)]
TRUE, FALSE, UNDECIDED = certified(1, 2, scope="a"), certified(2, 1, scope="b"), certified((0, 3), 2, scope="c")

WAYS = {
    "certified": (TRUE, FALSE, certified(math.nan, 1.0, scope="")),
    "certified of intervals": (certified((0, 1), (1, 2), scope=""), certified((2, 3), (0, 1), scope=""), UNDECIDED),
    "identical": tuple(
        identical(lhs, 2, scope="") for lhs in (Fraction(2), Fraction(2) + Fraction(1, 10**40), math.nan)
    ),
    "sampled": tuple(sampled(n, 1000, 0.9, scope="") for n in (990, 700, 910)),
    "scaled": (
        scaled(*zip(*SQUARES, strict=True), 2, scope=""),
        scaled(*zip(*SQUARES, strict=True), 1.9, scope=""),
        scaled(*zip(*ROUGH, strict=True), 2, scope=""),
    ),
    "fold": (fold([TRUE, TRUE]), fold([TRUE, UNDECIDED, FALSE]), fold([TRUE, UNDECIDED])),
}


@pytest.mark.parametrize("way", WAYS)
def test_true_false_and_undecidable(way):
    by_chance = way in ("sampled", "scaled")
    assert [v.status for v in WAYS[way]] == [SUPPORTED if by_chance else HOLDS, REFUTED, INCONCLUSIVE]
    kinds = [Evidence.STATISTICS] * 3 if by_chance else [Evidence.CERTIFICATE, Evidence.WITNESS, Evidence.CERTIFICATE]
    assert [v.evidence for v in WAYS[way]] == kinds
    for verdict in WAYS[way]:
        json.dumps(asdict(verdict))
        assert isinstance(verdict.lhs, float)
        assert isinstance(verdict.rhs, float)


# --- certified, identical ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lhs", "rhs", "status"),
    [
        (1, 1, HOLDS),
        (10**30, 10**30 - 1, REFUTED),  # floats would call these equal
        (Fraction(1, 3), Fraction(1, 3), HOLDS),
        (Fraction(10**30 + 1, 10**30), 1, REFUTED),
        (1.0 + 1e-13, 1.0, HOLDS),
        (1.0 + 1e-11, 1.0, REFUTED),
        (1e-300, 0.0, REFUTED),
        (math.nan, 1.0, INCONCLUSIVE),
        (1.0, math.nan, INCONCLUSIVE),
        (-math.inf, 0.0, HOLDS),
    ],
)
def test_certified(lhs, rhs, status):
    found = certified(lhs, rhs, scope="here", point=3)
    assert found.status is status
    assert found.evidence is (Evidence.WITNESS if status is REFUTED else Evidence.CERTIFICATE)
    assert found.scope == "here"
    assert found.witness == {"point": 3}


@given(*[st.tuples(st.integers(-5, 5), st.integers(-5, 5)).map(sorted).map(tuple)] * 2)
def test_certified_of_intervals_speaks_for_all_numbers_in_them(lhs, rhs):
    among = {a <= b for a in range(lhs[0], lhs[1] + 1) for b in range(rhs[0], rhs[1] + 1)}
    expected = {(True,): HOLDS, (False,): REFUTED}.get(tuple(among), INCONCLUSIVE)
    found = certified(lhs, rhs, scope="")
    assert found.status is expected
    assert (found.lhs, found.rhs) == ((lhs[0], rhs[1]) if expected is REFUTED else (lhs[1], rhs[0]))


def test_evidence_of_a_proof_is_kept_where_it_holds():
    assert certified(1, 2, scope="", evidence=Evidence.PROOF).evidence is Evidence.PROOF
    assert certified(2, 1, scope="", evidence=Evidence.PROOF).evidence is Evidence.WITNESS


@pytest.mark.parametrize(
    ("lhs", "rhs", "status"),
    [
        (2, 2, HOLDS),
        (1, 2, REFUTED),
        (2, 1, REFUTED),
        (10**30 - 1, 10**30, REFUTED),
        (0.1 + 0.2, 0.3, HOLDS),
        (1.0, 1.0 + 1e-11, REFUTED),
        (math.inf, math.inf, HOLDS),
    ],
)
def test_identical(lhs, rhs, status):
    found = identical(lhs, rhs, scope="", x=1)
    assert (found.status, found.lhs, found.rhs, found.witness) == (status, float(lhs), float(rhs), {"x": 1})
    assert found.evidence is (Evidence.WITNESS if status is REFUTED else Evidence.CERTIFICATE)


@pytest.mark.parametrize("sides", [(math.nan, 1), (1, math.nan), (math.nan, math.nan)])
def test_nan_is_identical_to_nothing_and_different_from_nothing(sides):
    assert identical(*sides, scope="").status is INCONCLUSIVE


def test_an_identity_keeps_its_proof_where_it_holds():
    assert identical(2, 2, scope="", evidence=Evidence.PROOF).evidence is Evidence.PROOF
    for lhs, rhs in ((1, 2), (2, 1)):
        assert identical(lhs, rhs, scope="", evidence=Evidence.PROOF).evidence is Evidence.WITNESS


# --- sampled ----------------------------------------------------------------------------------------------------------


def tail(successes: int, trials: int, p: Fraction) -> Fraction:
    """P(Binomial(trials, p) >= successes), exactly."""
    return sum(math.comb(trials, i) * p**i * (1 - p) ** (trials - i) for i in range(successes, trials + 1))


@given(
    st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([1e-6, 1e-2, 0.2])
)
def test_the_interval_is_clopper_and_pearsons(counts, alpha):
    successes, trials = counts
    low, high = sampled(successes, trials, 0.5, alpha=alpha, scope="").witness["interval"]
    if successes:
        assert float(tail(successes, trials, Fraction(low))) == pytest.approx(alpha / 2, rel=1e-9)
    else:
        assert low == 0
    if successes < trials:
        assert float(1 - tail(successes + 1, trials, Fraction(high))) == pytest.approx(alpha / 2, rel=1e-9)
    else:
        assert high == 1


@pytest.mark.parametrize("p", [Fraction(1, 2), Fraction(1, 10), Fraction(1, 100), Fraction(99, 100)])
def test_the_rate_of_false_verdicts_is_at_most_alpha(p):
    trials, alpha = 60, 1e-2
    chance = [math.comb(trials, i) * p**i * (1 - p) ** (trials - i) for i in range(trials + 1)]
    step = Fraction(1, 10**6)
    statuses = [
        (
            sampled(i, trials, float(p + step), alpha=alpha, scope="").status,
            sampled(i, trials, float(p), alpha=alpha, scope="").status,
        )
        for i in range(trials + 1)
    ]
    wrongly_supported = sum(c for c, (false, _) in zip(chance, statuses, strict=True) if false is SUPPORTED)
    wrongly_refuted = sum(c for c, (_, true) in zip(chance, statuses, strict=True) if true is REFUTED)
    assert wrongly_supported <= alpha
    assert wrongly_refuted <= alpha


@pytest.mark.parametrize(("successes", "trials"), [(-1, 5), (6, 5), (0, 0)])
def test_sampled_needs_counts(successes, trials):
    with pytest.raises(ValueError, match=rf"must be counts, got {successes} of {trials}"):
        sampled(successes, trials, 0.5, scope="")


def test_three_outcomes_of_sampling():
    assert sampled(1000, 1000, 0.9, scope="").status is SUPPORTED
    assert sampled(500, 1000, 0.9, scope="").status is REFUTED
    found = sampled(905, 1000, 0.9, scope="", m=3)
    assert (found.status, found.evidence, found.lhs, found.rhs) == (INCONCLUSIVE, Evidence.STATISTICS, 0.9, 0.905)
    assert found.witness["m"] == 3
    assert found.witness["alpha"] == 1e-6
    json.dumps(asdict(found))


@pytest.mark.parametrize(
    ("successes", "trials", "at_least", "status"),
    [
        (0, 10**6, 0.0, SUPPORTED),  # nothing is less than 0
        (0, 10**6, 1e-4, REFUTED),
        (10**6, 10**6, 1.0, INCONCLUSIVE),  # however often it is seen
        (10**6, 10**6, 1 - 1e-4, SUPPORTED),
        (999, 1000, 1.0, REFUTED),  # once is enough
        (1, 1, 0.5, INCONCLUSIVE),
        (1, 2, math.nan, INCONCLUSIVE),
    ],
)
def test_the_ends_of_sampling(successes, trials, at_least, status):
    assert sampled(successes, trials, at_least, scope="").status is status


# --- scaled -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("at_most", "status"), [(1.4, REFUTED), (1.5, INCONCLUSIVE), (1.6, SUPPORTED)])
def test_scaled_finds_an_exponent_through_noise(at_most, status, rng):
    x = torch.logspace(0, 4, 200, dtype=torch.float64)
    y = 7 * x**1.5 * (0.05 * torch.randn(200, generator=rng, dtype=torch.float64)).exp()
    found = scaled(x.tolist(), y.tolist(), at_most, scope="")
    assert found.status is status
    low, high = found.witness["interval"]
    assert low < 1.5 < high < low + 0.1


def test_scaled_accepts_an_exact_power():
    assert scaled([1, 2, 4, 8], [3, 12, 48, 192], 2, scope="").status is SUPPORTED
    assert scaled([1, 2, 4, 8], [3, 12, 48, 192], 1.99, scope="").status is REFUTED
    powers = [(x, x**0.7 / 3) for x in (1, 3, 10, 30, 100)]
    assert scaled(*zip(*powers, strict=True), 0.7, scope="").status is SUPPORTED


def test_the_rate_of_false_exponents_is_alpha(rng):
    """Four points with normal noise: on either side alpha/2 of the intervals miss the exponent."""
    x, alpha, trials = [1, 2, 4, 8], 0.1, 2000
    noise = (0.3 * torch.randn(trials, len(x), generator=rng, dtype=torch.float64)).exp().tolist()
    low, high = zip(
        *(
            scaled(x, [b * a**2 for a, b in zip(x, row, strict=True)], 2, alpha=alpha, scope="").witness["interval"]
            for row in noise
        ),
        strict=True,
    )
    for misses in (sum(end > 2 for end in low), sum(end < 2 for end in high)):
        assert sampled(misses, trials, alpha / 2, scope="").status is INCONCLUSIVE


def test_what_is_no_number_scales_like_nothing():
    assert scaled([1, 2, 4, 8], [1, 2, math.nan, 8], 9, scope="").status is INCONCLUSIVE


@pytest.mark.parametrize(("x", "y"), [([1, 2], [1, 2]), ([1, 2, 3], [1, 0, 1]), ([-1, 2, 3], [1, 1, 1])])
def test_scaled_needs_three_positive_points(x, y):
    with pytest.raises(ValueError, match=r"`scaled\(x=..., y=...\)` needs three or more positive points"):
        scaled(x, y, 1, scope="")


# --- fold -------------------------------------------------------------------------------------------------------------


def case(status, evidence=Evidence.CERTIFICATE, lhs=0.0, rhs=1.0, scope="") -> Verdict:
    return Verdict(status, evidence, lhs, rhs, scope)


@given(st.permutations([HOLDS, SUPPORTED, INCONCLUSIVE, REFUTED]), st.integers(1, 4))
def test_the_worst_status_counts(statuses, count):
    order = [REFUTED, INCONCLUSIVE, SUPPORTED, HOLDS]
    assert fold(map(case, statuses[:count])).status is min(statuses[:count], key=order.index)


def test_the_least_slack_gives_the_sides():
    loose, tight = case(HOLDS, lhs=1, rhs=2), case(HOLDS, lhs=100, rhs=101)
    assert fold([loose, tight, loose]).lhs == 100
    mild, gross = case(REFUTED, lhs=2, rhs=1.9), case(REFUTED, lhs=1, rhs=0.1)
    assert fold([mild, gross, case(HOLDS)]).rhs == 0.1
    below = case(REFUTED, lhs=1.0, rhs=5.0)  # refuted as an equality
    assert fold([mild, below]).rhs == 5.0


def test_the_weakest_evidence_and_every_scope_count():
    found = fold(
        [case(HOLDS, Evidence.PROOF, scope="a"), case(HOLDS, scope="b"), case(HOLDS, Evidence.PROOF, scope="a")]
    )
    assert found.evidence is Evidence.CERTIFICATE
    assert found.scope == "a; b"


def test_only_the_worst_status_gives_evidence_scope_and_sides():
    found = fold([TRUE, sampled(1000, 1000, 0.9, scope="often"), UNDECIDED])
    assert (found.status, found.evidence, found.scope) == (INCONCLUSIVE, Evidence.CERTIFICATE, "c")
    assert (found.lhs, found.rhs) == (3, 2)
    found = fold([TRUE, sampled(1000, 1000, 0.9, scope="often")])
    assert (found.status, found.evidence, found.scope) == (SUPPORTED, Evidence.STATISTICS, "often")


def test_of_what_is_undecided_a_nan_comes_first():
    found = fold([UNDECIDED, certified(math.nan, 1.0, scope="nan")])
    assert math.isnan(found.lhs)
    assert found.rhs == 1


def test_ties_go_to_the_larger_sides():
    assert fold([case(HOLDS, lhs=1, rhs=1), case(HOLDS, lhs=7, rhs=7), case(HOLDS, lhs=2, rhs=2)]).lhs == 7


def test_nothing_folds_to_an_error():
    with pytest.raises(ValueError, match="at least one verdict"):
        fold([])
