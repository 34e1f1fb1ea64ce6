"""Asking from the command line: libraries from paths, one job run in this process and watched, the
report handed over.

A job that another process took first (a running `leadline serve`) is watched instead of run. Not
here: the commands (`cli.py`).
"""

import asyncio
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from api.commands.console import Display, display
from api.jobs.queueing import Runner, open_runner, requeue, work
from api.messages.follow import all_events, progress_of
from research.domain import Job
from research.domain.report import Report
from research.errors import InputRejected, JobBusy, JobEnded, JobError, LibraryError, ReadingError
from research.settings import Settings
from research.store.database import Store
from research.store.feed import Feed
from research.store.repositories.jobs import ENDED
from research.store.tables import LibraryRow

Tell = Callable[[str], None]
_DRAIN_SECONDS = 5.0


async def libraries_of(values: Sequence[str], store: Store, warn: Tell) -> list[str]:
    """The names of libraries given by name or by path; a path is read in first, what of it cannot
    be read is told."""
    names = []
    for value in values:
        known = await store.library(value)
        path = None if known else await asyncio.to_thread(existing_path, value)
        if known is not None:
            names.append(value)
        elif path is not None:
            names.append(await _sync_path(path, store, warn))
        else:
            raise LibraryError(
                library=value,
                reason="there is no library of that name and no such path",
                mend="`leadline library list` shows the libraries there are.",
            )
    return names


def existing_path(value: str | Path) -> Path | None:
    path = Path(value).expanduser().resolve()
    return path if path.exists() else None


async def _sync_path(path: Path, store: Store, warn: Tell) -> str:
    """Read a folder or file into its library: the one added for this path, else one named after
    it."""
    from browser.library.library import (
        sync_library,
    )  # here, because the parsers of documents are slow to load

    same = [row for row, _ in await store.libraries() if _is_at(row, path, store)]
    name, private = (same[0].name, same[0].private) if same else (name_for(path), True)
    sync = await sync_library(store, name, path, private=private)
    for line in failures_told(sync.failed):
        warn(line)
    if sync.partial:
        warn(
            f"{len(sync.partial)} documents were read in part; `leadline library add {name} "
            f"{path}` tells what they lack."
        )
    return name


def _is_at(row: LibraryRow, path: Path, store: Store) -> bool:
    own = row.tenant == store.acting_tenant
    return own and bool(row.path) and Path(row.path or "") == path


def name_for(path: Path) -> str:
    """A library's name for a path: the path's own name, and a part of its hash so that two of one
    name stay apart."""
    word = (
        re.sub(r"[^\w.-]+", "-", path.stem if path.suffix == ".jsonl" else path.name).strip("-.")
        or "library"
    )
    return f"{word[:60]}-{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"


def failures_told(failed: Sequence[ReadingError]) -> list[str]:
    return [f"{failure} {failure.mend}".strip() for failure in failed]


async def run_watched(job_id: str, settings: Settings, store: Store, console: Console) -> Report:
    """Run a job here and show it as it goes. Raises `LeadlineError` when it ends without a
    report."""
    before = await all_events(store, job_id)

    def tell(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    with display(console, progress_of(before)) as shown:
        async with open_runner(settings, store, tell=tell) as runner:
            watching = asyncio.create_task(
                _watch(store, job_id, shown, after=before[-1].id if before else 0)
            )
            try:
                return await finish(job_id, runner, settings, store)
            finally:
                # The last events are written by now; show them, but never wait for ones that do not
                # come.
                await asyncio.wait([watching], timeout=0 if _cancelled() else _DRAIN_SECONDS)
                watching.cancel()
                # Seen to its end while the store is open: a query cut off by a closing database
                # would never return.
                await asyncio.wait([watching])


def _cancelled() -> bool:
    task = asyncio.current_task()
    return bool(task and task.cancelling())


async def _watch(store: Store, job_id: str, shown: Display, *, after: int) -> None:
    async with Feed(store, lambda event: event) as feed:
        async for fresh in feed.follow(job_id, after=after):
            for told in fresh:
                shown.show(told.form)


async def finish(
    job_id: str, runner: Runner, settings: Settings, store: Store, *, poll: float = 1.0
) -> Report:
    """Work on the job until it ends; while another process does, wait, and take over if that one
    dies."""
    waited = False
    while True:
        job = await store.job(job_id)
        if job.status == "completed" or (waited and job.status in ENDED):
            return await _outcome(job, store)
        try:
            return await work(job_id, runner, settings, store)
        except JobBusy:
            waited = True
            await asyncio.sleep(poll)


def read_plan(path: Path) -> Any:
    """An edited plan from a file. Raises `InputRejected`."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputRejected(field="--plan", reason=f"{path}: {error}") from error


async def make_ready(job_id: str, settings: Settings, store: Store) -> None:
    """Put a stopped job back in the queue; one that a live worker has is left to it, one that has
    its report needs nothing. Raises `JobNotFound`, `JobEnded`."""
    if (await store.job(job_id)).status == "completed":
        return
    try:
        await requeue(job_id, settings, store)
    except JobBusy:
        return  # then it is watched


async def _outcome(job: Job, store: Store) -> Report:
    report = await store.report(job.id)
    if report is not None:
        return report
    if job.error:
        raise JobError(
            job_id=job.id,
            reason=job.error.get("message", job.status),
            mend=job.error.get("mend", ""),
        )
    raise JobEnded(job_id=job.id, status=job.status)


def write_report(report: Report, *, as_json: bool, out: Path | None, echo: Tell) -> None:
    """Hand the report over as Markdown or JSON, to a file or to `echo`. Raises `InputRejected` when
    the file cannot be written."""
    text = report.model_dump_json(by_alias=True, indent=2) if as_json else report.markdown
    if out is None:
        echo(text.rstrip("\n"))
        return
    try:
        out.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")
    except OSError as error:
        raise InputRejected(field="--out", reason=f"{out}: {error.strerror}") from error
