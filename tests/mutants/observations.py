"""Mutants of what is observed: success maps, assumptions taken away, errors over radii, and the copies of notebooks."""

from tests.mutants.mutant import Mutant

SUCCESS, RUN, INTEROP = "ilo_theory/success.py", "notebooks/run.py", "ilo_theory/interop.py"
SREC, RECOVERY = "ilo_theory/assumptions/srec.py", "ilo_theory/assumptions/recovery.py"

MUTANTS = [
    Mutant(
        "twice the error is a success",
        SUCCESS,
        "(self.error <= level)",
        "(self.error <= 2 * level)",
        "tests/test_success.py",
    ),
    Mutant(
        "the hardest spikes are twice as many",
        SUCCESS,
        "round(K * K / 4)",
        "round(K * K / 2)",
        "tests/test_success.py",
    ),
    Mutant(
        "the measurements of a problem without a sign",
        SUCCESS,
        "-times(M, truth)",
        "times(M, truth)",
        "tests/test_success.py",
    ),
    Mutant(
        "the contour starts after the first success",
        SUCCESS,
        "below = max((i for",
        "below = min((i for",
        "tests/test_success.py",
    ),
    Mutant(
        "the volume of an l2 ball twice as large",
        "ilo_theory/assumptions/covering.py",
        "d * math.log(r / delta)",
        "d * math.log(2 * r / delta)",
        "tests/test_assumptions_covering.py",
    ),
    Mutant(
        "the signs stay where they are to be removed",
        "ilo_theory/assumptions/embedding.py",
        "A(flat if signs else flat * A.signs)",
        "A(flat)",
        "tests/test_assumptions_embedding.py",
    ),
    Mutant(
        "one of the two nets of a sum is perfect",
        SREC,
        "math.hypot(*legs)",
        "max(legs)",
        "tests/test_assumptions_recovery.py",
    ),
    Mutant(
        "an upper bound of what is unseen refutes",
        SREC,
        "apart = 2 * v.norm().item(), 2 * r2 * math.sqrt(alpha)",
        "apart = 2 * r2 * math.sqrt(alpha)",
        "tests/test_assumptions_recovery.py",
    ),
    Mutant(
        "x depends on A where it should not",
        RECOVERY,
        "w = w.norm() * direction / direction.norm()",
        "w = w.norm() * w / w.norm()",
        "tests/test_assumptions_recovery.py",
    ),
    Mutant(
        "the bound of a recovery of half its best error",
        RECOVERY,
        "explicit_error(setting, end)",
        "explicit_error(setting, end / 2)",
        "tests/test_assumptions_recovery.py",
    ),
    Mutant(
        "the radii are not scaled",
        "ilo_practice/observed.py",
        "radius_scale=scale * recipe.radius_scale",
        "radius_scale=recipe.radius_scale",
        "tests/test_observed.py",
    ),
    Mutant(
        "the slider of radii moves nothing",
        "ilo_practice/choices.py",
        "radius_scale=radii * ilo.radius_scale",
        "radius_scale=ilo.radius_scale",
        "tests/test_choices.py",
    ),
    Mutant(
        "any adjoint is taken for one",
        INTEROP,
        "if not apart <= ADJOINT:",
        "if not apart <= 1:",
        "tests/test_interop.py",
    ),
    Mutant(
        "a reconstructor starts by chance",
        INTEROP,
        "rng = torch.Generator().manual_seed(seed)",
        "rng = torch.Generator(); rng.seed()",
        "tests/test_interop.py",
    ),
    Mutant(
        "a copy is fresh whatever its data",
        RUN,
        'stamp.get("data") == data_hash(stamp["modules"])',
        'stamp.get("data")',
        "tests/test_notebooks.py -k stale",
    ),
    Mutant(
        "a copy is fresh whatever its source",
        RUN,
        'if stamp.get("source") != source_hash(name):',
        'if stamp.get("source") is None:',
        "tests/test_notebooks.py -k stale",
    ),
]
