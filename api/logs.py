"""The log of a process: one line an event on standard error.

No line tells a secret, and no traceback the values of variables, which may be private text. Not
here: what is logged.
"""

import logging
import sys
from typing import Any, cast

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict

from research.redaction import redact, redacted


def configure_logs() -> None:
    """Coloured for a person, JSON for a machine."""
    person = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info
            if person
            else structlog.processors.ExceptionRenderer(
                ExceptionDictTransformer(show_locals=False)
            ),
            _without_secrets,
            structlog.dev.ConsoleRenderer()
            if person
            else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(_WithoutSecrets("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[lines])


def _without_secrets(_: Any, __: str, event: EventDict) -> EventDict:
    """The last processor before the one that writes."""
    return cast(EventDict, redacted(event))


class _WithoutSecrets(logging.Formatter):
    """For the lines of libraries, tracebacks among them."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))
