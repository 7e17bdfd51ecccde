"""The l1 ball, the l2 ball and the sphere: Euclidean projections, and uniform draws from the balls.

These are the sets B_2^k(r1) and B_1^p(r2) of Theorem 1 and Algorithm 1, and the sphere of PULSE (Menon et al., 2020).
A batch x is [B, *shape]; each of its B points is treated on its own, so that a NaN spoils its own row only.
"""

from ilo_theory.balls.draws import sample_l1_ball, sample_l2_ball
from ilo_theory.balls.l1 import project_l1_ball
from ilo_theory.balls.l2 import project_l2_ball, project_sphere

__all__ = ["project_l1_ball", "project_l2_ball", "project_sphere", "sample_l1_ball", "sample_l2_ball"]
