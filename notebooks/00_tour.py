# %% [markdown]
# # A tour: what is ILO, and what is true of it?
#
# A generator $G = G_2 \circ G_1$ is given, and what was measured of an image, $y = Ax$. CSGM looks for the image in
# the range of $G$; Intermediate Layer Optimization then lets the intermediate layer leave the range of $G_1$ within a
# small $\ell_1$ ball:
#
# $$ \min_{z \in B_2^k(r_1)} \Vert y - AG(z) \Vert \quad \text{(CSGM)}, \qquad
# \min_{z^p \in G_1(B_2^k(r_1)) \oplus B_1^p(r_2)} \Vert y - AG_2(z^p) \Vert \quad \text{(ILO, (4))}. $$
#
# **What does the second gain, what does it cost, and what does the theory say?** The notebooks that follow take the
# parts one by one: covering, embedding, S-REC, Theorem 1, K and r2, StyleGAN-2.

# %%
# %matplotlib inline
from functools import partial

import torch

from ilo_practice.checkpoints import load
from ilo_practice.choices import restoration_choice
from ilo_practice.images import psnr
from ilo_practice.problems import PROBLEMS
from ilo_practice.restore import solve
from ilo_practice.studies import STUDIES
from ilo_practice.study import simulate
from ilo_practice.tuned import tuned
from ilo_theory.bounds import Setting
from ilo_theory.calculator import HEAD, calculate, cells
from ilo_theory.claims import claims_of, families
from ilo_theory.plots.asked import asked_figure
from ilo_theory.plots.explorer import explore
from ilo_theory.plots.images import strips_figure
from ilo_theory.report.notebook import Table, verdicts

# %% tags=["parameters"]
seed = 0
count = 6  # digits
share = 0.1  # m/n
steps = 200  # of every restoration

# %% [markdown]
# ## An image from a tenth of its numbers
# Held-out digits, random projections $A$ (a partial circulant matrix with random signs, as in Section 4), and the
# embedded StyleGAN-2. Both methods have the same number of gradient steps.

# %%
generator, truth = load("digits"), STUDIES["digits"].sets["digits"]((0, count))
problem = simulate("sense", share, truth, rng=torch.Generator().manual_seed(seed))
restored = {
    name: solve(
        problem, generator, tuned(recipe, "sense", "digits"), steps=steps, rng=torch.Generator().manual_seed(seed)
    ).image
    for name, recipe in {"CSGM": "csgm", "ILO": "ilo"}.items()
}
words = {name: [f"{value:.1f} dB" for value in psnr(image, truth)] for name, image in restored.items()}
strips_figure({"truth": truth, "measured": PROBLEMS["sense"].picture(problem), **restored}, words)

# %%
Table(
    ("method", "m", "n", "mean PSNR (dB)"),
    [(name, problem.m, truth[0].numel(), psnr(image, truth).mean().item()) for name, image in restored.items()],
)

# %% [markdown]
# Where a kernel runs: another digit, more or fewer measurements, other radii, noise.

# %%
explore(
    partial(restoration_choice, study="digits", kind="sense", steps=steps, seed=seed),
    image=(0, 99, 1, 0),
    percent=(1, 50, 1, int(100 * share)),
    radii=(0.0, 16.0, 0.5, 1.0),
    noise=(0.0, 1.0, 0.05, 0.0),
)

# %% [markdown]
# ## What it costs
# The paper answers with a number of measurements (5) and an error (6). Both depend on $K$, with $r_2 = K \delta /
# L_2$; printed with constants equal to 1, and beside it what can be proved.

# %%
setting = Setting(k=4, p=256, n=2048, L1=1, L2=1, r1=1, delta=0.05, K=4, gamma=0.5)
Table(HEAD, cells(calculate(setting)))

# %%
explore(
    asked_figure,
    k=(1, 100, 1, 4),
    p=(16, 4096, 16, 256),
    n=(256, 16384, 256, 2048),
    L1=(0.1, 10.0, 0.1, 1.0),
    L2=(0.1, 10.0, 0.1, 1.0),
    r1=(0.1, 10.0, 0.1, 1.0),
    delta=(0.01, 1.0, 0.01, 0.05),
    K=(0.5, 16.0, 0.5, 4.0),
    gamma=(0.05, 0.95, 0.05, 0.5),
    m=(8, 2048, 8, 200),
    u=(1.0, 20.0, 1.0, 10.0),
)

# %% [markdown]
# ## What is true
# Every numbered statement has a row in CLAIMS.md, here counted; and some of them, run now.

# %%
Table(("family", "statements"), [(family, len(claims_of(family))) for family in families()])

# %%
known = {claim.name: claim for family in families() for claim in claims_of(family)}
names = ("exact-net-beats-maurey", "jl-net", "lemma-1", "explicit-srec", "explicit-error-linear", "error-bound")
verdicts([known[name].run(seed=seed) for name in names])

# %% [markdown]
# **What K and r2 mean here:** r2 is how far ILO may leave the generator's range, and K is r2 in units of what the
# theorem resolves; where the truth is out of the range, as real digits are, some of both is what brings the image
# back.
