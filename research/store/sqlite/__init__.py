"""SQLite: its connections and checkpoints."""
