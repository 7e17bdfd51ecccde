"""Mutants of the checkers and strategies: each forgives what one law forbids, or draws what it should not."""

from tests.mutants.mutant import Mutant

LINEAR, LINEAR_TESTS = "ilo_theory/checkers/linear.py", "tests/test_checkers.py"
SPLITS, SPLITS_TESTS = "ilo_theory/checkers/splits.py", "tests/test_checkers_generators.py"
PROJECTIONS, PROJECTIONS_TESTS = "ilo_theory/checkers/projections.py", "tests/test_checkers_projections.py"
COVERINGS, COVERINGS_TESTS = "ilo_theory/checkers/coverings.py", "tests/test_checkers_nets.py"
STRATEGIES_TESTS = "tests/test_strategies.py"

MUTANTS = [
    Mutant(
        "checkers: NaN passes for a small error",
        "ilo_theory/checkers/failure.py",
        "or bool((error <= allowed).all()):",
        "or not bool((error > allowed).any()):",
        f"{LINEAR_TESTS} {PROJECTIONS_TESTS}",
    ),
    Mutant(
        "check_linear_operator: a wrong adjoint is forgiven",
        LINEAR,
        "within(gap, tolerance * (norms(Ax) * norms(y)).max(), A.what",
        "within(0 * gap, tolerance * (norms(Ax) * norms(y)).max(), A.what",
        LINEAR_TESTS,
    ),
    Mutant(
        "check_linear_operator: the dot test without the conjugate",
        LINEAR,
        "(Ax.conj() * wide(y))",
        "(Ax * wide(y))",
        LINEAR_TESTS,
    ),
    Mutant(
        "check_linear_operator: scaling is not tried",
        LINEAR,
        "for factor in (2.0**-10, 2.0**10):",
        "for factor in ():",
        LINEAR_TESTS,
    ),
    Mutant(
        "check_linear_operator: an argument may be changed",
        "ilo_theory/checkers/arrays.py",
        "before = x.clone()",
        "before = x",
        f"{LINEAR_TESTS} {PROJECTIONS_TESTS}",
    ),
    Mutant(
        "check_projection: the interior may be moved",
        PROJECTIONS,
        "inside = level <= 1",
        "inside = level <= 0",
        PROJECTIONS_TESTS,
    ),
    Mutant(
        "check_projection: any point of the set is near enough",
        PROJECTIONS,
        "within(product, allowed, what",
        "within(0 * product, allowed, what",
        PROJECTIONS_TESTS,
    ),
    Mutant(
        "check_projection: the set may be left",
        PROJECTIONS,
        "within(gauge(Px).double() - 1,",
        "within(0 * gauge(Px).double(),",
        PROJECTIONS_TESTS,
    ),
    Mutant(
        "check_split_generator: no law of composition",
        SPLITS,
        '_same(_image(second(middle), what), image, near, what, "composition"',
        '_same(image, image, near, what, "composition"',
        SPLITS_TESTS,
    ),
    Mutant(
        "check_split_generator: nothing passes through in between",
        SPLITS,
        "first(other), generator(other)",
        "other",
        SPLITS_TESTS,
    ),
    Mutant(
        "check_covering: the vertices are left out",
        COVERINGS,
        "torch.cat([nets.voronoi_vertices(net, r), _corners(d, r)])",
        "_corners(d, r)",
        COVERINGS_TESTS,
    ),
    Mutant(
        "check_covering: nobody walks away from the net",
        COVERINGS,
        "distance, step = torch.maximum(distance, reached), torch.where(better, step, step / 2)",
        "y = 0 * y",
        COVERINGS_TESTS,
    ),
    Mutant(
        "strategies: points outside of the l1 ball",
        "ilo_theory/strategies/points.py",
        "point = weights * (share * radius / norm)",
        "return torch.from_numpy(weights * (1.01 * share * radius / norm))",
        STRATEGIES_TESTS,
    ),
    Mutant(
        "strategies: hypothesis starts with torch",
        "ilo_theory/strategies/registration.py",
        "from types import ModuleType",
        "from types import ModuleType; import torch",
        STRATEGIES_TESTS,
    ),
]
