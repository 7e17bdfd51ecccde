"""Fields of a recipe as words: each type, each refusal."""

from math import inf

import pytest

from ilo_practice.recipes import RECIPES
from ilo_practice.settings import SETTABLE, varied

ILO = RECIPES["ilo"]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("lr=0.2", (0.2,)),
        ("lr=[0.2, 0.1]", (0.2, 0.1)),
        ("code_radii=[Infinity, 0.1]", (inf, 0.1)),
        ("starts=[0, 2]", (0, 2)),
        ("features=rgb", ("rgb",)),
        ('features=["x", "rgb"]', ("x", "rgb")),
        ("codes=w", "w"),
        ("codes=w+", "w+"),
        ("spheres=false", False),
        ("restarts=4", 4),
        ("lpips=2", 2),
        ("flat=0.05", 0.05),
        ("flat=null", None),
        ("noise_addition=true", True),
    ],
)
def test_a_word_sets_its_field_and_no_other(word, value):
    name = word.partition("=")[0]
    recipe = varied(ILO, [word])
    assert getattr(recipe, name) == value
    assert all(getattr(recipe, other) == getattr(ILO, other) for other in SETTABLE if other != name)
    assert varied(recipe, []) == recipe


@pytest.mark.parametrize(
    "word",
    [
        "lr",
        "tempo=1",
        "build=x",
        "source=me",
        "lr=fast",
        "lr=[]",
        "lr=[NaN]",
        "spheres=1",
        "restarts=true",
        "restarts=1.5",
        "starts=[0.5]",
        "features=3",
        "flat=no",
        "codes=3",
        "geodesic=NaN",
        "noise_addition=0",
    ],
)
def test_what_is_no_setting_is_refused_in_one_line(word):
    with pytest.raises(ValueError, match=r"^`--set ") as refused:
        varied(ILO, [word])
    assert "\n" not in str(refused.value)


def test_values_out_of_their_domain_are_the_recipes_to_refuse():
    for word in ("codes=v", "restarts=0", "starts=[2, 1]", "lpips_from=2"):
        with pytest.raises(ValueError, match=r"^`Recipe\("):
            varied(ILO, [word])
