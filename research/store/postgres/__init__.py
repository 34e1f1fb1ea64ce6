"""PostgreSQL: its engine, checkpoints, schema, notifications."""
