"""An HTML page through Beautiful Soup: the few tags that tell what the page is, for its facts and for recognising walls.

All but the tags asked for is dropped while parsing. Not here: the main text (`extract.py`).
"""

import re
from collections.abc import Iterable

from bs4 import BeautifulSoup, SoupStrainer, Tag

TELLING = ("title", "meta", "script", "h1", "time", "input")
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*>")


def skim(html: str, names: Iterable[str] = TELLING) -> BeautifulSoup:
    """The tags of these names with all that is in them. What is no HTML at all gives an empty soup."""
    return BeautifulSoup(_markup(html), "lxml", parse_only=SoupStrainer(list(names)))


def soup_of(html: str) -> BeautifulSoup:
    """All the tags of a page."""
    return BeautifulSoup(_markup(html), "lxml")


def attribute(tag: Tag, name: str) -> str:
    """An attribute's value; empty where there is none."""
    value = tag.get(name) or ""
    return value if isinstance(value, str) else " ".join(value)


def _markup(html: str) -> str:
    """Beautiful Soup warns of text without tags and of XHTML that begins like XML."""
    return _DECLARATION.sub("", html) if "<" in html else ""
