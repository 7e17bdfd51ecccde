"""Shared by all tests: hypothesis profiles, one seeded generator of random numbers, one list of instances a kind."""

import os

import pytest
import torch
from hypothesis import settings

settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("dev", deadline=None)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

torch.set_num_threads(1)


@pytest.fixture
def rng():
    """A seeded generator of random numbers, new for each test."""
    return torch.Generator().manual_seed(0)
