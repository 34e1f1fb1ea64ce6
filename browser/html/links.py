"""The links of a page: where they lead, as whole addresses, and what a reader sees of them.

Links are taken before tables become rows, and find their place in the text by numbers in the tree.
A link of a library's document may lead to another of the same library. What a reader cannot see is
no link, nor is one without words. Not here: which addresses may be opened.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import quote, urldefrag, urljoin, urlsplit, urlunsplit

from browser.documents.parts import tidy
from browser.html.blocks import BLOCK_TAGS, LINKS
from browser.net.urls import DEFAULT_PORTS
from research.domain import LONGEST_ADDRESS, Link
from research.text.sentences import clip

MOST = 200  # links of a page that are kept
LOOKED_AT = 3_000
HREF = 2_000  # characters
WORDS = 120  # characters of a link's text
PIECES = 60  # texts of one link that are put together
_LIBRARY = "library"
_EDGES = "".join(map(chr, range(0x21)))  # browsers pass over these at either end of an address
_WITHIN = dict.fromkeys(map(ord, "\t\n\r"))  # and over these anywhere
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# The characters of addresses that stay as they are. An apostrophe may end an address in a text.
_SAFE = "%:/?#[]@!$&()*+,;=~"
_PLAIN = re.compile(rf"[\w.\-{re.escape(_SAFE)}]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Anchor:
    """An `a` with an address, as it is written, and its words on one line."""

    href: str
    text: str


def number_links(tree: Any) -> list[Anchor]:
    """The links of a tree without what is hidden; each is marked with its number in the list."""
    anchors: list[Anchor] = []
    for element in tree.iter("a"):
        href = element.get("href", "")
        if not href or len(href) > HREF or next(element.iterancestors("a"), None) is not None:
            continue
        if text := _words(element):
            element.set(LINKS, str(len(anchors)))
            anchors.append(Anchor(href, text))
        if len(anchors) == LOOKED_AT:
            break
    return anchors


def _words(element: Any) -> str:
    """What is seen of a link; of a picture, what it is said to show."""
    parts = islice(element.itertext(), PIECES)
    apart = len(element) and any(inner.tag in BLOCK_TAGS for inner in element.iterdescendants())
    if text := tidy((" " if apart else "").join(parts)):
        return clip(text, WORDS)
    pictures = (picture.get("alt") for picture in element.iterdescendants("img"))
    said = element.get("aria-label") or next(filter(None, pictures), "")
    return clip(tidy(said), WORDS)


def base_of(tree: Any, url: str) -> str:
    """The address that those of a page are relative to."""
    for base in tree.iter("base"):
        if href := base.get("href"):
            joined = _joined(url, href)
            return joined if _joined(joined, ".") else url
    return url


def links_of(
    anchors: Sequence[Anchor], order: Iterable[int], base: str, url: str
) -> tuple[Link, ...]:
    """The links in an order of their numbers, those that are not in it behind the others; each
    address once, without the page's own."""
    hrefs: set[str] = set()
    known: set[str | None] = {None, urldefrag(url).url}
    links: list[Link] = []
    for number in dict.fromkeys([*order, *range(len(anchors))]):
        anchor = anchors[number]
        if anchor.href in hrefs:
            continue
        hrefs.add(anchor.href)
        address = address_of(base, anchor.href, url)
        if address is None or address in known:
            continue
        known.add(address)
        links.append(Link(url=address, text=anchor.text))
        if len(links) == MOST:
            break
    return tuple(links)


def address_of(base: str, href: str, url: str) -> str | None:
    """Where a link leads from the page at `url`, without its fragment: an address of the web, or
    of the page's own library. None for what is neither, for what carries a name or password, and
    for what is too long."""
    joined = _joined(base, href)
    try:
        parts = urlsplit(joined)
        host, _ = parts.hostname, parts.port
        if not host or "@" in parts.netloc:
            return None
        if parts.scheme == _LIBRARY:
            place = parts.netloc if parts.netloc == urlsplit(url).netloc else ""
            inside = url.startswith("library://") and place
            return _written(urlunsplit(parts._replace(query=""))) if inside else None
        netloc = parts.netloc.encode("idna").decode() if not host.isascii() else parts.netloc
    except ValueError:
        return None
    web = parts.scheme in DEFAULT_PORTS
    return _written(urlunsplit(parts._replace(netloc=netloc))) if web else None


def _joined(base: str, href: str) -> str:
    """A relative address made whole; '' where that cannot be done. The standard library joins
    addresses only of schemes that it knows."""
    href = href.strip(_EDGES).translate(_WITHIN)
    href, _, _ = href.partition("#")
    if href.startswith(("http://", "https://")):
        return href
    try:
        within = base.startswith("library://") and not urlsplit(href).scheme
        known = f"http{base.removeprefix(_LIBRARY)}" if within else base
        joined = urljoin(known, href).partition("#")[0]
    except ValueError:
        return ""
    return f"{_LIBRARY}{joined.removeprefix('http')}" if within else joined


def _written(address: str) -> str | None:
    """The address in plain letters, as it can be told and is known again; None where it is too
    long."""
    if len(address) > LONGEST_ADDRESS or _CONTROL.search(address):
        return None
    if _PLAIN.fullmatch(address):
        return address
    try:
        plain = quote(address, safe=_SAFE)
    except UnicodeEncodeError:  # half of a character
        return None
    return plain if len(plain) <= LONGEST_ADDRESS else None
