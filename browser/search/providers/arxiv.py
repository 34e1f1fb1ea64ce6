"""arXiv's search of preprints, an Atom feed; no key. Its terms ask for one question every three
seconds."""

import re
from datetime import date
from typing import Any

import httpx
from lxml import etree

from browser.search.limits import QueryLimit
from browser.search.providers.base import HttpProvider, provider_failed
from browser.types import Hit, Query

MOST = 100
ATOM = "{http://www.w3.org/2005/Atom}"
BEGINNING = date(1991, 1, 1)
_WORD = re.compile(r"\w+(?:[-.]\w+)*")


class ArXiv(HttpProvider):
    name = "arxiv"
    longest = QueryLimit(octets=1000)  # each word takes as much again
    base_url = "https://export.arxiv.org"
    answers = "text"
    pause = 3.0

    def request(self, query: Query, limit: int, key: str) -> httpx.Request:
        """Every word must be in a paper: without operators the API would look for any."""
        words = " AND ".join(f"all:{word}" for word in _WORD.findall(query.text)) or "all:"
        if query.after or query.before:
            first, last = query.after or BEGINNING, query.before or date.today()
            words += f" AND submittedDate:[{first:%Y%m%d}0000 TO {last:%Y%m%d}2359]"
        params: dict[str, str | int] = {
            "search_query": words,
            "start": 0,
            "max_results": min(limit, MOST),
            "sortBy": "relevance",
        }
        return httpx.Request("GET", f"{self.url}/api/query", params=params)

    def parse(self, payload: Any) -> list[Hit]:
        """An error is a feed with an entry that says so."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        try:
            feed = etree.fromstring(str(payload).encode(), parser=parser)
        except etree.XMLSyntaxError as error:
            raise provider_failed(self.name, "its answer is no feed") from error
        if feed.tag != f"{ATOM}feed":
            raise provider_failed(self.name, "its answer is no feed")
        hits = []
        for entry in feed.findall(f"{ATOM}entry"):
            fields = {
                name: entry.findtext(f"{ATOM}{name}") or ""
                for name in ("id", "title", "summary", "published")
            }
            if "/api/errors" in fields["id"]:
                raise provider_failed(self.name, fields["summary"].strip()[:200])
            hits.append(
                self.hit(
                    _address(fields["id"]), fields["title"], fields["summary"], fields["published"]
                )
            )
        return [hit for hit in hits if hit]


def _address(identifier: str) -> str:
    """The abstract's page over https, whatever the version."""
    return re.sub(r"v\d+$", "", identifier.strip()).replace("http://", "https://", 1)
