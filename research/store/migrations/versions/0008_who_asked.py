"""the request that asked for a job, as logs and traces name it"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
COLUMNS = ("request_id", "traceparent")


def upgrade() -> None:
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("jobs")}
    for name in COLUMNS:
        if name not in known:
            op.add_column("jobs", sa.Column(name, sa.String(), nullable=False, server_default=""))
