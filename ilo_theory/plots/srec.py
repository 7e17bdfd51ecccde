"""The figures of the srec family: S-REC under attack, and the lower tail of a signed partial circulant."""

from matplotlib.figure import Figure

from ilo_theory.plots.style import EXACT, OTHER, PAPER, SHRUNK, VOLUME, Cases

OPERATORS = {"Gaussian": EXACT, "circulant": SHRUNK, "flat circulant": OTHER}


def attack_figure(cases: Cases) -> Figure:
    """The least γ that a search finds at each m, that of 10,000 random pairs, and what Theorem 1' promises a Gaussian.

    A cross is one drawn matrix under attack, a circle the same one seen through random pairs. The flat circulant has a
    range that windows of neighbouring coordinates span. What is promised holds with probability 1 - 1.5 e^-10.
    """
    kinds = list(dict.fromkeys(case["kind"] for case, _ in cases))
    figure = Figure(figsize=(9.4, 4.0), layout="constrained")
    for axes, kind in zip(figure.subplots(1, len(kinds), sharey=True, squeeze=False)[0], kinds, strict=True):
        for operator, colour in OPERATORS.items():
            mine = [(case["m"], v.witness) for case, v in cases if (case["kind"], case["operator"]) == (kind, operator)]
            m = [x for x, _ in mine]
            axes.plot(m, [w["random"] for _, w in mine], "o:", mfc="none", color=colour, lw=1, ms=5)
            axes.plot(m, [w["found"] for _, w in mine], "x-", color=colour, lw=1.4, ms=6, label=operator)
        promise = sorted({(case["m"], v.witness["promised"]) for case, v in cases if case["kind"] == kind})
        kept = [point for point in promise if point[1] > 0]
        if kept:
            axes.plot(*zip(*kept, strict=True), "s--", color=PAPER, lw=1.4, ms=4, label="promised, u = 10")
        axes.plot([], [], "o:", mfc="none", color=VOLUME, lw=1, ms=5, label="10,000 random pairs")
        axes.set(xscale="log", title=f"{kind} generator", xlabel="measurements m")
        axes.set_xticks(sorted({case["m"] for case, _ in cases}))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.minorticks_off()
        axes.grid(alpha=0.25)
    figure.axes[0].set_ylim(0, None)
    figure.axes[0].set_ylabel(r"least $(\Vert A(x_1-x_2) \Vert + \delta') / \Vert x_1-x_2 \Vert$")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False)
    return figure


def tail_figure(cases: Cases) -> Figure:
    """How improbable it is that a fixed vector is halved: −log P(‖Ax‖ ≤ ‖x‖/2) over m, a Gaussian A and A = FD.

    For FD the vector is flat on about √m coordinates, and the curve a certified upper bound: it grows like √m, which no
    e^(−cm) stays above.
    """
    m = [case["m"] for case, _ in cases]
    figure = Figure(figsize=(6.2, 3.8), layout="constrained")
    axes = figure.subplots()
    axes.plot(m, [-v.witness["gaussian"] for _, v in cases], "o-", color=EXACT, ms=5, label="Gaussian, exact")
    axes.plot(
        m, [-v.rhs for _, v in cases], "--", color=VOLUME, lw=1.2, label=r"$\varepsilon^2 m$, $\varepsilon = 1/2$"
    )
    axes.plot(m, [-v.lhs for _, v in cases], "s-", color=PAPER, ms=5, label="FD, flat x: at most")
    for (case, verdict), end in zip((cases[0], cases[-1]), ("left", "right"), strict=True):
        at, shift = (case["m"], -verdict.lhs), {"left": (8, -4), "right": (-4, -16)}[end]
        text = f"s = {verdict.witness['flat']}"
        axes.annotate(text, at, shift, textcoords="offset points", ha=end, color=PAPER)
    axes.set(xscale="log", yscale="log", xlabel="measurements m", ylabel=r"$-\log P$ (nats)")
    axes.set_xticks(m)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    return figure


FIGURES = {"random-pairs-overestimate": attack_figure, "circulant-conditions": tail_figure}
