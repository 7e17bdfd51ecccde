"""The demo: a few images of a study from four kinds of measurements, CSGM against ILO with as many steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ilo_practice.experiments import Told, restored, write_json, write_strips
from ilo_practice.images import mse
from ilo_practice.studies import FACES
from ilo_practice.study import Images, Study

METHODS = ("csgm", "ilo")
PICTURED = 2  # images of each set


@dataclass(frozen=True)
class Demo:
    """What is shown of a study.

    Args:
        images: [first, last) of each set, of which none is reported or tuned on.
        levels: of each kind of problem.
    """

    images: Images
    levels: Mapping[str, float]


DEMOS = {
    "digits": Demo((50, 58), {"sense": 0.1, "inpaint": 0.1, "superres": 4, "denoise": 0.6}),
    "dcgan-faces": Demo((41, 43), FACES.tuned_at),
}


def demo(study: Study, folder: str | Path, *, seed: int, on_step: Told) -> list[dict]:
    """Restore images that are neither reported nor tuned on from four kinds of measurements, by CSGM and by ILO.

    Writes demo.png and demo.json. Returns a row for each set and kind of problem: what they are, the level, and the
    mean true squared errors of both methods, and of the study's answer to everything where it has one.
    """
    shown = DEMOS[study.name]
    cases = [(part, kind, level) for part in study.sets for kind, level in shown.levels.items()]
    columns = restored(study, cases, METHODS, shown.images, seed=seed, on_step=on_step)
    rows = []
    for (part, kind, level), (truth, _, *images) in zip(cases, columns, strict=True):
        errors = {name: mse(image, truth) for name, image in zip(METHODS, images, strict=True)}
        if study.baseline is not None:
            errors[study.baseline[0]] = study.baseline[1](truth)
        row = {"set": part, "kind": kind, "level": level}
        rows.append(row | {name: error.mean().item() for name, error in errors.items()})
    few = [[column[:PICTURED] for column in row] for row in columns]
    write_strips(study, Path(folder) / "demo.png", cases, few, METHODS)
    write_json(folder, "demo", {"study": study.name, "seed": seed, "rows": rows})
    return rows
