"""What several steps do to the columns of a table."""

from typing import Any

import sqlalchemy as sa
from alembic import op


def add_missing(table: str, *columns: sa.Column[Any]) -> None:
    """Add those of these columns that the table lacks: databases made by earlier states have
    some."""
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}
    for column in columns:
        if column.name not in known:
            op.add_column(table, column)
