"""Database writes that a cancellation does not cut in two.

A write that waits, for another process's lock on SQLite or for a server, and is cut off there would
leave its transaction open, and with it the lock. So a write runs to its end, and the cancellation
goes on after it.
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def shielded(write: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Let a coroutine function finish what it began, however often its caller is cancelled."""

    @wraps(write)
    async def whole(*args: P.args, **kwargs: P.kwargs) -> T:
        writing = asyncio.ensure_future(write(*args, **kwargs))
        cancelled: asyncio.CancelledError | None = None
        while not writing.done():
            try:
                await asyncio.wait([writing])
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            if not writing.cancelled():
                writing.exception()  # the cancellation is what the caller hears of
            raise cancelled
        return writing.result()

    return whole
