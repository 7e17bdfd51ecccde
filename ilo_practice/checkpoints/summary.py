"""What a file of weights holds, read off its names and shapes: no network is built."""

from dataclasses import dataclass
from math import prod
from pathlib import Path

from ilo_practice.checkpoints.files import INSTALLED, sha256
from ilo_practice.checkpoints.reading import one_line, opened, whereabouts
from ilo_practice.checkpoints.weights import Weights


@dataclass(frozen=True)
class Summary:
    """A file of weights in numbers.

    `layers` counts the resolution blocks, where a generator can be split, and `widths` their feature channels;
    `w_dim` is None for a network without a mapping; `parameters` counts all stored numbers of the generator, `size` is
    that of the file in bytes; `licence` None: the file names none; `moments_known`: the code moments that "v" needs.
    """

    path: Path
    format: str
    kind: str
    resolution: int
    channels: int
    layers: int
    z_dim: int
    w_dim: int | None
    widths: tuple[int, ...]
    label_dim: int
    parameters: int
    size: int
    sha256: str
    licence: str | None
    moments_known: bool


def inspect(source: str | Path) -> Summary:
    """The summary of a file of weights, or of a generator offered by name.

    Names and shapes are checked as `load` checks them; of the numbers only filters and code moments are looked at, so
    that weights which are not finite are found by `load` alone.
    Raises FileNotFoundError for neither a file nor a name, ValueError for a file that holds no generator.
    """
    path = whereabouts(source, "inspect")
    weights = opened(path, "inspect")
    a = weights.architecture
    licence = weights.metadata.get("license", INSTALLED[source].licence if source in INSTALLED else None)
    return Summary(
        path=path,
        format=weights.format,
        kind=weights.kind,
        resolution=a.resolution,
        channels=a.channels,
        layers=len(a.widths) + (weights.kind == "dcgan"),  # whose last block leaves no features but the image
        z_dim=a.z_dim,
        w_dim=getattr(a, "w_dim", None),
        widths=a.widths,
        label_dim=getattr(a, "label_dim", 0),
        parameters=sum(prod(tensor.shape) for tensor in weights.tensors.values()),
        size=path.stat().st_size,
        sha256=sha256(path),
        licence=None if licence is None else one_line(licence),
        moments_known=_moments_known(weights),
    )


def _moments_known(weights: Weights) -> bool:
    """Our files hold NaN where the moments are not known."""
    moments = [weights.tensors[name].tensor() for name in ("v_mean", "v_std") if name in weights.tensors]
    return len(moments) == 2 and all(bool(each.isfinite().all()) for each in moments)
