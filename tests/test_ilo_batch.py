"""A batch is so many independent problems: one by one, in another order, and beside one that fails."""

import pytest
import torch

from ilo_theory.ilo import Outcome, Round, algorithm_1, csgm, ilo
from tests.toys import PLAIN, Codes, distance_to, noisy_distance_to, seeded

BATCH = 4
RUNS = {
    "CSGM": csgm(20, 0.1, variables=("v", "noise_0")),
    "PULSE": csgm(20, 0.2, variables=("v",), spheres={"v": (2,)}),
    "ILO": [
        Round(0, 8, 0.1, ("v",)),
        Round(1, 6, 0.1, ("x", "v"), radii={"x": 0.5, "v": 0.3}),
        Round(2, 6, 0.1, ("x",)),
    ],
    "Algorithm 1": algorithm_1(1, 2, 5, 0.1, radii={"x": 0.5}, r1=3.0, variables=("v",)),
    "flat": csgm(20, 0.05, variables=("v",), flat=0.05),
}


def problem():
    generator = Codes(rng=seeded()).double()
    latent = generator.init(BATCH, rng=seeded(1))
    y = torch.randn(BATCH, 1, 2, 3, generator=seeded(2), dtype=torch.float64)
    return generator, latent, y


def rows(latent, index):
    return {key: value[index] for key, value in latent.items()}


@pytest.mark.parametrize("name", RUNS)
def test_batch_equals_one_by_one(name):
    generator, latent, y = problem()
    together = ilo(generator, distance_to(y), RUNS[name], rng=seeded(), batch=BATCH, latent=latent)
    for i in range(BATCH):
        one = [i]
        alone = ilo(generator, distance_to(y[one]), RUNS[name], rng=seeded(), latent=rows(latent, one))
        torch.testing.assert_close(together.image[one], alone.image, rtol=0, atol=1e-9)
        for key, value in alone.latent.items():
            torch.testing.assert_close(together.latent[key][one], value, rtol=0, atol=1e-9)
        length = len(alone.loss)
        torch.testing.assert_close(together.loss[:length, one], alone.loss, rtol=0, atol=1e-9)
        assert together.status[i] == alone.status[0]


def test_images_flatten_each_in_its_own_time():
    """Else the run of one image would depend on its neighbours."""
    generator, latent, y = problem()
    lengths = set()
    for i in range(BATCH):
        alone = ilo(generator, distance_to(y[[i]]), RUNS["flat"], rng=seeded(), latent=rows(latent, [i]))
        lengths.add(len(alone.loss))
    assert len(lengths) > 1


@pytest.mark.parametrize("name", RUNS)
def test_order_in_the_batch_does_not_matter(name):
    generator, latent, y = problem()
    order = torch.tensor([2, 0, 3, 1])
    here = ilo(generator, distance_to(y), RUNS[name], rng=seeded(), batch=BATCH, latent=latent)
    there = ilo(generator, distance_to(y[order]), RUNS[name], rng=seeded(), batch=BATCH, latent=rows(latent, order))
    torch.testing.assert_close(there.image, here.image[order], rtol=0, atol=1e-9)
    torch.testing.assert_close(there.loss, here.loss[:, order], rtol=0, atol=1e-9)
    assert there.status == tuple(here.status[i] for i in order)


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_one_image_that_fails_leaves_the_others_alone(name, wrong):
    generator, latent, y = problem()
    spoilt = y.clone()
    spoilt[1] = wrong
    well = ilo(generator, distance_to(y), RUNS[name], rng=seeded(), batch=BATCH, latent=latent)
    ill = ilo(generator, distance_to(spoilt), RUNS[name], rng=seeded(), batch=BATCH, latent=latent)
    others, length = [0, 2, 3], min(len(well.loss), len(ill.loss))
    assert torch.equal(ill.image[others], well.image[others])
    assert torch.equal(ill.loss[:length, others], well.loss[:length, others])
    assert ill.status[1] == Outcome.NON_FINITE
    assert [ill.status[i] for i in others] == [well.status[i] for i in others]
    first = generator(latent)
    assert torch.equal(ill.image[1], first[1])  # no iterate was better than where it began


def test_image_that_fails_on_the_way_keeps_its_best():
    """Its objective is not a number once it falls below a level: the best iterate before that is returned."""
    generator, latent, y = problem()
    plain = ilo(generator, distance_to(y), RUNS["CSGM"], rng=seeded(), batch=BATCH, latent=latent)
    level = (plain.loss[0, 2] + plain.loss[:, 2].min()) / 2

    def breaking(image, latent, *, rng):
        loss = distance_to(y)(image, latent, rng=rng)
        broken = (loss < level) & (torch.arange(BATCH) == 2)
        return torch.where(broken, torch.full_like(loss, float("nan")), loss)

    solution = ilo(generator, breaking, RUNS["CSGM"], rng=seeded(), batch=BATCH, latent=latent)
    reached = distance_to(y)(solution.image, solution.latent, rng=None)
    assert solution.status == (Outcome.FINISHED, Outcome.FINISHED, Outcome.NON_FINITE, Outcome.FINISHED)
    assert level <= reached[2] < plain.loss[0, 2]
    assert torch.equal(reached[[0, 1, 3]], plain.loss.min(0).values[[0, 1, 3]])


def test_next_round_goes_on_from_the_best_of_an_image_that_failed():
    """A rate that throws one image out to infinity in round 0 does it no harm in round 1."""
    generator, latent, y = problem()
    latent = {key: value.float() for key, value in latent.items()}
    generator, y = generator.float(), y.float()

    def explosive(image, latent, *, rng):
        scale = torch.tensor([0.0, 1.0, 0.0, 0.0])  # the others have no gradient
        return distance_to(y)(image, latent, rng=rng) * scale

    rounds = [Round(0, 4, 1e25, ("noise_1",), **PLAIN), Round(1, 30, 0.1, ("x",))]
    solution = ilo(generator, explosive, rounds, rng=seeded(), batch=BATCH, latent=latent)
    assert not solution.loss[:5, 1].isfinite().all()
    assert solution.loss[5, 1] == solution.loss[0, 1]
    assert solution.loss[6:, 1].isfinite().all()
    assert solution.loss[-1, 1] < solution.loss[0, 1]


def test_seed_decides_a_run_with_noise_in_its_objective():
    generator, _, y = problem()
    runs = [
        ilo(generator, noisy_distance_to(y), RUNS["ILO"], rng=seeded(seed), batch=BATCH).image for seed in (3, 3, 4)
    ]
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])
