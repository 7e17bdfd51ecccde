"""The faces of the experiments: in the generator's range, or photographs as scikit-image ships them."""

import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ilo_practice import checkpoints, faces, installed
from ilo_practice.faces import FACES, REPORTED, TUNING, drawn_faces, real_faces
from tests.tiny import tiny, tiny_dcgan


def shipped() -> np.ndarray:
    """The pictures beside scikit-image's own code."""
    return np.load(Path(find_spec("skimage").origin).parent / "data" / "lfw_subset.npy", allow_pickle=False)


def test_photographs_are_the_shipped_faces_enlarged_as_pillow_does():
    photographs = real_faces()
    assert photographs.shape == (FACES, 3, 64, 64)
    assert photographs.dtype == torch.float32
    for face, picture in zip(photographs[::9], shipped()[:100:9], strict=True):
        pillow = Image.fromarray(picture.astype(np.float32)).resize((64, 64), Image.Resampling.BICUBIC)
        wanted = np.clip(2 * np.array(pillow) - 1, -1, 1)
        for channel in face:
            np.testing.assert_allclose(channel.numpy(), wanted, rtol=0, atol=2e-5)


def test_photographs_are_in_range_grey_and_all_different():
    photographs = real_faces()
    assert -1 <= photographs.min() < -0.9
    assert 0.9 < photographs.max() <= 1
    assert torch.equal(photographs[:, 0], photographs[:, 2])
    distances = torch.cdist(photographs[:, 0].flatten(1), photographs[:, 0].flatten(1)).fill_diagonal_(torch.inf)
    assert distances.min() > 1
    assert photographs.flatten(1).std(1).min() > 0.1


def test_count_and_size():
    assert torch.equal(real_faces(3), real_faces()[:3])
    assert real_faces(2, size=25).shape == (2, 3, 25, 25)
    np.testing.assert_allclose(real_faces(2, size=25)[:, 1].numpy(), 2 * shipped()[:2] - 1, atol=1e-6)
    for count in (0, 101):
        with pytest.raises(ValueError, match=rf"count=...\)` must be 1 to 100, got {count}"):
            real_faces(count)


def test_what_is_reported_is_not_tuned_on():
    reported, tuning = (set(range(FACES)[slice(*rows)]) for rows in (REPORTED, TUNING))
    assert (len(reported), len(tuning)) == (40, 10)
    assert not reported & tuning


@pytest.mark.parametrize("make", [lambda: tiny_dcgan(3, 3), lambda: tiny(2)])
def test_drawn_faces_are_images_of_drawn_latents(make, monkeypatch):
    monkeypatch.setattr(faces, "CHUNK", 2)
    generator = make().double().requires_grad_(True)
    images = drawn_faces(generator, 5, rng=torch.Generator().manual_seed(3))
    latent = generator.init(5, rng=torch.Generator().manual_seed(3))
    torch.testing.assert_close(images, generator(latent).detach(), rtol=1e-12, atol=1e-12)
    assert not images.requires_grad
    with pytest.raises(ValueError, match=r"count=...\)` must be >= 1, got 0"):
        drawn_faces(generator, 0, rng=torch.Generator())


def test_drawn_faces_of_the_installed_generator_differ_and_fill_the_range(rng):
    drawn = drawn_faces(checkpoints.load("dcgan-faces"), 8, rng=rng)
    assert drawn.shape == (8, 3, 64, 64)
    assert -1 <= drawn.min() < -0.5
    assert 0.5 < drawn.max() <= 1
    assert drawn.flatten(1).std(1).min() > 0.05
    assert torch.pdist(drawn.flatten(1)).min() > 5
    assert (drawn[:, 0] - drawn[:, 2]).abs().mean() > 0.05  # in colour


def test_scikit_image_is_read_and_not_imported():
    code = "import sys; from ilo_practice.faces import real_faces; real_faces(1); print('skimage' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "False"


def test_without_scikit_image_one_line_says_what_to_install(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(installed, "distribution", missing)
    with pytest.raises(FileNotFoundError, match=r"needs the package scikit-image: pip install scikit-image$"):
        real_faces()
