"""Which law a checker finds broken."""

import pytest

from ilo_theory.checkers import CheckFailed
from tests.toys import seeded


def law(checker, *arguments, **options) -> str:
    """The law that the checker finds broken."""
    with pytest.raises(CheckFailed, match=r"^\S.* breaks the law of .*\.$") as failure:
        checker(*arguments, rng=seeded(), **options)
    return str(failure.value).partition("breaks the law of ")[2]
