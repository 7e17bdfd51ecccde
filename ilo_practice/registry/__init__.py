"""Networks that others published: where they are, under which licence, known by which hash; and how to get them."""

from ilo_practice.registry.fetching import Unverified, default_folder, fetch, opened, whereabouts
from ilo_practice.registry.table import PUBLISHED, Mirror, Published, known_as, named

__all__ = [
    "PUBLISHED",
    "Mirror",
    "Published",
    "Unverified",
    "default_folder",
    "fetch",
    "known_as",
    "named",
    "opened",
    "whereabouts",
]
