"""The few tags of an HTML page that tell what the page is, as a soup: for its facts and for recognising walls.

A soup of a whole page takes ten times as long as the page's lxml tree, which extraction needs anyway: so the soup is made of what is picked
from the tree. Not here: the main text (`extract.py`).
"""

import re
from typing import Any

from bs4 import BeautifulSoup, Tag
from lxml import etree

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*>")
_AROUND = ("article", "header")


def skim(tree: Any) -> BeautifulSoup:
    """The title, first-level headings, meta, JSON-LD, times (inside their article or header) and password fields of an lxml tree."""
    picked = (_markup(element) for element in tree.iter("title", "h1", "meta", "script", "time", "input") if _tells(element))
    return BeautifulSoup("".join(picked), "lxml")


def soup_of(html: str) -> BeautifulSoup:
    """All the tags of a page."""
    # Beautiful Soup warns of text without tags and of XML, both of which an error's body may be.
    return BeautifulSoup(_DECLARATION.sub("", html) if "<" in html else "", "lxml")


def attribute(tag: Tag, name: str) -> str:
    """An attribute's value; empty where there is none."""
    value = tag.get(name) or ""
    return value if isinstance(value, str) else " ".join(value)


def _tells(element: Any) -> bool:
    if element.tag == "script":
        return bool(element.get("type") == "application/ld+json")
    return bool(element.tag != "input" or element.get("type") == "password")


def _markup(element: Any) -> str:
    text = str(etree.tostring(element, encoding="unicode", method="html", with_tail=False))
    if element.tag != "time":
        return text
    outer = {ancestor.tag for ancestor in element.iterancestors(*_AROUND)}
    around = next((name for name in _AROUND if name in outer), "p")
    return f"<{around}>{text}</{around}>"
