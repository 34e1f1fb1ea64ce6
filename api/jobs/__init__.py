"""How jobs are queued and worked on: by this process, or by workers over PostgreSQL."""
