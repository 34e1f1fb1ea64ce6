"""what the text of a reading lacks; of a document of a library that was read before, it is not
known"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    _add("readings", sa.Column("notes", sa.JSON(), nullable=False, server_default="[]"))
    _add("documents", sa.Column("notes", sa.JSON(), nullable=True))


def _add(table: str, column: sa.Column[str]) -> None:
    known = {known["name"] for known in sa.inspect(op.get_bind()).get_columns(table)}
    if column.name not in known:
        op.add_column(table, column)
