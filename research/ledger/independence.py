"""Where texts come from, and how many of them speak for themselves: two pages of one site are one
voice, and so are copies.

A site is the part of a host name that somebody registered (*bbc.co.uk*, *people.com.cn*,
*ada.github.io*), by the Public Suffix List that
comes with `tld`; nothing is fetched for it. A document of a library is a voice of its own. Not
here: which whole texts are near-copies
(`copies.py`), whether a text says a thing at all. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address

from tld import get_fld

from research.domain import Quote, Reading
from research.ledger.authority import web_host
from research.ledger.copies import words_of

WEB = ("http", "browser")
COMPARED = 24  # quotes of one claim that are compared with each other, at most


@lru_cache(maxsize=4096)
def site_of(url: str) -> str:
    """The registrable domain of a web address, a literal address as it is; '' for what is no web
    address."""
    host = web_host(url)
    if not host or _is_address(host):
        return host
    # A suffix that the list does not know counts as one label.
    return get_fld(f"https://{host}", fail_silently=True) or ".".join(host.split(".")[-2:])


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Origins:
    """The site of each reading, '' or none for a document of a library, and the snapshots that are
    near-copies, by what they copy."""

    sites: Mapping[str, str] = field(default_factory=dict)
    copies: Mapping[str, str] = field(default_factory=dict)

    def independent(self, quotes: Iterable[Quote]) -> int:
        """How many quotes there are at most of which no two are of one site, one text or the same
        words."""
        voices = list(dict.fromkeys(self._voice(quote) for quote in quotes))
        return _apart(voices[:COMPARED])

    def named(self, quotes: Iterable[Quote]) -> list[str]:
        """The sites of these quotes, each once; a document of a library has none."""
        sites = [self.sites.get(quote.reading_id, "") for quote in quotes]
        return list(dict.fromkeys(filter(None, sites)))

    def _voice(self, quote: Quote) -> "_Voice":
        text = self.copies.get(quote.snapshot_id, quote.snapshot_id)
        words = " ".join(words_of(quote.quote))  # a sentence that was copied has the same
        return self.sites.get(quote.reading_id, "") or text, text, words


UNKNOWN = Origins()
_Voice = tuple[str, str, str]


def _apart(voices: Sequence[_Voice]) -> int:
    """The size of the largest choice of voices that have nothing in common."""
    if not voices:
        return 0
    first, *rest = voices
    others = [voice for voice in rest if not any(a == b for a, b in zip(first, voice, strict=True))]
    taken = 1 + _apart(others)
    return taken if len(others) == len(rest) else max(taken, _apart(rest))


def origins(readings: Iterable[Reading], copies: Mapping[str, str]) -> Origins:
    return Origins(
        {reading.id: site_of(reading.url) for reading in readings if reading.via in WEB}, copies
    )
