"""All mutants. `python -m tests.mutants` runs the tests on each of them and names the test that kills it."""

from tests.mutants import bounds, calculator, checkers, checkpoints, observations, practice, proofs, theory
from tests.mutants.mutant import Mutant

MUTANTS: list[Mutant] = [
    *theory.MUTANTS,
    *bounds.MUTANTS,
    *calculator.MUTANTS,
    *proofs.MUTANTS,
    *observations.MUTANTS,
    *practice.MUTANTS,
    *checkpoints.MUTANTS,
    *checkers.MUTANTS,
]
