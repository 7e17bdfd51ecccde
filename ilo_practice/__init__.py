"""Intermediate Layer Optimization with StyleGAN-2: weights, images, recipes, experiments."""
