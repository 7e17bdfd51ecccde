"""Lemma 1's embedding without its random signs: a circulant matrix alone sees one number of a flat vector."""

import math

import torch

from ilo_theory.operators import PartialCirculant
from ilo_theory.verdict import Verdict, sampled


def squared_lengths(m: int, n: int, *, signs: bool, trials: int, rng: torch.Generator) -> torch.Tensor:
    """||A x||^2 of the flat unit vector x = (1, ..., 1)/sqrt(n), [trials], a partial circulant A drawn for each.

    Args:
        m, n: measurements and dimension.
        signs: whether A has its random signs.
        trials: draws of A.
        rng: draws them.
    """
    flat = torch.full((n,), 1 / math.sqrt(n), dtype=torch.float64)
    found = []
    for _ in range(trials):
        A = PartialCirculant.draw(m, (n,), rng=rng).double()
        found.append(A(flat if signs else flat * A.signs).square().sum())  # signs twice are none
    return torch.stack(found)


def keeps_lengths(
    m: int, n: int, *, signs: bool, distortion: float, at_least: float, trials: int, rng: torch.Generator
) -> Verdict:
    """Whether | ||Ax||^2 - 1 | <= distortion for the flat unit vector, with probability at least `at_least`.

    With the signs ||Ax||^2 is near 1, its standard deviation of the order of sqrt(1/m). Without them all entries of Ax
    are the same number N(0, 1/m), and ||Ax||^2 is the square of one normal number whatever m.

    Args:
        m, n: measurements and dimension.
        signs: whether the random signs of Lemma 1 are there.
        distortion: in (0, 1).
        at_least: the probability asked for.
        trials: independent draws of A; the verdict is wrong with a probability of at most 1e-6.
        rng: draws them.
    """
    lengths = squared_lengths(m, n, signs=signs, trials=trials, rng=rng)
    kept = int(((lengths - 1).abs() <= distortion).sum())
    scope = f"flat x, m = {m}, n = {n}, {'random' if signs else 'no'} signs, within {distortion:g}"
    return sampled(kept, trials, at_least, scope=scope)
