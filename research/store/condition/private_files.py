"""Files that only their owner may read: what is stored holds questions, private documents and what
was found.

Not here: folders that are there already, which may be somebody's home; on Windows, where modes mean
little, the folder's own rights apply.
"""

import os
from contextlib import suppress
from pathlib import Path

FOLDER, FILE = 0o700, 0o600
_BESIDE = ("", "-wal", "-shm", "-journal")  # SQLite gives new ones the mode of the database


def private_folder(folder: Path) -> None:
    """Make a folder, if there is none, that only its owner may enter."""
    folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)


def private_database(file: Path) -> None:
    """Make the file of a SQLite database, if there is none, and close it and those beside it to
    others. Raises `OSError` where it cannot be made."""
    private_folder(file.parent)
    if not file.exists():
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, FILE))
    for name in _BESIDE:
        with suppress(OSError):  # there is none, it is another user's, or nothing is written here
            file.with_name(file.name + name).chmod(FILE)
