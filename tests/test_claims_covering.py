"""The covering family: every row as CLAIMS.md has it, and a false twin of each that comes out otherwise."""

import math
import re
from pathlib import Path

import pytest
import torch

from ilo_theory import bounds, nets
from ilo_theory.balls import project_l1_ball
from ilo_theory.claims import claims_of, families
from ilo_theory.claims.covering_volume import thickened_volume
from ilo_theory.report import COLUMNS, as_markdown
from ilo_theory.verdict import CLAIMS, Status, verify

ROOT = Path(__file__).parents[1]
NAMES = [claim.name for claim in claims_of("covering")]


def rows(markdown: str) -> dict[str, dict[str, str]]:
    """The rows of all tables by the claim's name, columns by their heads."""
    found = {}
    for line in markdown.splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            found[cells[0].strip("`")] = dict(zip(COLUMNS, cells, strict=True))
    return found


RECORDED = rows((ROOT / "CLAIMS.md").read_text(encoding="utf-8"))


# --- The rows ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_row_is_as_expected_and_as_recorded(name):
    outcome = CLAIMS[name].run()
    found, recorded = rows(as_markdown([outcome]))[name], RECORDED[name]
    assert outcome.as_expected
    for column in ("Reference", "Statement", "Status", "Evidence", "Scope", "Note"):
        assert found[column] == recorded[column], column
    for column, value in (("lhs", outcome.verdict.lhs), ("rhs", outcome.verdict.rhs)):
        assert float(recorded[column]) == pytest.approx(value, rel=5.1e-3), column  # three digits


def test_claims_md_holds_every_claim_and_no_other():
    assert [*RECORDED] == [*CLAIMS]


def test_the_family_is_known():
    assert "covering" in families()
    assert len(NAMES) > 50


@pytest.mark.parametrize("name", NAMES)
def test_what_is_refuted_has_a_corrected_claim_that_stands(name):
    claim = CLAIMS[name]
    if claim.expected is Status.REFUTED:
        assert CLAIMS[claim.corrected].expected in (Status.HOLDS, Status.SUPPORTED)
    else:
        assert claim.corrected is None


@pytest.mark.parametrize("number", [8, 14, 15, 16, 19, 24, 25])
def test_an_equation_is_one_formula_and_one_check(number):
    texts = [path.read_text("utf-8") for path in (ROOT / "ilo_theory").rglob("*.py")]
    lines = [line for text in texts for line in text.splitlines() if f"Eq. ({number})" in line]
    assert len(lines) == 2
    assert sum(line == f"# Eq. ({number})" for line in lines) == 1


# --- Their false twins ------------------------------------------------------------------------------------------------


def times(factor, formula):
    return lambda *arguments: factor * formula(*arguments)


HOLDS, REFUTED = Status.HOLDS, Status.REFUTED

DRAWN = {"d": 2, "t": 0, "count": 30, "delta": 0.1}

# (claim, status of the twin, what is changed in it; the other keys pick cases)
TWINS = [
    (
        "covering-number",
        REFUTED,
        {"printed": lambda points, delta: nets.covering_number(points, 0.99 * delta), "delta": 1.0},
    ),
    (
        "packing-number",
        REFUTED,
        {"printed": lambda points, delta: nets.packing_number(points, 0.99 * delta), "delta": 1.0},
    ),
    ("packing-and-covering", REFUTED, {"printed": 1, **DRAWN, "delta": 0.3}),
    ("packing-monotone", REFUTED, {"printed": 2.0, **DRAWN}),
    ("covering-below-packing", REFUTED, {"printed": 2, **DRAWN}),
    ("covering-below-half-packing", REFUTED, {"printed": 2, **DRAWN}),
    ("sum-of-nets", HOLDS, {"printed": 0.5}),
    ("sum-of-half-nets", REFUTED, {"printed": 1.0}),
    ("maurey-draw", REFUTED, {"printed": lambda x: [(None, abs(x_i)) for x_i in x]}),
    ("maurey-mean", REFUTED, {"printed": lambda x_i: -x_i}),
    ("maurey-variance", HOLDS, {"printed": lambda x_i: abs(x_i) * (1 - abs(x_i))}),
    ("maurey-variance-exact", REFUTED, {"printed": lambda x_i: abs(x_i) - 2 * x_i**2}),
    ("maurey-mean-square", REFUTED, {"printed": lambda t, variance: variance, "d": 2}),
    ("maurey-error", HOLDS, {"printed": lambda norm, square, t: (norm - square) / t, "d": 2}),
    ("maurey-error-exact", REFUTED, {"printed": lambda norm, square, t: (norm + square) / t, "d": 2}),
    ("maurey-net", REFUTED, {"printed": times(0.7, bounds.maurey_radius), "d": 2, "t": 1}),
    ("maurey-count", HOLDS, {"printed": lambda d, t: sum(math.comb(d, k) * math.comb(t, k) * 2**k for k in range(9))}),
    ("maurey-count-exact", REFUTED, {"printed": lambda d, t: math.comb(2 * d + t, t)}),
    ("maurey-entropy", REFUTED, {"printed": times(0.5, bounds.maurey_entropy)}),
    ("exact-net-radius", REFUTED, {"printed": lambda d, r, t: bounds.maurey_radius(r, t)}),
    ("exact-net-lattice", REFUTED, {"printed": lambda d, t: min(d, t) / 4}),
    ("exact-net-entropy", REFUTED, {"printed": lambda d, t: 2 * t + 1}),
    ("exact-net-beats-maurey", REFUTED, {"printed": times(0.5, bounds.maurey_entropy)}),
    ("exact-net-beats-volume", REFUTED, {"printed": lambda d, r, delta: bounds.volumetric_entropy(d, r, 2 * delta)}),
    ("shrunk-net-error", REFUTED, {"printed": lambda root: 1 / (1 + root**2), "d": 1}),
    ("shrunk-net-radius", REFUTED, {"printed": lambda r, t: r / (2 + math.sqrt(t))}),
    ("shrunk-net-count", REFUTED, {"printed": nets.delannoy}),
    ("shrunk-net-entropy", REFUTED, {"printed": lambda d, t: d**t}),
    ("sudakov", HOLDS, {"printed": lambda delta, packing: 0.479 * delta * math.sqrt(math.log(packing(delta)))}),
    ("sudakov-textbook", HOLDS, {"printed": 0.479}),
    ("sudakov-sharp", REFUTED, {"printed": 0.48}),
    ("gaussian-complexity", REFUTED, {"printed": (1,), "d": 2}),
    ("dual-norm", REFUTED, {"printed": 0.5, "d": 2}),
    ("gaussian-maximum", HOLDS, {"printed": lambda d: math.sqrt(2 * math.log(2 * d))}),
    ("gaussian-maximum-from-2", REFUTED, {"printed": times(0.5, bounds.gaussian_maximum)}),
    ("sudakov-algebra", REFUTED, {"printed": 8}),
    ("sudakov-packing", HOLDS, {"printed": times(16, bounds.maurey_entropy)}),
    ("sudakov-packing-from-2", REFUTED, {"printed": times(0.2, bounds.sudakov_entropy)}),
    ("sudakov-entropy", HOLDS, {"printed": times(16, bounds.maurey_entropy)}),
    ("sudakov-entropy-from-2", REFUTED, {"printed": 0.5}),
    ("sudakov-order", REFUTED, {"printed": 0.5}),
    ("volume-ratio", REFUTED, {"printed": lambda sides, delta: (math.prod(x / delta for x in sides), math.inf)}),
    ("volume-ratio", REFUTED, {"printed": lambda sides, delta: (0, math.prod(x / (2 * delta) for x in sides))}),
    ("volume-ball", REFUTED, {"printed": lambda d, r, delta: bounds.volume_entropy(d, r, delta / 3)}),
    ("volume-sum", REFUTED, {"printed": times(0.5, thickened_volume)}),
    ("volume-sum-of-balls", REFUTED, {"printed": lambda d, s: (2 * s) ** d}),
    ("volume-power", HOLDS, {"printed": lambda s: 4 * s + 1}),
    ("volume-power-from-half", REFUTED, {"printed": lambda s: 3 * s}),
    ("volumetric-entropy", HOLDS, {"printed": lambda d, r, delta: d * math.log(1 + 2 * r / delta)}),
    ("volumetric-entropy-to-4r", REFUTED, {"printed": lambda d, r, delta: bounds.volumetric_entropy(d, r, 4 * delta)}),
    ("volume-inscribed", REFUTED, {"printed": lambda d, s: d * math.log(s)}),
    ("maurey-tighter", REFUTED, {"printed": 0.25}),
]


@pytest.mark.parametrize(("name", "status", "change"), TWINS, ids=[name for name, *_ in TWINS])
def test_a_false_twin_comes_out_otherwise(name, status, change):
    assert status is not CLAIMS[name].expected
    assert verify(name, **change).status is status


def test_every_claim_has_a_twin():
    assert {name for name, *_ in TWINS} == set(NAMES)


# --- Steps of the checks themselves -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("d", "s"), [(1, 0.7), (2, 0.0), (2, 1.3), (3, 0.0), (3, 0.5), (3, 2.0)])
def test_thickened_volume_by_sampling(d, s, rng):
    # Hoeffding: 40,000 points in a box, whose share is off by 0.0135 with a probability of 1e-6 at most.
    box = 2 * (s + 1)
    x = (torch.rand(40_000, d, generator=rng, dtype=torch.float64) - 0.5) * box
    inside = float(((x - project_l1_ball(x, s)).norm(dim=1) <= 1).double().mean())
    unit = math.pi ** (d / 2) / math.gamma(d / 2 + 1)
    assert abs(inside - thickened_volume(d, s) * unit / box**d) < math.sqrt(math.log(2e6) / 80_000)
