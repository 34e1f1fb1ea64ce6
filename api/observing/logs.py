"""The log: one line an event on stderr, JSON for a machine and plain text for a person at a
terminal, those of uvicorn and other libraries too.

Every line of a request carries its id, every line of a job the job's and that of the request that
asked for it. No line tells a secret, and no traceback the values of variables, which may be
private text. Not here: what is logged.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import structlog
from opentelemetry import trace
from structlog.contextvars import bound_contextvars
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

from research.domain import Job
from research.secrets.redaction import redacted
from research.settings import LogFormat, LogLevel

_QUIET = "WARNING"  # for libraries, whatever our own level
_OURS = ("leadline", "uvicorn")


def configure_logs(level: LogLevel = "info", form: LogFormat = "text") -> None:
    """Send everything that is logged in this process to stderr; libraries from warnings on."""
    steps: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *steps,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), _without_colours, *steps],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_written(form),
            ],
        )
    )
    logging.basicConfig(level=_QUIET, handlers=[handler], force=True)
    for name in _OURS:
        logging.getLogger(name).setLevel(level.upper())


def is_for_people(form: LogFormat) -> bool:
    return form == "text" or (form == "auto" and sys.stderr.isatty())


def _written(form: LogFormat) -> list[Processor]:
    """The last steps: how a line is written, and before that the redaction."""
    if is_for_people(form):
        told: Processor = structlog.processors.format_exc_info
        return [told, _without_secrets, structlog.dev.ConsoleRenderer()]
    told = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
    return [told, _without_secrets, structlog.processors.JSONRenderer(ensure_ascii=False)]


def _without_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return cast(EventDict, redacted(event))


def _without_colours(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """uvicorn tells some of its lines twice, once more in colours."""
    event.pop("color_message", None)
    return event


def _add_trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """The ids of the current span, where there is one, so that a line leads to its trace."""
    current = trace.get_current_span().get_span_context()
    if current.is_valid:
        event["trace_id"] = trace.format_trace_id(current.trace_id)
        event["span_id"] = trace.format_span_id(current.span_id)
    return event


@contextmanager
def logged_as(job: Job) -> Iterator[None]:
    """Name the job in every line that is logged in the block."""
    with bound_contextvars(job=job.id, tenant=job.tenant, request=job.request_id):
        yield


def current_request() -> str:
    """The id of the request at hand; empty outside of one."""
    return str(structlog.contextvars.get_contextvars().get("request", ""))
