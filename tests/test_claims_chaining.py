"""Steps of the chaining family's checks: sizes of nets, paths, laws, attacks, and its figures."""

import math
from fractions import Fraction

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.integrate import dblquad
from scipy.special import erfc

from ilo_theory import nets
from ilo_theory.bounds import chaining
from ilo_theory.bounds.chaining import Chain
from ilo_theory.claims.chaining import differences, planar_failure, smallest_cover, smallest_net
from ilo_theory.claims.chaining_algebra import log_difference_sizes, log_net_sizes
from ilo_theory.claims.chaining_coarse import SHARE
from ilo_theory.claims.chaining_path import comb_step, drawn_path
from ilo_theory.claims.chaining_tail import log_two_row_norm_above
from ilo_theory.claims.chaining_total import attack, linear_maximiser, nearest_in_net
from ilo_theory.plots.chaining import FIGURES
from ilo_theory.verdict import CLAIMS, Status, verify

# --- Nets of a segment and of finite sets -----------------------------------------------------------------------------

fractions = st.fractions(0, 4, max_denominator=12)


@given(fractions, st.fractions(Fraction(1, 12), 2, max_denominator=12), st.lists(fractions, max_size=3, unique=True))
def test_smallest_net_of_a_segment_by_a_sweep(length, delta, fixed):
    assume(length > 0 and all(x <= length for x in fixed))
    at, count, closed = Fraction(0), 0, False  # [0, at] is covered up to `at`, which itself is if `closed`
    while at < length or not closed:
        holding = [x + delta for x in fixed if x - delta <= at < x + delta or (x - delta == at and not closed)]
        if holding:
            at, closed = max(holding), True
            continue
        later = [x - delta for x in fixed if x - delta > at]
        count += 1
        at, closed = min([at + 2 * delta, *later]), True  # the next new point reaches so far, or to the next fixed one
        if at in later:
            closed = False
    assert smallest_net(length, delta, fixed) == len(fixed) + count


@pytest.mark.parametrize(("d", "delta"), [(1, 0.2), (2, 0.3), (3, 0.6)])
def test_smallest_cover_is_one_and_has_the_least_size(d, delta, rng):
    points = torch.rand(12, d, generator=rng, dtype=torch.float64)
    cover = smallest_cover(points, delta)
    assert len(cover) == nets.covering_number(points, delta)
    assert torch.cdist(points, cover).amin(1).max() <= delta


def test_differences_by_hand():
    fine, coarse = torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([[0.0], [1.0]])
    assert differences(fine, coarse).flatten().tolist() == [-1, 0, 1, 2]


# --- Sizes of nets of the extended range ------------------------------------------------------------------------------


@st.composite
def scaled_chains(draw, least_p, least_X):
    p = draw(st.integers(least_p, 10**4))
    K = min(max(p ** (draw(st.floats(0, 1)) / 2), 1.001), math.sqrt(p) * (1 - 1e-9))
    return Chain(draw(st.integers(1, 2 * 10**4)), p, K, draw(st.floats(least_X, 1e3)))


@given(scaled_chains(2, 1.0), st.integers(0, 6), st.floats(0.1, 0.9))
def test_sizes_enclose_and_grow_with_the_scale(chain, i, share):
    (lower, upper), (finer_lower, finer) = (log_net_sizes(chain, scale, share) for scale in (i, i + 1))
    assert 0 <= lower <= finer_lower <= finer
    assert lower <= upper <= finer
    assert log_difference_sizes(chain, i, share) == (finer_lower, upper + finer)


@pytest.mark.parametrize("i", [0, 1, 3])
def test_sizes_for_a_segment(i):
    # k = p = 1: S is a segment of half length X + K at most, and of half length X at least.
    chain = Chain(1, 1, 1.0, 7.3)
    lower, upper = log_net_sizes(chain, i, 0.5)
    assert lower <= math.log(math.ceil(7.3 * 2**i))
    assert math.log(math.ceil(8.3 * 2**i)) <= upper


@given(scaled_chains(2, 3.0), st.data())
def test_coarse_sizes_at_drawn_parameters(chain, data):
    # The claims compare a few and prove the rest.
    i = data.draw(st.integers(0, max(chain.switch - 1, 0)))
    assert log_difference_sizes(chain, i, SHARE)[1] <= chaining.coarse_size(chain, i)


@given(scaled_chains(2, 5.0), st.integers(0, 6))
def test_fine_sizes_at_drawn_parameters(chain, further):
    i = chain.switch + further
    assert log_difference_sizes(chain, i, 0.6)[1] <= chaining.fine_size(chain, i)


@given(scaled_chains(86, 1.0), st.integers(0, 6))
def test_volume_sizes_at_drawn_parameters(chain, further):
    i = chain.switch + further
    assert log_difference_sizes(chain, i, 0.5)[1] <= chaining.volume_size(chain, i)


# --- Laws -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("epsilon", [0.0, 0.7, 2.0])
def test_failure_in_the_plane_in_closed_form(epsilon):
    one = float(erfc((1 + epsilon) / math.sqrt(2)))
    assert planar_failure([(3.0, 4.0, epsilon)]) == pytest.approx(one, rel=1e-6)
    orthogonal = [(3.0, 4.0, epsilon), (-4.0, 3.0, epsilon)]
    assert planar_failure(orthogonal) == pytest.approx(1 - (1 - one) ** 2, rel=1e-6)


@pytest.mark.parametrize("n", [3, 5, 9, 41])
def test_law_of_two_rows_has_mass_one(n):
    assert log_two_row_norm_above(n, 1e-12) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("n", "x"), [(2, 5.0), (3, 7.0), (10, 18.0)])
def test_law_of_two_rows_by_sampling(n, x, rng):
    # Hoeffding: 40,000 draws are off by 0.0135 with a probability of 1e-6 at most.
    G = torch.randn(40_000, 2, n, generator=rng, dtype=torch.float64)
    share = float((torch.linalg.matrix_norm(G, 2) ** 2 > x).double().mean())
    assert abs(share - math.exp(log_two_row_norm_above(n, x))) < math.sqrt(math.log(2e6) / 80_000)


@pytest.mark.parametrize(("n", "x"), [(3, 24.0), (10, 80.0)])
def test_law_of_two_rows_far_out(n, x):
    def density(b, a):
        return math.exp((n - 3) / 2 * math.log(a * b) - (a + b) / 2) * (a - b) / (4 * math.gamma(n - 1))

    found, _ = dblquad(density, x, x + 120, 0, lambda a: a, epsabs=0)
    assert math.exp(log_two_row_norm_above(n, x)) == pytest.approx(found, rel=1e-6)


# --- Paths ------------------------------------------------------------------------------------------------------------


def _to_net(points, net):
    return [min(math.dist(x, y) for y in net.tolist()) for x in points.tolist()]


@pytest.mark.parametrize(("n", "scales"), [(3, 1), (24, 4)])
def test_a_drawn_path_runs_through_nested_nets(n, scales, rng):
    path = drawn_path(n, scales, rng=rng)
    assert len(path.nets) == len(path.nearest) == scales + 1
    for i, (net, nearest) in enumerate(zip(path.nets, path.nearest, strict=True)):
        distances = (path.points - nearest).norm(dim=1)
        assert distances.max() <= path.delta / 2**i
        assert distances.tolist() == pytest.approx(_to_net(path.points, net), abs=1e-12)
        assert torch.equal(net, path.nets[-1][: len(net)])


@given(st.fractions(Fraction(1, 1000), Fraction(9, 50)))
def test_a_comb_takes_a_step_of_nearly_one_and_a_half(eta):
    distance, drawing = comb_step(eta)
    assert distance == Fraction(3, 2) - 2 * eta
    assert drawing["x"] == pytest.approx(float(1 - eta / 4))


@pytest.mark.parametrize("eta", [Fraction(0), Fraction(-1, 8), Fraction(1, 5), Fraction(1, 2)])
def test_a_comb_whose_nets_do_not_cover_is_refused(eta):
    with pytest.raises(ValueError, match=r"`comb_step\(eta=...\)` must be > 0 and <= 0.183, got"):
        comb_step(eta)


def test_nearest_in_net(rng):
    points = torch.rand(200, 3, generator=rng, dtype=torch.float64)
    nearest = nearest_in_net(points, 0.4)
    net = nearest.unique(dim=0)
    distances = (points - nearest).norm(dim=1)
    assert distances.max() <= 0.4
    assert 1 < len(net) < 60
    assert distances.tolist() == pytest.approx(_to_net(points, net), abs=1e-12)


# --- The attack -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("K", [1.0, 1.3, 2.0, 3.0])
def test_linear_maximiser_is_optimal(K, rng):
    # By duality max <c, v> = min over t >= 0 of K t + |S_t(c)|_2, S_t the soft threshold.
    c = torch.randn(5, 8, generator=rng, dtype=torch.float64)
    v = linear_maximiser(c, K)
    assert v.abs().sum(1).max() <= K * (1 + 1e-9)
    assert v.norm(dim=1).max() <= 1 + 1e-12
    t = torch.linspace(0, 4, 20_001, dtype=torch.float64)
    dual = (K * t + (c.abs()[..., None] - t).clamp(min=0).norm(dim=1)).amin(1)
    assert (c * v).sum(1).tolist() == pytest.approx(dual.tolist(), rel=1e-6)


def test_attack_reaches_what_is_known(rng):
    A = torch.randn(12, 40, generator=rng, dtype=torch.float64)
    columns = float(A.norm(dim=0).max())
    assert float((A @ attack(A, 1.0)).norm()) == pytest.approx(columns, rel=1e-6)  # K = 1: the vertices
    found = [float((A @ attack(A, K)).norm()) for K in (1.0, 1.5, 2.5, math.sqrt(40))]
    assert found == sorted(found)
    assert columns < found[1]
    norm = float(torch.linalg.matrix_norm(A, 2))
    assert 0.98 * norm < found[-1] <= norm * (1 + 1e-12)  # K = sqrt(p): the whole l2 ball


# --- Rows and figures -------------------------------------------------------------------------------------------------


def test_a_proof_with_a_broken_step_decides_nothing():
    # The instances hold for 300 too, but the steps are those of 309.
    broken = verify("chain-sum-inside", printed=300, share=0.5)
    assert (broken.status, verify("chain-sum-inside", share=0.5).status) == (Status.INCONCLUSIVE, Status.HOLDS)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_of_a_row(name, tmp_path):
    figure = FIGURES[name](CLAIMS[name].run().cases)
    figure.savefig(tmp_path / "figure.png")
    assert all(axes.get_xlabel() for axes in figure.axes[:1])
    assert FIGURES[name].__doc__.splitlines()[0].endswith(".")
