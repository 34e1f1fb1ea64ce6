"""RSS and Atom: each entry with its title, date, author and text.

Not here: what the entries link to.
"""

from collections.abc import Iterator
from html import escape
from typing import Any

from browser.containers.trees import as_html, parsed_xml, text_of
from browser.documents.dates import iso_date
from browser.documents.parts import Facts, Part
from browser.html.extract import WholeHtml, read_whole
from research.domain import ReadingNote
from research.errors import ReadingError

_ENTRIES = ("item", "entry")
_DATES = ("pubDate", "published", "date", "updated", "issued", "modified")
_TEXTS = ("encoded", "content", "description", "summary")  # the fullest first
_AUTHORS = ("creator", "author")


def read_feed(raw: bytes, url: str) -> WholeHtml:
    """Raises `ReadingError`: `broken`."""
    tree = parsed_xml(raw)
    root = tree.root
    if root is None:
        raise ReadingError(url=url, kind="broken", reason="not a readable feed")
    channel = next(root.iter("channel"), root)
    parts: list[Part] = []
    notes = list(tree.notes)
    title = _words(_child(channel, "title"))
    if title:
        parts.append(Part(title, "heading", 1))
    about = read_whole(_html(_child(channel, "description", "subtitle")))
    parts.extend(about.parts)
    notes.extend(about.notes)
    for entry in root.iter(*_ENTRIES):
        for found in _entry(entry):
            parts.extend(found.parts)
            notes.extend(found.notes)
    published = _date(channel)
    return WholeHtml(tuple(parts), Facts(title=title, published_at=published), tuple(notes))


def _entry(entry: Any) -> Iterator[WholeHtml]:
    heading = _words(_child(entry, "title"))
    if heading:
        yield WholeHtml((Part(heading, "heading", 2),), Facts())
    said = [("Published", _date(entry)), ("Author", _author(entry))]
    line = "; ".join(f"{name}: {value}" for name, value in said if value)
    if line:
        yield WholeHtml((Part(f"{line}.", "row"),), Facts())
    texts = [
        read_whole(_html(child)) for name in _TEXTS if (child := _child(entry, name)) is not None
    ]
    yield max(
        texts,
        key=lambda found: sum(len(part.text) for part in found.parts),
        default=WholeHtml((), Facts()),
    )
    if _child(entry, "enclosure") is not None:
        yield WholeHtml((), Facts(), (ReadingNote(kind="media"),))


def _words(element: Any) -> str:
    return " ".join(part.text for part in read_whole(_html(element)).parts)


def _child(element: Any, *names: str) -> Any:
    return next((child for name in names for child in element if child.tag == name), None)


def _date(element: Any) -> str | None:
    texts = (text_of(_child(element, name)) for name in _DATES)
    return next((day for text in texts if text and (day := iso_date(text))), None)


def _author(entry: Any) -> str:
    author = _child(entry, *_AUTHORS)
    named = _child(author, "name") if author is not None else None
    return text_of(named if named is not None else author)


def _html(element: Any) -> str:
    """The HTML that an element holds: escaped (RSS), as elements (Atom's xhtml), or a plain
    text."""
    if element is None:
        return "<p></p>"
    if element.get("type") == "xhtml" or len(element):
        element.tag = "div"
        return as_html(element)
    text = element.text or ""
    return (
        f"<p>{escape(text, quote=False)}</p>"
        if element.get("type") == "text"
        else f"<div>{text}</div>"
    )
