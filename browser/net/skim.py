"""A soup of a whole page, for recognising the walls that stand in place of one. Not here: pages
that are read (`html/extract.py`)."""

import re

from bs4 import BeautifulSoup, Tag

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*>")


def soup_of(html: str) -> BeautifulSoup:
    """All the tags of a page."""
    # Beautiful Soup warns of text without tags and of XML, both of which an error's body may be.
    return BeautifulSoup(_DECLARATION.sub("", html) if "<" in html else "", "lxml")


def attribute(tag: Tag, name: str) -> str:
    """An attribute's value; empty where there is none."""
    value = tag.get(name) or ""
    return value if isinstance(value, str) else " ".join(value)
