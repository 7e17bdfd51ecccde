"""Outcomes on paper: CLAIMS.md, JSON, and one self-contained HTML page with the mathematics and the figures in it."""

import base64
import html
import io
import json
import math
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser

from ilo_theory import plots
from ilo_theory.verdict import Outcome, Status, Verdict

# --- CLAIMS.md and JSON -----------------------------------------------------------------------------------------------

HEAD = """\
# Claims

Each row is a statement of *Intermediate Layer Optimization for Inverse Problems using Deep Generative Models* (Daras,
Dean, Jalal, Dimakis, 2021), or one that stands beside it, checked as printed. `python -m ilo_theory verify --write`
writes this file, and a test compares it with what the code finds.

A statement reads lhs ≤ rhs; the sides shown are those of the tightest case, or of the worst where it fails.
**HOLDS** rests on a PROOF, a DEFINITION compared with brute force, or a CERTIFICATE, which means *on the cases listed*.
**SUPPORTED** is statistics with an exact interval; **REFUTED** has a WITNESS. Logarithms are natural, s = r/δ.
"""
COLUMNS = ("Claim", "Reference", "Statement", "Status", "Evidence", "lhs", "rhs", "Scope", "Note")


def as_markdown(outcomes: Sequence[Outcome]) -> str:
    """Write CLAIMS.md: one table a family, numbers to three digits, nothing in it that depends on the machine."""
    parts = [HEAD]
    for family in dict.fromkeys(outcome.claim.family for outcome in outcomes):
        rows = [_row(outcome) for outcome in outcomes if outcome.claim.family == family]
        lines = ["| " + " | ".join(cells) + " |" for cells in (COLUMNS, ["---"] * len(COLUMNS), *rows)]
        parts.append(f"## {family.capitalize()}\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _row(outcome: Outcome) -> list[str]:
    claim, verdict = outcome.claim, outcome.verdict
    note = " ".join(filter(None, [claim.note, claim.corrected and f"Corrected: `{claim.corrected}`."]))
    words = [claim.reference, f"${claim.latex}$", f"**{verdict.status}**", str(verdict.evidence)]
    cells = [f"`{claim.name}`", *words, f"{verdict.lhs:.3g}", f"{verdict.rhs:.3g}", verdict.scope, note]
    return [cell.replace("|", r"\|") for cell in cells]


def as_json(outcomes: Sequence[Outcome]) -> str:
    """Write all there is: each claim, its verdict, every case, seed and seconds, and the versions that ran."""
    packages = {name: version(name) for name in ("numpy", "scipy", "torch")}
    claims = [
        {
            **{key: getattr(o.claim, key) for key in ("name", "family", "reference", "latex", "note", "corrected")},
            **{key: getattr(o, key) for key in ("as_expected", "seed", "seconds")},
            "expected": o.claim.expected,
            **_plain(o.verdict),
            "cases": [{"case": case, **_plain(verdict)} for case, verdict in o.cases],
        }
        for o in outcomes
    ]
    return json.dumps({"python": platform.python_version(), **packages, "claims": claims}, indent=1, allow_nan=False)


def _plain(verdict: Verdict) -> dict:
    """A verdict for JSON, which has no infinity."""
    return asdict(verdict) | {
        k: v if math.isfinite(v) else str(v) for k, v in (("lhs", verdict.lhs), ("rhs", verdict.rhs))
    }


# --- HTML -------------------------------------------------------------------------------------------------------------

STYLESHEET = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1b1b1b; background: #fff; margin: 2rem auto; max-width: 78rem;
       padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td { text-align: left; vertical-align: top; padding: 0.5rem 0.6rem; border-top: 1px solid #ddd; }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
tr:target { background: #fff7d6; }
.status { font-weight: 700; } .HOLDS { color: #00664b; } .SUPPORTED { color: #005a8c; } .REFUTED { color: #a83c00; }
.INCONCLUSIVE { color: #6b5b00; } .unexpected { outline: 2px solid #c00; }
.small { color: #555; font-size: 0.85rem; } .math { display: block; margin: 0.3rem 0; max-width: 100%; }
figure { margin: 2rem 0; } figure img { max-width: 100%; }
"""


def as_html(outcomes: Sequence[Outcome]) -> str:
    """Write one page that needs nothing else: the table, the mathematics as images with their source, the figures."""
    counts = {status: sum(o.verdict.status is status for o in outcomes) for status in Status}
    summary = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    seconds = sum(o.seconds for o in outcomes)
    with matplotlib.rc_context({**plots.STYLE, "mathtext.fontset": "cm", "svg.hashsalt": "ilo"}):
        rows = "\n".join(_html_row(outcome) for outcome in outcomes)
        figures = "\n".join(
            f'<figure><img src="{_svg(figure)}" alt="{html.escape(caption)}"><figcaption>{html.escape(caption)}'
            "</figcaption></figure>"
            for figure, caption in _figures({o.claim.name: o for o in outcomes})
        )
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Intermediate Layer Optimization: verdicts</title><style>{STYLESHEET}</style></head><body>
<h1>Intermediate Layer Optimization: verdicts</h1>
<p>{len(outcomes)} statements, of Daras, Dean, Jalal and Dimakis (2021) or standing beside theirs, each checked as
printed: {summary}; {sum(o.as_expected for o in outcomes)} as expected. {seconds:.1f} s, seed {outcomes[0].seed}.</p>
<p class="small">A statement reads lhs ≤ rhs; shown are the sides of its tightest case, or of the worst where it fails.
Logarithms are natural, s = r/δ. HOLDS without a proof means: on the cases listed.</p>
<table><thead><tr><th>Status</th><th>Statement</th><th>lhs</th><th>rhs</th><th>Scope</th><th>Time</th></tr></thead><tbody>
{rows}
</tbody></table>
{figures}
</body></html>
"""


def _html_row(outcome: Outcome) -> str:
    claim, verdict = outcome.claim, outcome.verdict
    image = f'<img class="math" src="{_math(claim.latex)}" alt="{html.escape(claim.latex)}">'
    after = [html.escape(claim.note)] if claim.note else []
    if claim.corrected:
        after.append(f'Corrected: <a href="#{claim.corrected}">{claim.corrected}</a>.')
    if verdict.status is Status.REFUTED:
        after.append(f"Witness: {html.escape(', '.join(f'{k} = {v}' for k, v in verdict.witness.items()))}.")
    unexpected = "" if outcome.as_expected else f'<br><span class="unexpected">expected {claim.expected}</span>'
    return (
        f'<tr id="{claim.name}"><td><span class="status {verdict.status}">{verdict.status}</span><br>'
        f'<span class="small">{verdict.evidence}</span>{unexpected}</td>'
        f"<td><b>{html.escape(claim.reference)}</b>{image}<span class='small'>{' '.join(after)}</span></td>"
        f'<td class="number">{verdict.lhs:.4g}</td><td class="number">{verdict.rhs:.4g}</td>'
        f'<td class="small">{html.escape(verdict.scope)}</td><td class="number">{outcome.seconds:.2f} s</td></tr>'
    )


def _math(latex: str) -> str:
    """The formula as an SVG image, in a data URI; fractions in full size."""
    font, source = FontProperties(size=13), f"${latex}$".replace(r"\frac", r"\dfrac")
    width, height, depth, *_ = MathTextParser("path").parse(source, 72, font)
    figure = Figure(figsize=(width / 72, height / 72))
    figure.text(0, depth / height, source, fontproperties=font)
    return _svg(figure)


def _svg(figure: Figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode()


def _figures(outcomes: dict[str, Outcome]) -> list[tuple[Figure, str]]:
    """The figures for which the claims at hand have the numbers: each is drawn from their cases."""
    figures = []
    if outcomes.keys() >= {"exact-net-radius", "shrunk-net-radius"}:
        exact, shrunk = ({2: [], 3: [], 4: []} for _ in range(2))
        for radii, name in ((exact, "exact-net-radius"), (shrunk, "shrunk-net-radius")):
            for case, verdict in outcomes[name].cases:
                radii.get(case["d"], []).append((case["t"], verdict.lhs))
        figure = plots.radius_figure(exact, shrunk)
        figures.append(
            (figure, "Covering radii in l2 of two nets of the l1 ball: computed from Voronoi vertices, and formulas.")
        )
        figures.append(
            (
                plots.entropy_figure(),
                "Bounds on the entropy of the l1 ball. s* is where Theorem 2 and Corollary 2 meet.",
            )
        )
        vertices = next(v.witness["vertices"] for c, v in outcomes["exact-net-radius"].cases if c == {"d": 2, "t": 3})
        figures.append(
            (
                plots.net_figure(3, vertices),
                "Maurey's net in the plane. Discs of its covering radius just cover the ball.",
            )
        )
    if "sudakov" in outcomes:
        ratios = [(c["M"], v.rhs / v.lhs) for c, v in outcomes["sudakov"].cases if "antipodal" not in c]
        figures.append(
            (
                plots.sudakov_figure(ratios),
                "Sudakov's minoration for N orthonormal points: the constant must stay below all.",
            )
        )
    return figures


# --- Files ------------------------------------------------------------------------------------------------------------


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all: beside its place first, then renamed. Missing folders are made.

    Raises:
        OSError: if the place cannot be written; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
