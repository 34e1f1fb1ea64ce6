"""libraries that their owners let other tenants read"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "grants",
        sa.Column(
            "library_id",
            sa.String,
            sa.ForeignKey("libraries.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("created_at", INSTANT, nullable=False),
    )
