"""what models answered, so that a job that is taken up again does not pay for it twice"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "answers",
        sa.Column("job_id", sa.String, sa.ForeignKey("jobs.id"), primary_key=True),
        sa.Column("request_sha256", sa.String, primary_key=True),
        sa.Column("answer", sa.Text, nullable=False),
    )
