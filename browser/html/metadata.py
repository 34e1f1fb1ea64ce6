"""What an HTML page says about itself: title, site, author, date. JSON-LD first, then Open Graph
and meta, then its own elements.

Dates come from what the page declares or its URL, never from a guess at its text.
"""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any
from urllib.parse import urlsplit

from browser.documents.dates import iso_date
from browser.documents.parts import Facts, tidy
from browser.net.urls import host_of

_PUBLISHED = (
    "article:published_time",
    "og:published_time",
    "citation_publication_date",
    "citation_date",
    "datepublished",
)
_DATED = ("date", "pubdate", "publishdate", "dc.date.issued", "dc.date", "dcterms.created")
_KINDS = re.compile(r"Article|Posting|WebPage|Report|Dataset|Book")


def facts_of(tree: Any, url: str) -> Facts:
    """The facts of a page's lxml tree."""
    linked = list(_json_ld(tree))
    meta = _meta(tree)
    published = _first_date(
        chain(
            (
                node.get(key)
                for node in linked
                for key in ("datePublished", "dateCreated", "uploadDate")
            ),
            (meta.get(key) for key in (*_PUBLISHED, *_DATED)),
            _times(tree),
            (_date_in_url(url), meta.get("article:modified_time")),
            (node.get("dateModified") for node in linked),
        )
    )
    author = _author(linked) or _first(
        meta, "author", "article:author", "citation_author", "dc.creator", "byl"
    )
    return Facts(
        title=_title(tree, meta, linked),
        site=_first(meta, "og:site_name", "application-name") or host_of(url),
        author=None if author and author.startswith("http") else author,
        published_at=published,
    )


def _meta(tree: Any) -> dict[str, str]:
    """The first content of each meta name, names in lower case."""
    found: dict[str, str] = {}
    for tag in tree.iter("meta"):
        content = tidy(tag.get("content", ""))
        for naming in ("property", "name", "itemprop"):
            name = tag.get(naming, "").strip().lower()
            if name and content:
                found.setdefault(name, content)
    return found


def _first(meta: dict[str, str], *names: str) -> str | None:
    return next((meta[name] for name in names if name in meta), None)


def _title(tree: Any, meta: dict[str, str], linked: list[dict[str, Any]]) -> str:
    named = _first(meta, "og:title", "citation_title", "twitter:title", "dc.title")
    headline = next(
        (node["headline"] for node in linked if isinstance(node.get("headline"), str)), None
    )
    if named or headline:
        return tidy(named or headline or "")
    headings = [text for heading in tree.iter("h1") if (text := _text(heading))]
    if len(headings) == 1:
        return headings[0]
    whole = next((text for title in tree.iter("title") if (text := _text(title))), "")
    return re.split(r"\s+[|–—·»]\s+|\s+-\s+(?=[^-]*$)", whole)[0]


def _text(element: Any) -> str:
    return tidy("".join(element.itertext()))


def _json_ld(tree: Any) -> Iterator[dict[str, Any]]:
    scripts = (
        tag
        for tag in tree.iter("script")
        if tag.get("type", "").strip().lower() == "application/ld+json"
    )
    for tag in islice(scripts, 20):
        try:
            yield from _articles(json.loads(tag.text or ""), depth=0)
        except (
            ValueError,
            RecursionError,
        ):  # a number of thousands of digits is a ValueError of its own
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
        known = [
            tidy(name)
            for name in names
            if isinstance(name, str) and tidy(name) and not name.startswith("http")
        ]
        if known:
            return ", ".join(known[:5])
    return None


def _times(tree: Any) -> Iterator[str]:
    """The time marked as the page's own, then the first of an article, then of a header."""
    times = list(tree.iter("time"))
    own = [
        tag for tag in times if tag.get("itemprop") == "datePublished" or "pubdate" in tag.attrib
    ]
    dated = [tag for tag in times if "datetime" in tag.attrib]
    within = [
        [tag for tag in dated if next(tag.iterancestors(name), None) is not None]
        for name in ("article", "header")
    ]
    for tags in (own, *within):
        yield from (tag.get("datetime") or _text(tag) for tag in tags[:1])


def _date_in_url(url: str) -> str | None:
    found = re.search(
        r"/((?:19|20)\d{2})[/-](0?[1-9]|1[0-2])[/-](0?[1-9]|[12]\d|3[01])(?:/|-|$)",
        urlsplit(url).path,
    )
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else None


def _first_date(values: Iterable[Any]) -> str | None:
    return next(
        (found for value in values if isinstance(value, str) and (found := iso_date(value))), None
    )
