"""what models answered, so that a job that is taken up again does not pay for it twice; whose call it was; what a run was given"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("model_calls", sa.Column("task_id", sa.String(), nullable=False, server_default=""))
    op.add_column("runs", sa.Column("given", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("runs", sa.Column("stopped", sa.String(), nullable=True))
    op.create_table(
        "answers",
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("request_sha256", sa.String(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"]),
        sa.PrimaryKeyConstraint("job_id", "request_sha256"),
    )


def downgrade() -> None:
    op.drop_table("answers")
    op.drop_column("runs", "stopped")
    op.drop_column("runs", "given")
    op.drop_column("model_calls", "task_id")
