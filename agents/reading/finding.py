"""Where words stand exactly so: a name, a parameter, a version, a figure. A search ranks what is
near; this tells every place there is, so that an agent can say that it saw all of them.

Pure. Not here: which documents of a library have them (`browser/library/index.py`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from urllib.parse import unquote

from agents.guarding.untrusted_text import on_one_line
from agents.reading.choosing import Choice
from agents.reading.passages import surrounded
from browser.types import Ranked
from research.store.documents import Document, Documents
from research.text.sentences import clip, has_words, plainly

COMMON = 120  # places of words that tell nothing
Places = Mapping[int, Sequence[int]]  # of sentences, by document


def is_under(title: str, address: str, names: str) -> bool:
    """Whether each of some names stands in a document's title or address: a folder, a version, a
    year."""
    told = plainly(f"{title} {unquote(address)}")
    return all(name in told for name in plainly(names).split())


def places_with(documents: Iterable[Document], words: str, under: str = "") -> dict[int, list[int]]:
    """The sentences that have the words, and those that stand first under a heading that has them,
    of each document that has any; of those `under` a name only."""
    wanted = plainly(words)
    found = {
        one.number: _within(one, wanted)
        for one in documents
        if is_under(one.reading.title, one.reading.url, under)
    }
    return {number: places for number, places in found.items() if places}


def _within(document: Document, wanted: str) -> list[int]:
    above: tuple[str, ...] = ()
    places: list[int] = []
    for index in range(document.size):
        path = document.headings(index)
        headed = path != above and any(has_words(plainly(name), wanted) for name in path[-1:])
        above = path
        if headed or has_words(plainly(document.snapshot.sentence(index)), wanted):
            places.append(index)
    return places


def add_places(choice: Choice, documents: Documents, places: Places, room: int) -> Counter[int]:
    """Take in each place with the sentences beside it, of each document the first, then the second
    of each, and so on; gives how many of a document there was no room for."""
    left: Counter[int] = Counter()
    own = [[(number, index) for index in indexes] for number, indexes in places.items()]
    for level in zip_longest(*own):
        for number, index in filter(None, level):
            document = documents.get(number)
            if document is None:
                continue
            around = surrounded(document, [index])
            price = choice.cost(document, around)
            if price > room:
                left[number] += 1
                continue
            choice.add(document, around)
            room -= price
    return left


def told_of(words: str, places: Places, held: Ranked | None, under: str = "") -> str:
    """How often the words stand in what was read, and in how many documents of the libraries,
    `under` a name where that was asked for."""
    count = sum(len(indexes) for indexes in places.values())
    read = f"{count} places in {len(places)} documents read"
    if count > COMMON:
        read += ", too many to be shown: find longer words"
    libraries = f"{len(held.hits)} documents of the libraries have it; " if held else ""
    where = f" under “{clip(on_one_line(under), 100)}”" if under else ""
    return f"Found “{clip(on_one_line(words), 100)}”{where}: {libraries}{read}"
