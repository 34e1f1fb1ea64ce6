"""What was read or made last, kept within a size: snapshots, the sentences of pages taken apart.
Safe between threads. Not here: reading or making it (`repositories/snapshots.py`,
`browser/passages.py`)."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """Of what never changes and is asked for again and again; `room` is how much of it is kept, by
    `size`."""

    def __init__(self, room: int, size: Callable[[V], int]) -> None:
        self._left, self._size = room, size
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def found(self, keys: Iterable[K]) -> dict[K, V]:
        """Those that are kept."""
        with self._lock:
            known = {key: self._values[key] for key in keys if key in self._values}
            for key in known:
                self._values.move_to_end(key)
            return known

    def keep(self, made: Mapping[K, V]) -> None:
        """Keep these, at the cost of those that nobody asked for longest."""
        with self._lock:
            for key, value in made.items():
                if key not in self._values:
                    self._values[key] = value
                    self._left -= self._size(value)
            while self._left < 0:
                self._left += self._size(self._values.popitem(last=False)[1])

    def forget(self, keys: Iterable[K]) -> None:
        with self._lock:
            for key in keys:
                if (value := self._values.pop(key, None)) is not None:
                    self._left += self._size(value)
