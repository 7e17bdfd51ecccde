"""Learned perceptual distances behind one wrapper: the network, its weights, and our shift-tolerant trunks."""

from ilo_practice.perceptual.network import (
    PERCEPTUAL,
    Perceptual,
    at_256,
    check_range,
    perceptual,
    perceptual_distance,
)

__all__ = ["PERCEPTUAL", "Perceptual", "at_256", "check_range", "perceptual", "perceptual_distance"]
