"""what the text of a reading lacks; of a document of a library that was read before, it is not
known"""

import sqlalchemy as sa

from research.store.migrations.columns import add_missing

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    add_missing("readings", sa.Column("notes", sa.JSON(), nullable=False, server_default="[]"))
    add_missing("documents", sa.Column("notes", sa.JSON(), nullable=True))
