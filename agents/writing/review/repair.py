"""Repair: the parts of a draft in which something failed go back to their writer once, with what
was missing and the evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from agents.asking import ask
from agents.models import Models
from agents.schemas import object_of
from agents.writing import reading
from agents.writing.resolving import Resolver
from agents.writing.review.gates import Gates
from agents.writing.review.pieces import Piece
from research.crew import Run
from research.domain import DraftTable
from research.errors import BudgetExhausted
from research.text.sentences import estimate_tokens

AT_ONCE = 16  # pieces that go back to the writer in one call
LONGEST_ANSWER = 16_000  # tokens


class Block(BaseModel):
    """A part of a report in its new words; '' takes it out."""

    id: str
    markdown: str


class Blocks(BaseModel):
    """What a writer hands back of a report: parts by their ids."""

    blocks: list[Block]


@dataclass(frozen=True)
class Repair:
    """The writer of one draft, asked to mend. `values` fill the prompt that it saw before."""

    run: Run
    models: Models
    gates: Gates
    resolver: Resolver
    values: Mapping[str, Any]

    async def of(self, failing: Sequence[Piece]) -> dict[str, Piece]:
        """The pieces in their new words, by id; without those that the writer left as they are or
        that no budget was left for."""
        mended: dict[str, Piece] = {}
        for start in range(0, len(failing), AT_ONCE):
            batch = {piece.id: piece for piece in failing[start : start + AT_ONCE]}
            try:
                given = await self._ask(batch)
            except BudgetExhausted as error:
                await self.run.capped("repair", error)
                break
            for block in given.blocks if given else ():
                if block.id in batch:
                    mended[block.id] = self._read(batch[block.id], block.markdown)
        return mended

    async def _ask(self, batch: Mapping[str, Piece]) -> Blocks | None:
        told = "\n\n".join(map(self._told, batch.values()))
        return await ask(
            self.run,
            self.models,
            "writer",
            "repair",
            Blocks,
            schema=_schema(list(batch)),
            max_tokens=min(LONGEST_ANSWER, 2_000 + 2 * estimate_tokens(told)),
            **self.values,
            blocks=told,
        )

    def _told(self, piece: Piece) -> str:
        """A piece as it was written, and what is wrong with it."""
        under = f" (under “{piece.heading}”)" if piece.heading else ""
        written = piece.text or "\n\n".join(map(reading.shown, piece.blocks))
        lines = [f"### {piece.id}{under}", written, "Not accepted:"]
        for asking, found in self.gates.failures(piece):
            why = "; ".join(found.missing) or "not supported by what it rests on"
            word = found.verdict or "unsupported"
            lines.append(f"- “{asking.statement.text}” ({word}): {why}")
        return "\n".join(lines)

    def _read(self, piece: Piece, markdown: str) -> Piece:
        blocks, heading = reading.read_blocks(_headed(piece, markdown), self.resolver)
        if not piece.text:
            return replace(piece, blocks=tuple(blocks))
        said = " ".join(sentence.text for sentence in reading.sentences_of(*blocks))
        return replace(piece, text=(heading or said).strip() or piece.text)


def _headed(piece: Piece, markdown: str) -> str:
    """Rows that are handed back without the names of their columns, under those that they had."""
    table = next((block for block in piece.blocks if isinstance(block, DraftTable)), None)
    rows = [line.strip() for line in markdown.strip().splitlines()]
    are_rows = bool(rows) and all(row.startswith("|") for row in rows)
    if table is None or not are_rows or _has_names(rows):
        return markdown
    names, rule, *_ = reading.shown(table).splitlines()
    return "\n".join([names, rule, *rows])


def _has_names(rows: Sequence[str]) -> bool:
    return len(rows) > 1 and not rows[1].strip("|-: ")


def under_new_headings(pieces: Sequence[Piece], mended: Mapping[str, Piece]) -> list[Piece]:
    """The pieces, those that were mended in their new words and under their new headings."""
    headings = {old.text: mended[old.id].text for old in pieces if old.text and old.id in mended}
    now = [mended.get(piece.id, piece) for piece in pieces]
    return [replace(piece, heading=headings.get(piece.heading, piece.heading)) for piece in now]


def _schema(ids: Sequence[str]) -> dict[str, Any]:
    one = object_of(id={"enum": list(ids)}, markdown={"type": "string"})
    return object_of(blocks={"type": "array", "items": one, "maxItems": len(ids)})
