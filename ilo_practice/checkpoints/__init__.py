"""Checkpoints in, generators out. Nothing in a file is ever executed."""

from ilo_practice.checkpoints.files import WEIGHTS, embedded, file_of, load, save_generator, sha256
from ilo_practice.checkpoints.names import from_state_dict

__all__ = ["WEIGHTS", "embedded", "file_of", "from_state_dict", "load", "save_generator", "sha256"]
