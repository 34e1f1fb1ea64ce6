"""whose call it was, what a run was given and what stopped it: databases made by earlier states
have all, some or none of these columns"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    _add("model_calls", sa.Column("task_id", sa.String(), nullable=False, server_default=""))
    _add("runs", sa.Column("given", sa.JSON(), nullable=False, server_default="{}"))
    _add("runs", sa.Column("stopped", sa.String(), nullable=True))


def _add(table: str, column: sa.Column[str]) -> None:
    if column.name not in {known["name"] for known in sa.inspect(op.get_bind()).get_columns(table)}:
        op.add_column(table, column)
