"""The report, schema version 1: what is handed to a reader, and what it is made of.
`docs/reports.md` is its contract.

Not here: how one is made (`research/reporting/bind.py`).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from research.domain import (
    Authority,
    Confidence,
    Effort,
    Language,
    Mark,
    Mode,
    Noun,
    Quote,
    ReadingNote,
    ReportStatus,
    RunEvidence,
    SearchLog,
    SentenceKind,
    SentenceVerdict,
    Standing,
)


class CitedQuote(Quote):
    """A quote with the number its source has in one report. `translation` is what a model says it
    means in the report's language; the quote itself stays verbatim."""

    n: int
    translation: str | None = None


class CitedInput(Noun):
    """A figure that a calculation starts from. `n` are the numbers of the sources it stands in,
    which the sentence cites as well."""

    name: str
    value: str
    n: tuple[int, ...] = ()


class CitedCalculation(Noun):
    """Arithmetic that anyone can evaluate again: `expression` over its inputs by name, exactly."""

    type: Literal["calculation"] = "calculation"
    expression: str
    inputs: tuple[CitedInput, ...]
    value: str
    unit: str = ""
    label: str = ""


CitedEvidence = Annotated[
    CitedQuote | RunEvidence | SearchLog | CitedCalculation, Field(discriminator="type")
]


class Sentence(Noun):
    """`independent` counts the independent sources that say a fact, of several claims the least;
    `reason` is what was found when its claims were verified. `marks` tell which clause rests on
    which of its evidence, by offsets into `text`.
    """

    text: str
    kind: SentenceKind
    verdict: SentenceVerdict | None = None
    evidence: tuple[CitedEvidence, ...] = ()
    premises: tuple[str, ...] = ()
    warrant: str = ""
    confidence: Confidence | None = None
    overturned_by: str = ""
    independent: int = 0
    reason: str = ""
    marks: tuple[Mark, ...] = ()

    @property
    def remarked(self) -> SentenceVerdict | None:
        """The verdict that is told beside it: none of what is supported, nor of a conclusion that
        is told as uncertain, in its words and under its letter."""
        told = self.kind == "inference" and self.verdict == "partial" and self.confidence == "low"
        return None if told or self.verdict == "supported" else self.verdict


class Paragraph(Noun):
    type: Literal["paragraph"] = "paragraph"
    sentences: tuple[Sentence, ...]


class BulletList(Noun):
    type: Literal["list"] = "list"
    items: tuple[tuple[Sentence, ...], ...]
    ordered: bool = False


class Cell(Sentence):
    """A cell of a table is a sentence of its own; '–' where nothing is known."""


class Table(Noun):
    type: Literal["table"] = "table"
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Figure(Noun):
    """A picture: the file `id` of the job."""

    type: Literal["figure"] = "figure"
    id: str
    name: str = ""
    caption: tuple[Sentence, ...]


Block = Annotated[Paragraph | BulletList | Table | Figure, Field(discriminator="type")]


class Section(Noun):
    """`level` is 2, of a section within another 3."""

    heading: str
    level: int = 2
    blocks: tuple[Block, ...]


class Source(Noun):
    """`authority` tells what kind of place published it, None where no rule knows; `standing` what
    the document was found to be, `notes` what its text lacks."""

    n: int
    reading_id: str
    snapshot_id: str
    url: str
    title: str
    site: str
    author: str | None = None
    published_at: str | None = None
    fetched_at: datetime
    via: str
    authority: Authority | None = None
    standing: Standing = "current"
    notes: tuple[ReadingNote, ...] = ()


class CitedSide(Noun):
    """`date` is the time that it speaks of, as far as it is known."""

    text: str
    evidence: tuple[CitedEvidence, ...]
    superseded: bool = False
    date: str = ""


class CitedContradiction(Noun):
    """A `conflict` of sides that cannot all hold, or values that were `superseded`, the last side
    being the one that stands."""

    topic: str
    note: str
    kind: Literal["conflict", "superseded"] = "conflict"
    sides: tuple[CitedSide, ...]


class Quality(Noun):
    """`precision` is supported ÷ with_evidence, `coverage` with_evidence ÷ needing_evidence; None
    when there is nothing to divide.

    `first_pass_supported` were supported as they were first written, `repaired` after the writer
    mended them, `dropped` went; `judge` is the model that said so, '' where only sources' own words
    stand.
    """

    sentences: int = 0
    by_kind: Mapping[str, int] = {}
    needing_evidence: int = 0
    with_evidence: int = 0
    supported: int = 0
    partial: int = 0
    dropped: int = 0
    precision: float | None = None
    coverage: float | None = None
    first_pass_supported: int = 0
    repaired: int = 0
    judge: str = ""


class RoleUsage(Noun):
    model_calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    usd: float = 0.0


class Usage(RoleUsage):
    """What a run has spent; `prompt_tokens` include `cached_tokens`; `seconds` is wall time over
    all its attempts."""

    seconds: float = 0.0
    searches: int = 0
    pages_read: int = 0
    by_role: Mapping[str, RoleUsage] = {}


class Report(Noun):
    """`language` is that of code's own words; `answer_in` the language that was asked for (BCP 47),
    '' for that of the question."""

    schema_version: Literal[1] = 1
    id: str
    question: str
    language: Language
    answer_in: str = ""
    mode: Mode
    effort: Effort
    status: ReportStatus
    title: str
    markdown: str
    answer: tuple[Sentence, ...] = ()
    sections: tuple[Section, ...] = ()
    sources: tuple[Source, ...] = ()
    contradictions: tuple[CitedContradiction, ...] = ()
    limitations: tuple[str, ...] = ()
    floors: tuple[str, ...] = ()
    quality: Quality = Quality()
    usage: Usage = Usage()
