"""Mutants of the sets, the operators, the generators and the engine: what is run."""

from tests.mutants.mutant import Mutant

BALLS, DESCENT, ILO = "ilo_theory/balls.py", "ilo_theory/descent.py", "ilo_theory/ilo.py"
PROJECTIONS = "ilo_theory/operators/random_projections.py"

MUTANTS = [
    # Balls
    Mutant(
        "l1 ball about the origin, not the centre",
        BALLS,
        "rows = (x if centre is None else x - centre.detach())",
        "rows = (x if centre is None else x - 0 * centre.detach())",
        "tests/test_balls.py",
    ),
    Mutant(
        "l1 projection without its sign",
        BALLS,
        "torch.where(norm < math.inf, y.to(rows.dtype).copysign(rows), math.nan)",
        "torch.where(norm < math.inf, y.to(rows.dtype), math.nan)",
        "tests/test_balls.py tests/test_balls_properties.py",
    ),
    Mutant(
        "l2 ball scales by its square",
        BALLS,
        "y = direction * radius if centre is None else direction * radius + centre",
        "y = direction * radius**2 if centre is None else direction * radius + centre",
        "tests/test_balls_sets.py",
    ),
    Mutant(
        "draws on the sphere, not in the l1 ball",
        BALLS,
        "sums = torch.empty(len(points), dtype=torch.float64).exponential_(generator=rng)",
        "sums = torch.zeros(len(points), dtype=torch.float64)",
        "tests/test_balls_sample.py",
    ),
    Mutant(
        "gradient of the l1 projection without its mean",
        BALLS,
        "torch.where(outside, (rows * signs - mean) * signs, rows)",
        "torch.where(outside, (rows * signs - 0) * signs, rows)",
        "tests/test_balls_gradient.py",
    ),
    # Operators
    Mutant(
        "Gaussian without 1/sqrt(m)",
        PROJECTIONS,
        'generator=rng, device="cpu") / math.sqrt(m), shape)',
        'generator=rng, device="cpu"), shape)',
        "tests/test_isometry.py",
    ),
    Mutant(
        "circulant with 1/sqrt(n) for 1/sqrt(m)",
        PROJECTIONS,
        'row = torch.randn(n, generator=rng, device="cpu") / math.sqrt(m)',
        'row = torch.randn(n, generator=rng, device="cpu") / math.sqrt(n)',
        "tests/test_isometry.py",
    ),
    Mutant(
        "circulant: g as a column, not as a row",
        PROJECTIONS,
        "kept[fft_of] = fft, convolve, convolve.conj().resolve_conj()",
        "kept[fft_of] = fft, convolve.conj().resolve_conj(), convolve",
        "tests/test_circulant.py",
    ),
    Mutant(
        "circulant: signs dropped in A",
        PROJECTIONS,
        "u = x.flatten(-len(self.in_shape)) * self.signs",
        "u = x.flatten(-len(self.in_shape)) * 1",
        "tests/test_circulant.py",
    ),
    Mutant(
        "circulant: signs dropped in A^T",
        PROJECTIONS,
        "u = fft.inverse(y, len(self.row)).mul_(self.signs)",
        "u = fft.inverse(y, len(self.row))",
        "tests/test_dot_test.py tests/test_operators.py",
    ),
    Mutant(
        "circulant: no random signs are drawn",
        PROJECTIONS,
        'signs = 2 * torch.randint(2, (n,), generator=rng, device="cpu") - 1',
        'signs = 2 * torch.randint(1, (n,), generator=rng, device="cpu") + 1',
        "tests/test_circulant.py tests/test_isometry.py",
    ),
    Mutant(
        "circulant: the rows asked for, one off",
        PROJECTIONS,
        "y.index_select(-1, self._rows)",
        "y.index_select(-1, (self._rows + 1) % y.shape[-1])",
        "tests/test_circulant.py",
    ),
    Mutant(
        "bicubic kernel with a = -3/4",
        "ilo_theory/operators/images.py",
        "-0.5 * t**3 + 2.5 * t**2 - 4 * t + 2)",
        "-0.75 * t**3 + 3.75 * t**2 - 6 * t + 3)",
        "tests/test_downsample.py",
    ),
    Mutant(
        "a dot test that forgives",
        "ilo_theory/operators/base.py",
        "return 0.0 if gap == 0 else float(gap / (Ax.norm() * y.norm()))",
        "return 0.0 if gap < 1 else float(gap / (Ax.norm() * y.norm()))",
        "tests/test_dot_test.py",
    ),
    # Generators and their Lipschitz constants
    Mutant(
        "composition law: entered at layer 0 whatever the start",
        "ilo_theory/generators.py",
        "for layer in self.layers[start:stop]:",
        "for layer in self.layers[:stop]:",
        "tests/test_generators.py",
    ),
    Mutant(
        "ReLU layers lose half of the energy",
        "ilo_theory/generators.py",
        'nn.Sequential(_linear(a, b, "relu", rng), nn.ReLU())',
        'nn.Sequential(_linear(a, b, "linear", rng), nn.ReLU())',
        "tests/test_generators.py",
    ),
    Mutant(
        "Lipschitz constant: the largest layer for the product",
        "ilo_theory/lipschitz.py",
        "return prod(map(layer_bound, chain.layers[start:stop]))",
        "return max(map(layer_bound, chain.layers[start:stop]))",
        "tests/test_lipschitz.py",
    ),
    Mutant(
        "power iteration with J for J^T J",
        "ilo_theory/lipschitz.py",
        "directions = _unit(back)",
        "directions = directions",
        "tests/test_lipschitz.py",
    ),
    # The engine
    Mutant(
        "the last iterate for the best",
        DESCENT,
        'better = loss < state["here_loss"]',
        "better = loss == loss",
        "tests/test_ilo.py",
    ),
    Mutant(
        "NaN becomes the best",
        DESCENT,
        'better = loss < state["here_loss"]',
        'better = ~(loss >= state["here_loss"])',
        "tests/test_descent.py tests/test_ilo_batch.py",
    ),
    Mutant(
        "l1 for l2 ball in line 1 of Algorithm 1",
        DESCENT,
        "new = project_l2_ball(new, moves.back_radius)",
        "new = project_l1_ball(new, moves.back_radius)",
        "tests/test_ilo_sets.py tests/test_algorithm_1.py",
    ),
    Mutant(
        "l1 ball about the iterate, not about the round's start",
        DESCENT,
        'new = project_l1_ball(new, moves.radii[key], state[f"centre/{key}"])',
        "new = project_l1_ball(new, moves.radii[key], z)",
        "tests/test_ilo_sets.py",
    ),
    Mutant(
        "an image that is held moves on",
        DESCENT,
        'new if moves.flat is None else where(state["moving"], new, z)',
        "new",
        "tests/test_descent.py tests/test_ilo.py tests/test_ilo_batch.py",
    ),
    Mutant(
        "the l1 ball of a round about 0",
        ILO,
        'named("centre", {key: point[key] for key in phase.moves.radii})',
        'named("centre", {key: 0 * point[key] for key in phase.moves.radii})',
        "tests/test_ilo_sets.py",
    ),
    Mutant(
        "the last round for the best",
        ILO,
        'better = state["here_loss"] < state["best_loss"]',
        'better = state["here_loss"] < state["best_loss"] + inf',
        "tests/test_ilo.py tests/test_algorithm_1.py",
    ),
    Mutant(
        "no way back to the range",
        ILO,
        "if round.back_steps and index + 1 < len(rounds):",
        "if round.back_steps and index + 1 < 0:",
        "tests/test_algorithm_1.py",
    ),
    Mutant(
        "the schedule one step late",
        "ilo_theory/rounds.py",
        "return self.lr * self.schedule((step + 1) / self.steps)",
        "return self.lr * self.schedule(step / self.steps)",
        "tests/test_rounds.py",
    ),
    # Batches of trials
    Mutant(
        "every batch has the same seed",
        "ilo_theory/monte_carlo.py",
        "seeds = torch.randint(2**63 - 1, (len(sizes),), generator=rng).tolist()",
        "seeds = torch.randint(2**63 - 1, (1,), generator=rng).tolist() * len(sizes)",
        "tests/test_monte_carlo.py -k batch",
    ),
    Mutant(
        "the trials that fill no batch are dropped",
        "ilo_theory/monte_carlo.py",
        "sizes = [size] * (count // size) + [count % size] * (count % size > 0)",
        "sizes = [size] * (count // size)",
        "tests/test_monte_carlo.py -k batch",
    ),
]
