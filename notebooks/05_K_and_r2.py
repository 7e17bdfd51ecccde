# %% [markdown]
# # K and r2: how far may a layer move?
#
# Theorem 1 lets the intermediate layer leave the range of $G_1$ by an $\ell_1$ ball of radius
#
# $$ r_2 = \frac{K \delta}{L_2}, \qquad m \geq \frac{1}{(1-\gamma)^2} \, \Omega\!\left(k \log \frac{L_1 L_2 r_1}{\delta}
# + K^2 \log p\right) \quad (5), \qquad \Vert x - G_2(\tilde{z}) \Vert \leq \left(1 + \tfrac{4}{\gamma}\right)
# \Vert x - G_2(\bar{z}) \Vert + \frac{\delta \log 4K}{\gamma} \frac{\sqrt{p}}{K} \log \frac{\sqrt{p}}{K} \quad (6). $$
#
# $K$ is the one number that a practitioner chooses, by choosing a radius. **How many measurements does a $K$ cost in
# fact, and what do the bounds say of the radii that are used?**

# %%
# %matplotlib inline
import math
from dataclasses import replace
from functools import partial
from statistics import linear_regression

import torch
from IPython.display import Markdown, display

import ilo_theory.claims  # noqa: F401, registers what `verify` checks
from ilo_practice.checkpoints import load
from ilo_practice.implied import implied, table
from ilo_practice.observed import errors_by_round, errors_by_scale
from ilo_practice.studies import STUDIES
from ilo_practice.study import simulate
from ilo_practice.tuned import tuned
from ilo_theory.bounds import Setting
from ilo_theory.calculator import LEVEL, calculate
from ilo_theory.monte_carlo import processes
from ilo_theory.operators import Gaussian, PartialCirculant
from ilo_theory.plots.asked import asked_figure
from ilo_theory.plots.explorer import explore
from ilo_theory.plots.radii import scale_figure
from ilo_theory.plots.success import remark_1_figure, success_figure
from ilo_theory.report.notebook import Table, verdicts
from ilo_theory.success import hardest_spikes, radius_sweep, success_map
from ilo_theory.verdict import verify

# %% tags=["parameters"]
seed = 0
workers = 2  # processes
k, p, n = 4, 256, 2048  # numbers in the latent, in the intermediate layer, in the image
trials = 40  # draws of truth and A for each K
m = (8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512, 1024, 2048)
K = (2, 3, 4, 5, 6, 8, 10, 12, 14, 16)  # up to sqrt(p)
sweep_m = (24, 48, 96, 192)
sweep_K = (0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16)
generators = {"digits": ("digits", 6), "dcgan-faces": ("photographs", 2)}  # set and number of the images restored
steps = 200  # of a restoration
shares = (0.05, 0.1, 0.3)  # m/n of the digits restored
scales = (0, 0.3, 1, 2, 4, 8, 16, math.inf)  # factors of the recipe's radii

# %% [markdown]
# ## The calculation
# What (5) and Theorem 1' ask for and promise over $K$; where a kernel runs, the sliders choose.

# %%
explore(
    partial(asked_figure, k=k, n=n, L1=1, L2=1, r1=1, u=LEVEL),
    K=(1, 16, 0.5, 4),
    p=(16, 4096, 16, p),
    delta=(0.01, 1, 0.01, 0.05),
    gamma=(0.05, 0.95, 0.05, 0.5),
    m=(8, n, 8, 200),
)

# %% [markdown]
# ## Where (4) succeeds
# $G_1$ and $G_2$ are isometries, so that $K = r_2/\delta$ to the letter, and (4) is convex and solved up to its
# duality gap. The truth is $G_2(G_1(z) + b)$ with $K^2/4$ equal spikes in $b$ on the boundary of the ball: $2\delta$
# long in $\ell_2$, so that ignoring $b$ costs $2\delta$. A **success is an error of at most $\delta$**, which is
# stricter than what any of the bounds promises.

# %% tags=["picture:success"]
setting = Setting(k=k, p=p, n=n, L1=1, L2=1, r1=1, delta=0.05, K=4, gamma=0.1)
draws = {"Gaussian": Gaussian.draw, "signed partial circulant": PartialCirculant.draw}
with processes(workers):
    maps = {
        name: success_map(setting, m, K, draw=draw, trials=trials, rng=torch.Generator().manual_seed(seed))
        for name, draw in draws.items()
    }
shown = ("Theorem 1, as printed", "corrected chaining", "Theorem 1'")
bounds = [{bound.name: bound for bound in calculate(replace(setting, K=value))} for value in K]
asked = {name: [row[name].measurements or math.nan for row in bounds] for name in shown}
contours = {name: found.contour() for name, found in maps.items()}
success_figure({name: found.share() for name, found in maps.items()}, m, K, contours, asked, n=n)

# %% [markdown]
# The contour in numbers: from which $m$ on half of the trials succeed, and how many times as many each bound asks
# for.

# %%
observed = contours["Gaussian"]
ratios = {name: [rows / seen for rows, seen in zip(asked[name], observed, strict=True)] for name in shown}
Table(
    ("K", "spikes", "m, Gaussian", "m, circulant", *(f"{name}: m / observed" for name in shown)),
    [
        (value, hardest_spikes(value), *(rows[i] for rows in contours.values()), *(rows[i] for rows in ratios.values()))
        for i, value in enumerate(K)
    ],
)

# %%
proved = "Theorem 1', signed circulant"
slope = linear_regression([math.log(value) for value in K], [math.log(rows) for rows in observed]).slope
beside = [b / a for a, b in zip(*contours.values(), strict=True)]
display(
    Markdown(
        f"The observed contour rises as $K^{{{slope:.2f}}}$, since $K^2 \\log p$ bends towards $p = {p}$, and for "
        f"circulant matrices it lies at {min(beside):.2f} to {max(beside):.2f} times the Gaussian one. "
        + "".join(
            f"{name} asks for {min(rows):.1f} to {max(rows):.1f} times as many. " for name, rows in ratios.items()
        )
        + "For circulant matrices the proved bound asks for "
        + f"{bounds[0][proved].measurements:.2g} at $K = {K[0]}$, where $n = {n}$. "
        + f"No objective was more than {max(found.gap for found in maps.values()):.2g} δ above its minimum."
    )
)

# %% [markdown]
# ## Remark 1, drawn
# One $x$ for all $K$: $b$ is compressible, its $j$-th largest entry falling as $1/j$, so that no small ball holds it.
# Remark 1 says that both terms of (6) fall as $K$ grows, at a price in measurements. At a given $m$ that price is
# paid in error: each $m$ has a best $K$.

# %%
rng = torch.Generator().manual_seed(seed)
sweep = radius_sweep(setting, sweep_m, sweep_K, decay=1, length=3, draw=Gaussian.draw, trials=trials, rng=rng)
over_K = [{bound.name: bound for bound in calculate(replace(setting, K=value))} for value in sweep_K]
remark_1_figure(
    {rows: sweep.error[:, i] for i, rows in enumerate(sweep_m)},
    sweep.best,
    sweep_K,
    {name: [row[name].measurements or math.nan for row in over_K] for name in (shown[0], shown[2])},
    [math.nan if row[shown[0]].additive is None else row[shown[0]].additive / setting.delta for row in over_K],
)

# %%
best = {rows: sweep_K[int(sweep.error[:, i].median(dim=0).values.argmin())] for i, rows in enumerate(sweep_m)}
allowed = {
    rows: max(
        (value for value, row in zip(sweep_K, over_K, strict=True) if row[shown[0]].measurements <= rows), default=0
    )
    for rows in sweep_m
}
Table(("m", "best K observed", "largest K that (5) allows"), [(rows, best[rows], allowed[rows]) for rows in sweep_m])

# %% [markdown]
# ## The radii that are used
# $K = r_2 L_2/\delta$ of the radii of ILO's rounds, $\delta = \sqrt{n}/100$, by an $L_2$ measured from below (power
# iteration on products with the Jacobian) and one bounded from above where the codes are held: where there is none, K
# is a lower bound. To say something, a bound has to ask for m < n and to promise an error below the diameter.

# %%
trained = {name: load(name) for name in generators}
truths = {name: STUDIES[name].sets[part]((0, count)) for name, (part, count) in generators.items()}
recipes = {name: tuned("ilo", "sense", name) for name in generators}
tables = []
for name, network in trained.items():
    study, rng = STUDIES[name], torch.Generator().manual_seed(seed)
    problem = simulate("sense", study.levels["sense"][-1], truths[name], rng=rng)
    errors = errors_by_round(problem, network, recipes[name], truths[name], steps=steps, rng=rng).mean(dim=1)
    plan = recipes[name].adapted(network).plan(network, steps)[1]
    after = {round.start: error.item() for round, error in zip(plan, errors, strict=True)}
    head, cells = table(implied(network, {"ilo": recipes[name]}, seed=seed))
    tables += [(name, *row[1:], after[row[1]]) for row in cells]
Table(("generator", *head[1:], "error observed"), tables)

# %% [markdown]
# ## What a radius does in practice
# The same digits, the same measurements, all radii of the recipe multiplied: the picture of Remark 1 on a trained
# StyleGAN-2, where K is known only up to its factor.

# %%
scaled = {}
for share in shares:
    problem = simulate("sense", share, truths["digits"], rng=torch.Generator().manual_seed(seed))
    scaled[f"m = {problem.m} ({share:.0%} of n)"] = errors_by_scale(
        problem, trained["digits"], recipes["digits"], truths["digits"], scales, steps=steps, seed=seed
    )
scale_figure(scaled, scales, title="held-out digits from random projections")

# %%
chosen = {name: scales[int(error.mean(dim=1).argmin())] for name, error in scaled.items()}
Table(
    ("measurements", "best factor", "error there", "error in the range of G", "error without balls"),
    [
        (name, chosen[name], *error.mean(dim=1)[[scales.index(chosen[name]), 0, -1]].tolist())
        for name, error in scaled.items()
    ],
)

# %% [markdown]
# ## Verdicts

# %%
verdicts(
    {name: verify(name) for name in ("fewer-measurements", "error-bound", "explicit-srec", "explicit-error-linear")}
)

# %% [markdown]
# **What K and r2 mean here:** r2 buys nearness to x and costs about $K^2 \log p$ measurements; the bounds have the
# shape of the observed contour but ask for several times more, so that with m given a radius is to be chosen by
# looking, larger where there are more measurements.
