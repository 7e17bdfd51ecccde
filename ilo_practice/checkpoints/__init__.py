"""Checkpoints in, generators out. Nothing in a file is ever executed."""

from ilo_practice.checkpoints.conversion import convert
from ilo_practice.checkpoints.files import WEIGHTS, embedded, file_of, offered, save_generator, sha256
from ilo_practice.checkpoints.names import from_state_dict
from ilo_practice.checkpoints.reading import load
from ilo_practice.checkpoints.summary import Summary, inspect

__all__ = [
    "WEIGHTS",
    "Summary",
    "convert",
    "embedded",
    "file_of",
    "from_state_dict",
    "inspect",
    "load",
    "offered",
    "save_generator",
    "sha256",
]
