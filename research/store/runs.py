"""What jobs computed: the runs of programs and the files they left. Read here; written by
`records.py`, behind the job's fence.

Not here: how programs are run (`agents/tools/sandbox/sandbox.py`).
"""

from dataclasses import dataclass, fields

import sqlalchemy
from sqlmodel import col, func, select

from research.errors import RunMissing
from research.store.database import Store
from research.store.shield import shielded
from research.store.tables import FileRow, RunRow, table_of


@dataclass(frozen=True)
class FileKept:
    """A file that a run left, without its bytes; `size` counts them."""

    id: str
    job_id: str
    run_id: str
    name: str
    media_type: str
    sha256: str
    size: int


async def runs(store: Store, job_id: str, task_id: str | None = None) -> list[RunRow]:
    """The job's runs, oldest first; of one task if asked so."""
    query = select(RunRow).where(RunRow.job_id == job_id).order_by(col(RunRow.at))
    if task_id is not None:
        query = query.where(RunRow.task_id == task_id)
    return await store.rows(query)


async def run_of(store: Store, job_id: str, run_id: str) -> RunRow:
    """Raises `RunMissing`."""
    row = await store.row(RunRow, run_id)
    if row is None or row.job_id != job_id:
        raise RunMissing(job_id=job_id, what=f"run {run_id}")
    return row


@shielded
async def files(store: Store, job_id: str) -> list[FileKept]:
    """The files of all the job's runs, by name; their bytes stay where they are."""
    own = table_of(FileRow).c
    named = [own[one.name] for one in fields(FileKept) if one.name != "size"]
    size = func.length(own.data).label("size")
    query = sqlalchemy.select(*named, size).where(own.job_id == job_id).order_by(own.name)
    rows = await store.reading(lambda connection: connection.execute(query).all())
    return [FileKept(**row._mapping) for row in rows]


async def file_of(store: Store, job_id: str, file_id: str) -> FileRow:
    """A file with its bytes. Raises `RunMissing`."""
    row = await store.row(FileRow, file_id)
    if row is None or row.job_id != job_id:
        raise RunMissing(job_id=job_id, what=f"file {file_id}")
    return row
