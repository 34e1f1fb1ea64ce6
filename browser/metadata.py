"""What an HTML page says about itself: title, site, author, date. JSON-LD first, then Open Graph and meta, then its own elements.

Dates come from what the page declares or its URL, never from a guess at its text.
"""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup

from browser.dates import iso_date
from browser.parts import Facts, tidy
from browser.skim import attribute
from browser.urls import host_of

_PUBLISHED = ("article:published_time", "og:published_time", "citation_publication_date", "citation_date", "datepublished")
_DATED = ("date", "pubdate", "publishdate", "dc.date.issued", "dc.date", "dcterms.created")
_KINDS = re.compile(r"Article|Posting|WebPage|Report|Dataset|Book")


def facts_of(soup: BeautifulSoup, url: str) -> Facts:
    """The facts of a page that was skimmed."""
    linked = list(_json_ld(soup))
    meta = _meta(soup)
    published = _first_date(
        chain(
            (node.get(key) for node in linked for key in ("datePublished", "dateCreated", "uploadDate")),
            (meta.get(key) for key in (*_PUBLISHED, *_DATED)),
            _times(soup),
            (_date_in_url(url), meta.get("article:modified_time")),
            (node.get("dateModified") for node in linked),
        )
    )
    author = _author(linked) or _first(meta, "author", "article:author", "citation_author", "dc.creator", "byl")
    return Facts(
        title=_title(soup, meta, linked),
        site=_first(meta, "og:site_name", "application-name") or host_of(url),
        author=None if author and author.startswith("http") else author,
        published_at=published,
    )


def _meta(soup: BeautifulSoup) -> dict[str, str]:
    """The first content of each meta name, names in lower case."""
    found: dict[str, str] = {}
    for tag in soup.find_all("meta"):
        content = tidy(attribute(tag, "content"))
        for naming in ("property", "name", "itemprop"):
            name = attribute(tag, naming).strip().lower()
            if name and content:
                found.setdefault(name, content)
    return found


def _first(meta: dict[str, str], *names: str) -> str | None:
    return next((meta[name] for name in names if name in meta), None)


def _title(soup: BeautifulSoup, meta: dict[str, str], linked: list[dict[str, Any]]) -> str:
    named = _first(meta, "og:title", "citation_title", "twitter:title", "dc.title")
    headline = next((node["headline"] for node in linked if isinstance(node.get("headline"), str)), None)
    if named or headline:
        return tidy(named or headline or "")
    headings = [text for heading in soup.find_all("h1") if (text := tidy(heading.get_text()))]
    if len(headings) == 1:
        return headings[0]
    whole = tidy(soup.title.get_text()) if soup.title else ""
    return re.split(r"\s+[|–—·»]\s+|\s+-\s+(?=[^-]*$)", whole)[0]


def _json_ld(soup: BeautifulSoup) -> Iterator[dict[str, Any]]:
    for tag in soup.find_all("script", type="application/ld+json", limit=20):
        try:
            yield from _articles(json.loads(tag.get_text()), depth=0)
        except (json.JSONDecodeError, RecursionError):
            continue  # a site's broken metadata is no reason not to read it


def _articles(node: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth > 3:
        return
    if isinstance(node, list):
        for item in node:
            yield from _articles(item, depth + 1)
    elif isinstance(node, dict):
        kinds = node.get("@type")
        kinds = kinds if isinstance(kinds, list) else [kinds]
        if any(isinstance(kind, str) and _KINDS.search(kind) for kind in kinds):
            yield node
        yield from _articles(node.get("@graph", []), depth + 1)


def _author(linked: list[dict[str, Any]]) -> str | None:
    for node in linked:
        people = node.get("author")
        people = people if isinstance(people, list) else [people]
        names = [person.get("name") if isinstance(person, dict) else person for person in people]
        known = [tidy(name) for name in names if isinstance(name, str) and tidy(name) and not name.startswith("http")]
        if known:
            return ", ".join(known[:5])
    return None


def _times(soup: BeautifulSoup) -> Iterator[str]:
    """The time marked as the page's own, then the first of an article, then of a header."""
    times = soup.find_all("time")
    own = [tag for tag in times if tag.get("itemprop") == "datePublished" or tag.has_attr("pubdate")]
    dated = [tag for tag in times if tag.has_attr("datetime")]
    within = [[tag for tag in dated if tag.find_parent(name)] for name in ("article", "header")]
    for tags in (own, *within):
        yield from (attribute(tag, "datetime") or tag.get_text() for tag in tags[:1])


def _date_in_url(url: str) -> str | None:
    found = re.search(r"/((?:19|20)\d{2})[/-](0?[1-9]|1[0-2])[/-](0?[1-9]|[12]\d|3[01])(?:/|-|$)", urlsplit(url).path)
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else None


def _first_date(values: Iterable[Any]) -> str | None:
    return next((found for value in values if isinstance(value, str) and (found := iso_date(value))), None)
