"""A line of a proof that its step does not give is undecided, however many instances agree with it."""

import pytest

from ilo_theory.claims.recovery_proof import LINES
from ilo_theory.verdict import Evidence, Status, verify

CASE = {"gamma": 0.8, "p": 2, "m": 2}


@pytest.mark.parametrize(
    ("name", "printed", "status"),
    [
        ("proof-error-bound", LINES[80], Status.HOLDS),
        ("proof-error-bound", (("true", 2, 4), ("delta", 0, 1)), Status.HOLDS),  # gives more away
        ("proof-error-bound", (("true", 3, 2), ("delta", 0, 1)), Status.INCONCLUSIVE),
        ("proof-error-bound", (("true", 2, 3), ("delta", 0, 1)), Status.INCONCLUSIVE),
        ("proof-triangle", LINES[79], Status.HOLDS),
        ("proof-triangle", (("true", 1, 0), ("apart", 0, 1)), Status.INCONCLUSIVE),  # true, but not by this step alone
    ],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_line_holds_by_its_step_alone(name, printed, status, seed):
    found = verify(name, printed=printed, seed=seed, **CASE)
    assert found.status is status
    assert found.evidence is Evidence.PROOF
