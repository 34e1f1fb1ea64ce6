"""what tenants use a day, what they may use, and what their jobs may still use"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "usage",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("day", sa.String, primary_key=True),
        sa.Column("jobs", sa.Integer, nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger, nullable=False),
        sa.Column("cached_tokens", sa.BigInteger, nullable=False),
        sa.Column("completion_tokens", sa.BigInteger, nullable=False),
        sa.Column("usd", sa.Float, nullable=False),
    )
    op.create_table(
        "quotas",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("jobs", sa.Integer),
        sa.Column("tokens", sa.BigInteger),
        sa.Column("usd", sa.Float),
    )
    op.create_table(
        "reservations",
        sa.Column(
            "job_id", sa.String, sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("tokens", sa.BigInteger, nullable=False),
        sa.Column("usd", sa.Float, nullable=False),
    )
