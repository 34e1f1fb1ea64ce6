"""the links of what was read; of what was read before, none are known"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    for table in ("readings", "documents"):
        op.add_column(table, sa.Column("links", sa.JSON(), nullable=True))
