"""What a file of weights holds, read off its names and shapes: no network is built, no weight is looked at."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from ilo_practice.checkpoints.files import embedded, file_of, sha256
from ilo_practice.stylegan2_layers import Architecture


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
    """The summary of a file of weights, or of an embedded generator by its name.

    Raises FileNotFoundError for neither a file nor a name, ValueError for a file that holds no generator.
    """
    path = file_of(source)
    if not path.is_file():
        raise FileNotFoundError(
            f"`inspect(source)`: no file and no embedded generator {str(source)!r} ({', '.join(embedded())})."
        )
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            fields = json.loads(header["architecture"])
            architecture = Architecture(**fields | {"widths": tuple(fields["widths"])})
            sizes = {key: file.get_slice(key).get_shape() for key in file.keys()}  # noqa: SIM118 (not a mapping)
            moments = "v_std" in sizes and not file.get_tensor("v_std").isnan().any()
    except (SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"`inspect({path.name!r})`: not a whole StyleGAN-2 of this package: {error}") from None
    return Summary(
        path=path,
        format="safetensors",
        kind="stylegan2",
        resolution=architecture.resolution,
        channels=architecture.channels,
        layers=len(architecture.widths),
        z_dim=architecture.z_dim,
        w_dim=architecture.w_dim,
        widths=architecture.widths,
        label_dim=architecture.label_dim,
        parameters=sum(_product(shape) for shape in sizes.values()),
        size=path.stat().st_size,
        sha256=sha256(path),
        licence=header.get("license"),
        moments_known=bool(moments),
    )


def _product(shape) -> int:
    total = 1
    for n in shape:
        total *= n
    return total


def convert(source: str | Path, target: str | Path, *, metadata: Mapping[str, str], force: bool = False) -> None:
    """Write the generator in `source` as safetensors to `target`, the header saying what `metadata` says.

    Raises FileExistsError where `target` exists and not `force`, and what `load` raises; then nothing is written.
    """
    from ilo_practice.checkpoints.files import load, save_generator

    if Path(target).suffix != ".safetensors":
        raise ValueError(f"`convert(target=...)` must end in .safetensors, got {Path(target).name!r}.")
    if Path(target).exists() and not force:
        raise FileExistsError(f"`convert(target=...)`: {str(target)!r} exists.")
    save_generator(load(source), target, metadata=metadata)
