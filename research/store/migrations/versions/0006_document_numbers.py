"""the number of the document that a reading gave, counted over a job and the jobs before it"""

import sqlalchemy as sa
from alembic import op

from research.store.migrations.columns import add_missing

revision = "0006"
down_revision = "0005"

JOBS = sa.table("jobs", sa.column("id"), sa.column("parent_id"), sa.column("created_at"))
READINGS = sa.table(
    "readings",
    *map(sa.column, ("id", "job_id", "snapshot_id", "fetched_at", "document")),
)


def upgrade() -> None:
    number = sa.Column("document", sa.Integer(), nullable=False, server_default="0")
    add_missing("readings", number)
    _number(op.get_bind())


def _number(connection: sa.Connection) -> None:
    """Number what was read, in the order it was read; a job goes on from the numbers of its
    parent."""
    parents = connection.execute(sa.select(JOBS.c.id, JOBS.c.parent_id).order_by(JOBS.c.created_at))
    numbers: dict[str, dict[str, int]] = {}
    for job_id, parent_id in parents.all():
        known = numbers[job_id] = dict(numbers.get(parent_id, {}))
        own = sa.select(READINGS.c.id, READINGS.c.snapshot_id).where(READINGS.c.job_id == job_id)
        for reading_id, snapshot_id in connection.execute(
            own.order_by(READINGS.c.fetched_at)
        ).all():
            number = known.setdefault(snapshot_id, len(known) + 1)
            numbered = (
                sa.update(READINGS).where(READINGS.c.id == reading_id).values(document=number)
            )
            connection.execute(numbered)
