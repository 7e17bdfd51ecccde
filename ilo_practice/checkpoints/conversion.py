"""Other formats made ours."""

from collections.abc import Mapping
from pathlib import Path

from ilo_practice.checkpoints.files import save_generator, sha256
from ilo_practice.checkpoints.reading import load, whereabouts


def convert(source: str | Path, target: str | Path, *, metadata: Mapping[str, str], force: bool = False) -> None:
    """Write the generator in `source` as safetensors to `target`, the header saying what `metadata` says.

    The header also holds the hash of `source`, as `source_sha256`. The numbers are those that are stored, in float32.
    Raises ValueError for a `target` that does not end in .safetensors, FileExistsError where it exists and not
    `force`, and what `load` raises; then nothing is written.
    """
    target = Path(target)
    if target.suffix != ".safetensors":
        raise ValueError(f"`convert(target=...)` must end in .safetensors, got {target.name!r}.")
    if target.exists() and not force:
        raise FileExistsError(f"`convert(target=...)`: {str(target)!r} exists; `force` replaces it.")
    digest = sha256(whereabouts(source, "convert"))
    save_generator(load(source), target, metadata={"source_sha256": digest} | dict(metadata))
