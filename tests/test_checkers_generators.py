"""The checker of generators that are split is checked: sound ones pass, and each planted fault is named."""

import pytest
import torch

from ilo_theory.checkers import check_split_generator
from tests.laws import law
from tests.tiny import tiny
from tests.toys import Codes, seeded


class TwoPaths(torch.nn.Module):
    """Features x <- tanh(W x) and, as the sum over layers, an image `rgb`: the two paths of a StyleGAN-2's skips.

    Args:
        lost: whether `rgb` is lost at a split, as in the released code of the paper.
    """

    num_layers = 3

    def __init__(self, lost: bool = False):
        super().__init__()
        self.W, self.lost = torch.randn(3, 5, 5, generator=seeded()), lost

    def init(self, batch, *, rng):
        return {"x": torch.randn(batch, 5, generator=rng)}

    def forward(self, latent, start=0, stop=None):
        x, rgb = latent["x"], latent.get("rgb", 0)
        for W in self.W[start:stop]:
            x = torch.tanh(x @ W.T)
            rgb = rgb + x[:, :3]
        if stop is None:
            return rgb
        return {"x": x} if self.lost or not stop else {"x": x, "rgb": rgb}


class Changed(torch.nn.Module):
    """A generator whose latents at a split, or images, are changed on the way out."""

    def __init__(self, generator, *, latent=lambda latent: latent, image=lambda image: image):
        super().__init__()
        self.generator, self.num_layers, self.init = generator, generator.num_layers, generator.init
        self.latent, self.image = latent, image

    def forward(self, latent, start=0, stop=None):
        out = self.generator(latent, start, stop)
        return self.image(out) if stop is None else self.latent(out)


class Remembering(Changed):
    """The skip is kept in the generator, not in the latent: right until another latent passes through."""

    def forward(self, latent, start=0, stop=None):
        latent = latent | self.kept if start else latent
        out = self.generator(latent, start, stop)
        if stop:
            self.kept = {"rgb": out["rgb"]}
        return out if stop is None else without_rgb(out)


def without_rgb(latent):
    return {key: value for key, value in latent.items() if key != "rgb"}


def black_rgb(latent):
    return {key: 0 * value if key == "rgb" else value for key, value in latent.items()}


def popping(generator):
    """Codes that are used are taken out of the latent that was given."""
    changed = Changed(generator)
    changed.forward = lambda latent, start=0, stop=None: generator({"x": latent.pop("x")}, start, stop)
    return changed


def test_sound_generators_pass():
    for generator in (TwoPaths(), Changed(Codes(rng=seeded())), Changed(tiny(3))):
        check_split_generator(generator, rng=seeded())


def test_whole_numbers_may_be_among_the_latents():
    """The class of a conditional generator."""
    E, W = torch.randn(2, 7, 4, generator=seeded())

    def first(latent):
        return latent | {"h": latent["z"] + E[latent["c"]]}

    def second(state):
        return state["h"] @ W[:4] + E[state["c"]]

    latent = {"z": torch.randn(3, 4, generator=seeded()), "c": torch.tensor([2, 0, 6])}
    check_split_generator(lambda latent: second(first(latent)), first, second, latent=latent, rng=seeded())
    assert law(
        check_split_generator,
        lambda latent: second(first(latent)),
        lambda latent: first(latent) | {"c": 0 * latent["c"]},
        second,
        latent=latent,
    ).startswith("composition")


def test_two_functions_of_others_pass_and_fail():
    layers = torch.nn.Linear(4, 6), torch.nn.Linear(6, 5)
    z = torch.randn(4, 4, generator=seeded())

    def first(z):
        return [torch.relu(layers[0](z)), (z[:, :2], None)]

    def second(state):
        h, (z, _) = state
        return layers[1](h) + torch.cat([z, z, z[:, :1]], 1)

    def whole(z):
        return second(first(z))

    def forgetful(state):
        return second([state[0], (0 * state[1][0], None)])

    check_split_generator(whole, first, second, latent=z, rng=seeded())
    assert law(check_split_generator, whole, first, forgetful, latent=z).startswith("composition at the split of G1")
    with pytest.raises(ValueError, match="must be given together"):
        check_split_generator(whole, first, latent=z, rng=seeded())
    with pytest.raises(ValueError, match="must be of two images or more"):
        check_split_generator(whole, first, second, latent=z[:1], rng=seeded())


BROKEN = {
    "released code: the skip is dropped": (lambda: TwoPaths(lost=True), "composition at stop = 1"),
    "released code on StyleGAN-2": (lambda: Changed(tiny(3), latent=black_rgb), "composition at stop = 1"),
    "skip kept in the generator": (lambda: Remembering(TwoPaths()), "a latent that holds all"),
    "features rounded": (lambda: Changed(TwoPaths(), latent=lambda h: {k: v.half().float() for k, v in h.items()}),
                         "composition"),
    "rows reversed": (lambda: Changed(TwoPaths(), latent=lambda h: {k: v.flip(0) for k, v in h.items()}), "compo"),
    "latent without a batch": (lambda: Changed(TwoPaths(), latent=lambda h: h | {"mean": h["x"].mean(0)}), "batches"),
    "normalised over the batch": (lambda: Changed(TwoPaths(), image=lambda x: x - x.mean(0)), "batches"),
    "noise": (lambda: Changed(TwoPaths(), image=lambda x: x + 1e-3 * torch.randn(x.shape)), "determinism"),
    "NaN": (lambda: Changed(TwoPaths(), image=torch.log), "finite numbers"),
    "NaN spreads": (lambda: Changed(TwoPaths(), image=lambda x: x + 0 * x.sum()), "batches beside an image of NaN"),
    "latent emptied": (lambda: popping(TwoPaths()), "an argument left alone"),
    "no image": (lambda: Changed(TwoPaths(), image=lambda x: {"image": x}), "images"),
    "images lost": (lambda: Changed(TwoPaths(), image=lambda x: x[:2]), "batches"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_fault_of_a_generator_is_named(name):
    make, expected = BROKEN[name]
    assert law(check_split_generator, make()).startswith(expected)


def test_bits_may_differ_where_that_is_said():
    rounded = Changed(TwoPaths().double(), latent=lambda h: {k: v * (1 + 1e-12) for k, v in h.items()})
    rounded.generator.W = rounded.generator.W.double()
    latent = {"x": torch.randn(3, 5, generator=seeded(), dtype=torch.float64)}
    check_split_generator(rounded, latent=latent, exact=False, tolerance=1e-10, rng=seeded())
    assert law(check_split_generator, rounded, latent=latent).startswith("composition")
    assert law(check_split_generator, rounded, latent=latent, exact=False).startswith("composition")
