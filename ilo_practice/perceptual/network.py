"""A learned perceptual distance of images behind one wrapper, which knows its range, its sizes and its weights."""

import io
import warnings
from collections.abc import Mapping, Sequence
from math import sqrt
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ilo_practice.demands import require
from ilo_practice.perceptual.shift_tolerant import shift_tolerant_trunk
from ilo_practice.perceptual.trunks import TRUNKS, WEIGHTS, fill_, tensors_of, trunk_file

LARGEST = 256  # px of the longer side: where LPIPS works best, says Section 4.2 with Karras et al. 2020
SMALLEST = 64  # px of the shorter side: of the patches that LPIPS was calibrated on
OVERSHOOT = 1 / 255  # beyond [-1, 1]: half a grey level, the same picture in 8 bits
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # mean and deviation of the channels, in [0, 1]
PERCEPTUAL = (*WEIGHTS, "random-alex", "random-vgg")


class Perceptual(nn.Module):
    """A learned perceptual distance, LPIPS (Zhang et al. 2018) or shift-tolerant LPIPS (Ghildyal and Liu 2022).

        d(x, y) = sum_l 1/(H_l W_l) sum_ij sum_c w_lc (x_lcij - y_lcij)^2,

    where x_l is what layer l makes of an image x, each pixel's channels divided by their l2 norm. Images are [B, 3 or
    1, H, W] in [-1, 1], a grey one standing for three equal channels; `at_256` brings them to a size fit for the trunk.
    Weights take no gradient. Device and dtype are those of the module, and images must have its dtype.

    Args:
        net, version: which network it is, for the record.
        trunk: the parts of the network, each ending in a layer l.
        heads: the weights w_l >= 0 of the channels.
    """

    resolution = LARGEST

    def __init__(self, net: str, version: str, trunk: Sequence[nn.Module], heads: Sequence[Tensor]):
        super().__init__()
        self.net, self.version = net, version
        mean, deviation = torch.tensor(IMAGENET, dtype=torch.float64)[..., None, None]
        self.register_buffer("shift", (2 * mean - 1).float())
        self.register_buffer("scale", (2 * deviation).float())
        self.trunk = nn.ModuleList(trunk)
        self.heads = nn.ParameterList([nn.Parameter(head.flatten()[:, None, None]) for head in heads])
        self.requires_grad_(False).eval()

    @property
    def about(self) -> Mapping[str, str | int]:
        """What a record of a run says of it: a distance depends on all of these."""
        return {"net": self.net, "version": self.version, "resolution": self.resolution}

    def features(self, x: Tensor) -> Tensor:
        """[B, N] such that d is the squared l2 distance: sqrt(w_l / (H_l W_l)) x_l of all layers, for images of a size.

        Values are not looked at: in a solver the images of a generator overshoot and must not be clamped.

        Raises ValueError for another shape, or another dtype than the network's.
        """
        call = f"{type(self).__name__}.features(x=...)"
        require(x.ndim == 4 and x.shape[1] in (1, 3), call, "[B, 1 or 3, H, W]", list(x.shape))
        require(x.dtype == self.shift.dtype, call, f"{self.shift.dtype} as the network is", x.dtype)
        values = (at_256(x) - self.shift) / self.scale
        parts = []
        for part, head in zip(self.trunk, self.heads, strict=True):
            values = part(values)
            norm = torch.linalg.vector_norm(values, dim=1, keepdim=True)
            weight = (head / (values.shape[2] * values.shape[3])).sqrt()
            parts.append((values / (norm + 1e-10) * weight).flatten(1))
        return torch.cat(parts, 1)

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """d, [B], of images whose `features` are x and y, so that those of a fixed target are computed once."""
        return (x - y).square().sum(1)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """d(x, y), [B], for evaluation: both must be in [-1, 1], up to half a grey level.

        A restored image overshoots; what is to be judged is what is seen, its `clamp(-1, 1)`.

        Raises ValueError for values outside, NaN among them, and for images of two shapes.
        """
        call = type(self).__name__
        require(x.shape == y.shape, f"{call}(x, y)", "of one shape", [list(x.shape), list(y.shape)])
        for name, images in (("x", x), ("y", y)):
            check_range(f"{call}({name}=...)", images, 1 + OVERSHOOT)
        return self.distance(self.features(x), self.features(y))


@torch.no_grad()
def perceptual_distance(network: Perceptual, x: Tensor, truth: Tensor) -> Tensor:
    """d(x, truth), [B], for reports: image by image, so that memory is that of one. Raises as `Perceptual`."""
    return torch.cat([network(a[None], b[None]) for a, b in zip(x, truth, strict=True)])


def at_256(x: Tensor) -> Tensor:
    """Images [B, C, H, W] at a size that the networks are good at: longer side <= 256, shorter side >= 64, else as is.

    Larger ones are reduced by a whole factor, each block becoming its mean (the last block of a side may be cut), as
    when StyleGAN-2 projects images (Karras et al. 2020). Below 64 px, which the trunks' last layers hardly see, pixels
    become squares. Both keep [-1, 1] as it is.
    """
    factor = -(-max(x.shape[2:]) // LARGEST)
    if factor > 1:
        x = F.avg_pool2d(x, factor, ceil_mode=True)
    factor = -(-SMALLEST // min(x.shape[2:]))
    if factor > 1:
        x = x[:, :, :, None, :, None].expand(-1, -1, -1, factor, -1, factor).flatten(2, 3).flatten(3, 4)
    return x


def check_range(what: str, images: Tensor, limit: float) -> None:
    """Raise ValueError, naming `what`, unless all values are in [-1, 1], or at most |limit| where that is more."""
    largest = images.detach().abs().max().item()
    require(largest <= limit, what, f"in [-1, 1], |values| <= {limit:.4g}", f"|values| = {largest:.4g}")


def perceptual(name: str, *, trunk: str | Path | None = None, rng: torch.Generator | None = None) -> Perceptual:
    """The perceptual distance of this name; nothing is ever downloaded.

    - lpips-vgg, lpips-alex: from the package lpips, its trunk from a file that `weights fetch` gets.
    - stlpips-vgg, stlpips-alex: shift-tolerant LPIPS, entirely from what the package stlpips-pytorch ships.
    - random-vgg, random-alex: LPIPS with a trunk drawn from `rng`.

    Args:
        trunk: the file of LPIPS's trunk; None: where `weights fetch` or torchvision keeps it.
        rng: draws a random trunk, on the CPU; the others need none.

    Returns:
        A network in float32 on the CPU, whose weights take no gradient.

    Raises:
        FileNotFoundError: where weights are not on this machine, saying what to do.
        ValueError: for an unknown name, a file that is not the trunk, a random trunk without rng.
    """
    require(name in PERCEPTUAL, "perceptual(name)", f"one of {', '.join(PERCEPTUAL)}", repr(name))
    require(trunk is None or name in TRUNKS, "perceptual(trunk=...)", f"None for {name}", repr(str(trunk)))
    family, _, net = name.partition("-")
    if family == "random":
        require(rng is not None, "perceptual(rng=...)", f"a torch.Generator for {name}", rng)
    file = WEIGHTS[name if family != "random" else f"lpips-{net}"]
    weights = tensors_of(io.BytesIO(file.read()), file.path)
    heads = [weights[f"lin{i}.model.1.weight"] for i in range(5)]
    if family == "stlpips":
        parts, version = shift_tolerant_trunk(net), "ST0.0"
        fill_(parts, weights, file.path)
    else:
        parts, version = _lpips_trunk(net), "0.1"
        if family == "random":
            fill_(parts, _drawn(parts, rng), name)
        else:
            path = trunk_file(name, trunk)
            fill_(parts, tensors_of(path, path.name), path.name)
    return Perceptual(name, version, parts, heads)


def _lpips_trunk(net: str) -> list[nn.Module]:
    """The five parts of the package's network without weights: on "meta" it draws none, and it asks for none."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="torchvision", category=UserWarning)  # by how lpips calls it
        import lpips

        with torch.device("meta"):
            network = lpips.LPIPS(net=net, pnet_rand=True, pretrained=False, verbose=False)
    return [getattr(network.net, f"slice{i}") for i in range(1, 6)]


def _drawn(parts: Sequence[nn.Module], rng: torch.Generator) -> dict[str, Tensor]:
    """Weights N(0, 2/fan-in) (He et al. 2015), biases 0."""
    blank = {key: value.shape for part in parts for key, value in part.state_dict().items()}
    return {
        key: torch.randn(shape, generator=rng) * sqrt(2 / shape[1:].numel()) if len(shape) > 1 else torch.zeros(shape)
        for key, shape in blank.items()
    }
