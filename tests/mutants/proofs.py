"""Mutants of what the claims stand on, and of the claims: tails, chains, certified optima, attacks, checks."""

from tests.mutants.mutant import Mutant

TAILS, CHAINING, EMBEDDING = "ilo_theory/tails.py", "ilo_theory/bounds/chaining.py", "ilo_theory/bounds/embedding.py"
RANGE, CONVEX, BOXES = (f"ilo_theory/{name}.py" for name in ("extended_range", "optimum/convex", "optimum/boxes"))


def twin(claim: str) -> str:
    """The false twins of one claim, as arguments of pytest."""
    return f"tests/test_claims.py -k 'false_twin and {claim}'"


MUTANTS = [
    # Tails
    Mutant(
        "a Gaussian's lower tail at gamma for gamma^2",
        TAILS,
        "return log_chi2_below(m, gamma * gamma * m)",
        "return log_chi2_below(m, gamma * m)",
        "tests/test_tails.py",
    ),
    Mutant(
        "a chi^2 of twice the degrees of freedom",
        TAILS,
        "return a * math.log(x) - x - math.lgamma(a) + math.log(h)",
        "return a * math.log(x) - x - math.lgamma(2 * a) + math.log(h)",
        "tests/test_tails.py",
    ),
    Mutant(
        "signs that agree for nothing",
        TAILS,
        "return log_probability - (s - 1) * math.log(2)",
        "return log_probability",
        "tests/test_tails.py",
    ),
    Mutant(
        "windows of a cycle without their square",
        TAILS,
        "np.square(np.sin(np.pi / N * (k * s % N)) / np.sin(np.pi / N * k)) / s",
        "np.abs(np.sin(np.pi / N * (k * s % N)) / np.sin(np.pi / N * k)) / s",
        "tests/test_tails.py",
    ),
    Mutant(
        "a block too few",
        TAILS,
        "math.ceil((m + a * b - 1) / b) * log_one",
        "math.floor((m + a * b - 1) / b) * log_one",
        "tests/test_tails.py",
    ),
    Mutant(
        "the upper tail by the largest eigenvalue alone",
        TAILS,
        "G = np.exp(np.log(found).cumsum() / r)",
        "G = np.exp(np.log(found[:1]) + 0 * r)",
        "tests/test_tails.py",
    ),
    # Bounds of the chain and of embeddings
    Mutant(
        "(49) at the wrong scale",
        CHAINING,
        "return 2 * ((c.K * 2 ** (i + 1)) ** 2 * c.log_3p",
        "return 2 * ((c.K * 2**i) ** 2 * c.log_3p",
        "tests/test_bounds_chaining.py",
    ),
    Mutant(
        "volumes take over too early",
        CHAINING,
        "while 2**i * self.K < math.sqrt(self.p):",
        "while 2**i * self.K < math.sqrt(self.p) / 2:",
        "tests/test_bounds_chaining.py",
    ),
    Mutant(
        "the chain's coarse sum without its last term",
        CHAINING,
        "coarse, fine = 48 * (2**c.switch - 1), 24",
        "coarse, fine = 48 * (2**c.switch - 2), 24",
        "tests/test_bounds_chaining.py",
    ),
    Mutant(
        "(44) with 2 for 4",
        EMBEDDING,
        "return 2 + 4 / m * (math.log(2) - log_f)",
        "return 2 + 2 / m * (math.log(2) - log_f)",
        "tests/test_bounds_embedding.py",
    ),
    Mutant(
        "the upper tail of chi^2 without its 1/2",
        EMBEDDING,
        "return -m * epsilon**2 / 2",
        "return -m * epsilon**2",
        "tests/test_bounds_embedding.py",
    ),
    Mutant(
        "Johnson and Lindenstrauss for points, not for pairs",
        EMBEDDING,
        "return (2 * log_N + u) / epsilon**2",
        "return (log_N + u) / epsilon**2",
        "tests/test_bounds_embedding.py",
    ),
    # The extended range and its optima
    Mutant(
        "draws crowd at the middle of the l2 ball",
        "ilo_theory/balls/draws.py",
        "** (1 / math.prod(points.shape[1:]))",
        "** 1",
        "tests/test_balls_sample.py",
    ),
    Mutant(
        "deviations are scaled, not projected",
        RANGE,
        "return project_l2_ball(z, self.r1), project_l1_ball(b, self.r2)",
        "return project_l2_ball(z, self.r1), project_l2_ball(b, self.r2)",
        "tests/test_extended_range.py",
    ),
    Mutant(
        "the search forgets how near a pair may be",
        RANGE,
        "counted = torch.where(apart >= separation, gamma, math.inf).detach()",
        "counted = gamma.detach()",
        "tests/test_worst_pair_separation.py",
    ),
    Mutant(
        "the search climbs",
        RANGE,
        "moved = (x - _both(pace, x) * r * slope for",
        "moved = (x + _both(pace, x) * r * slope for",
        "tests/test_extended_range.py",
    ),
    Mutant(
        "the least delta of the easiest pair",
        RANGE,
        "return float((gamma * apart - measured).max())",
        "return float((gamma * apart - measured).mean())",
        "tests/test_extended_range.py",
    ),
    Mutant(
        "a certificate without the balls' support",
        CONVEX,
        "((u * s).sum(dim=1) - balls.support(times(M.mT, u)))",
        "((u * s).sum(dim=1) - 0 * balls.support(times(M.mT, u)))",
        "tests/test_optimum.py",
    ),
    Mutant(
        "the dual norm of l1 is l1",
        CONVEX,
        "self.r2 * g[:, self.k :].abs().amax(dim=1)",
        "self.r2 * g[:, self.k :].abs().sum(dim=1)",
        "tests/test_optimum.py",
    ),
    Mutant(
        "boxes given up leave no record",
        BOXES,
        'self.floor.scatter_reduce_(0, boxes.which, boxes.lower, "amin")',
        'self.floor.scatter_reduce_(0, boxes.which[:0], boxes.lower[:0], "amin")',
        "tests/test_optimum.py",
    ),
    Mutant(
        "neurons that change sign leave no uncertainty",
        "ilo_theory/optimum/enclosure.py",
        "* radius + (most - least) / 2 * middle.abs()",
        "* radius",
        "tests/test_optimum.py",
    ),
    # Claims
    Mutant(
        "the two sides swapped: Maurey's net",
        "ilo_theory/claims/covering_maurey_net.py",
        "return certified(1 / entropy.maurey_reach(d, t), printed(1.0, t), scope=scope)",
        "return certified(printed(1.0, t), 1 / entropy.maurey_reach(d, t), scope=scope)",
        twin("maurey-net"),
    ),
    Mutant(
        "one side from the other: the mean square",
        "ilo_theory/claims/covering_maurey_mean.py",
        "fold([same((x, mean_square(x, t), value) for x, value in stated.items()), at_most])",
        "fold([same((x, value, value) for x, value in stated.items()), at_most])",
        twin("maurey-error"),
    ),
    Mutant(
        "equality cases of a proof left out",
        "ilo_theory/claims/covering_sudakov_entropy.py",
        "steps.append(((math.log(2 * d),) * 2, bound(2.0)))",
        "steps.append(((0.0, 0.0), bound(2.0)))",
        "tests/test_claims_covering.py",
    ),
    Mutant(
        "thickened volume without its edges",
        "ilo_theory/claims/covering_volume.py",
        "edges = 6 * math.sqrt(2) * math.acos(1 / 3) * s",
        "edges = 0 * s",
        "tests/test_claims_covering.py",
    ),
    Mutant(
        "a proof whose step is not asked for",
        "ilo_theory/claims/recovery_proof.py",
        "left.update({(name, i): sign * coefficient for i, coefficient in enumerate(coefficients)})",
        "left.update({(name, i): abs(coefficient) for i, coefficient in enumerate(coefficients)})",
        "tests/test_proof_steps.py",
    ),
    Mutant(
        "a nearest net point that is the first",
        "ilo_theory/claims/chaining_total.py",
        "nearest[fresh < distance] = net_point",
        "nearest[fresh < distance] = points[0]",
        "tests/test_claims_chaining.py",
    ),
    Mutant(
        "Algorithm 1 whose ball stays where it was",
        "ilo_theory/claims/recovery_algorithm.py",
        "residual, z = best_in_ball(c, x, _along((Fraction(0), Fraction(0)), s, u))",
        "residual, z = best_in_ball(c, x, _along((Fraction(0), Fraction(0)), 0 * s, u))",
        "tests/test_claims_recovery.py",
    ),
    Mutant(
        "pairs that were found, counted as random ones",
        "ilo_theory/claims/srec_attack.py",
        "return certified(found, printed * random, scope=scope, found=found",
        "return certified(found, random, scope=scope, found=found",
        twin("random-pairs-overestimate"),
    ),
    Mutant(
        "every attack fails",
        "ilo_theory/claims/srec_attack.py",
        "unbroken = sum(value >= gamma for value in found)",
        "unbroken = sum(value >= 0 for value in found)",
        twin("attack-circulant"),
    ),
]
