"""The nouns of a research run: frozen, small, without behaviour but pure methods.

What a page said lives in `Snapshot`; state, claims and reports hold ids and offsets into it.
Offsets count Unicode code points.
"""

from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from research.errors import ReadingFailure

Language = Literal["en", "zh"]
TextLanguage = Literal[
    "en", "zh", "ja", "ko"
]  # what searching and sentences tell apart; any other counts as English
Mode = Literal["multi_agent", "react"]
Effort = Literal["quick", "standard", "deep"]
Role = Literal["master", "search", "verify", "summary", "writer", "judge"]
AgentRole = Literal["search", "verify"]
Span = tuple[int, int]
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
Verdict = Literal["supported", "partial", "contested", "superseded", "refuted", "insufficient"]
SentenceVerdict = Literal["supported", "partial", "contested", "unverified"]
Clarify = Literal["auto", "never", "always"]
InputKind = Literal["answers", "plan", "note"]
JobStatus = Literal["queued", "running", "needs_input", "completed", "failed", "cancelled"]
ReportStatus = Literal["complete", "partial", "insufficient_evidence"]
Confidence = Literal["low", "medium", "high"]
Standing = Literal["current", "draft", "archived", "superseded"]
Authority = Literal["official", "peer_reviewed", "primary", "reference", "aggregator"]
NoteKind = Literal[
    "pictures",  # pictures, drawings and charts whose content has no text
    "media",  # sound and film
    "form_fields",  # fields of a form whose values were not read
    "formulas",  # formulas that have no readable form
    "pages_without_text",  # pages that are pictures of their text
    "hidden_sheets",  # sheets, rows and slides that the document hides
    "withdrawn",  # passages that the document strikes out, left out of the text
    "attachments",  # files within the document
    "comments",  # remarks beside the text
    "parts_cut",  # parts read up to a limit
    "parts_unread",  # parts that could not be read at all
    "dialect_unknown",  # a table of text whose separator could not be told
    "bytes_lost",  # bytes that are no text in the document's encoding
]


def now() -> datetime:
    return datetime.now(UTC)


class Noun(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


# What is asked


class SourceChoice(Noun):
    """Where a run may look: the web, libraries by name, and which domains and dates."""

    web: bool = False
    libraries: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    date_from: date | None = None
    date_to: date | None = None


class BudgetLimits(Noun):
    """Hard caps of a run; None is no cap of that kind. `tokens` counts prompt and completion, a
    cached prompt token at its part of
    the price."""

    tokens: int | None = None
    usd: float | None = None
    seconds: float | None = None
    calls: int | None = None


class Clarification(Noun):
    """What the asker was asked before the work began, and the answer; '' where it was left open."""

    question: str
    answer: str = ""


class Question(Noun):
    """`follows` is the question that this one follows up, '' if it stands alone. `language` is that
    of the interface and of code's own
    words; `answer_in` is the language that was asked for (BCP 47), '' for that of the question."""

    text: str
    language: Language
    answer_in: str = ""
    today: date
    instructions: str = ""
    sources: SourceChoice = SourceChoice()
    clarifications: tuple[Clarification, ...] = ()
    follows: str = ""


class Job(Noun):
    """One question to be answered; the row that workers own. `fence` rises at each take-over.
    `parent_id` is the job that it follows up."""

    id: str
    question: Question
    mode: Mode = "multi_agent"
    effort: Effort = "standard"
    budget: BudgetLimits = BudgetLimits()
    clarify: Clarify = "never"
    approve_plan: bool = False
    parent_id: str | None = None
    status: JobStatus = "queued"
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    owner: str | None = None
    heartbeat_at: datetime | None = None
    fence: int = 0
    attempts: int = 0
    cancel_requested: bool = False
    error: dict[str, Any] | None = None


class Input(Noun):
    """What a person said to a job that is waiting or running: answers, an edited plan, a note. `id`
    counts from 1 within the job."""

    id: int
    kind: InputKind
    at: datetime
    data: dict[str, Any]


# What was read


class Snapshot(Noun):
    """The text of a page as it was read; `id` is the lower-case hex sha-256 of `text` in UTF-8. A
    sentence is a span of the text."""

    id: str
    text: str
    sentences: tuple[Span, ...]

    def sentence(self, index: int) -> str:
        start, end = self.sentences[index]
        return self.text[start:end]

    def is_whole(self) -> bool:
        """Whether the text is the one the id names, with its sentences within it."""
        within = all(0 <= start < end <= len(self.text) for start, end in self.sentences)
        return within and sha256(self.text.encode()).hexdigest() == self.id


class ReadingNote(Noun):
    """What the text of a document lacks: `count` things of one kind. `detail` says which, in the
    document's own words (names of sheets or files), as one short line, '' where nothing names them.
    """

    kind: NoteKind
    count: int = Field(default=1, ge=1)
    detail: str = ""


class Reading(Noun):
    """One act of reading, in one job: where the text came from, when and how. `document` is the
    number of its snapshot in the job and
    those before it, counted from 1; 0 until the reading is stored."""

    id: str
    job_id: str
    snapshot_id: str
    url: str
    canonical_url: str
    title: str
    site: str
    author: str | None = None
    published_at: str | None = None
    fetched_at: datetime
    media_type: str
    via: str
    raw_sha256: str
    extractor: str
    private: bool = False
    document: int = 0
    notes: tuple[ReadingNote, ...] = ()


class PageText(Noun):
    """What extraction makes of bytes, before it is a reading. `sentences` are spans of `text`;
    `sections` name where each part stands
    (a heading, a page, a sheet) by the offset it starts at."""

    text: str
    sentences: tuple[Span, ...]
    sections: tuple[tuple[int, str], ...] = ()
    title: str = ""
    site: str = ""
    author: str | None = None
    published_at: str | None = None
    media_type: str
    extractor: str
    notes: tuple[ReadingNote, ...] = ()


# Evidence


class Quote(Noun):
    """Words of a snapshot: each span of its text; `quote` is the spans' texts joined by ' … '."""

    type: Literal["quote"] = "quote"
    reading_id: str
    snapshot_id: str
    spans: tuple[Span, ...]
    quote: str


class RunEvidence(Noun):
    """A computation that was run: its code by hash, its input claims."""

    type: Literal["run"] = "run"
    run_id: str
    code_sha256: str
    inputs: tuple[str, ...] = ()


class SearchLog(Noun):
    """What was searched and read, as proof of absence; `readings` are those that were looked
    through for it."""

    type: Literal["search_log"] = "search_log"
    queries: tuple[str, ...]
    pages: int
    readings: tuple[str, ...] = ()
    date_from: datetime = Field(serialization_alias="from", validation_alias="from")
    date_to: datetime = Field(serialization_alias="to", validation_alias="to")

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class CalculationInput(Noun):
    """A figure that a calculation starts from: its name in the expression and its value, a decimal
    number
    as written. It stands in `evidence`; without any it is the question's, another calculation's or
    a
    constant of the calendar."""

    name: str
    value: str
    evidence: tuple[Quote, ...] = ()


class Calculation(Noun):
    """Arithmetic over figures that were read, evaluated by code. `value` is the exact result, as
    far as a
    decimal number can be; `label` says what it is."""

    type: Literal["calculation"] = "calculation"
    expression: str
    inputs: tuple[CalculationInput, ...]
    value: str
    unit: str = ""
    label: str = ""


Evidence = Annotated[Quote | RunEvidence | SearchLog | Calculation, Field(discriminator="type")]


class Claim(Noun):
    """One checkable statement with its evidence: quotes, or for what was computed the `runs`.
    `relevance` (0 to 1) is measured against the
    question, `documents` counts the independent sources that say it: sites of the web, documents of
    a library. `answer` is the short
    answer it gives to the `goal` it was found for, '' if it gives none; `standing` is the best of
    its documents'.

    A claim of a strong model also tells whose `measure` it gives, the `value` with its `unit`, the
    time it
    speaks of (`as_of`), who says it, which `parts` of a good answer it bears on (from 1), and which
    other
    claims say the same (`same_as`)."""

    id: str
    text: str
    evidence: tuple[Quote, ...]
    runs: tuple[RunEvidence, ...] = ()
    relevance: float = 0.0
    verdict: Verdict = "insufficient"
    reason: str = ""
    documents: int = 1
    goal: str = ""
    answer: str = ""
    private: bool = False
    standing: Standing = "current"
    subject: str = ""
    measure: str = ""
    value: str = ""
    unit: str = ""
    as_of: str = ""
    speaker: str = ""
    parts: tuple[int, ...] = ()
    same_as: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether it may be told as a fact: not one that is refuted, nor one that was looked at and
        not found in its quotes."""
        return self.verdict != "refuted" and not (self.verdict == "insufficient" and self.reason)


class Side(Noun):
    """What one side says. `title`, `year` and `standing` are its document's; `date` is the time it
    speaks of, '' if unknown."""

    text: str
    evidence: tuple[Quote, ...]
    title: str = ""
    year: str = ""
    date: str = ""
    standing: Standing = "current"


class Contradiction(Noun):
    """Statements on the same subject and measure that cannot all hold, or those that a later one
    supersedes, which is the last side."""

    topic: str
    note: str
    kind: Literal["conflict", "superseded"]
    sides: tuple[Side, ...]


class Inference(Noun):
    """The analyst's own conclusion from claims; `warrant` says why it follows, `overturned_by` what
    would undo it. A `synthesis` says of
    how many sources something is true: its wording and its count are made by code, its premises are
    the members counted."""

    text: str
    premises: tuple[str, ...]
    kind: Literal["inference", "synthesis"] = "inference"
    warrant: str = ""
    confidence: Confidence = "low"
    overturned_by: str = ""


class Remark(Noun):
    """Something worth telling about several claims or sentences, named by their ids: a surprise, a
    tension."""

    text: str
    ids: tuple[str, ...] = ()


class Drawing(Noun):
    """A picture that a computation drew: a file of the job, by the run that made it."""

    id: str
    run_id: str
    name: str
    caption: str
    media_type: str
    sha256: str


# Work


class Task(Noun):
    """What one agent is sent to do; `claims` are ids a verify agent checks, `tokens` what it may
    use with its summary, 0 for the run's
    even share."""

    id: str
    role: AgentRole
    goal: str
    queries: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    tokens: int = 0


class Plan(Noun):
    """The Master's decision: what to do next, or that it is done. `answered` tells whether what is
    known answers the question, `answer` how
    in short, where that stands in the claims; `met` the parts of `must_contain` that are met and by
    which claims, `asked` what earlier
    rounds were sent to find. What was `known` when it was made and how many notes were `heard` tell
    the next round what is new; `round`
    counts without those that an outage took, and `fence` is the job's when its agents were sent
    out. `capped` is whether a cap of the
    budget ended the work."""

    brief: str = ""
    must_contain: tuple[str, ...] = ()
    tasks: tuple[Task, ...] = ()
    done: bool = False
    answered: bool = False
    answer: str = ""
    reason: str = ""
    met: dict[str, tuple[str, ...]] = {}
    capped: bool = False
    asked: tuple[str, ...] = ()
    known: tuple[int, ...] = ()
    heard: int = 0
    round: int = 0
    fence: int = 0


class Step(Noun):
    """One call of an agent: its thought, the tool it called and where the observation is kept.
    `together` calls are made in one `turn`;
    `index` counts calls. `reasoning` is what the endpoint told apart from the answer."""

    index: int
    turn: int = 0
    together: int = 1
    reasoning: str = ""
    thought: str = ""
    tool: str
    arguments: dict[str, Any] = {}
    observation_id: str | None = None
    error: str | None = None


class Line(Noun):
    """A numbered sentence an agent was shown, and where it stands. With a `document`, `number`
    counts the document's sentences; without
    one, those of the trajectory."""

    number: int
    reading_id: str
    snapshot_id: str
    index: int
    text: str
    document: int = 0

    @property
    def name(self) -> str:
        """As agents name it: `d3.12`, or `S12` without a document."""
        return f"d{self.document}.{self.number}" if self.document else f"S{self.number}"


class Observation(Noun):
    """What a tool gave back: the text as the model sees it and the numbered sentences in it;
    `unread` tells for each address that could not
    be read what kind of failure it was. A row, never graph state."""

    id: str
    text: str
    lines: tuple[Line, ...] = ()
    queries: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    unread: dict[str, ReadingFailure] = {}


class Trajectory(Noun):
    task: Task
    steps: tuple[Step, ...] = ()
    outcome: Literal["finished", "stopped", "failed"] = "finished"
    reason: str = ""


class Feedback(Noun):
    """What the Summary Agent hands the Master of one trajectory. Never raw pages."""

    task_id: str
    role: AgentRole
    outcome: Literal["finished", "stopped", "failed"] = "finished"
    reason: str = ""
    claims: tuple[Claim, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    gaps: tuple[str, ...] = ()
    dead_ends: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    pages: int = 0
    answer: str = ""
    drawings: tuple[Drawing, ...] = ()
    surprises: tuple[Remark, ...] = ()
    standings: dict[str, Standing] = {}


class Ledger(Noun):
    """All that is known: claims with verdicts, contradictions, inferences, open gaps, what was
    tried.
    `standings` are what documents were found to be, by snapshot, where a model read them."""

    claims: tuple[Claim, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    inferences: tuple[Inference, ...] = ()
    gaps: tuple[str, ...] = ()
    dead_ends: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    pages: int = 0
    answers: tuple[str, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    surprises: tuple[Remark, ...] = ()
    standings: dict[str, Standing] = {}

    def by_id(self) -> dict[str, Claim]:
        return {claim.id: claim for claim in self.claims}


# Writing


class PlannedCalculation(Noun):
    """A calculation that the outline asks for: an expression over its inputs, which are figures of
    claims
    (by id), of the question (no id) or other calculations (K1)."""

    id: str
    label: str
    expression: str
    unit: str = ""
    inputs: dict[str, tuple[str, str]] = {}  # name: (value, id)


class PlannedSection(Noun):
    """A section as planned: the point it makes, how long and in what form, from which claims and
    sentences."""

    heading: str
    point: str = ""
    words: int = 0
    form: str = "prose"
    ids: tuple[str, ...] = ()


class Recommendation(Noun):
    text: str
    because: str = ""
    flips_if: str = ""


class Outline(Noun):
    """What the report will say, before it is written: its thesis, what pulls against each other,
    what is
    to be computed, what it recommends. `needs` is what one more search should settle, `unanswered`
    are the
    parts of a good answer (from 1) that nothing read answers, `contradictions` those that the
    report tells;
    None for the ledger's."""

    title: str = ""
    thesis: str = ""
    needs: tuple[str, ...] = ()
    tensions: tuple[Remark, ...] = ()
    calculations: tuple[PlannedCalculation, ...] = ()
    recommendation: Recommendation | None = None
    sections: tuple[PlannedSection, ...] = ()
    unanswered: tuple[int, ...] = ()
    contradictions: tuple[Contradiction, ...] | None = None


class Mark(Noun):
    """A clause of a sentence, by offsets into its text, and what it rests on: places in the
    sentence's
    `evidence`, and the ids of claims, sentences and calculations that the writer named (`refs`)."""

    start: int
    end: int
    evidence: tuple[int, ...]
    refs: tuple[str, ...] = ()


class DraftSentence(Noun):
    """A sentence as written, with the claims it rests on; `verdict` is None until it was checked.
    An absence rests on
    what was `searched`. A sentence of a strong model carries its `evidence` itself, by clause
    (`marks`).

    `text` is plain but for `code` in backticks and **strong** words. `independent` is how many of
    its documents were
    judged to say it by themselves; None leaves it to its claims."""

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

    def written(self) -> list[DraftSentence]:
        """Every sentence in reading order, the cells of tables too."""
        found = list(self.sentences)
        for block in self.blocks:
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
    them.
    `contradictions` are those to be told; None for the ledger's. `calculations` are those that
    sentences
    may name. `standings` are those of documents that were judged to be so; None for the ledger's.
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


class Event(Noun):
    """Something that happened in a job, in order; `id` counts from 1 within the job. `type` is one
    of `research.events`."""

    id: int
    type: str
    at: datetime
    data: dict[str, Any]
