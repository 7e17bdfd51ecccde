"""Mutants of the nets, the bounds and the verdicts: what is claimed, and how it is judged."""

from tests.mutants.mutant import Mutant

COVERING, THEOREM = "ilo_theory/bounds/covering.py", "ilo_theory/bounds/theorem.py"
EXPLICIT = "ilo_theory/bounds/explicit.py"
NETS, EARNED, REGISTRY = "ilo_theory/nets.py", "ilo_theory/verdict/earned.py", "ilo_theory/verdict/registry.py"

MUTANTS = [
    # Nets
    Mutant(
        "non-strict for strict: the greedy packing",
        NETS,
        "free &= cdist(rows[i : i + 1], rows)[0] > delta",
        "free &= cdist(rows[i : i + 1], rows)[0] >= delta",
        "tests/test_packings.py",
    ),
    Mutant(
        "non-strict for strict: the packing number",
        NETS,
        "np.triu(_distances(points) <= delta, k=1)",
        "np.triu(_distances(points) < delta, k=1)",
        "tests/test_packings.py",
    ),
    Mutant(
        "strict for non-strict: the covering number",
        NETS,
        "near = _distances(points) <= delta",
        "near = _distances(points) < delta",
        "tests/test_packings.py",
    ),
    Mutant(
        "the shrunk net is not shrunk",
        NETS,
        "return even.double() * (r / (math.sqrt(t) + t))",
        "return even.double() * (r / t)",
        "tests/test_nets.py",
    ),
    Mutant(
        "the shrunk net has the odd points",
        NETS,
        "even = points[(points.sum(1) - t) % 2 == 0]",
        "even = points[points.sum(1) % 2 == 0]",
        "tests/test_nets.py",
    ),
    Mutant(
        "the covering radius of the ball's corners alone",
        NETS,
        "return torch.from_numpy(HalfspaceIntersection(halfspaces, inside).intersections[:, :d] * r)",
        "return torch.from_numpy(np.vstack([np.eye(d), -np.eye(d)]) * r)",
        "tests/test_nets.py",
    ),
    Mutant(
        "nets reach as far as they claim, squared",
        "ilo_theory/entropy.py",
        "return 1 / nets.covering_radius(nets.maurey_net(d, 1.0, t), 1.0)",
        "return 1 / nets.covering_radius(nets.maurey_net(d, 1.0, t), 1.0) ** 2",
        "tests/test_entropy.py",
    ),
    Mutant(
        "packings at half the distance",
        "ilo_theory/entropy.py",
        "nets.greedy_packing(candidates, 2 / low * (1 - SLACK))",
        "nets.greedy_packing(candidates, 1 / low * (1 - SLACK))",
        "tests/test_entropy.py",
    ),
    # Bounds
    Mutant(
        "Maurey's bound in bits",
        COVERING,
        "** 2 * math.log(2 * d + 1)",
        "** 2 * math.log2(2 * d + 1)",
        "tests/test_bounds.py",
    ),
    Mutant(
        "ceil dropped in the exact net",
        COVERING,
        "exact = log_delannoy(d, math.ceil(min(s * s / 2, s * math.sqrt(d) / 2)))",
        "exact = log_delannoy(d, math.floor(min(s * s / 2, s * math.sqrt(d) / 2)))",
        "tests/test_bounds.py",
    ),
    Mutant(
        "ceil dropped in the shrunk net",
        COVERING,
        "return min(exact, log_parity_count(d, math.ceil((s - 1) ** 2)))",
        "return min(exact, log_parity_count(d, math.floor((s - 1) ** 2)))",
        "tests/test_sharp_entropy.py",
    ),
    Mutant(
        "the volumetric bound with 2 for 4",
        COVERING,
        "return d * math.log(4 * _scale(",
        "return d * math.log(2 * _scale(",
        "tests/test_bounds.py",
    ),
    Mutant(
        "Sudakov's constant 1/2",
        COVERING,
        "SUDAKOV = 1 / math.sqrt(2 * math.pi * math.log(2))",
        "SUDAKOV = 1 / 2",
        "tests/test_claims.py -k sudakov",
    ),
    Mutant(
        "gamma for 1 - gamma in the measurements",
        THEOREM,
        "math.log(self.p)) / (1 - self.gamma) ** 2",
        "math.log(self.p)) / self.gamma**2",
        "tests/test_bounds.py",
    ),
    Mutant(
        "delta-nets for delta/2-nets",
        EXPLICIT,
        "return k * math.log1p(4 * setting.X)",
        "return k * math.log1p(2 * setting.X)",
        "tests/test_bounds.py",
    ),
    Mutant(
        "points of the net for pairs of them",
        EXPLICIT,
        "return max(2 * half_net_entropy(setting) + u",
        "return max(half_net_entropy(setting) + u",
        "tests/test_bounds.py",
    ),
    Mutant(
        "r2 by the wrong Lipschitz constant",
        THEOREM,
        "return self.K * self.delta / self.L2",
        "return self.K * self.delta / self.L1",
        "tests/test_bounds.py",
    ),
    Mutant(
        "the explicit error multiplies by gamma",
        EXPLICIT,
        "return (1 + (additive - 2) / setting.gamma) * best",
        "return (1 + (additive - 2) * setting.gamma) * best",
        "tests/test_bounds.py",
    ),
    # Verdicts
    Mutant(
        "Clopper and Pearson on one side: alpha for alpha/2",
        EARNED,
        "low = stats.beta.ppf(alpha / 2, successes,",
        "low = stats.beta.ppf(alpha, successes,",
        "tests/test_verdict.py",
    ),
    Mutant(
        "at least is taken for at most",
        EARNED,
        "_statistics(certified(at_least, (low, high), scope=scope, **witness)",
        "_statistics(certified((low, high), at_least, scope=scope, **witness)",
        "tests/test_verdict.py",
    ),
    Mutant(
        "Student's law with too many degrees of freedom",
        EARNED,
        "half = stats.t.isf(alpha / 2, len(x) - 2)",
        "half = stats.t.isf(alpha / 2, len(x) + 2)",
        "tests/test_verdict.py",
    ),
    Mutant(
        "the best case for the worst",
        EARNED,
        "status = max((v.status for v in verdicts)",
        "status = min((v.status for v in verdicts)",
        "tests/test_verdict.py",
    ),
    Mutant(
        "the strongest evidence for the weakest",
        EARNED,
        "evidence = max((v.evidence for v in worst)",
        "evidence = min((v.evidence for v in worst)",
        "tests/test_verdict.py",
    ),
    Mutant("rounding a thousand times as wide", EARNED, "ROUNDING = 1e-12", "ROUNDING = 1e-9", "tests/test_verdict.py"),
    Mutant(
        "one number of the interval speaks for all",
        EARNED,
        "(least, lhs), (rhs, most) = (side if isinstance(side, tuple) else (side, side) for side in (lhs, rhs))",
        "(lhs, least), (rhs, most) = (side if isinstance(side, tuple) else (side, side) for side in (lhs, rhs))",
        "tests/test_verdict.py",
    ),
    Mutant(
        "an equality judged from one side",
        EARNED,
        "return there if back.status is Status.HOLDS else",
        "return there if back.status is not None else",
        "tests/test_verdict.py",
    ),
    Mutant(
        "the seed is not used",
        REGISTRY,
        "torch.Generator().manual_seed(seed)",
        "torch.Generator().manual_seed(0)",
        "tests/test_registry.py",
    ),
    Mutant(
        "every outcome is as expected",
        REGISTRY,
        "return self.verdict.status is self.claim.expected",
        "return self.verdict.status is not None",
        "tests/test_registry.py",
    ),
]
