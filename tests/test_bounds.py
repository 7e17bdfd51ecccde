"""Every bound against integers counted, other formulas, or figures worked out by hand."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammaln, lambertw, logsumexp

from ilo_theory import bounds
from ilo_theory.bounds import Setting, explicit_error, explicit_measurements, sharp_entropy

BALL = {"k": 5, "p": 10**4, "n": 784, "L1": 1.0, "L2": 1.0, "r1": 100.0, "delta": 1.0, "K": 10.0, "gamma": 0.8}


def setting(**changes):
    return Setting(**BALL | changes)


# --- The entropy of the l1 ball ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("s", "maurey", "volumetric", "sharp"),
    [(4, 110.9, 1419.6, 44.86), (16, 1774.7, 2129.3, 391.60), (32, 7098.8, 2484.2, 749.63)],
)
def test_table_at_512(s, maurey, volumetric, sharp):
    found = [f(512, s, 1.0) for f in (bounds.maurey_entropy, bounds.volumetric_entropy, sharp_entropy)]
    assert found == pytest.approx([maurey, volumetric, sharp], rel=5e-4)
    if s == 32:
        assert bounds.volume_entropy(512, s, 1.0) == pytest.approx(317.494, abs=5e-4)


@given(st.integers(1, 5), st.integers(0, 6))
def test_lattice_counts_by_listing(d, t):
    norms = [sum(map(abs, z)) for z in itertools.product(range(-t, t + 1), repeat=d)]
    assert bounds.log_delannoy(d, t) == pytest.approx(math.log(sum(n <= t for n in norms)), rel=1e-14, abs=1e-14)
    even = sum(n <= t and (n - t) % 2 == 0 for n in norms)
    assert bounds.log_parity_count(d, t) == pytest.approx(math.log(even), rel=1e-14, abs=1e-14)


@pytest.mark.parametrize(("d", "t"), [(3 * 10**6, 1), (3 * 10**6, 40), (40, 3 * 10**6), (500, 400), (10**9, 12)])
def test_lattice_counts_in_exact_integers(d, t):
    delannoy = sum(2**k * math.comb(d, k) * math.comb(t, k) for k in range(min(d, t) + 1))
    parity = sum(2**k * math.comb(d - 1, k) * math.comb(t + 1, k + 1) for k in range(min(d - 1, t) + 1))
    assert bounds.log_delannoy(d, t) == pytest.approx(math.log(delannoy), rel=1e-14)
    assert bounds.log_parity_count(d, t) == pytest.approx(math.log(parity), rel=1e-14)


@pytest.mark.parametrize("t", [10**4, 3 * 10**5])
def test_lattice_count_of_3e6_dimensions(t):
    d = 3 * 10**6
    k = np.arange(min(d, t) + 1.0)
    log_terms = k * math.log(2) + gammaln(d + 1) - gammaln(d - k + 1) + gammaln(t + 1) - gammaln(t - k + 1)
    assert bounds.log_delannoy(d, t) == pytest.approx(logsumexp(log_terms - 2 * gammaln(k + 1)), rel=1e-12)


dimensions = st.integers(1, 3 * 10**6)


@given(dimensions, st.floats(1.0, 1e4))
def test_sharp_entropy_lies_between_the_volume_and_the_paper(d, s):
    # The lattice bound of D at the least s that needs t is the paper's own at t = 1: hence the rounding.
    sharp = sharp_entropy(d, s, 1.0)
    assert sharp <= bounds.maurey_entropy(d, s, 1.0) * (1 + 1e-12)
    assert sharp <= bounds.volumetric_entropy(d, s, 1.0) * (1 + 1e-12)
    assert sharp >= bounds.volume_entropy(d, s, 1.0)


@given(dimensions, st.floats(0.01, 1e4), st.floats(0.01, 1e4), st.floats(1e-3, 1e3))
def test_sharp_entropy_grows_with_s_alone(d, s, other, unit):
    low, high = sorted([s, other])
    assert sharp_entropy(d, low, 1.0) <= sharp_entropy(d, high, 1.0)
    assert sharp_entropy(d, 4 * unit, unit) == sharp_entropy(d, 4.0, 1.0)


@given(dimensions, st.floats(0.01, 1.0))
def test_one_point_covers_from_delta_equal_r_on(d, s):
    assert sharp_entropy(d, s, 1.0) == 0


@given(st.integers(1, 10**15))
def test_crossover_by_lambert(d):
    a = math.log(2 * d + 1) / d
    assert bounds.crossover(d) == pytest.approx(math.sqrt(-lambertw(-a / 8, -1).real / (2 * a)), rel=1e-9)


@pytest.mark.parametrize(("d", "value"), [(1, 0.8386), (10, 1.1208), (512, 1.2753), (10**6, 1.3470), (10**15, 1.3864)])
def test_crossover_in_units_of_r_over_sqrt_d(d, value):
    assert math.sqrt(d) / bounds.crossover(d) == pytest.approx(value, abs=5e-5)


def test_named_values():
    assert bounds.maurey_entropy(1, 2.0, 1.0) == pytest.approx(4 * math.log(3))
    assert bounds.maurey_entropy(7, 1.0, math.inf) == 0
    assert bounds.sudakov_entropy(1, 2.0, 1.0) == 0
    assert bounds.gaussian_maximum(2) == pytest.approx(1.66511, abs=1e-5)
    assert bounds.volumetric_entropy(3, 1.0, 5.0) < 0
    assert bounds.volume_entropy(2, 3.0, 1.0) == pytest.approx(
        math.log(2 * 9 / math.pi)
    )  # square of diagonal 6 over disc
    assert pytest.approx(0.4791785128) == bounds.SUDAKOV
    assert bounds.sudakov_minoration(2.0, lambda delta: {1.0: math.e}[delta]) == pytest.approx(1)
    assert bounds.maurey_radius(3.0, 9) == pytest.approx(1)
    assert bounds.shrunk_radius(3.0, 4) == pytest.approx(1)
    assert [bounds.exact_radius(8, 1.0, t) for t in (3, 4, 5)] == pytest.approx([6**0.5 / 6, 8**0.5 / 8, 8**0.5 / 10])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 1.0, 1.0), r"`sharp_entropy\(d=...\)` must be > 0, got 0"),
        ((2, -1.0, 1.0), r"`sharp_entropy\(r=...\)` must be > 0, got -1.0"),
        ((2, 1.0, math.nan), r"`sharp_entropy\(delta=...\)` must be > 0, got nan"),
    ],
)
def test_domain_of_entropies(arguments, message):
    with pytest.raises(ValueError, match=message):
        sharp_entropy(*arguments)


# --- Theorem 1 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("k", "X", "K", "p", "gamma", "m"),
    [
        (5, 100.0, 10.0, 10**4, 0.8, 57622.597285),
        (512, 1e6, 4.0, 512, 0.8, 396430.726),
        (5, 100.0, 4.0, 512, 0.5, 1402.08),
    ],
)
def test_explicit_measurements(k, X, K, p, gamma, m):
    found = explicit_measurements(setting(k=k, r1=X, K=K, p=p, gamma=gamma), 10)
    assert found == pytest.approx(m, rel=3e-6 if m < 1e4 else 1e-9)


def test_explicit_measurements_from_its_parts():
    # H = 5 ln 401 + ln D(10^4, 200); the width term (sqrt(5)/2 + 10 sqrt(2 ln 20000))^2 is smaller than 2H + 10.
    delannoy = sum(2**k * math.comb(10**4, k) * math.comb(200, k) for k in range(201))
    entropy = 5 * math.log(401) + math.log(delannoy)
    assert entropy == pytest.approx(1147.451946, abs=1e-6)
    assert explicit_measurements(setting(), 10) == pytest.approx((2 * entropy + 10) / 0.04, rel=1e-12)
    wide = setting(k=10**6, r1=0.01)  # few cells, a wide one: W^2 decides
    assert explicit_measurements(wide, 0) == pytest.approx((500 + 10 * math.sqrt(2 * math.log(20000))) ** 2 / 0.04)


def test_explicit_error():
    assert explicit_error(setting(), 0.0) == pytest.approx(5.7071, abs=1e-4)
    assert explicit_error(setting(delta=3.0), 1.0) == pytest.approx(4.2071 + 3 * 5.7071, abs=5e-4)


@given(st.floats(0.01, 1e3), st.floats(0.01, 0.99), st.floats(0, 100), st.floats(0, 10))
def test_explicit_bounds_exist_for_every_K(K, gamma, u, best):
    given_setting = setting(K=K, gamma=gamma)
    assert explicit_measurements(given_setting, u) > 0
    assert explicit_error(given_setting, best) > best


@pytest.mark.parametrize(
    ("K", "value"), [(1.0, 638.4), (10.0, 84.94), (50.0, 7.35), (99.0, 0.0607), (0.2, -693.0), (100, 0)]
)
def test_printed_additive_error(K, value):
    assert 0.8 * setting(K=K).additive_error == pytest.approx(value, rel=2e-3, abs=1e-12)


def test_printed_measurements_and_covering():
    found = setting(L1=2.0, L2=3.0, delta=0.5)
    assert pytest.approx(2 * 3 * 100 / 0.5) == found.X
    assert found.measurements == pytest.approx(25 * (5 * math.log(1200) + 100 * math.log(10**4)))
    assert found.log_covering == pytest.approx(5 * math.log(4800) + 100 * math.log(30000))
    assert found.r2 == pytest.approx(10 * 0.5 / 3)


@pytest.mark.parametrize("name", ["measurements", "additive_error"])
def test_only_the_printed_theorem_needs_K_at_most_sqrt_p(name):
    wide = setting(K=100.5)
    assert explicit_measurements(wide, 1) > 0
    assert wide.log_covering > 0
    with pytest.raises(
        ValueError, match=rf"`Setting.{name}` is Theorem 1's and needs K <= sqrt\(p\) = 100, got K = 100.5"
    ):
        getattr(wide, name)


@given(st.floats(1e-3, 1e3), st.floats(1e-2, 1e2), st.floats(1e-2, 1e2))
def test_from_radius_inverts_r2(r2, L2, delta):
    fixed = {key: BALL[key] for key in ("k", "p", "n", "L1", "r1", "gamma")}
    assert Setting.from_radius(r2, L2=L2, delta=delta, **fixed).r2 == pytest.approx(r2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gamma": 1.0}, r"`Setting\(gamma=...\)` must be in \(0, 1\), got 1.0"),
        ({"gamma": 0.0}, r"`Setting\(gamma=...\)` must be > 0 and finite, got 0.0"),
        ({"k": 0}, r"`Setting\(k=...\)` must be > 0 and finite, got 0"),
        ({"p": 2.5}, r"`Setting\(p=...\)` must be a whole number, got 2.5"),
        ({"K": -1.0}, r"`Setting\(K=...\)` must be > 0 and finite, got -1.0"),
        ({"delta": math.nan}, r"`Setting\(delta=...\)` must be > 0 and finite, got nan"),
        ({"L1": math.inf}, r"`Setting\(L1=...\)` must be > 0 and finite, got inf"),
    ],
)
def test_domain_of_settings(changes, message):
    with pytest.raises(ValueError, match=message):
        setting(**changes)


@pytest.mark.parametrize(("call", "name"), [(explicit_measurements, "u"), (explicit_error, "best")])
def test_domain_of_explicit_bounds(call, name):
    with pytest.raises(ValueError, match=rf"`{call.__name__}\({name}=...\)` must be >= 0, got -1"):
        call(setting(), -1)
