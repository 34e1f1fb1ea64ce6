"""The snapshots that were read last, kept within a size. Not here: reading them (`store.py`)."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from research.types import Snapshot

SIZE = 8_000_000  # characters of text


class KeptSnapshots:
    """A snapshot never changes, and the steps of a run ask for the same ones again and again."""

    def __init__(self, size: int = SIZE) -> None:
        self._left = size
        self._by_id: OrderedDict[str, Snapshot] = OrderedDict()

    def found(self, ids: Sequence[str]) -> dict[str, Snapshot]:
        """Those that are kept."""
        known = {id: self._by_id[id] for id in ids if id in self._by_id}
        for id in known:
            self._by_id.move_to_end(id)
        return known

    def keep(self, read: Iterable[Snapshot]) -> None:
        """Keep these, at the cost of those that nobody asked for longest."""
        for snapshot in read:
            if snapshot.id not in self._by_id:
                self._by_id[snapshot.id] = snapshot
                self._left -= len(snapshot.text)
        while self._left < 0:
            self._left += len(self._by_id.popitem(last=False)[1].text)
