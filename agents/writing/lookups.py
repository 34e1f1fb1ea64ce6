"""What a good answer contains, and what its outline wants to know more exactly, is looked up in
everything that was read: an agent was shown the best passages of a document, and the writer those
that claims stand in; the rest of its text is there still.

By code, without a model. Not here: searching for more (`needs` of an outline)."""

from collections.abc import Collection, Mapping, Sequence
from itertools import chain, zip_longest

from agents.judge.nearness import Nearness
from agents.reading.choosing import whole_of
from agents.reading.passages import cost
from agents.reading.regions import region
from research.store.documents import Documents

SHARE = 0.15  # of what the evidence may take, for either


def looked_up(
    documents: Documents,
    queries: Sequence[str],
    seen: Mapping[int, Collection[int]],
    room: float,
) -> dict[int, list[int]]:
    """The sentences around those that come nearest to each query, the nearest of each first, as
    many as there is room for; none that is `seen` already. CPU work."""
    if all(len(seen.get(one.number, ())) >= len(whole_of(one)) for one in documents):
        return {}
    nearness = Nearness(documents)
    in_turns = chain.from_iterable(zip_longest(*map(nearness.nearest, queries)))
    found: dict[int, set[int]] = {}
    for quote in filter(None, in_turns):
        document = documents.of_snapshot(quote.snapshot_id)
        if document is None:
            continue
        own = found.setdefault(document.number, set())
        known = own.union(seen.get(document.number, ()))
        nearest = document.touched(quote.spans)[0]
        fresh = [place for place in region(document, nearest) if place not in known]
        if cost(document, fresh) <= room:
            room -= cost(document, fresh)
            own.update(fresh)
    return {number: sorted(places) for number, places in found.items() if places}
