"""The bounds of the chain against the printed formulas, term-by-term sums, other formulas, and each other."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import lambertw

from ilo_theory.bounds import chaining
from ilo_theory.bounds.chaining import Chain


@st.composite
def chains(draw, least_p=2, least_X=1.0):
    p = draw(st.integers(least_p, 10**8))
    K = min(p ** (draw(st.floats(0, 1)) / 2), math.sqrt(p) * (1 - 1e-9))
    X = draw(st.floats(least_X, 1e6))
    return Chain(draw(st.integers(1, 10**6)), p, max(K, 1.0), X)


scales = st.integers(0, 30)


# --- The chain --------------------------------------------------------------------------------------------------------


@given(chains())
def test_the_switch_is_where_volumes_take_over(chain):
    assert 2**chain.switch >= chain.q
    assert chain.switch >= 1
    assert 2 ** (chain.switch - 1) < chain.q


@pytest.mark.parametrize(("p", "K", "switch"), [(100, 10.0, 0), (3, math.sqrt(3), 0), (100, 9.99, 1), (16, 1.0, 2)])
def test_the_switch_by_hand(p, K, switch):
    assert Chain(1, p, K, 1.0).switch == switch


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"k": 0}, r"`Chain\(k=...\)` must be >= 1 and finite, got 0"),
        ({"p": math.inf}, r"`Chain\(p=...\)` must be >= 1 and finite, got inf"),
        ({"X": 0.5}, r"`Chain\(X=...\)` must be >= 1 and finite, got 0.5"),
        ({"X": math.nan}, r"`Chain\(X=...\)` must be >= 1 and finite, got nan"),
        ({"K": 10.1}, r"`Chain\(K=...\)` must be in \(0, sqrt\(p\)\], got 10.1 where p = 100"),
        ({"K": 0.0}, r"`Chain\(K=...\)` must be in \(0, sqrt\(p\)\], got 0.0"),
    ],
)
def test_the_range_of_a_chain(change, message):
    with pytest.raises(ValueError, match=message):
        Chain(**{"k": 1, "p": 100, "K": 2.0, "X": 2.0} | change)


# --- One scale --------------------------------------------------------------------------------------------------------


@given(chains(), scales)
def test_sizes_as_printed(c, i):
    k, p, K, X = c.k, c.p, c.K, c.X
    near, far = 2.0**i, 2.0 ** (i + 1)  # delta/delta_i, delta/delta_{i+1}
    log_3p = math.log(3 * p)
    m = K**2 * log_3p + k * math.log(X)
    assert c.m == pytest.approx(m)
    assert chaining.maurey_size(c, i) == pytest.approx(2 * ((K * far) ** 2 * log_3p + k * math.log(X * near)))
    assert chaining.coarse_size(c, i) == pytest.approx(2 * far**2 * m)
    volume = p * (math.log(4 * K * near) + math.log(4 * K * far)) + k * (math.log(X * near) + math.log(X * far))
    assert chaining.volume_size(c, i) == pytest.approx(volume)
    rate = p * math.log(4 * K) + k * math.log(X)
    assert chaining.fine_size(c, i) == pytest.approx(5 * i * rate)
    assert chaining.fine_log_failure(c, i) == pytest.approx(-6 * i * rate)
    assert chaining.coarse_log_failure(c, i) == pytest.approx(-3 * 4 ** (i + 1) * m)


@given(st.floats(0.1, 1e6), st.floats(-1e6, -1e-6))
def test_deviations_solve_their_tails(m, log_failure):
    epsilon = chaining.subgaussian_deviation(m, log_failure)
    assert -m * epsilon**2 / 2 == pytest.approx(log_failure)
    by_union = chaining.deviation(m, math.log(2) - log_failure)
    assert (by_union - 2) * m / 4 == pytest.approx(math.log(2) - log_failure)
    assert by_union > epsilon


@given(st.integers(2, 10**16))
def test_decay_threshold_by_lambert(p):
    a = math.log(3 * p)
    assert chaining.decay_threshold(p) ** 2 == pytest.approx(-lambertw(-a / (8 * p), -1).real / (2 * a), rel=1e-9)


@pytest.mark.parametrize(("p", "value"), [(2, 0.97672), (100, 0.77608), (10**4, 0.74324029)])
def test_decay_threshold_by_hand(p, value):
    assert chaining.decay_threshold(p) == pytest.approx(value, abs=5e-6)


@pytest.mark.parametrize(("m", "n"), [(1, 1), (1, 100), (30, 7)])
def test_norm_log_failure(m, n):
    excess = 2 * math.sqrt(n * m) - (math.sqrt(n) + math.sqrt(m))
    assert chaining.norm_log_failure(m, n) == pytest.approx(-(excess**2) / 2)


# --- The sum over all scales ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("K", "chained", "subgaussian", "printed"),
    [
        (1.0, 15205.17, 62.83, 638.412),
        (10.0, 1894.1314, 41.01, 84.9396),
        (50.0, 229.02, 20.386, 7.34503),
        (99.0, 123.62, 15.735, 0.060722),
    ],
)
def test_totals_at_ten_thousand(K, chained, subgaussian, printed):
    c = Chain(1, 10**4, K, 1.0)
    found = chaining.chained_error(c), chaining.subgaussian_error(c), chaining.printed_error(c)
    assert found == pytest.approx((chained, subgaussian, printed), rel=1e-4)


@given(chains())
def test_totals_term_by_term(c):
    logs = [-3 * 4 ** (i + 1) * c.m for i in range(c.switch)]
    rate = c.p * math.log(4 * c.K) + c.k * math.log(c.X)
    logs += [-6 * i * rate for i in range(c.switch, c.switch + 90)]
    chained = sum(1.5 * (3 + 4 / c.m * (math.log(2) - f)) / 2**i for i, f in enumerate(logs))
    subgaussian = sum(1.5 * (1 + math.sqrt(-2 * f / c.m)) / 2**i for i, f in enumerate(logs))
    assert chaining.chained_error(c) == pytest.approx(chained, rel=1e-9)
    assert chaining.subgaussian_error(c) == pytest.approx(subgaussian, rel=1e-9)


@given(chains())
def test_totals_have_the_order_that_is_claimed(c):
    # Drawn parameters, where the claims have a grid and the steps of a proof.
    assert c.q <= chaining.chained_order(c) <= chaining.chained_error(c) <= 214 * chaining.chained_order(c)
    assert 6 < chaining.subgaussian_error(c) <= 26 + 12.5 * math.log2(c.q)
    assert chaining.subgaussian_error(c) < chaining.chained_error(c)
    if c.q >= 2:
        assert chaining.chained_error(c) <= 309 * chaining.printed_error(c)


def test_the_printed_total_vanishes_at_the_root():
    values = [chaining.printed_error(Chain(1, 10**4, 100 * (1 - 10.0**-n), 1.0)) for n in (2, 4, 6)]
    assert values[0] > 90 * values[1] > 8000 * values[2] > 0
    assert chaining.printed_error(Chain(1, 10**4, 100.0, 1.0)) == 0
