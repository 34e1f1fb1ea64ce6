"""The JSON shapes that the API answers with, besides the Report itself (`research.domain`).

Not here: errors (`api/http/problems.py`). Fields may be added; none is renamed within `/v1`.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import unquote

from pydantic import BaseModel

from api.messages.follow import Progress
from research.domain import (
    Authority,
    BudgetLimits,
    Effort,
    Job,
    JobStatus,
    Language,
    Mode,
    Reading,
    ReadingNote,
    Snapshot,
    SourceChoice,
    Span,
    Standing,
    Step,
    Task,
)
from research.domain.report import Usage
from research.errors import ReadingError
from research.ledger.authority import authority_of
from research.store.runs import FileKept
from research.store.tables import RunRow, UsageRow

if TYPE_CHECKING:
    from browser.library.library import LibrarySync

ItemT = TypeVar("ItemT")


class Page(BaseModel, Generic[ItemT]):
    """One page of a list. `next_cursor` is handed back as `cursor` to get the next, None on the
    last."""

    items: list[ItemT]
    next_cursor: str | None = None


class JobAnswer(BaseModel):
    """A job as lists show it."""

    id: str
    status: JobStatus
    question: str
    instructions: str
    language: Language
    mode: Mode
    effort: Effort
    sources: dict[str, Any]
    budget: BudgetLimits
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempts: int
    error: dict[str, Any] | None
    parent_id: str | None
    links: dict[str, str]

    @classmethod
    def of(cls, job: Job, **more: Any) -> "JobAnswer":
        shared = job.model_dump(
            include={
                "id",
                "status",
                "mode",
                "effort",
                "budget",
                "created_at",
                "started_at",
                "finished_at",
                "attempts",
                "error",
                "parent_id",
            }
        )
        question = job.question
        return cls(
            question=question.text,
            instructions=question.instructions,
            language=question.language,
            sources=_sources(question.sources),
            links=links(job.id),
            **shared,
            **more,
        )


class JobDetail(JobAnswer):
    """A job with where it stands and what it has used. `waits_for` holds the questions or the plan
    while it is `needs_input`."""

    progress: dict[str, Any]
    usage: Usage
    waits_for: dict[str, Any] | None = None


class SourceAnswer(BaseModel):
    """A reading and the snapshot it gave. `sentences` are spans of `text` in code points;
    `snapshot_id` is the sha-256 of `text`. `standing` is what the document was found to be,
    `notes` what its text lacks."""

    reading_id: str
    snapshot_id: str
    url: str
    canonical_url: str
    title: str
    site: str
    author: str | None
    published_at: str | None
    fetched_at: datetime
    media_type: str
    via: str
    raw_sha256: str
    extractor: str
    authority: Authority | None
    standing: Standing
    text: str
    sentences: tuple[Span, ...]
    notes: tuple[ReadingNote, ...] = ()

    @classmethod
    def of(
        cls, reading: Reading, snapshot: Snapshot, standing: Standing = "current"
    ) -> "SourceAnswer":
        fields = reading.model_dump(exclude={"id", "job_id", "private"})
        return cls(
            reading_id=reading.id,
            authority=authority_of(reading.url),
            standing=standing,
            text=snapshot.text,
            sentences=snapshot.sentences,
            **fields,
        )


class SourceListed(BaseModel):
    """A reading without its text, with `notes` of what that lacks. `job_id` is the job that it was
    made in: this one, or one that it follows up."""

    reading_id: str
    snapshot_id: str
    url: str
    title: str
    site: str
    author: str | None
    published_at: str | None
    fetched_at: datetime
    via: str
    private: bool
    job_id: str
    link: str
    notes: tuple[ReadingNote, ...] = ()

    @classmethod
    def of(cls, reading: Reading, job_id: str) -> "SourceListed":
        fields = reading.model_dump(
            exclude={"id", "canonical_url", "media_type", "raw_sha256", "extractor"}
        )
        return cls(reading_id=reading.id, link=f"{links(job_id)['sources']}/{reading.id}", **fields)


class ObservationAnswer(BaseModel):
    """What a tool gave back, as the model saw it."""

    text: str
    queries: tuple[str, ...]
    readings: tuple[str, ...]
    failures: tuple[str, ...]


class StepAnswer(BaseModel):
    index: int
    thought: str
    tool: str
    arguments: dict[str, Any]
    error: str | None
    observation: ObservationAnswer | None

    @classmethod
    def of(cls, step: Step, observation: ObservationAnswer | None) -> "StepAnswer":
        return cls(observation=observation, **step.model_dump(exclude={"observation_id"}))


class TrajectoryAnswer(BaseModel):
    """What one agent did. `outcome` is None while it works."""

    task: Task
    outcome: str | None
    reason: str
    steps: list[StepAnswer]


class FileListed(BaseModel):
    """A file that a run left, without its bytes."""

    id: str
    name: str
    media_type: str
    size: int
    sha256: str
    link: str

    @classmethod
    def of(cls, file: FileKept) -> "FileListed":
        link = f"{links(file.job_id)['self']}/files/{file.id}"
        return cls(
            id=file.id,
            name=file.name,
            media_type=file.media_type,
            size=file.size,
            sha256=file.sha256,
            link=link,
        )


class RunAnswer(BaseModel):
    """A program that was run. `given` holds the texts of its `inputs`; `stopped` is the limit that
    ended it (`time`, `folder`) or None."""

    id: str
    task_id: str
    at: datetime
    code: str
    code_sha256: str
    inputs: list[str]
    given: dict[str, str]
    exit_code: int | None
    stopped: str | None
    stdout: str
    stderr: str
    seconds: float
    files: list[FileListed]

    @classmethod
    def of(cls, row: RunRow, files: Sequence[FileKept]) -> "RunAnswer":
        return cls(
            files=[FileListed.of(file) for file in files if file.run_id == row.id],
            **row.model_dump(exclude={"job_id"}),
        )


class LibraryAnswer(BaseModel):
    name: str
    private: bool
    documents: int
    revision: int
    created_at: datetime


class UsageAnswer(BaseModel):
    """What a tenant used on a day; `tokens` are those of prompts, cached or not, and answers."""

    tenant: str
    day: date
    jobs: int
    tokens: int
    cached_tokens: int
    usd: float

    @classmethod
    def of(cls, row: UsageRow) -> "UsageAnswer":
        shared = row.model_dump(include={"tenant", "day", "jobs", "cached_tokens", "usd"})
        return cls(tokens=row.prompt_tokens + row.completion_tokens, **shared)


class PartialAnswer(BaseModel):
    """A document whose text lacks what its `notes` tell."""

    path: str
    title: str
    notes: tuple[ReadingNote, ...]


class UnreadAnswer(BaseModel):
    """A document that cannot be read, and why. `path` is its place in the library."""

    path: str
    url: str
    kind: str
    reason: str


class AddedAnswer(BaseModel):
    """What became of the documents of a library. Those `added`, `changed` and `unchanged` can be
    found by their text: `in_full` of them by all of it."""

    name: str
    private: bool
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    in_full: int = 0
    in_part: list[PartialAnswer] = []
    not_read: list[UnreadAnswer] = []

    @classmethod
    def of(cls, sync: "LibrarySync") -> "AddedAnswer":
        documents = [
            PartialAnswer.model_validate(row, from_attributes=True) for row in sync.partial
        ]
        counts = {
            name: getattr(sync, name) for name in ("added", "changed", "unchanged", "removed")
        }
        return cls(
            name=sync.library.name,
            private=sync.library.private,
            in_full=sync.whole,
            in_part=documents,
            not_read=_unread(sync.failed),
            **counts,
        )

    @classmethod
    def nothing(cls, name: str, private: bool, failed: Sequence[ReadingError]) -> "AddedAnswer":
        """What becomes of documents none of which can be read."""
        return cls(name=name, private=private, not_read=_unread(failed))


def _unread(failed: Sequence[ReadingError]) -> list[UnreadAnswer]:
    return [
        UnreadAnswer(path=_path(error.url), url=error.url, kind=error.kind, reason=error.reason)
        for error in failed
    ]


def _path(url: str) -> str:
    """A document's place in its library; the address of a line that has one of its own."""
    return unquote(url.split("/", 3)[3]) if url.startswith("library://") else url


def links(job_id: str) -> dict[str, str]:
    own = f"/v1/research/{job_id}"
    parts = (
        "events",
        "report",
        "claims",
        "sources",
        "trajectories",
        "runs",
        "input",
        "cancel",
        "resume",
    )
    return (
        {"self": own}
        | {part: f"{own}/{part}" for part in parts}
        | {"viewer": f"/research/{job_id}"}
    )


def progress_answer(progress: Progress) -> dict[str, Any]:
    """Where a job stands: the plan, its agents, and counts."""
    fields = asdict(progress)
    agents = list(fields.pop("agents").values())
    sources = fields.pop("sources")
    plan = {
        "round": fields.pop("round"),
        "brief": fields.pop("brief"),
        "must_contain": fields.pop("must_contain"),
    }
    return {"plan": plan, "agents": agents, "sources": len(sources), **fields}


def _sources(choice: SourceChoice) -> dict[str, Any]:
    """As a request writes them."""
    fields = choice.model_dump(mode="json", exclude={"date_from", "date_to"})
    return fields | {"from": choice.date_from, "to": choice.date_to}
