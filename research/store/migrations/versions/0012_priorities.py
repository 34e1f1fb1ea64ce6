"""the priority of a job"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    known = {known["name"] for known in sa.inspect(op.get_bind()).get_columns("jobs")}
    if "priority" not in known:
        op.add_column(
            "jobs", sa.Column("priority", sa.Integer(), nullable=False, server_default="0")
        )
