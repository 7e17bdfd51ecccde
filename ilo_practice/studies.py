"""The studies: held-out digits, faces, and what the released code's loss of the RGB image at a split does."""

from functools import cache

import torch
from torch import Tensor

from ilo_practice.checkpoints import load
from ilo_practice.digits import as_input, read_test_digits
from ilo_practice.faces import REPORTED, TUNING, drawn_faces, real_faces
from ilo_practice.images import mse
from ilo_practice.study import Images, Method, Study, grid
from ilo_practice.stylegan2.compat import WithoutSkip

# sigma in units of [-1, 1]: a tenth to a half of the range
DIGIT_LEVELS = {
    "inpaint": (0.05, 0.1, 0.2, 0.5),
    "sense": (0.03, 0.05, 0.1),
    "superres": (2, 4),
    "denoise": (0.2, 0.6, 1.0),
}
DIGITS_TUNED_AT = {"inpaint": 0.1, "sense": 0.05, "superres": 4, "denoise": 0.6}
FACES_TUNED_AT = {"inpaint": 0.1, "sense": 0.05, "superres": 4, "denoise": 0.4}

FROM_ONE_Z = {"codes": ["z"], "noises": [0], "spheres": [False], "geodesic": [0.0]}


def held_out(digits: Images) -> Tensor:
    """Held-out digits."""
    return as_input(read_test_digits().images[slice(*digits)])


def mean_digit(images: Tensor) -> Tensor:
    """The errors of the mean training digit as an answer to each."""
    return mse(as_input(read_test_digits().mean[None]).expand_as(images), images)


@cache
def _drawn() -> Tensor:
    return drawn_faces(load("dcgan-faces"), 100, rng=torch.Generator().manual_seed(2021))


def drawn(faces: Images) -> Tensor:
    """Faces that the generator draws: the truth is in its range."""
    return _drawn()[slice(*faces)]


def photographs(faces: Images) -> Tensor:
    """Photographs of faces, of which none need be in the generator's range."""
    return real_faces()[slice(*faces)]


DIGITS = Study(
    name="digits",
    generator="digits",
    title="held-out digits",
    sets={"digits": held_out},
    methods={
        "csgm": Method("csgm", grid(lr=[(0.01,), (0.02,), (0.05,), (0.1,), (0.2,), (0.3,), (0.5,), (1.0,)])),
        "csgm-restarts": Method("csgm-restarts", grid(lr=[(0.05,), (0.1,), (0.2,), (0.4,)], restarts=[4, 8])),
        "csgm-wplus": Method("csgm-wplus", grid(lr=[(0.1,), (0.2,), (0.3,), (0.5,)], restarts=[1, 3])),
        "ilo": Method(
            "ilo",
            [
                *grid(lr=[(0.2,), (0.4,)], radius_scale=[0.3, 1.0], restarts=[3]),
                *grid(**FROM_ONE_Z, lr=[(0.1,), (0.2,)], radius_scale=[0.3, 1.0], restarts=[6]),
            ],
        ),
        "algorithm-1": Method(
            "algorithm-1", grid(lr=[(0.1, 0.1), (0.3, 0.1)], radius_scale=[0.1, 1.0], restarts=[1, 4])
        ),
    },
    levels=DIGIT_LEVELS,
    tuned_at=DIGITS_TUNED_AT,
    reported=(0, 50),
    tuning=(100, 110),
    shown=(50, 52),
    baseline=("mean digit", mean_digit),
)

SKIP = Study(
    name="digits-skip",
    generator="digits",
    title="held-out digits",
    sets={"digits": held_out},
    methods={
        "ilo": Method("ilo", tuned_by="digits"),
        "ilo, no skip": Method("ilo", wrap=WithoutSkip, tuned_by="digits"),
        "ilo, no skip, tuned": Method("ilo", DIGITS.methods["ilo"].candidates, wrap=WithoutSkip),
    },
    levels={kind: (level,) for kind, level in DIGITS_TUNED_AT.items()},
    tuned_at=DIGITS_TUNED_AT,
    reported=(0, 50),
    tuning=(100, 110),
    shown=(50, 52),
)

# The candidates were laid out after a pilot on six tuning images a set: nine settings of ILO, one or two of the others.
FACES = Study(
    name="dcgan-faces",
    generator="dcgan-faces",
    title="faces a set",
    sets={"drawn": drawn, "photographs": photographs},
    methods={
        "csgm": Method("csgm", grid(lr=[(0.05,), (0.1,), (0.2,), (0.3,), (0.5,), (0.8,)])),
        "csgm-restarts": Method("csgm-restarts", grid(lr=[(0.1,), (0.2,), (0.4,)], restarts=[3, 6])),
        "pulse": Method("csgm-wplus", grid(lr=[(0.1,), (0.2,), (0.4,)], restarts=[1, 4])),
        "ilo": Method("ilo", grid(spheres=[False], lr=[(0.2, 0.05)], radius_scale=[1.0, 2.0, 4.0], restarts=[1, 3])),
        "algorithm-1": Method("algorithm-1", grid(lr=[(0.2, 0.05)], radius_scale=[1.0, 4.0, 16.0], restarts=[1, 3])),
    },
    levels={kind: (level,) for kind, level in FACES_TUNED_AT.items()},
    tuned_at=FACES_TUNED_AT,
    reported=REPORTED,
    tuning=(TUNING[0], TUNING[0] + 8),  # eight of the ten
    shown=(40, 41),
    group=20,
)

STUDIES = {study.name: study for study in (DIGITS, SKIP, FACES)}
