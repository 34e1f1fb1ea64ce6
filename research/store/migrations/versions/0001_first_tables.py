"""first tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("question", sa.JSON, nullable=False),
        sa.Column("mode", sa.String, nullable=False),
        sa.Column("effort", sa.String, nullable=False),
        sa.Column("budget", sa.JSON, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("started_at", INSTANT),
        sa.Column("finished_at", INSTANT),
        sa.Column("owner", sa.String),
        sa.Column("heartbeat_at", INSTANT),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("cancel_requested", sa.Boolean, nullable=False),
        sa.Column("error", sa.JSON),
        sa.Column("idempotency_key", sa.String),
        sa.UniqueConstraint("tenant", "idempotency_key"),
    )
    op.create_index("ix_jobs_created_at", "jobs", ["created_at"])
    op.create_index("ix_jobs_status", "jobs", ["status"])
    op.create_index("ix_jobs_tenant", "jobs", ["tenant"])

    op.create_table(
        "libraries",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("path", sa.String),
        sa.Column("private", sa.Boolean, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("tenant", "name"),
    )
    op.create_table(
        "snapshots",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("sentences", sa.JSON, nullable=False),
        sa.Column("sections", sa.JSON, nullable=False),
    )
    op.create_table(
        "documents",
        sa.Column("library_id", sa.String, sa.ForeignKey("libraries.id"), primary_key=True),
        sa.Column("path", sa.String, primary_key=True),
        sa.Column("url", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("author", sa.String),
        sa.Column("published_at", sa.String),
        sa.Column("media_type", sa.String, nullable=False),
        sa.Column("raw_sha256", sa.String, nullable=False),
        sa.Column("extractor", sa.String, nullable=False),
        sa.Column("snapshot_id", sa.String, sa.ForeignKey("snapshots.id")),
        sa.Column("error", sa.JSON),
    )
    op.create_table(
        "events",
        sa.Column("job_id", sa.String, sa.ForeignKey("jobs.id"), primary_key=True),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
    )
    op.create_table(
        "model_calls",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("job_id", sa.String, sa.ForeignKey("jobs.id"), nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("prompt_tokens", sa.Integer, nullable=False),
        sa.Column("cached_tokens", sa.Integer, nullable=False),
        sa.Column("completion_tokens", sa.Integer, nullable=False),
        sa.Column("usd", sa.Float, nullable=False),
        sa.Column("error", sa.String),
    )
    op.create_index("ix_model_calls_job_id", "model_calls", ["job_id"])

    op.create_table(
        "observations",
        sa.Column("job_id", sa.String, sa.ForeignKey("jobs.id"), primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("data", sa.JSON, nullable=False),
    )
    op.create_table(
        "readings",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("job_id", sa.String, sa.ForeignKey("jobs.id"), nullable=False),
        sa.Column("snapshot_id", sa.String, sa.ForeignKey("snapshots.id"), nullable=False),
        sa.Column("url", sa.String, nullable=False),
        sa.Column("canonical_url", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("site", sa.String, nullable=False),
        sa.Column("author", sa.String),
        sa.Column("published_at", sa.String),
        sa.Column("fetched_at", INSTANT, nullable=False),
        sa.Column("media_type", sa.String, nullable=False),
        sa.Column("via", sa.String, nullable=False),
        sa.Column("raw_sha256", sa.String, nullable=False),
        sa.Column("extractor", sa.String, nullable=False),
        sa.Column("private", sa.Boolean, nullable=False),
        sa.UniqueConstraint("job_id", "canonical_url", "snapshot_id"),
    )
    op.create_index("ix_readings_job_id", "readings", ["job_id"])
    op.create_index("ix_readings_snapshot_id", "readings", ["snapshot_id"])

    op.create_table(
        "reports",
        sa.Column("job_id", sa.String, sa.ForeignKey("jobs.id"), primary_key=True),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
        sa.Column("ledger", sa.JSON, nullable=False),
    )
    op.create_table(
        "steps",
        sa.Column("job_id", sa.String, sa.ForeignKey("jobs.id"), primary_key=True),
        sa.Column("task_id", sa.String, primary_key=True),
        sa.Column("index", sa.Integer, primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
    )
    op.create_table(
        "trajectories",
        sa.Column("job_id", sa.String, sa.ForeignKey("jobs.id"), primary_key=True),
        sa.Column("task_id", sa.String, primary_key=True),
        sa.Column("task", sa.JSON, nullable=False),
        sa.Column("outcome", sa.String),
        sa.Column("reason", sa.String, nullable=False),
    )
