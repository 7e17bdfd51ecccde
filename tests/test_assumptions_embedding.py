"""Lengths with and without random signs: against dense circulants, and against the law of one squared normal number."""

import numpy as np
import pytest
import torch
from scipy import stats

from ilo_theory.assumptions import keeps_lengths
from ilo_theory.assumptions.embedding import squared_lengths
from ilo_theory.operators import PartialCirculant
from ilo_theory.verdict import Status

ALARM = 1e-6

# With signs, m = 256 and n = 512, 16,000 draws of other seeds held no squared length that was off by 1/2: the share is
# below 1e-3 with a confidence of 1 - 1e-6, and the 300 draws below would have to hold ten (1e-12). Without signs the
# share that is kept is 0.26 exactly.
SIZES = {"trials": 300, "distortion": 0.5, "at_least": 0.9}


def generator(seed):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("m", "n"), [(256, 512), (256, 1024)])
def test_the_verdict_changes_with_the_signs(m, n, seed):
    kept, lost = (keeps_lengths(m, n, signs=signs, rng=generator(seed), **SIZES) for signs in (True, False))
    assert kept.status is Status.SUPPORTED
    assert lost.status is Status.REFUTED


def test_no_number_of_rows_replaces_the_signs():
    for m in (1, 16, 1024):
        assert keeps_lengths(m, 1024, signs=False, rng=generator(m), **SIZES).status is Status.REFUTED


def test_signs_do_not_replace_rows():
    """One row sees one normal number, signs or not."""
    assert keeps_lengths(1, 1024, signs=True, rng=generator(4), **SIZES).status is Status.REFUTED


@pytest.mark.parametrize("signs", [True, False])
def test_lengths_are_those_of_dense_circulants(signs):
    m, n, trials = 5, 12, 4
    found = squared_lengths(m, n, signs=signs, trials=trials, rng=generator(7))
    rng = generator(7)
    for length in found:
        drawn = PartialCirculant.draw(m, (n,), rng=rng)
        F = np.stack([np.roll(drawn.row.double().numpy(), i) for i in range(m)])
        x = np.full(n, n**-0.5) * (drawn.signs.double().numpy() if signs else 1)
        assert length.item() == pytest.approx(((F @ x) ** 2).sum(), rel=1e-9)


@pytest.mark.parametrize("m", [1, 8, 64])
def test_without_signs_a_squared_length_is_one_squared_normal_number(m):
    """Kolmogorov and Smirnov's distance, of 2000 draws, is exceeded with a probability of 1e-6."""
    lengths = squared_lengths(m, 64, signs=False, trials=2000, rng=generator(m))
    assert stats.kstest(lengths.numpy(), stats.chi2(1).cdf).pvalue > ALARM


def test_with_signs_a_squared_length_is_no_such_number():
    lengths = squared_lengths(8, 64, signs=True, trials=2000, rng=generator(0))
    assert stats.kstest(lengths.numpy(), stats.chi2(1).cdf).pvalue < ALARM


@pytest.mark.parametrize("seed", [5, 6])
def test_the_interval_holds_the_exact_probability(seed):
    """It misses with a probability of 1e-6; a probability just outside of it is judged, one within is not."""
    distortion, trials = 0.3, 1000
    exact = stats.chi2(1).cdf(1 + distortion) - stats.chi2(1).cdf(1 - distortion)

    def judged(at_least):
        return keeps_lengths(
            16, 32, signs=False, distortion=distortion, at_least=at_least, trials=trials, rng=generator(seed)
        )

    verdict = judged(exact)
    low, high = verdict.witness["interval"]
    assert low < exact < high
    assert verdict.witness["trials"] == trials
    assert verdict.status is Status.INCONCLUSIVE
    assert judged(low - 1e-9).status is Status.SUPPORTED
    assert judged(high + 1e-9).status is Status.REFUTED
