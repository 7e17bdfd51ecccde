"""StyleGAN-2 (Karras et al. 2020): the network, its layers as they are and as they are fast, and ways to run it."""

from ilo_practice.stylegan2.network import StyleGAN2

__all__ = ["StyleGAN2"]
