"""The SQL tables, all of them. Rows are written by `repositories/`; migrations in
`research/store/migrations/` create them.

LangGraph's checkpoint tables live in the same database and are made by its saver.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

Pairs = list[list[str]]  # links: the address and the text of each


class Instant(TypeDecorator[datetime]):
    """An aware datetime in UTC, on databases that keep time zones and on those that do not."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


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
    id: str = Field(primary_key=True)
    tenant: str = Field(default="default", index=True)
    question: dict[str, Any] = Field(sa_type=JSON)
    mode: str
    effort: str
    budget: dict[str, Any] = Field(sa_type=JSON)
    clarify: str = "never"
    approve_plan: bool = False
    priority: int = 0
    parent_id: str | None = Field(default=None, index=True)
    request_id: str = ""
    traceparent: str = ""
    status: str = Field(default="queued", index=True)
    created_at: datetime = Field(sa_type=Instant, index=True)
    started_at: datetime | None = Field(default=None, sa_type=Instant)
    finished_at: datetime | None = Field(default=None, sa_type=Instant)
    owner: str | None = None
    heartbeat_at: datetime | None = Field(default=None, sa_type=Instant)
    fence: int = 0
    attempts: int = 0
    seconds: float = 0.0
    cancel_requested: bool = False
    error: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    idempotency_key: str | None = None
    __table_args__ = (UniqueConstraint("tenant", "idempotency_key"),)


class InputRow(_OfJob, table=True):
    __tablename__ = "inputs"
    id: int = Field(primary_key=True)
    kind: str
    at: datetime = Field(sa_type=Instant)
    data: dict[str, Any] = Field(sa_type=JSON)


class EventRow(_OfJob, table=True):
    __tablename__ = "events"
    id: int = Field(primary_key=True)
    type: str
    at: datetime = Field(sa_type=Instant)
    data: dict[str, Any] = Field(sa_type=JSON)


class SnapshotRow(SQLModel, table=True):
    __tablename__ = "snapshots"
    id: str = Field(primary_key=True)
    text: str = Field(sa_type=Text)
    sentences: list[list[int]] = Field(sa_type=JSON)
    sections: list[list[Any]] = Field(sa_type=JSON)


class ReadingRow(SQLModel, table=True):
    __tablename__ = "readings"
    id: str = Field(primary_key=True)
    job_id: str = Field(foreign_key="jobs.id", index=True)
    snapshot_id: str = Field(foreign_key="snapshots.id", index=True)
    url: str
    canonical_url: str
    title: str
    site: str
    author: str | None = None
    published_at: str | None = None
    fetched_at: datetime = Field(sa_type=Instant)
    media_type: str
    via: str
    raw_sha256: str
    extractor: str
    private: bool = False
    document: int = 0
    notes: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    links: Pairs | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    __table_args__ = (UniqueConstraint("job_id", "canonical_url", "snapshot_id"),)


class TrajectoryRow(_OfJob, table=True):
    __tablename__ = "trajectories"
    task_id: str = Field(primary_key=True)
    task: dict[str, Any] = Field(sa_type=JSON)
    outcome: str | None = None
    reason: str = ""


class StepRow(_OfJob, table=True):
    __tablename__ = "steps"
    task_id: str = Field(primary_key=True)
    index: int = Field(primary_key=True)
    at: datetime = Field(sa_type=Instant)
    data: dict[str, Any] = Field(sa_type=JSON)


class ObservationRow(_OfJob, table=True):
    __tablename__ = "observations"
    id: str = Field(primary_key=True)
    data: dict[str, Any] = Field(sa_type=JSON)


class RunRow(SQLModel, table=True):
    """A computation in the sandbox: what was run, on which claims or sentences and their texts
    (`given`), and what came out. `stopped` is the limit that ended it."""

    __tablename__ = "runs"
    id: str = Field(primary_key=True)
    job_id: str = Field(foreign_key="jobs.id", index=True)
    task_id: str
    at: datetime = Field(sa_type=Instant)
    code: str = Field(sa_type=Text)
    code_sha256: str
    inputs: list[str] = Field(sa_type=JSON)
    given: dict[str, str] = Field(sa_type=JSON)
    exit_code: int | None = None
    stdout: str = Field(default="", sa_type=Text)
    stderr: str = Field(default="", sa_type=Text)
    seconds: float = 0.0
    stopped: str | None = None


class FileRow(SQLModel, table=True):
    """A file that a run left, kept with its job."""

    __tablename__ = "files"
    id: str = Field(primary_key=True)
    job_id: str = Field(foreign_key="jobs.id", index=True)
    run_id: str = Field(foreign_key="runs.id")
    name: str
    media_type: str
    sha256: str
    data: bytes


class ModelCallRow(SQLModel, table=True):
    __tablename__ = "model_calls"
    id: str = Field(primary_key=True)
    job_id: str = Field(foreign_key="jobs.id", index=True)
    role: str
    task_id: str = ""
    model: str
    at: datetime = Field(sa_type=Instant)
    seconds: float = 0.0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    usd: float = 0.0
    error: str | None = None


class AnswerRow(_OfJob, table=True):
    """What a model answered to a request, read and in its form: JSON."""

    __tablename__ = "answers"
    request_sha256: str = Field(primary_key=True)
    answer: str = Field(sa_type=Text)


class ReportRow(_OfJob, table=True):
    __tablename__ = "reports"
    status: str
    created_at: datetime = Field(sa_type=Instant)
    data: dict[str, Any] = Field(sa_type=JSON)
    ledger: dict[str, Any] = Field(sa_type=JSON)


class LibraryRow(SQLModel, table=True):
    __tablename__ = "libraries"
    id: str = Field(primary_key=True)
    tenant: str = Field(default="default")
    name: str
    path: str | None = None
    private: bool = True
    revision: int = 0
    created_at: datetime = Field(sa_type=Instant)
    __table_args__ = (UniqueConstraint("tenant", "name"),)


class GrantRow(SQLModel, table=True):
    """A library that its owner lets another tenant read."""

    __tablename__ = "grants"
    library_id: str = Field(primary_key=True, foreign_key="libraries.id", ondelete="CASCADE")
    tenant: str = Field(primary_key=True)
    created_at: datetime = Field(sa_type=Instant)


class DocumentRow(SQLModel, table=True):
    """A document of a library. `path` is relative to the library; `raw_sha256` tells whether it
    must be read again, as do `notes` that are missing: it was read before they were kept."""

    __tablename__ = "documents"
    library_id: str = Field(primary_key=True, foreign_key="libraries.id")
    path: str = Field(primary_key=True)
    url: str
    title: str
    author: str | None = None
    published_at: str | None = None
    media_type: str
    raw_sha256: str
    extractor: str
    snapshot_id: str | None = Field(default=None, foreign_key="snapshots.id")
    error: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    notes: list[dict[str, Any]] | None = Field(
        default=None, sa_column=Column(JSON(none_as_null=True))
    )
    links: Pairs | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))


class VectorRow(SQLModel, table=True):
    """The vector of a passage of a library, half-precision numbers: by the model that made it and
    the sha-256 of the text."""

    __tablename__ = "vectors"
    library_id: str = Field(primary_key=True, foreign_key="libraries.id", ondelete="CASCADE")
    model: str = Field(primary_key=True)
    text_sha256: str = Field(primary_key=True)
    vector: bytes


class KeyRow(SQLModel, table=True):
    """An API key. `id` is the public part that it is found by; the secret part is not stored."""

    __tablename__ = "keys"
    id: str = Field(primary_key=True)
    tenant: str
    name: str
    secret_sha256: str
    scopes: list[str] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    used_at: datetime | None = Field(default=None, sa_type=Instant)


class SessionRow(SQLModel, table=True):
    """A person who has signed in to the viewer: with a key, or, without `key_id`, otherwise."""

    __tablename__ = "sessions"
    id: str = Field(primary_key=True)
    tenant: str
    key_id: str | None = Field(default=None, foreign_key="keys.id")
    name: str = ""
    scopes: list[str] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)


class UsageRow(SQLModel, table=True):
    """What a tenant used on a day (UTC), counted as it is used: it stays when jobs are deleted."""

    __tablename__ = "usage"
    tenant: str = Field(primary_key=True)
    day: str = Field(primary_key=True)
    jobs: int = 0
    prompt_tokens: int = Field(default=0, sa_type=BigInteger)
    cached_tokens: int = Field(default=0, sa_type=BigInteger)
    completion_tokens: int = Field(default=0, sa_type=BigInteger)
    usd: float = 0.0


class QuotaRow(SQLModel, table=True):
    """What a tenant may use a day, in place of the settings; None is no bound."""

    __tablename__ = "quotas"
    tenant: str = Field(primary_key=True)
    jobs: int | None = None
    tokens: int | None = Field(default=None, sa_type=BigInteger)
    usd: float | None = None


class ReservationRow(SQLModel, table=True):
    """What a job may use at most: held against its tenant's quota until it has ended."""

    __tablename__ = "reservations"
    job_id: str = Field(primary_key=True, foreign_key="jobs.id", ondelete="CASCADE")
    tokens: int = Field(sa_type=BigInteger)
    usd: float
