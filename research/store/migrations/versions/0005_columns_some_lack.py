"""whose call it was, what a run was given and what stopped it: databases made by earlier states
have all, some or none of these columns"""

import sqlalchemy as sa

from research.store.migrations.columns import add_missing

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    task_id = sa.Column("task_id", sa.String(), nullable=False, server_default="")
    add_missing("model_calls", task_id)
    given = sa.Column("given", sa.JSON(), nullable=False, server_default="{}")
    add_missing("runs", given, sa.Column("stopped", sa.String(), nullable=True))
