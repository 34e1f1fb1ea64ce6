"""In which order what several searches found is opened: the best of each before the next of any.

Of one search's results those come first whose title or address says what was asked for: a short
page about just that stands behind long ones that touch on everything. Pure.
"""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from browser.net.urls import canonical_url
from browser.types import Hit, Ranked
from research.text.sentences import terms

RANK = 4  # how slowly a result counts for less the lower it stands
NAMED = 3.0  # what a result gains whose name is just what was asked for
FOLDERS = 3  # parts of an address, from its end, that are read as its name


def best_first(searches: Sequence[Ranked]) -> list[Hit]:
    """The results of all searches, the first of each, then the second of each, each page once."""
    rarity = _rarity([hit for search in searches for hit in search.hits])
    ordered = [_by_name(search, rarity) for search in searches]
    found: dict[str, Hit] = {}
    for level in zip_longest(*ordered):
        for hit in filter(None, level):
            found.setdefault(canonical_url(hit.url), hit)
    return list(found.values())


def _by_name(search: Ranked, rarity: dict[str, float]) -> list[Hit]:
    asked = set(terms(search.query))
    worth = [
        (1 + NAMED * _share(asked, _name(hit), rarity) ** 2) / (RANK + place)
        for place, hit in enumerate(search.hits)
    ]
    order = sorted(range(len(worth)), key=lambda place: -worth[place])
    return [search.hits[place] for place in order]


def _rarity(hits: Sequence[Hit]) -> dict[str, float]:
    """How much a term in a name tells: less the more names have it."""
    names = {canonical_url(hit.url): _name(hit) for hit in hits}
    spread = Counter(term for name in names.values() for term in name)
    return {term: math.log(1 + len(names) / count) for term, count in spread.items()}


def _share(asked: set[str], name: set[str], rarity: dict[str, float]) -> float:
    """How much of what is asked for a name says, from 0 to 1."""
    rarest = max(rarity.values(), default=1.0)
    wanted = sum(rarity.get(term, rarest) for term in asked)
    return sum(rarity[term] for term in asked & name) / wanted if wanted else 0.0


def _name(hit: Hit) -> set[str]:
    """The terms of a title and of the end of an address."""
    parts = unquote(urlsplit(hit.url).path).strip("/").split("/")
    where = " ".join([*parts[-FOLDERS:-1], PurePosixPath(parts[-1]).stem])
    if hit.library:
        # the folder that parts one collection from another
        where = f"{' '.join(parts[:1])} {where}"
    return {*terms(hit.title), *terms(where)}
