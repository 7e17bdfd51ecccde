"""Checkers of laws, for anybody's objects: linear operators, projections, generators that can be split, covering nets.

Each takes an object of any library, tries it on points of its own drawing, and raises `CheckFailed`, whose message says
which law is broken, where and by how much. Points that were tried are no proof; `check_covering` is exact up to d = 4.
"""

from ilo_theory.checkers.coverings import check_covering
from ilo_theory.checkers.failure import CheckFailed
from ilo_theory.checkers.linear import check_linear_operator
from ilo_theory.checkers.projections import check_projection, norm_ball
from ilo_theory.checkers.splits import check_split_generator

__all__ = [
    "CheckFailed",
    "check_covering",
    "check_linear_operator",
    "check_projection",
    "check_split_generator",
    "norm_ball",
]
