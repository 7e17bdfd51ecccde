"""What a notebook shows besides figures: tables, and the verdicts of claims."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from ilo_theory.report.values import pipes, short, table
from ilo_theory.verdict import Outcome, Verdict


@dataclass(frozen=True)
class Table:
    """Rows of numbers and words that Jupyter shows as a table, and that print as one.

    Args:
        head: the names of the columns, with units.
        rows: their cells; numbers are shown to four digits, NaN and None as a dash.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[object]]

    def __post_init__(self):
        for row in self.rows:
            if len(row) != len(self.head):
                raise ValueError(f"`Table(rows=...)` must have {len(self.head)} cells a row, got {list(row)}.")

    @property
    def _cells(self) -> list[list[str]]:
        return [[_cell(value) for value in row] for row in self.rows]

    def _repr_html_(self) -> str:
        return table(self.head, [[escape(cell) for cell in row] for row in self._cells])

    def _repr_markdown_(self) -> str:
        return pipes(self.head, self._cells)

    def __str__(self) -> str:
        lines = [[*map(str, self.head)], *self._cells]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def verdicts(found: Mapping[str, Verdict] | Sequence[Outcome]) -> Table:
    """The verdicts that a notebook showed, a row each: lhs ≤ rhs was asked of every one.

    Args:
        found: by a name or a question, what `verify` or a switch returned; or outcomes of claims.
    """
    if not isinstance(found, Mapping):
        found = {outcome.claim.name: outcome.verdict for outcome in found}
    rows = [(name, str(v.status), str(v.evidence), v.lhs, v.rhs, v.scope) for name, v in found.items()]
    return Table(("claim", "status", "evidence", "lhs", "rhs", "scope"), rows)


def _cell(value: object) -> str:
    if value is None or value != value:
        return "–"
    return short(value)
