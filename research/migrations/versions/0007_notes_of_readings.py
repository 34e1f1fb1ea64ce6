"""what the text of a reading lacks, of documents of libraries too"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = ("readings", "documents")


def upgrade() -> None:
    for table in TABLES:
        known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}
        if "notes" not in known:
            op.add_column(table, sa.Column("notes", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "notes")
