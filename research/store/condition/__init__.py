"""Whether the database can be read and written, and by whom."""
