# %% [markdown]
# # Covering: how many small balls cover an l1 ball?
#
# What $\ell_1$ balls are for. The extended range is $G_1(B_2^k(r_1)) \oplus B_1^p(r_2)$, and Theorem 1 pays for the
# second part with the logarithm of its covering number, for which there are two bounds:
#
# $$ \log N(\delta, B_1^p(r)) \leq \frac{r^2}{\delta^2} \log(2p + 1) \quad (8), \qquad
# \log N(\delta, B_1^p(r)) \leq p \log \frac{4r}{\delta} \quad (25). $$
#
# **Which is the smaller, how near is it to the truth, and what is the l1 ball needed for?**

# %%
# %matplotlib inline
from ilo_theory.assumptions import net_covers, volume_fits
from ilo_theory.bounds import exact_radius, maurey_entropy, sharp_entropy, volume_entropy, volumetric_entropy
from ilo_theory.claims import claims_of
from ilo_theory.nets import maurey_net
from ilo_theory.plots import figure_of
from ilo_theory.plots.choices import entropy_choice
from ilo_theory.plots.explorer import explore
from ilo_theory.plots.switches import net_figure
from ilo_theory.report.notebook import Table, verdicts

# %% tags=["parameters"]
seed = 0
p = 1000  # dimension of the tables
s = (1, 2, 5, 10, 30, 100, 300)  # r / delta
d, t = 3, 16  # dimension and draws of the net whose ball is exchanged
delta = 0.2  # what the ball of radius 1 in p dimensions is covered to

# %% [markdown]
# ## Maurey's net
# The means of $t$ draws from $\{0, \pm r e_i\}$ come within $r/\sqrt{t}$ of every point. Their exact covering radius,
# by Voronoi vertices, is $r \sqrt{\min(p, 2t)} / 2t$: the proof gives away a factor.

# %%
claims = {claim.name: claim for claim in claims_of("covering")}
radius = claims["exact-net-radius"].run(seed=seed)
figure_of("exact-net-radius", radius.cases)

# %% [markdown]
# ## Two regimes
# Theorem 2 hardly feels the dimension but squares $r/\delta$; volumes do the contrary. They meet near $r/\delta =
# \sqrt{p}$, which is where K stops at $\sqrt{p}$ in Theorem 1. Maurey's net at its exact radius is below both. No net
# can be smaller than the volumes ask: beyond $\sqrt{p}$ that is not far below, before it they ask for nothing.

# %%
Table(
    ("r / δ", "Theorem 2, (8)", "Corollary 2, (25)", "explicit nets", "no net is smaller than"),
    [
        (
            x,
            maurey_entropy(p, x, 1),
            volumetric_entropy(p, x, 1),
            sharp_entropy(p, x, 1),
            max(0, volume_entropy(p, x, 1)),
        )
        for x in s
    ],
)

# %%
tighter = claims["maurey-tighter"].run(seed=seed)
figure_of("maurey-tighter", tighter.cases)

# %% [markdown]
# ## Sliders
# $p$, $r_2$ and $\delta$ where a kernel runs; $r_2/\delta$ is K for $L_2 = 1$.

# %%
explore(entropy_choice, p=(2, 10000, 1, p), r2=(0.1, 10.0, 0.1, 1.0), delta=(0.01, 1.0, 0.01, 0.1))

# %% [markdown]
# ## Without the l1 ball
# Theorem 2 needs the corners of the ball: in the l2 ball of the same radius the same net leaves points uncovered, and
# in high dimension no net of that size could help, since the volumes do not fit.

# %%
net_figure(maurey_net(2, 1.0, 6), 1.0, exact_radius(2, 1.0, 6))

# %%
covered, uncovered = (net_covers(d, 1.0, t, l1=l1) for l1 in (True, False))
fits, too_small = (volume_fits(p, 1.0, delta, l1=l1) for l1 in (True, False))
assert covered.status != uncovered.status
assert fits.status != too_small.status

# %% [markdown]
# ## Verdicts

# %%
verdicts(
    {
        "exact-net-radius": radius.verdict,
        "maurey-tighter": tighter.verdict,
        "Maurey's net covers the l1 ball": covered,
        "Maurey's net covers the l2 ball": uncovered,
        "its size fits the volume of the l1 ball": fits,
        "its size fits the volume of the l2 ball": too_small,
    }
)

# %% [markdown]
# **What K and r2 mean here:** $K = r_2 L_2/\delta$ is the radius of the ball in units of what is resolved, and its
# entropy, $K^2 \log p$ up to $K = \sqrt{p}$, is what the intermediate layer's freedom costs.
