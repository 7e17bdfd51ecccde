"""Images side by side, as figures: rows of what was seen, found and true."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure


def strips_figure(
    rows: Mapping[str, np.ndarray], captions: Mapping[str, Sequence[str]] | None = None, *, side: float = 0.95
) -> Figure:
    """Rows of images, a name beside each row, and words under its images.

    Args:
        rows: by name, images [B, C, H, W] with values in [-1, 1], C = 1 or 3; what is outside is clipped.
        captions: by name of some rows, B words.
        side: of an image, in inches.
    """
    captions = captions or {}
    rows = {name: np.clip((np.asarray(images) + 1) / 2, 0, 1) for name, images in rows.items()}
    columns = max(len(images) for images in rows.values())
    figure = Figure(figsize=(side * columns + 1.4, (side + 0.2 * bool(captions)) * len(rows)), layout="constrained")
    panels = figure.subplots(len(rows), columns, squeeze=False)
    for line, (name, images) in zip(panels, rows.items(), strict=True):
        for axes in line:
            axes.set(xticks=[], yticks=[])
            axes.set_frame_on(False)
        for i, (axes, image) in enumerate(zip(line, images, strict=False)):
            grey = len(image) == 1
            axes.imshow(image[0] if grey else image.transpose(1, 2, 0), cmap="gray" if grey else None, vmin=0, vmax=1)
            if name in captions:
                axes.set_xlabel(captions[name][i], fontsize=8)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
    return figure
