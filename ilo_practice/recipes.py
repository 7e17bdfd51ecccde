"""Recipes: the hyper-parameters that turn CSGM, PULSE, ILO and Algorithm 1 into lists of rounds for a StyleGAN-2.

Every recipe spends the same number of gradient steps, whatever its rounds and restarts. Radii are numbers an entry
(the radius of an l1 ball divided by the number of entries of the tensor), so that they carry over from one size of
generator to another. Appendix 7.3 of the paper gives them for 1024 px and 512 channels; an entry that is

    codes, 18 x 512 = 9,216 numbers           300, 500, 1000, 2000   ->   0.033, 0.054, 0.109, 0.217
    features, 512 x (4^2, 8^2, 16^2)               500, 1000, 2000   ->          0.061, 0.031, 0.015
    noises, the largest that moves            300, 2000, 2000, 4000  ->    1.17,  1.95,  0.49,  0.24
"""

from math import inf

from ilo_practice.recipe import Recipe, in_rounds, there_and_back

_PULSE = {"codes": "w+", "noises": 5, "spheres": True, "geodesic": 0.01}
_DEEPER = {
    "code_radii": (inf, 0.054, 0.109, 0.217),
    "feature_radii": (inf, 0.061, 0.031, 0.015),
    "noise_radii": (inf, 1.95, 0.49, 0.24),
}
_ILO = {"starts": (0, 1, 2, 3), "split": (3.0, 2.0, 2.0, 1.0), **_PULSE, **_DEEPER}
_PERCEPTUAL = {"lpips": 1.0, "noise_addition": True}

RECIPES = {
    "csgm": Recipe("Bora et al. 2017: one z; Adam and its schedule of Appendix 7.3", in_rounds, "z"),
    "csgm-restarts": Recipe(
        "Bora et al. 2017, Section 6: the best of several starts, here within the same steps",
        in_rounds,
        "z",
        restarts=5,
    ),
    "csgm-w": Recipe(
        "Section 4.1: one w for all layers, through the Gaussian fit of PULSE", in_rounds, "w", spheres=True
    ),
    "csgm-wplus": Recipe("PULSE as Section 4.3 compares with it; geodesic weight of Appendix 7.3", in_rounds, **_PULSE),
    "ilo": Recipe(
        "Section 4.1; radii, rate and geodesic weight of Appendix 7.3, its steps 300, 200, 200, 100",
        in_rounds,
        **_ILO,
    ),
    "algorithm-1": Recipe(
        "Algorithm 1, split at 8 x 8 pixels; radius of previous solutions of Appendix 7.3",
        there_and_back,
        "z",
        starts=(0, 1),
        split=(1.0, 1.0),
        features=("x", "rgb"),
        feature_radii=(inf, 0.061),
        loops=2,
    ),
    "csgm-lpips": Recipe(
        "CSGM + MSE + LPIPS of Section 4.3: PULSE's search with both losses, and noise addition",
        in_rounds,
        **_PULSE,
        **_PERCEPTUAL,
    ),
    "ilo-lpips": Recipe(
        "Section 4.2: MSE and LPIPS with equal weights (Figure 1), MSE alone below 20 % of the pixels and for random "
        "projections (Appendix 7.3); noise addition (Table 1)",
        in_rounds,
        **_ILO,
        **_PERCEPTUAL,
    ),
    "ilo-all-balls": Recipe(
        "Appendix 7.3 read to the letter: balls round the drawn codes and noises in the first layer too",
        in_rounds,
        **_ILO | {"code_radii": (0.033, 0.054, 0.109, 0.217), "noise_radii": (1.17, 1.95, 0.49, 0.24)},
    ),
    "ilo-released": Recipe(
        "the released code, where it differs from the text: a dead zone beside the squared error",
        in_rounds,
        dead_zone=1.0,
        **_ILO,
    ),
    "ilo-flat": Recipe(
        "Appendix 7.6: go on to the next layer where the error has flattened",
        in_rounds,
        flat=0.01,
        **_ILO,
    ),
}

SCHEDULES = (
    (300, 200, 200, 100),
    (300, 200, 100),
    (300, 200, 200, 100, 50),
    (50, 50, 50, 50, 500),
    (100, 100, 100, 100, 100),
    (50, 50, 50, 50),
)
"""Steps of each round, from layer 0 on: those of Appendix 7.3, and the last of Section 4.3 (running time)."""
