"""Where each claim belongs: an outline a model makes from the claims. Each claim stands in one section: none repeats another.

A claim that the outline forgets goes into a last section; what it puts twice stays where it first was. Not here: the
sentences (`prose.py`)."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, Field

from agents.arranging import numbered
from agents.asking import ask
from agents.comparing import compares, named
from agents.models import Models
from agents.wording import WORDS, cleaned
from research.crew import Run
from research.types import Claim, DraftSentence, DraftTable


class PlannedSection(BaseModel):
    heading: str
    claims: list[int]


class PlannedCell(BaseModel):
    claim: int
    text: str


class PlannedRow(BaseModel):
    name: str
    cells: list[PlannedCell]


class PlannedTable(BaseModel):
    columns: list[str]
    rows: list[PlannedRow]


class Planned(BaseModel):
    title: str
    answer_claims: list[int]
    parts: list[PlannedSection] = Field(max_length=8)
    table: PlannedTable | None = None


@dataclass(frozen=True)
class Part:
    heading: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class Outline:
    title: str
    answer: tuple[Claim, ...]
    parts: tuple[Part, ...]
    table: DraftTable | None = None


async def outline(run: Run, models: Models, claims: Sequence[Claim]) -> Outline | None:
    """The outline, or None when the model gave none that fits. Raises `BudgetExhausted`."""
    made = await ask(
        run,
        models,
        "writer",
        "outline",
        Planned,
        max_tokens=2_000,
        claims=numbered(claims),
        question=run.question.text,
        instructions=f"\n{run.question.instructions}" if run.question.instructions else "",
    )
    if made is None:
        return None
    left = dict(enumerate(claims, 1))
    answer = [left[n] for n in dict.fromkeys(made.answer_claims) if n in left][:5]
    parts = [Part(cleaned(p.heading), tuple(left.pop(n) for n in dict.fromkeys(p.claims) if n in left)) for p in made.parts]
    if left:
        parts.append(Part(WORDS[run.question.language]["more"], tuple(left.values())))
    return Outline(
        cleaned(made.title) or run.question.text,
        tuple(answer or claims[:2]),
        tuple(part for part in parts if part.claims),
        _table(made.table, claims, run) if made.table and compares(run.question.text) else None,
    )


def _table(planned: PlannedTable, claims: Sequence[Claim], run: Run) -> DraftTable | None:
    """The table a model proposes, its cells bound to claims; whether they hold in their places is for the check to say."""
    columns = [cleaned(column) for column in planned.columns][:6]
    rows = [(named(cleaned(row.name)), *_cells(row, claims, len(columns))) for row in planned.rows if cleaned(row.name)]
    filled = [row for row in rows if any(row[1:])]
    if not columns or len(filled) < 2:
        return None
    return DraftTable(header=(WORDS[run.question.language]["compared"], *columns), rows=tuple(filled))


def _cells(row: PlannedRow, claims: Sequence[Claim], width: int) -> list[DraftSentence | None]:
    cells: list[DraftSentence | None] = []
    for cell in row.cells[:width]:
        text = cleaned(cell.text)
        known = 0 < cell.claim <= len(claims) and text
        cells.append(DraftSentence(text=text, claims=(claims[cell.claim - 1].id,)) if known else None)
    return cells + [None] * (width - len(cells))
