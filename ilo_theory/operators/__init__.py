"""Linear measurements y = A x with exact adjoints: Gaussian, partial circulant (Lemma 1), masks, other sizes."""

from ilo_theory.operators.base import Composed, LinearOperator, dot_test
from ilo_theory.operators.images import Crop, Downsample, Identity, Mask, Resize
from ilo_theory.operators.random_projections import Gaussian, PartialCirculant

__all__ = [
    "Composed",
    "Crop",
    "Downsample",
    "Gaussian",
    "Identity",
    "LinearOperator",
    "Mask",
    "PartialCirculant",
    "Resize",
    "dot_test",
]
