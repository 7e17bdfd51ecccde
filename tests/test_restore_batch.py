"""Images restored together are so many independent restorations, in float64, on the generators that people use."""

from dataclasses import replace

import pytest
import torch

from ilo_practice.perceptual import perceptual
from ilo_practice.problems import PROBLEMS
from ilo_practice.recipes import RECIPES
from ilo_theory.ilo import ilo
from tests.tiny import picture, tiny, tiny_dcgan

BATCH, STEPS, CLOSE = 4, 20, 1e-9
GENERATORS = {"StyleGAN-2": lambda: tiny(3, channels=3), "DCGAN": lambda: tiny_dcgan(3, channels=3)}
METHODS = ("csgm-wplus", "ilo", "algorithm-1", "ilo-lpips", "ilo-released", "ilo-flat")
LEVELS = {"inpaint": 0.4, "superres": 2, "denoise": 0.1, "sense": 0.3}
LPIPS = perceptual("random-alex", rng=torch.Generator().manual_seed(0)).double()


def setting(name, method, kind):
    """Generator, recipe, the problem of BATCH images, and their first latents; nothing is drawn while it runs."""
    generator = GENERATORS[name]().double()
    recipe = replace(RECIPES[method], noise_addition=False).adapted(generator)
    x, rng = picture((BATCH, 3, 16, 16)).double(), torch.Generator().manual_seed(1)
    problem = PROBLEMS[kind].simulate(x, rng=rng, **{PROBLEMS[kind].level: LEVELS[kind]})
    return generator, recipe, problem, recipe.initial(generator, BATCH, rng=rng)


def restored(generator, recipe, problem, latent, index):
    """The restorations of these images of the problem."""
    part, rng = replace(problem, y=problem.y[index]), torch.Generator().manual_seed(2)
    first = {key: value[index] for key, value in latent.items()}
    _, rounds = recipe.plan(generator, STEPS)
    return ilo(generator, recipe.objective(part, LPIPS), rounds, rng=rng, batch=len(index), latent=first)


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize(
    ("method", "kind"), [*zip(METHODS, [*PROBLEMS, *PROBLEMS], strict=False), ("ilo-lpips", "inpaint")]
)
def test_a_batch_equals_one_by_one_and_its_order_does_not_matter(name, method, kind):
    case = setting(name, method, kind)
    together = restored(*case, list(range(BATCH)))
    order = [2, 0, 3, 1]
    permuted = restored(*case, order)
    torch.testing.assert_close(permuted.image, together.image[order], rtol=0, atol=CLOSE)
    assert permuted.status == tuple(together.status[i] for i in order)
    for i in range(BATCH):
        alone = restored(*case, [i])
        torch.testing.assert_close(together.image[[i]], alone.image, rtol=0, atol=CLOSE)
        torch.testing.assert_close(together.loss[: len(alone.loss), [i]], alone.loss, rtol=0, atol=CLOSE)
        assert together.status[i] == alone.status[0]
    assert (together.image[0] - together.image[1]).abs().max() > 0.01
