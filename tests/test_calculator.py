"""The calculator against the same formulas in exact integers and fifty digits, and where each bound says nothing."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import ceil, exp, log, mp, mpf, sqrt

from ilo_theory.bounds import Setting
from ilo_theory.calculator import HEAD, Bound, best_resolution, calculate, cells, facts, with_measurements

ROWS = ("quoted", "csgm", "printed", "chain", "explicit", "circulant")

SETTINGS = [
    Setting(k=20, p=1000, n=12288, L1=1.5, L2=2.0, r1=4.5, delta=0.3, K=5.0, gamma=0.5),
    Setting(k=3, p=50, n=3000, L1=0.7, L2=11.0, r1=1.7, delta=2.0, K=1.3, gamma=0.8),
    Setting(k=512, p=4096, n=3 * 10**6, L1=10.0, L2=9.0, r1=22.6, delta=17.0, K=63.0, gamma=0.2),
]


def rows(setting, u=10.0, **options) -> dict[str, Bound]:
    return dict(zip(ROWS, calculate(setting, u, **options), strict=True))


@pytest.fixture(autouse=True)
def digits():
    with mp.workdps(50):
        yield


def entropy(s: Setting, scale: int):
    """H for delta / scale, its lattice points counted in integers."""
    X, K = mpf(s.L1) * s.L2 * s.r1 / s.delta * scale, mpf(s.K) * scale
    t = int(ceil(min(2 * K * K, K * sqrt(s.p))))
    term = count = 1
    for j in range(min(s.p, t)):
        term = 2 * term * (s.p - j) * (t - j) // (j + 1) ** 2
        count += term
    return s.k * log(1 + 4 * X) + log(count)


def chain(s: Setting, m, u, norm, deviation):
    """2 gamma + 2 + 3 sum_i 2^-i (1 + deviation_i), until the operator's norm does no harm."""
    total, i = mpf(0), 0
    while norm > 2**i:
        total += (1 + deviation(entropy(s, 2**i) + entropy(s, 2 ** (i + 1)) + u + (i + 1) * log(2))) / 2**i
        i += 1
    return 2 * mpf(s.gamma) + 2 + 3 * total


@pytest.mark.parametrize("s", SETTINGS)
def test_every_row_in_fifty_digits(s):
    u, gamma, K, delta = mpf(10), mpf(s.gamma), mpf(s.K), mpf(s.delta)
    eps, X, q = 1 - gamma, mpf(s.L1) * s.L2 * s.r1 / delta, sqrt(s.p) / K
    H, c = entropy(s, 1), 4 + 2 * sqrt(2) * eps
    W = sqrt(s.k) / 2 + min(K * sqrt(2 * log(2 * s.p)), sqrt(s.p) / 2)
    level = 2 * H + u + log(4 * s.n + 1)
    m = {
        "quoted": s.k * log(X) / eps**2,
        "csgm": max(2 * s.k * log(1 + 4 * c * X) + u, mpf(s.k) / 4) / eps**2,
        "printed": (s.k * log(X) + K**2 * log(s.p)) / eps**2,
        "chain": (2 * H + u) / eps**2,
        "explicit": max(2 * H + u, W**2) / eps**2,
        "circulant": 16 * level**2 / (1 - gamma**2) ** 2,
    }
    rounded = {name: ceil(value) for name, value in m.items()}
    gaussian = (sqrt(s.n) + sqrt(rounded["chain"]) + sqrt(2 * u)) / sqrt(rounded["chain"])
    circulant = sqrt(2 * s.n * (log(s.n) + u) / rounded["circulant"])
    error = {
        "quoted": delta / gamma,
        "csgm": delta / gamma,
        "printed": delta * log(4 * K) / gamma * q * log(q),
        "chain": chain(s, m, u, gaussian, lambda v: sqrt(2 * v / rounded["chain"])) * delta / gamma,
        "explicit": c * delta / gamma,
        "circulant": chain(s, m, u, circulant, lambda v: 2 * sqrt(2 / rounded["circulant"]) * (v + log(4 * s.n + 1)))
        * delta
        / gamma,
    }
    stretch = 1 + 2 * sqrt(2 / m["circulant"]) * (u + log(4 * s.n + 1))
    factor = dict.fromkeys(("csgm", "chain", "explicit"), 1 + (2 + 2 * sqrt(2) * eps) / gamma)
    factor |= {"quoted": 1 + 4 / gamma, "printed": 1 + 4 / gamma, "circulant": 1 + 2 * stretch / gamma}
    likely = dict.fromkeys(("csgm", "explicit"), 1 - mpf(5) / 2 * exp(-u))
    likely |= dict.fromkeys(("chain", "circulant"), 1 - mpf(7) / 2 * exp(-u))
    for name, bound in rows(s).items():
        assert bound.measurements == pytest.approx(float(m[name]), rel=1e-10), name
        assert bound.additive == pytest.approx(float(error[name]), rel=1e-10), name
        assert bound.factor == pytest.approx(float(factor[name]), rel=1e-12), name
        assert bound.probability == (pytest.approx(float(likely[name]), abs=1e-12) if name in likely else None), name
        assert bound.proved == (name in likely)


def test_figures_by_hand():
    # k = p = 1, X = 1, K = 1: t = 1 and D(1, 1) = 3, so that H = ln 5 + ln 3
    s = Setting(k=1, p=1, n=10**6, L1=1, L2=1, r1=1, delta=1, K=1, gamma=0.5)
    found = rows(s, math.log(16))
    assert found["explicit"].measurements == pytest.approx(4 * math.log(225 * 16))
    assert found["explicit"].additive == pytest.approx(8 + 2 * math.sqrt(2))
    assert found["quoted"].measurements == 0
    assert found["circulant"].measurements == pytest.approx((4 * math.log(225 * 16 * (4 * 10**6 + 1)) / 0.75) ** 2)
    assert found["circulant"].probability == pytest.approx(1 - 3.5 / 16)


BASE = Setting(k=4, p=100, n=10**6, L1=1, L2=1, r1=30, delta=1, K=3, gamma=0.5)


def test_all_say_something_where_there_is_room():
    assert [bound.says_nothing for bound in calculate(replace(BASE, n=10**9, r1=1e5))] == [()] * 6


@pytest.mark.parametrize(
    ("changes", "reason", "lacks"),
    [
        ({"K": 10.001}, "K > sqrt(p) = 10", ("measurements", "additive")),
        ({"K": 10.0}, "K = sqrt(p), where the error of 0 is refuted", ()),
        ({"L1": 0.03}, "X < 1, so log X < 0", ("measurements",)),
        ({"K": 0.25}, "K <= 1/4, so log 4K <= 0", ("additive",)),
    ],
)
def test_what_the_printed_theorem_has_nothing_to_say_of(changes, reason, lacks):
    found = rows(replace(BASE, **changes), diameter=1e9)["printed"]
    assert found.vacuous
    assert found.says_nothing == (reason,)
    assert tuple(name for name in ("measurements", "additive") if getattr(found, name) is None) == lacks


def test_just_beyond_each_edge_it_speaks():
    for changes in ({"K": 9.999}, {"K": 0.251}, {"L1": 1 / 29}):
        assert not rows(replace(BASE, **changes), diameter=1e9)["printed"].vacuous


@pytest.mark.parametrize("name", ROWS)
def test_as_many_measurements_as_numbers_say_nothing(name):
    def judged(n):
        return rows(replace(BASE, n=n), diameter=1e9)[name]

    n = 10**7
    for _ in range(20):  # m depends on n for circulants: the n with m(n) = n, nearly
        n = math.ceil(judged(n).measurements)
    assert judged(n).says_nothing == (f"m >= n = {n}",) or judged(n - 1).says_nothing == (f"m >= n = {n - 1}",)
    assert not judged(n + 2).vacuous


def test_an_error_as_large_as_the_set_says_nothing():
    for name, bound in rows(BASE).items():
        said = rows(BASE, diameter=bound.additive)[name].says_nothing
        assert f"error >= {bound.additive:.4g}, the diameter of all images" in said
        larger = rows(BASE, diameter=bound.additive * 1.0001)[name].says_nothing
        assert not any("diameter" in reason for reason in larger)
    # X = 1: CSGM's set is a ball of radius delta, and no error in it exceeds 2 delta = delta/gamma
    assert rows(replace(BASE, r1=1))["csgm"].says_nothing == ("error >= 2, the diameter of the set",)
    assert not rows(replace(BASE, r1=1.001))["csgm"].vacuous


@given(
    st.integers(1, 300),
    st.integers(1, 2000),
    st.floats(1e-3, 1e6),
    st.floats(1e-3, 1e3),
    st.floats(0.01, 0.99),
    st.integers(1, 10**7),
)
def test_with_m_measurements_gamma_is_the_largest(k, p, X, K, gamma, m):
    s = Setting(k=k, p=p, n=10**8, L1=X, L2=1, r1=1, delta=1, K=K, gamma=gamma)
    found = with_measurements(s, m, 3.0, diameter=1e12)
    enough = rows(s, 3.0)["explicit"]
    if found.additive is None:
        assert found.says_nothing == ("no gamma > 0 for so few",)
        assert m < enough.measurements
    else:
        # more measurements than gamma asks for make the error smaller, and fewer make it larger
        assert (found.additive <= enough.additive * (1 + 1e-9)) == (m >= enough.measurements * (1 - 1e-9)) or (
            found.additive == pytest.approx(enough.additive, rel=1e-6)
        )


@given(st.floats(1, 100), st.floats(1, 100), st.floats(1.01, 10))
def test_m_rises_with_both_lipschitz_constants(L1, L2, times):
    less, more = (
        rows(Setting.from_radius(0.4, k=4, p=10**5, n=9999, L1=a, L2=b, r1=3, delta=1, gamma=0.5))
        for a, b in ((L1, L2), (L1 * times, L2 * times))
    )
    for name in ROWS:
        if None not in (less[name].measurements, more[name].measurements):
            assert less[name].measurements <= more[name].measurements


@pytest.mark.parametrize("m", [600, 3000, 10**5])
def test_no_other_resolution_promises_less(m):
    best = best_resolution(BASE, m, 3.0, diameter=2000.0)
    assert best.r2 == pytest.approx(BASE.r2)
    found = with_measurements(best, m, 3.0, diameter=2000.0)
    assert not found.vacuous
    assert found.additive == pytest.approx((4 + 2 * math.sqrt(2) * (1 - best.gamma)) * best.delta / best.gamma)
    for step in range(800):
        delta = 2000.0 * 10 ** (-step / 200)
        other = with_measurements(replace(BASE, delta=delta, K=BASE.r2 * BASE.L2 / delta), m, 3.0)
        assert other.additive is None or other.additive >= found.additive / 1.04


def test_where_no_resolution_says_anything():
    # with 2 measurements none; with so many that any net is small enough, the diameter is what decides
    assert best_resolution(BASE, 2, 3.0, diameter=1e6) is None
    assert best_resolution(replace(BASE, L2=1e6, K=1e6), 500, 3.0, diameter=50.0) is None
    assert best_resolution(BASE, 10**6, 3.0, diameter=50.0) is not None


def test_it_is_shown_with_units():
    bounds = calculate(replace(BASE, K=11.0))
    shown = cells(bounds)
    assert all(len(row) == len(HEAD) for row in shown)
    printed = dict(zip(HEAD, shown[2], strict=True))
    assert printed["m"] == "none"
    assert printed["says nothing"].startswith("K > sqrt(p) = 10")
    assert "r2 = K delta / L2 = 11" in facts(replace(BASE, K=11.0))[0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: calculate(BASE, -1.0), r"`calculate\(u=\.\.\.\)` must be >= 0 and finite, got -1.0"),
        (lambda: calculate(BASE, math.nan), r"u=\.\.\.\)` must be >= 0 and finite, got nan"),
        (lambda: calculate(BASE, diameter=0.0), r"`calculate\(diameter=\.\.\.\)` must be > 0, got 0.0"),
        (lambda: best_resolution(BASE, 0, diameter=1.0), r"`best_resolution\(m=\.\.\.\)` must be > 0, got 0"),
        (lambda: best_resolution(BASE, 9, diameter=0.0), r"`best_resolution\(diameter=\.\.\.\)` must be > 0, got 0.0"),
        (lambda: with_measurements(BASE, 9, -1.0), r"`with_measurements\(u=\.\.\.\)` must be >= 0 and finite, got -1"),
        (lambda: with_measurements(BASE, 0), r"`with_measurements\(m=\.\.\.\)` must be >= 1, got 0"),
    ],
)
def test_bad_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
