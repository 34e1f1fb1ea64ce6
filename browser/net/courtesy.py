"""How hosts are asked: few requests at a time, a pause between them, and only where robots.txt lets
us (RFC 9309).

robots.txt is read once a day for each origin. Not here: how it is fetched (`fetch.py`), retries.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from protego import Protego

from research.errors import ReadingError, ReadingFailure

AGENT = "Leadline"
RULES_SECONDS = 86_400.0
MAX_ROBOTS = 512_000  # what RFC 9309 asks to be read at least; the rest is left out
# What tells that a host cannot be asked now; any other failure means that it has no rules.
_NO_ANSWER: frozenset[ReadingFailure] = frozenset(
    {"server_error", "timeout", "unreachable", "forbidden_address"}
)
ReadRobots = Callable[[str], Awaitable[bytes]]


@dataclass
class _Host:
    slots: asyncio.Semaphore
    delay: float
    next_start: float = 0.0


@dataclass(frozen=True)
class _Rules:
    task: "asyncio.Task[Protego | None]"
    asked_at: float


@dataclass
class Courtesy:
    """`read_robots` fetches a robots.txt or raises `ReadingError`; without it, none is asked for.
    Times in seconds."""

    per_host: int
    delay: float
    longest_delay: float
    read_robots: ReadRobots | None = None
    _hosts: dict[str, _Host] = field(default_factory=dict)
    _rules: dict[str, "_Rules"] = field(default_factory=dict)

    @asynccontextmanager
    async def turn(self, url: str, clock: asyncio.Timeout) -> AsyncIterator[None]:
        """Wait for a request to the URL's host to be due, with the clock stopped."""
        host = self._host(url)
        with stopped(clock):
            await host.slots.acquire()
        try:
            now = asyncio.get_running_loop().time()
            start = max(now, host.next_start)
            host.next_start = start + host.delay
            with stopped(clock):
                await asyncio.sleep(start - now)
            yield
        finally:
            host.slots.release()

    async def admit(self, url: str) -> None:
        """Refuse what the host's robots.txt keeps from us. Raises `ReadingError`."""
        if self.read_robots is None:
            return
        rules = await self._rules_of(url)
        if rules is not None and not rules.can_fetch(url, AGENT):
            raise ReadingError(
                url=url, kind="blocked", reason="the site's robots.txt does not let us read it"
            )

    async def _rules_of(self, url: str) -> Protego | None:
        origin = _origin(url)
        now = asyncio.get_running_loop().time()
        rules = self._rules.get(origin)
        if rules is None or now - rules.asked_at > RULES_SECONDS:
            rules = self._rules[origin] = _Rules(asyncio.create_task(self._read(origin)), now)
        try:
            return await asyncio.shield(rules.task)
        except ReadingError as error:
            self._rules.pop(origin, None)  # the next one asks again
            raise ReadingError(
                url=url, kind=error.kind, reason=f"its robots.txt cannot be read: {error.reason}"
            ) from error

    async def _read(self, origin: str) -> Protego | None:
        assert self.read_robots is not None
        try:
            raw = await self.read_robots(f"{origin}/robots.txt")
        except ReadingError as error:
            if error.kind in _NO_ANSWER:
                raise
            return None
        rules = await asyncio.to_thread(
            Protego.parse, raw[:MAX_ROBOTS].decode("utf-8-sig", errors="replace")
        )
        wanted = rules.crawl_delay(AGENT)
        if wanted:
            host = self._host(origin)
            host.delay = max(host.delay, min(float(wanted), self.longest_delay))
        return rules

    def _host(self, url: str) -> _Host:
        name = urlsplit(url).netloc.lower()
        if name not in self._hosts:
            self._hosts[name] = _Host(asyncio.Semaphore(self.per_host), self.delay)
        return self._hosts[name]

    async def aclose(self) -> None:
        tasks = [rules.task for rules in self._rules.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme.lower()}://{parts.netloc.rpartition('@')[2].lower()}"


@contextmanager
def stopped(clock: asyncio.Timeout) -> Iterator[None]:
    """Do not count the time inside against a timeout: waiting for one's turn is not being slow."""
    loop = asyncio.get_running_loop()
    until = clock.when()
    left = None if until is None else until - loop.time()
    clock.reschedule(None)
    try:
        yield
    finally:
        if left is not None:
            clock.reschedule(loop.time() + left)


def whole_seconds(value: str) -> float | None:
    """A header's number of seconds, None where it is none: `isdigit` would take a superscript for
    one."""
    return float(value) if re.fullmatch(r"\s*[0-9]{1,9}\s*", value) else None
