"""Which addresses an agent may open, and which odd words it may search for: those that it was
given, letter by letter.

An address is given when it stands in what the asker wrote, in a text that was read in this run, or
is where such a text was read. A strong model may also open what its agents were told of (`listed`):
what a search found, and the links of what was read. So neither a page nor a model can make up an
address that carries something out; the same holds for words of a query that look like a key. What
is given is looked up in the store, so a resumed run knows the same. Search results that code opens
by itself need no leave. Not here: which hosts may be reached (`browser/net/guard.py`); a page may
still offer many addresses and learn which of them is opened.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, product
from os.path import commonprefix
from urllib.parse import quote, urldefrag

from agents.guarding.untrusted_text import without_keys
from browser.net.urls import host_of
from research.crew import Run
from research.errors import ReadingError
from research.text.sentences import clip

QUERY_LENGTH = 300
# Characters that end an address in a text, as white space does.
_END = "<>\"'`|\\^{}，。；、）】」》"
_ADDRESS = re.compile(rf"https?://[^\s{re.escape(_END)}]+", re.IGNORECASE)
_TRAILING = ".,;:!?)]*_'"


@dataclass(frozen=True)
class Given:
    """What a run was given: addresses, and the words of the question and of all it has read."""

    addresses: frozenset[str]
    words: str
    searches_leave: bool = True  # this machine

    def also(self, addresses: frozenset[str]) -> "Given":
        return replace(self, addresses=self.addresses | addresses)

    def admit(self, url: str) -> str:
        """The address without its fragment, of a library's document as it is. Raises `ReadingError`
        for one that was not given."""
        if url.startswith("library://"):
            return url
        if (address := urldefrag(url).url) in self.addresses:
            return address
        raise ReadingError(
            url=clip(url, 80),
            kind="blocked",
            reason="the address stands in nothing that this run was given",
        )

    def query(self, text: str) -> str:
        """The query without addresses, cut to its length; where searches leave this machine without
        words that look like a key and were not given."""
        plain = without_addresses(text)
        return clip(without_keys(plain, self.words) if self.searches_leave else plain, QUERY_LENGTH)


def nearest(refused: Collection[str], told: Collection[str]) -> str:
    """Of the addresses that agents were told, the one that is most like one of those refused and of
    its host; '' where there is none. One that carries more than a path is not suggested."""
    pairs = product(refused, filter(is_plain, told))
    near = [
        (_shared(asked, one), -len(one), one) for asked, one in pairs if _of_one_host(asked, one)
    ]
    return max(near, default=(0, 0, ""))[2]


def _of_one_host(one: str, other: str) -> bool:
    return host_of(one) == host_of(other) != ""


def _shared(one: str, other: str) -> int:
    """How many characters of two addresses are the same before they part, behind the scheme."""
    ways = [one.partition("://")[2], other.partition("://")[2]]
    return len(commonprefix(ways))  # noqa: RUF071 - characters are what is meant


def is_plain(address: str) -> bool:
    """Whether an address carries no more than a path, and no mark of the sentence it stood in."""
    return not ("?" in address or "@" in address or address[-1] in _TRAILING)


def without_addresses(text: str) -> str:
    """The text on one line without its addresses."""
    return " ".join(_ADDRESS.sub(" ", text).split())


def as_told(url: str) -> str:
    """The address as it can stand in a text and be known again: what would end it there is written
    as a sign."""
    return "".join(quote(sign) if sign in _END or sign.isspace() else sign for sign in url)


async def given(run: Run) -> Given:
    """What this run was given up to now."""
    readings = await run.store.readings(run.job.id)
    snapshots = await run.store.snapshots(list({reading.snapshot_id for reading in readings}))
    read = [snapshot.text for snapshot in snapshots.values()]
    asked = run.question.text
    addresses = {urldefrag(reading.url).url for reading in readings}
    addresses.update(*map(addresses_in, (asked, run.question.instructions, *read)))
    words = "\n".join([asked, *read])
    return Given(frozenset(addresses), words, searches_leave=run.question.sources.web)


async def listed(run: Run, tool: str) -> frozenset[str]:
    """The addresses in what a tool told the run's agents: those of hits that were not opened among
    them, and links."""
    rows = await run.store.trajectories(run.job.id)
    steps = chain.from_iterable(steps for _, steps in rows)
    own = {step.observation_id for step in steps if step.tool == tool}
    observations = await run.store.observations(run.job.id)
    told = [one.text for one in observations if one.id in own]
    return frozenset().union(*map(addresses_in, told))


def addresses_in_order(text: str) -> list[str]:
    """The http(s) addresses that a person wrote, each once, without the marks behind them."""
    found = (address.rstrip(_TRAILING) for address in _addresses(text))
    return list(dict.fromkeys(found))


def _addresses(text: str) -> Iterator[str]:
    return (urldefrag(match.group()).url for match in _ADDRESS.finditer(text))


@lru_cache(maxsize=1024)  # every call of a tool asks about all that was read
def addresses_in(text: str) -> frozenset[str]:
    """The http(s) addresses in a text, each also without the marks at its end, which may belong to
    the sentence."""
    found: set[str] = set()
    for address in _addresses(text):
        shortest = len(address.rstrip(_TRAILING))
        found.update(address[:end] for end in range(shortest, len(address) + 1))
    return frozenset(found)
