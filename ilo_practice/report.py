"""Figures: restored images beside what was observed, and how the objective fell."""

import io
from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path

from matplotlib.figure import Figure
from torch import Tensor

from ilo_practice.images import to_bytes, write_atomically
from ilo_theory.ilo import Round
from ilo_theory.plots.style import tidy

INK, MUTED, LINE = "#1f2328", "#6e7781", "#0969da"
BANDS = ("#eef4fb", "#ffffff")


def write_grid(
    path: str | Path,
    images: Sequence[Sequence[Tensor]],
    *,
    columns: Sequence[str],
    rows: Sequence[str] = (),
    captions: Sequence[Sequence[str]] = (),
    title: str = "",
) -> None:
    """A PNG of images in rows and columns, each pixel a square.

    Args:
        path: of the file.
        images: [C, H, W] in [-1, 1] each, of any sizes.
        columns: the title of each column.
        rows: the name of each row.
        captions: what stands under each image.
        title: above all.
    """
    longest = max((len(line) for name in rows for line in name.split("\n")), default=0)
    side, left, top = 1.9, 0.2 + 0.1 * longest, 0.4 + 0.35 * bool(title)
    below = 0.3 if captions else 0.1
    width = left + side * len(columns) + 0.15
    height = top + (side + below) * len(images) + 0.05
    figure = Figure(figsize=(width, height), dpi=120, facecolor="white")
    for i, row in enumerate(images):
        for j, image in enumerate(row):
            x, y = left + j * side, height - top - i * (side + below) - side
            axes = figure.add_axes(((x + 0.05) / width, y / height, (side - 0.1) / width, (side - 0.1) / height))
            pixels = to_bytes(image).numpy()
            axes.imshow(pixels.repeat(3, axis=2) if pixels.shape[2] == 1 else pixels, interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            for spine in axes.spines.values():
                spine.set(color="#d0d7de", linewidth=0.8)
            if captions:
                axes.set_xlabel(captions[i][j], fontsize=9, color=MUTED, labelpad=4)
            if i == 0:
                axes.set_title(columns[j], fontsize=11, color=INK, pad=7)
            if rows and j == 0:
                axes.set_ylabel(rows[i], fontsize=11, color=INK, rotation=0, ha="right", va="center", labelpad=10)
    if title:
        figure.text(0.5, 1 - 0.1 / height, title, fontsize=12, color=INK, ha="center", va="top", weight="bold")
    _save(figure, path)


def write_curve(path: str | Path, loss: Tensor, rounds: Mapping[str, int]) -> None:
    """A PNG of one image's objective at every iterate, and of the best so far.

    Args:
        path: of the file.
        loss: [T].
        rounds: the name of each round in turn, and how many of the T it takes.
    """
    loss = loss.detach().double().cpu()
    figure = Figure(figsize=(7.2, 3.4), dpi=120, facecolor="white", layout="constrained")
    axes = figure.add_subplot()
    axes.plot(loss, color=MUTED, linewidth=0.8, alpha=0.7, label="objective")
    axes.plot(loss.nan_to_num(nan=inf).cummin(0).values, color=LINE, linewidth=1.8, label="best so far")
    axes.set_yscale("log")
    axes.set_xlim(0, max(1, len(loss) - 1))
    start = 0
    for i, (name, count) in enumerate(rounds.items()):
        axes.axvspan(start, start + count, color=BANDS[i % 2], zorder=0, linewidth=0)
        axes.annotate(
            name, (start + count / 2, 1), xycoords=("data", "axes fraction"), xytext=(0, -4),
            textcoords="offset points", ha="center", va="top", fontsize=8, color=MUTED,
        )  # fmt: skip
        start += count
    axes.set_xlabel("iterate", color=INK)
    axes.set_ylabel("objective", color=INK)
    tidy(axes)
    axes.legend(frameon=False, fontsize=9, loc="upper right", bbox_to_anchor=(1, 0.93))
    _save(figure, path)


def names_of(search: Sequence[Round], rounds: Sequence[Round]) -> dict[str, int]:
    """What `write_curve` calls the rounds of a recipe, and the iterates of each."""
    named = {"search": search[0].steps + 1} if search else {}
    for i, round in enumerate(rounds, 1):
        named[f"{i}: layer {round.start}"] = round.steps + 1
    return named


def _save(figure: Figure, path: str | Path) -> None:
    content = io.BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})
    write_atomically(path, content.getvalue())
