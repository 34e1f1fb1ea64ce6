"""A report before it is bound to its sources: sections, blocks, sentences and their marks."""

from typing import Annotated, Literal

from pydantic import Field

from research.domain.base import Confidence, Noun, Standing
from research.domain.claim import Contradiction
from research.domain.evidence import Calculation, Evidence, SearchLog

SentenceKind = Literal[
    "fact",
    "attributed",
    "computed",
    "synthesis",
    "inference",
    "given",
    "method",
    "absence",
    "framing",
]

SentenceVerdict = Literal["supported", "partial", "contested", "unverified"]
ReportStatus = Literal["complete", "partial", "insufficient_evidence"]


class Mark(Noun):
    """A clause of a sentence, by offsets into its text, and what it rests on: places in the
    sentence's `evidence`, and the ids of claims, sentences and calculations that the writer named
    (`refs`)."""

    start: int
    end: int
    evidence: tuple[int, ...]
    refs: tuple[str, ...] = ()


class DraftSentence(Noun):
    """A sentence as written, with the claims it rests on; `verdict` is None until it was checked.
    An absence rests on what was `searched`. A sentence of a strong model carries its `evidence`
    itself, by clause (`marks`).

    `text` is plain but for `code` in backticks and **strong** words. `independent` is how many of
    its documents were judged to say it by themselves; None leaves it to its claims."""

    text: str
    kind: SentenceKind = "fact"
    claims: tuple[str, ...] = ()
    verdict: SentenceVerdict | None = None
    reason: str = ""
    warrant: str = ""
    confidence: Confidence | None = None
    overturned_by: str = ""
    searched: SearchLog | None = None
    evidence: tuple[Evidence, ...] = ()
    marks: tuple[Mark, ...] = ()
    independent: int | None = None


class DraftParagraph(Noun):
    type: Literal["paragraph"] = "paragraph"
    sentences: tuple[DraftSentence, ...]


class DraftList(Noun):
    type: Literal["list"] = "list"
    items: tuple[tuple[DraftSentence, ...], ...]
    ordered: bool = False


class DraftTable(Noun):
    """Rows are the things compared, the first cell of each its name; None where nothing is
    known."""

    type: Literal["table"] = "table"
    header: tuple[str, ...]
    rows: tuple[tuple[DraftSentence | None, ...], ...]


class DraftFigure(Noun):
    """A drawing of the ledger, by its id."""

    type: Literal["figure"] = "figure"
    id: str
    caption: tuple[DraftSentence, ...]


DraftBlock = Annotated[
    DraftParagraph | DraftList | DraftTable | DraftFigure, Field(discriminator="type")
]


class DraftSection(Noun):
    """A section: its first paragraph, `sentences`, then what follows it. `level` is 2, of a section
    within another 3."""

    heading: str
    level: int = 2
    sentences: tuple[DraftSentence, ...] = ()
    blocks: tuple[DraftBlock, ...] = ()

    def all_blocks(self) -> list[DraftBlock]:
        """Its first paragraph, where it has one, and what follows."""
        first = [DraftParagraph(sentences=self.sentences)] if self.sentences else []
        return [*first, *self.blocks]

    def written(self) -> list[DraftSentence]:
        """Every sentence in reading order, the cells of tables too."""
        found: list[DraftSentence] = []
        for block in self.all_blocks():
            if isinstance(block, DraftParagraph):
                found.extend(block.sentences)
            elif isinstance(block, DraftList):
                found.extend(s for item in block.items for s in item)
            elif isinstance(block, DraftFigure):
                found.extend(block.caption)
            else:
                found.extend(cell for row in block.rows for cell in row if cell is not None)
        return found


class Translation(Noun):
    """What a quote says in the language of the report."""

    quote: str
    text: str


class Draft(Noun):
    """What the report will say. `answered` is false where its sections hold only what stands
    nearest to the question.

    `supported_at_first` and `repaired` count sentences that were judged, `judge` names who judged
    them. `contradictions` are those to be told; None for the ledger's. `calculations` are those
    that sentences may name. `standings` are those of documents that were judged to be so; None for
    the ledger's.
    """

    title: str
    answer: tuple[DraftSentence, ...] = ()
    sections: tuple[DraftSection, ...] = ()
    limitations: tuple[str, ...] = ()
    translations: tuple[Translation, ...] = ()
    dropped: int = 0
    complete: bool = True
    answered: bool = True
    supported_at_first: int = 0
    repaired: int = 0
    judge: str = ""
    contradictions: tuple[Contradiction, ...] | None = None
    calculations: dict[str, Calculation] = {}
    standings: dict[str, Standing] | None = None

    def written(self) -> list[DraftSentence]:
        """Every sentence in reading order."""
        return [*self.answer, *(s for section in self.sections for s in section.written())]
