"""PostgreSQL tells whoever listens of new events, in the transaction that writes them"""

from alembic import op

revision = "0009"
down_revision = "0008"

TELL = """
CREATE FUNCTION leadline_tell_of_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('leadline_events', job_id) FROM (SELECT DISTINCT job_id FROM fresh) AS jobs;
    RETURN NULL;
END
$$
"""
TRIGGER = """
CREATE TRIGGER leadline_tell_of_events AFTER INSERT ON events
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION leadline_tell_of_events()
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(TELL)
        op.execute(TRIGGER)
