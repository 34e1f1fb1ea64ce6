"""What several ask for at once is done once: the agents of a run, and the runs of a worker, often
want the same page at the same time.

Whoever asks while it is done waits for the same result or the same error; a result may be kept for
those who ask later, an error never is. One who no longer waits does not stop it for the others. Not
here: what is kept beyond the process (`page_cache.py`).
"""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """`room` is how much of what was done is kept, by its `size`; what was done first goes
    first."""

    def __init__(self, *, room: int = 0, size: Callable[[T], int] = lambda _: 1) -> None:
        self._going: dict[Hashable, asyncio.Task[T]] = {}
        self._closed = False
        self._done: dict[Hashable, T] = {}
        self._room, self._size = room, size

    async def do(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of `work`, which is the same for the same key. Raises what it raises, and
        `RuntimeError` when closed."""
        if self._closed:
            raise RuntimeError("it is closed: nobody would stop what begins now")
        if key in self._done:
            return self._done[key]
        if key not in self._going:
            task = self._going[key] = asyncio.create_task(work())
            task.add_done_callback(lambda task: self._ended(key, task))
        return await asyncio.shield(self._going[key])

    def _ended(self, key: Hashable, task: asyncio.Task[T]) -> None:
        del self._going[key]
        if task.cancelled() or task.exception() is not None:
            return
        self._done[key] = result = task.result()
        self._room -= self._size(result)
        while self._room < 0:
            self._room += self._size(self._done.pop(next(iter(self._done))))

    async def aclose(self) -> None:
        """Stop what nobody will wait for any more."""
        self._closed = True
        going = list(self._going.values())
        for task in going:
            task.cancel()
        await asyncio.gather(*going, return_exceptions=True)
