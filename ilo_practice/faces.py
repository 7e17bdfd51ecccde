"""The faces of the experiments: drawn from a generator, where the truth is in its range, and photographs, where not.

The photographs are the 100 faces of the subset of Labeled Faces in the Wild (Huang et al. 2007) that scikit-image
ships: grey, 25 x 25 pixels, drawn at random from all photographs, so that one person may be in two of them. They are no
part of this package, and scikit-image is read and never imported.
"""

import io

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ilo_practice.installed import InstalledFile
from ilo_theory.generators import Generator

PHOTOGRAPHS = InstalledFile(
    package="scikit-image",
    path="skimage/data/lfw_subset.npy",
    sha256="9560ec2f5edfac01973f63a8a99d00053fecd11e21877e18038fbe500f8e872c",
    install="scikit-image",
    licence="none stated; LFW is given for research",
)
FACES = 100  # the first so many of the 200 pictures; the others show backgrounds

# [first, last) of either set. What is reported is never looked at while steps, rates and radii are chosen.
REPORTED, TUNING = (0, 40), (60, 70)

CHUNK = 50  # images a pass, so that memory does not grow with their number


@torch.no_grad()
def drawn_faces(generator: Generator, count: int, *, rng: torch.Generator) -> Tensor:
    """`count` images [count, C, H, W] of latents that the generator draws by `rng`: each is in its range exactly."""
    if count < 1:
        raise ValueError(f"`drawn_faces(count=...)` must be >= 1, got {count}.")
    latent = generator.init(count, rng=rng)
    passes = [{key: value[i : i + CHUNK] for key, value in latent.items()} for i in range(0, count, CHUNK)]
    return torch.cat([generator(part) for part in passes])


def real_faces(count: int = FACES, *, size: int = 64) -> Tensor:
    """The first `count` photographs, [count, 3, size, size] float32 in [-1, 1], their three channels equal.

    They are enlarged by cubic convolution (Keys 1981, a = -1/2, Pillow's BICUBIC), what overshoots clamped: their
    detail is that of 25 x 25 pixels, and no score of them says anything about finer detail.

    Raises FileNotFoundError, saying what to install, where scikit-image is not; ValueError for a `count` that is not
    1 to 100 and for a file that is not the one known.
    """
    if not 1 <= count <= FACES:
        raise ValueError(f"`real_faces(count=...)` must be 1 to {FACES}, got {count}.")
    pictures = np.load(io.BytesIO(PHOTOGRAPHS.read()), allow_pickle=False)[:count]  # [200, 25, 25], 0 black, 1 white
    grey = torch.from_numpy(2 * pictures - 1)[:, None].float()
    # antialias also when enlarging: without it torch takes a = -3/4
    grey = F.interpolate(grey, (size, size), mode="bicubic", antialias=True, align_corners=False).clamp(-1, 1)
    return grey.expand(-1, 3, -1, -1).contiguous()
