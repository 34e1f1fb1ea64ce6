"""`leadline worker`: a process that works on queued jobs, with structured logs on stderr.

Asked to stop, by SIGTERM or the keyboard, it takes no more jobs, lets its runs come to the end of
the step they are at within a bound, and leaves them to other workers. Not here: the worker itself
(`worker.py`), the API (`serving.py`)."""

import asyncio
import signal
from collections.abc import Callable

import structlog

from api.jobs.queueing import open_runner
from api.jobs.worker import Worker
from api.observing.logs import configure_logs, is_for_people
from api.observing.metrics import watching
from api.observing.operations import operations_port
from api.observing.telemetry import tracing
from research.errors import SettingsError
from research.process.garbage import collect_rarely
from research.process.interpreter import switch_often
from research.settings import Settings
from research.store.database import Store


async def work_until_stopped(settings: Settings, *, tell: Callable[[str], None]) -> None:
    """Raises `SettingsError` on SQLite, which one process has for itself."""
    configure_logs(settings.log_level, settings.log_format)
    log = structlog.get_logger("leadline")
    stopped = asyncio.Event()
    for asked in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(asked, stopped.set)
    async with tracing("leadline-worker"), Store.open(settings.database) as store:
        if store.is_sqlite:
            raise SettingsError(
                name="LEADLINE_DATABASE_URL",
                reason="workers of their own need PostgreSQL",
                mend="Set it to postgresql://…; on SQLite, `leadline serve` works on jobs itself.",
            )
        async with (
            open_runner(settings, store, tell=lambda line: log.info(line)) as runner,
            watching(store) as metrics,
            Worker(store, settings, runner) as worker,
            operations_port(settings, store, metrics, worker),
        ):
            say = tell if is_for_people(settings.log_format) else log.info
            say(f"Leadline works on {settings.workers} jobs at once (stop with Ctrl-C)")
            collect_rarely()
            switch_often()
            await stopped.wait()
            log.info("worker stops", within_seconds=settings.drain_seconds)
