"""the priority of a job"""

import sqlalchemy as sa

from research.store.migrations.columns import add_missing

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    priority = sa.Column("priority", sa.Integer(), nullable=False, server_default="0")
    add_missing("jobs", priority)
