"""How often the interpreter changes from one thread to another. Not here: when it looks for
garbage (`garbage.py`)."""

import sys

# Each time the event loop has waited for the system, for a statement of SQLite or for a socket, it
# waits for the interpreter again, as long as this for every thread that computes: with Python's own
# 5 ms a service stood still for seconds while the pages of ten runs were looked through.
SWITCH_SECONDS = 0.0005


def switch_often() -> None:
    """Let the event loop of a process whose threads compute have its turn soon."""
    sys.setswitchinterval(SWITCH_SECONDS)
