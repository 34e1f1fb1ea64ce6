"""What a good answer contains, and what its outline wants to know more exactly, is looked up in
everything that was read: an agent was shown the best passages of a document, and the writer those
that claims stand in; the rest of its text is there still.

By code, without a model. Not here: searching for more (`needs` of an outline)."""

from collections.abc import Collection, Mapping, Sequence

from agents.judge.nearness import Nearness
from agents.reading.choosing import whole_of
from agents.reading.passages import cost, is_shown
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
    near = [nearness.nearest(query) for query in queries]
    found: dict[int, set[int]] = {}
    for rank in range(max(map(len, near), default=0)):
        for quote in (quotes[rank] for quotes in near if rank < len(quotes)):
            for number, places in documents.places(documents.refs(quote)).items():
                document = documents.get(number)
                if document is None:
                    continue
                known = {*seen.get(number, ()), *found.get(number, ())}
                around = (one for one in region(document, places[0]) if is_shown(document, one))
                fresh = [one for one in around if one not in known]
                if cost(document, fresh) <= room:
                    room -= cost(document, fresh)
                    found.setdefault(number, set()).update(fresh)
    return {number: sorted(places) for number, places in found.items() if places}
