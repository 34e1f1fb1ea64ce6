"""How many event streams may be open: of one tenant, and of all, so that there is always room for
other requests and other tenants.

A stream holds its connection for as long as its reader likes. Not here: connections that send
nothing (`api/http/connections.py`), how often a key may ask (`rate.py`)."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from research.errors import TooManyRequests

AGAIN_SECONDS = 5  # until one who was refused may ask again


class Streams:
    """The streams of one process that has `room` for so many connections: an eighth is kept for
    other requests, and a tenant may have half."""

    def __init__(self, room: int) -> None:
        self._of_all = room - room // 8
        self._of_one = room // 2
        self._open: Counter[str] = Counter()

    def check(self, tenant: str) -> None:
        """Raises `TooManyRequests` where one more would be too many."""
        if self._open[tenant] >= self._of_one:
            raise TooManyRequests(limit=f"{self._of_one} event streams at once", wait=AGAIN_SECONDS)
        if self._open.total() >= self._of_all:
            raise TooManyRequests(
                limit=f"no more event streams than the {self._of_all} that all have here",
                wait=AGAIN_SECONDS,
            )

    @contextmanager
    def held(self, tenant: str) -> Iterator[None]:
        """Count a stream as long as it is open."""
        self._open[tenant] += 1
        try:
            yield
        finally:
            self._open[tenant] -= 1
            if not self._open[tenant]:
                del self._open[tenant]
