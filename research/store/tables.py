"""The SQL tables, all of them. Rows are written by `repositories/`; migrations in
`research/store/migrations/` create them.

LangGraph's checkpoint tables live in the same database and are made by its saver.
"""

from datetime import datetime
from functools import cache
from typing import Annotated, Any, TypeVar

from sqlalchemy import (
    JSON,
    BigInteger,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import Field, SQLModel

T = TypeVar("T")
Pairs = list[list[str]]  # links: the address and the text of each

# Columns of one kind: how the value is annotated, and how the database keeps it.
PrimaryKey = Annotated[str, Field(primary_key=True)]
JobId = Annotated[str, Field(foreign_key="jobs.id", index=True)]
LongText = Annotated[str, Field(sa_type=Text)]
LargeInt = Annotated[int, Field(sa_type=BigInteger)]
Json = Annotated[T, Field(sa_type=JSON)]
JsonOrNull = Annotated[T | None, Field(sa_type=JSON(none_as_null=True))]  # NULL where it is None


class TextBytes(FunctionElement[bytes]):
    """A text column as its bytes: a text that is no UTF-8 any more would raise for all that are
    read with it."""

    type = LargeBinary()
    inherit_cache = True


@compiles(TextBytes, "sqlite")
def _bytes_in_sqlite(element: TextBytes, compiler: Any, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS BLOB)"


@compiles(TextBytes, "postgresql")
def _bytes_in_postgres(element: TextBytes, compiler: Any, **options: Any) -> str:
    return f"convert_to({compiler.process(element.clauses, **options)}, 'UTF8')"


def table_of(kind: type[SQLModel]) -> Table:
    """The table of these rows, for statements that do without objects."""
    table: Table = kind.__table__  # type: ignore[attr-defined]  # SQLModel does not type it
    return table


def inserting(kind: type[SQLModel], dialect: str) -> Any:
    """An insert that can say what becomes of a row that is there."""
    return (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table_of(kind))


@cache
def placing(kind: type[SQLModel], dialect: str) -> Any:
    """The statement that puts a row in place of the one with its key."""
    statement = inserting(kind, dialect)
    table: Table = statement.table
    fresh = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if not column.primary_key
    }
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=fresh)


class _OfJob(SQLModel):
    """What belongs to a job, and is named within it."""

    job_id: str = Field(primary_key=True, foreign_key="jobs.id")


class JobRow(SQLModel, table=True):
    __tablename__ = "jobs"
    id: PrimaryKey
    tenant: str = Field(default="default", index=True)
    question: Json[dict[str, Any]]
    mode: str
    effort: str
    budget: Json[dict[str, Any]]
    clarify: str = "never"
    approve_plan: bool = False
    priority: int = 0
    parent_id: str | None = Field(default=None, index=True)
    request_id: str = ""
    traceparent: str = ""
    status: str = Field(default="queued", index=True)
    created_at: datetime = Field(index=True)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    owner: str | None = None
    heartbeat_at: datetime | None = None
    fence: int = 0
    attempts: int = 0
    seconds: float = 0.0
    cancel_requested: bool = False
    error: Json[dict[str, Any] | None] = None
    idempotency_key: str | None = None
    __table_args__ = (UniqueConstraint("tenant", "idempotency_key"),)


class InputRow(_OfJob, table=True):
    __tablename__ = "inputs"
    id: int = Field(primary_key=True)
    kind: str
    at: datetime
    data: Json[dict[str, Any]]


class EventRow(_OfJob, table=True):
    __tablename__ = "events"
    id: int = Field(primary_key=True)
    type: str
    at: datetime
    data: Json[dict[str, Any]]


class SnapshotRow(SQLModel, table=True):
    __tablename__ = "snapshots"
    id: PrimaryKey
    text: LongText
    sentences: Json[list[list[int]]]
    sections: Json[list[list[Any]]]


class _Read(SQLModel):
    """What is known of a text that was read."""

    url: str
    title: str
    author: str | None = None
    published_at: str | None = None
    media_type: str
    raw_sha256: str
    extractor: str
    links: JsonOrNull[Pairs] = None


class ReadingRow(_Read, table=True):
    __tablename__ = "readings"
    id: PrimaryKey
    job_id: JobId
    snapshot_id: str = Field(foreign_key="snapshots.id", index=True)
    canonical_url: str
    site: str
    fetched_at: datetime
    via: str
    private: bool = False
    document: int = 0
    notes: Json[list[dict[str, Any]]] = []
    __table_args__ = (UniqueConstraint("job_id", "canonical_url", "snapshot_id"),)


class TrajectoryRow(_OfJob, table=True):
    __tablename__ = "trajectories"
    task_id: PrimaryKey
    task: Json[dict[str, Any]]
    outcome: str | None = None
    reason: str = ""


class StepRow(_OfJob, table=True):
    __tablename__ = "steps"
    task_id: PrimaryKey
    index: int = Field(primary_key=True)
    at: datetime
    data: Json[dict[str, Any]]


class ObservationRow(_OfJob, table=True):
    __tablename__ = "observations"
    id: PrimaryKey
    data: Json[dict[str, Any]]


class RunRow(SQLModel, table=True):
    """A computation in the sandbox: what was run, on which claims or sentences and their texts
    (`given`), and what came out. `stopped` is the limit that ended it."""

    __tablename__ = "runs"
    id: PrimaryKey
    job_id: JobId
    task_id: str
    at: datetime
    code: LongText
    code_sha256: str = ""  # of the code as it is kept: told when it is written
    inputs: Json[list[str]]
    given: Json[dict[str, str]]
    exit_code: int | None = None
    stdout: LongText = ""
    stderr: LongText = ""
    seconds: float = 0.0
    stopped: str | None = None


class FileRow(SQLModel, table=True):
    """A file that a run left, kept with its job."""

    __tablename__ = "files"
    id: PrimaryKey
    job_id: JobId
    run_id: str = Field(foreign_key="runs.id")
    name: str
    media_type: str
    sha256: str
    data: bytes


class ModelCallRow(SQLModel, table=True):
    __tablename__ = "model_calls"
    id: PrimaryKey
    job_id: JobId
    role: str
    task_id: str = ""
    model: str
    at: datetime
    seconds: float = 0.0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    usd: float = 0.0
    error: str | None = None


class AnswerRow(_OfJob, table=True):
    """What a model answered to a request, read and in its form: JSON."""

    __tablename__ = "answers"
    request_sha256: PrimaryKey
    answer: LongText


class ReportRow(_OfJob, table=True):
    __tablename__ = "reports"
    status: str
    created_at: datetime
    data: Json[dict[str, Any]]
    ledger: Json[dict[str, Any]]


class LibraryRow(SQLModel, table=True):
    __tablename__ = "libraries"
    id: PrimaryKey
    tenant: str = Field(default="default")
    name: str
    path: str | None = None
    private: bool = True
    revision: int = 0
    created_at: datetime
    __table_args__ = (UniqueConstraint("tenant", "name"),)


class GrantRow(SQLModel, table=True):
    """A library that its owner lets another tenant read."""

    __tablename__ = "grants"
    library_id: str = Field(primary_key=True, foreign_key="libraries.id", ondelete="CASCADE")
    tenant: PrimaryKey
    created_at: datetime


class DocumentRow(_Read, table=True):
    """A document of a library. `path` is relative to the library; `raw_sha256` tells whether it
    must be read again, as do `notes` that are missing: it was read before they were kept."""

    __tablename__ = "documents"
    library_id: str = Field(primary_key=True, foreign_key="libraries.id")
    path: PrimaryKey
    snapshot_id: str | None = Field(default=None, foreign_key="snapshots.id")
    error: Json[dict[str, Any] | None] = None
    notes: JsonOrNull[list[dict[str, Any]]] = None


class VectorRow(SQLModel, table=True):
    """The vector of a passage of a library, half-precision numbers: by the model that made it and
    the sha-256 of the text."""

    __tablename__ = "vectors"
    library_id: str = Field(primary_key=True, foreign_key="libraries.id", ondelete="CASCADE")
    model: PrimaryKey
    text_sha256: PrimaryKey
    vector: bytes


class KeyRow(SQLModel, table=True):
    """An API key. `id` is the public part that it is found by; the secret part is not stored."""

    __tablename__ = "keys"
    id: PrimaryKey
    tenant: str
    name: str
    secret_sha256: str
    scopes: Json[list[str]]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    used_at: datetime | None = None


class SessionRow(SQLModel, table=True):
    """A person who has signed in to the viewer: with a key, or, without `key_id`, otherwise."""

    __tablename__ = "sessions"
    id: PrimaryKey
    tenant: str
    key_id: str | None = Field(default=None, foreign_key="keys.id")
    name: str = ""
    scopes: Json[list[str]]
    created_at: datetime
    expires_at: datetime


class UsageRow(SQLModel, table=True):
    """What a tenant used on a day (UTC), counted as it is used: it stays when jobs are deleted."""

    __tablename__ = "usage"
    tenant: PrimaryKey
    day: PrimaryKey
    jobs: int = 0
    prompt_tokens: LargeInt = 0
    cached_tokens: LargeInt = 0
    completion_tokens: LargeInt = 0
    usd: float = 0.0


class QuotaRow(SQLModel, table=True):
    """What a tenant may use a day, in place of the settings; None is no bound."""

    __tablename__ = "quotas"
    tenant: PrimaryKey
    jobs: int | None = None
    tokens: int | None = Field(default=None, sa_type=BigInteger)
    usd: float | None = None


class ReservationRow(SQLModel, table=True):
    """What a job may use at most: held against its tenant's quota until it has ended."""

    __tablename__ = "reservations"
    job_id: str = Field(primary_key=True, foreign_key="jobs.id", ondelete="CASCADE")
    tokens: LargeInt
    usd: float
