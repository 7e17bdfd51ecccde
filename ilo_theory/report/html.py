"""One self-contained page: the table of all rows, each opening to its figure, its witness and its cases.

Nothing in it comes from elsewhere, and its policy forbids that; without its script it is whole, only not filtered.
"""

from collections.abc import Sequence
from html import escape

from ilo_theory.report.counts import by_family, summary, title
from ilo_theory.report.figures import figure
from ilo_theory.report.mathematics import Formulas
from ilo_theory.report.style import SCRIPT, STYLE
from ilo_theory.report.values import readable, short, table
from ilo_theory.verdict import Outcome, Status

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
NAME = "Intermediate Layer Optimization: verdicts"


def as_html(outcomes: Sequence[Outcome]) -> str:
    """Write the page."""
    formulas = Formulas()
    corrects: dict[str, list[str]] = {}
    for claim in (outcome.claim for outcome in outcomes if outcome.claim.corrected):
        corrects.setdefault(claim.corrected, []).append(claim.name)
    sections = []
    for family, some in by_family(outcomes).items():
        rows = "\n".join(_row(outcome, corrects.get(outcome.claim.name, []), formulas) for outcome in some)
        head = '<div class="head"><span>Status</span><span>Statement</span><span class="number">lhs</span>'
        head += '<span class="number">rhs</span><span class="number">time</span></div>'
        sections.append(f'<section id="family-{family}"><h2>{title(family)}</h2>\n{head}\n{rows}\n</section>')
    head, *body = [[escape(cell) for cell in row] for row in summary(outcomes)]
    seeds = sorted({seed for outcome in outcomes for seed, _ in outcome.seeds})
    drawn = f", seeds {seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else f", seed {outcomes[0].seed}"
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<link rel="icon" href="data:,"><title>{NAME}</title><style>{STYLE}</style></head><body>
{formulas.glyphs()}
<h1>{NAME}</h1>
<p>{len(outcomes)} statements, of Daras, Dean, Jalal and Dimakis (2021) or standing beside theirs, each checked as
printed; {sum(o.as_expected for o in outcomes)} came out as expected. {sum(o.seconds for o in outcomes):.0f}
s{drawn}.</p>
{table(head, body, "counts")}
<p class="small">A statement reads lhs ≤ rhs; shown are the sides of its tightest case, or of the worst where it fails.
HOLDS rests on a PROOF, a DEFINITION compared with brute force, or a CERTIFICATE, which means: on the cases listed.
SUPPORTED is STATISTICS with an exact interval. REFUTED has a WITNESS, one counterexample, or such statistics.
Logarithms are natural, s = r/δ.</p>
{_form(outcomes)}
{"".join(sections)}
<script>{SCRIPT}</script>
</body></html>
"""


def _form(outcomes: Sequence[Outcome]) -> str:
    """The filter; hidden until the script shows it."""

    def select(name: str, values: Sequence[tuple[str, str]]) -> str:
        options = "".join(f'<option value="{value}">{text}</option>' for value, text in values)
        return f'<select name="{name}" aria-label="{name}"><option value="">any {name}</option>{options}</select>'

    there = {outcome.verdict.status for outcome in outcomes}
    return (
        '<form hidden><input name="text" type="search" placeholder="words" aria-label="words">'
        + select("status", [(status, status) for status in Status if status in there])
        + select("family", [(family, title(family)) for family in by_family(outcomes)])
        + '<output></output><button type="button" name="all">open or close all</button></form>'
    )


def _row(outcome: Outcome, corrects: Sequence[str], formulas: Formulas) -> str:
    claim, verdict = outcome.claim, outcome.verdict
    unexpected = "" if outcome.as_expected else f'<span class="unexpected">expected {claim.expected}</span>'
    return (
        f'<details class="row" id="{claim.name}" data-status="{verdict.status}" data-family="{claim.family}"><summary>'
        f'<span><span class="status {verdict.status}">{verdict.status}</span>'
        f'<span class="small">{verdict.evidence}</span> {unexpected}</span>'
        f'<span class="wide"><b>{escape(claim.reference)}</b> <code>{claim.name}</code>'
        f'<span class="formula">{formulas.svg(claim.latex)}</span></span>'
        f'<span class="number">{verdict.lhs:.4g}</span><span class="number">{verdict.rhs:.4g}</span>'
        f'<span class="number small time">{outcome.seconds:.2f} s</span></summary>\n'
        f'<div class="inside">{_inside(outcome, corrects)}</div></details>'
    )


def _inside(outcome: Outcome, corrects: Sequence[str]) -> str:
    """What a row opens to."""
    claim, verdict = outcome.claim, outcome.verdict
    image, caption = figure(outcome)
    seeds = ", ".join(
        str(seed) if status is claim.expected else f"<b>{seed}: {status}</b>" for seed, status in outcome.seeds
    )
    entries = {
        "Note": escape(claim.note),
        "Corrected": _link(claim.corrected) if claim.corrected else "",
        "Corrects": ", ".join(map(_link, corrects)),
        "Scope": escape(verdict.scope),
        "Witness" if verdict.status is Status.REFUTED else "Where": readable(verdict.witness)
        if verdict.witness
        else "",
        "Seeds": seeds,
        "Cases": _cases(outcome),
    }
    listed = "".join(f"<dt>{key}</dt><dd>{entry}</dd>" for key, entry in entries.items() if entry)
    shown = f'<img src="{image}" alt="{escape(caption)}" loading="lazy"><figcaption>{escape(caption)}</figcaption>'
    return f"<figure>{shown}</figure><dl>{listed}</dl>"


def _link(name: str) -> str:
    return f'<a href="#{name}">{name}</a>'


def _cases(outcome: Outcome) -> str:
    """The parameters, the two sides and the verdict of each case."""
    keys = list(dict.fromkeys(key for case, _ in outcome.cases for key in case))
    rows = [
        [
            *(readable(case[key]) if key in case else "" for key in keys),
            short(verdict.lhs, 6),
            short(verdict.rhs, 6),
            f'<span class="{verdict.status}">{verdict.status}</span>',
        ]
        for case, verdict in outcome.cases
    ]
    return table([*keys, "lhs", "rhs", "verdict"], rows, "cases")
