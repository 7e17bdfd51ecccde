"""Linear measurements y = A x with exact adjoints: Gaussian, partial circulant (Lemma 1), masks, downsampling."""

from ilo_theory.operators.base import LinearOperator, dot_test
from ilo_theory.operators.images import Downsample, Identity, Mask
from ilo_theory.operators.random_projections import Gaussian, PartialCirculant

__all__ = ["Downsample", "Gaussian", "Identity", "LinearOperator", "Mask", "PartialCirculant", "dot_test"]
