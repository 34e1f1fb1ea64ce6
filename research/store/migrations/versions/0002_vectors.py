"""vectors of libraries"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "vectors",
        sa.Column(
            "library_id",
            sa.String,
            sa.ForeignKey("libraries.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("model", sa.String, primary_key=True),
        sa.Column("text_sha256", sa.String, primary_key=True),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )
