# %% [markdown]
# # Embedding: does A keep lengths?
#
# A random matrix should keep the lengths of all differences of a net. For one vector and a Gaussian $A$ with entries
# $N(0, 1/m)$
#
# $$ P\left(\Vert Ax \Vert \geq (1 + \varepsilon) \Vert x \Vert\right) \leq e^{-m \varepsilon^2/2}, \qquad
# P\left(\Vert Ax \Vert \leq (1 - \varepsilon) \Vert x \Vert\right) \leq e^{-m \varepsilon^2}, $$
#
# so that $m$ of the order of $\log |net| / \varepsilon^2$ is enough. The paper wants the same of a partial circulant
# matrix with random signs, $A = FD$, which costs $O(n \log n)$. **Is FD as good, and what are the signs for?**

# %%
# %matplotlib inline
import torch

from ilo_theory.assumptions import keeps_lengths
from ilo_theory.assumptions.embedding import squared_lengths
from ilo_theory.bounds import sharp_entropy
from ilo_theory.bounds.embedding import points_isometry_measurements, points_measurements
from ilo_theory.claims import claims_of
from ilo_theory.plots import figure_of
from ilo_theory.plots.choices import tail_choice
from ilo_theory.plots.explorer import explore
from ilo_theory.plots.switches import lengths_figure
from ilo_theory.report.notebook import Table, verdicts

# %% tags=["parameters"]
seed = 0
m, n = 256, 1024  # of the circulant matrices
trials = 2000  # draws of A
distortion, at_least = 0.5, 0.9  # of the squared length, and how often
p, u = 1000, 10  # of the nets in the table; it fails with a probability of e^-u
K = (1, 2, 4, 8, 16)

# %% [markdown]
# ## One vector
# How often a squared length is off, for a Gaussian exactly and for drawn circulants with the signs and without.

# %%
claims = {claim.name: claim for claim in claims_of("embedding")}
scale = claims["circulant-scale"].run(seed=seed)
figure_of("circulant-scale", scale.cases)

# %% [markdown]
# ## The tails
# Rare events decide about nets. A Gaussian's tails fall like $e^{-cm}$, those of $FD$ like $e^{-c\sqrt{m}}$ alone: a
# flat vector may be shrunk by signs that happen to agree. That refutes the probability in Lemma 1, with its signs.

# %%
tail = claims["circulant-lower-tail-root"].run(seed=seed)
figure_of("circulant-lower-tail-root", tail.cases)

# %% [markdown]
# ## A net
# How many rows keep all distances of a net of the l1 ball of radius K δ: one-sided, as S-REC needs it, and two-sided.

# %%
Table(
    ("K", "log |net|", "m, no distance below half", "m, all within a half"),
    [
        (x, log_N, points_measurements(log_N, 0.5, u), points_isometry_measurements(log_N, 0.5, u))
        for x in K
        for log_N in [sharp_entropy(p, x, 1)]
    ],
)

# %%
explore(tail_choice, m=(10, 2000, 10, 200), epsilon=(0.05, 0.95, 0.05, 0.5), log_N=(0.0, 500.0, 1.0, 20.0))

# %% [markdown]
# ## Without the random signs
# For a flat $x$ all entries of $Fx$ are one and the same number, and $\Vert Fx \Vert^2$ is the square of a single
# normal number, however many rows there are.

# %%
rng = torch.Generator().manual_seed(seed)
lengths = {
    name: squared_lengths(m, n, signs=signs, trials=trials, rng=rng)
    for name, signs in {"with random signs": True, "without": False}.items()
}
lengths_figure(lengths, distortion)

# %%
kept, lost = (
    keeps_lengths(m, n, signs=signs, distortion=distortion, at_least=at_least, trials=trials, rng=rng)
    for signs in (True, False)
)
assert kept.status != lost.status

# %% [markdown]
# ## Verdicts

# %%
verdicts(
    {
        "circulant-scale": scale.verdict,
        "circulant-lower-tail-root": tail.verdict,
        "with random signs a flat vector keeps its length": kept,
        "without them it keeps its length": lost,
    }
)

# %% [markdown]
# **What K and r2 mean here:** the net of the l1 ball of radius $r_2 = K\delta/L_2$ has about $e^{K^2 \log p}$ points,
# and its logarithm is the number of rows that keep them apart.
