"""What (80) says of all optima: several solutions of (3) and (4), noisy measurements, a minimiser that is not exact."""

import torch

from ilo_theory.claims.recovery_proof import CASES, LINES, compared, draw_problem, instances, value
from ilo_theory.verdict import Status, Verdict, claim, fold


@claim(
    "every-optimum",
    "Theorem 1, every choice of the optima",
    r"\Vert x - G_2(\tilde{z}) \Vert \leq (1 + 4/\gamma) \Vert x - G_2(\bar{z}) \Vert + \delta_{l_1}/\gamma"
    r" \mathrm{\ for\ all\ solutions\ of\ (3)\ and\ (4)}",
    cases=CASES,
    note="Under S-REC and ||A|| ≤ 2: the optima need not be unique, and the bound does not need it.",
    expected=Status.HOLDS,
)
def every_optimum(*, gamma, p, m, rng, printed=LINES[80]) -> Verdict:
    """All pairs of solutions."""
    scope = "sets of whole points, all solutions"
    return fold(
        compared(lengths["found"], value(printed, lengths, gamma), scope) for lengths in instances(gamma, p, m, rng)
    )


@claim(
    "noisy-recovery",
    "Theorem 1, with the noise of (1)",
    r"\Vert x - G_2(\tilde{z}) \Vert \leq (1 + 4/\gamma) \Vert x - G_2(\bar{z}) \Vert"
    r" + (\delta_{l_1} + 2 \Vert \eta \Vert + \tau) / \gamma",
    cases=CASES,
    note="What y = Ax + η in place of Ax costs, and a minimiser of (4) up to τ on the norm. The paper leaves this out.",
    expected=Status.HOLDS,
)
def noisy_recovery(*, gamma, p, m, rng, printed=LINES[80] + (("noise", 0, 2), ("tau", 0, 1))) -> Verdict:
    """The worst of all points whose distance in measurements is within tau of the least."""
    found = []
    for tau in (0.0, 0.5, 2.0) * 4:
        problem = draw_problem(p, m, rng)
        noise = torch.randint(-2, 3, (m,), generator=rng).double()
        seen = (problem.points @ problem.A.T - problem.A @ problem.x - noise).norm(dim=1)
        errors = (problem.points - problem.x).norm(dim=1)
        delta = problem.deficiency(gamma, torch.ones(len(errors), dtype=torch.bool))
        sizes = {"true": errors.min().item(), "delta": delta, "noise": noise.norm().item(), "tau": tau}
        worst = errors[seen <= seen.min() + tau].max().item()
        found.append(compared(worst, value(printed, sizes, gamma), "sets of whole points, all near-solutions"))
    return fold(found)
