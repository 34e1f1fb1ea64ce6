"""the request that asked for a job, as logs and traces name it"""

import sqlalchemy as sa

from research.store.migrations.columns import add_missing

revision = "0008"
down_revision = "0007"
COLUMNS = ("request_id", "traceparent")


def upgrade() -> None:
    for name in COLUMNS:
        add_missing("jobs", sa.Column(name, sa.String(), nullable=False, server_default=""))
