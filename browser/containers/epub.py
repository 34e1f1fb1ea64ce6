"""EPUB: the chapters in the order of the book's spine.

Not here: navigation that stands beside the text, books under digital rights management.
"""

import io
import posixpath
import zipfile
import zlib
from typing import Any
from urllib.parse import unquote

from browser.containers.trees import as_html, text_of, tree_of_xml
from browser.documents.archives import guard_zip
from browser.documents.dates import iso_date
from browser.documents.parts import Facts, Part
from browser.html.extract import WholeHtml, read_whole
from research.domain import ReadingNote
from research.errors import ReadingError

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_CHAPTERS = (
    "application/xhtml+xml",
    "text/html",
    "application/x-dtbook+xml",
    "text/xml",
    "application/xml",
)

_MARKS = ("doc-noteref", "doc-backlink", "noteref")  # of footnotes, in a text and behind a note


def read_epub(raw: bytes, url: str) -> WholeHtml:
    """Raises `ReadingError`: `broken`, `encrypted`, `too_large`."""
    guard_zip(raw, url)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return _book(archive, url)
    except (
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        NotImplementedError,
        RuntimeError,
        zlib.error,
        OSError,
    ) as error:
        raise ReadingError(url=url, kind="broken", reason="not a readable EPUB") from error


def _book(archive: zipfile.ZipFile, url: str) -> WholeHtml:
    """Raises `KeyError` for a book without its list of contents."""
    place = _package_place(archive)
    package = tree_of_xml(archive.read(place))
    if package is None:
        raise KeyError(place)
    folder = posixpath.dirname(place)
    chapters = _chapters(package, folder)
    if set(chapters) & _encrypted(archive):
        raise ReadingError(
            url=url, kind="encrypted", reason="the book is under digital rights management"
        )
    parts: list[Part] = []
    notes: list[ReadingNote] = []
    for chapter in chapters:
        found = _chapter(archive, chapter)
        parts.extend(found.parts)
        notes.extend(found.notes)
    return WholeHtml(tuple(parts), _facts(package), tuple(notes))


def _package_place(archive: zipfile.ZipFile) -> str:
    container = tree_of_xml(archive.read(_CONTAINER)) if _CONTAINER in archive.namelist() else None
    roots = container.iter("rootfile") if container is not None else ()
    said = [str(root.get("full-path")) for root in roots if root.get("full-path")]
    held = frozenset(archive.namelist())
    named = next((place for one in said for place in (one, unquote(one)) if place in held), None)
    return named or next(
        name for name in [*archive.namelist(), _CONTAINER] if name.endswith((".opf", _CONTAINER))
    )


def _chapters(package: Any, folder: str) -> list[str]:
    """The files of the spine in its order; without a spine, all chapters as listed."""
    items = {item.get("id"): item for item in package.iter("item")}
    spine = [
        items[ref.get("idref")] for ref in package.iter("itemref") if ref.get("idref") in items
    ]
    chosen = spine or [item for item in items.values() if _is_chapter(item)]
    places = [_place(folder, str(item.get("href", ""))) for item in chosen if _is_chapter(item)]
    return list(dict.fromkeys(places))


def _is_chapter(item: Any) -> bool:
    kind = str(item.get("media-type", "")).partition(";")[0].strip().lower()
    navigation = "nav" in str(item.get("properties", "")).split()
    return not navigation and (
        kind in _CHAPTERS or str(item.get("href", "")).lower().endswith((".xhtml", ".html", ".htm"))
    )


def _place(folder: str, href: str) -> str:
    return posixpath.normpath(posixpath.join(folder, unquote(href.partition("#")[0])))


def _encrypted(archive: zipfile.ZipFile) -> set[str]:
    """The files that are encrypted; fonts often are, which hides no text."""
    if _ENCRYPTION not in archive.namelist():
        return set()
    tree = tree_of_xml(archive.read(_ENCRYPTION))
    return (
        {unquote(str(one.get("URI", ""))) for one in tree.iter("CipherReference")}
        if tree is not None
        else set()
    )


def _chapter(archive: zipfile.ZipFile, place: str) -> WholeHtml:
    """A chapter; a note where it is missing or damaged."""
    names = {name.lower(): name for name in archive.namelist()}
    try:
        tree = tree_of_xml(archive.read(names[place.lower()]))
    except (KeyError, zipfile.BadZipFile, zlib.error, EOFError):
        tree = None
    if tree is None:
        return WholeHtml((), Facts(), (ReadingNote(kind="parts_unread", detail=place),))
    for head in list(tree.iter("head")):
        head.getparent().remove(head)
    for mark in [
        link for link in tree.iter("a") if link.get("role") in _MARKS or link.get("type") in _MARKS
    ]:
        mark.text = None
        for inner in list(mark):
            mark.remove(inner)
    return read_whole(as_html(tree))


def _facts(package: Any) -> Facts:
    titles = [text_of(one) for one in package.iter("title")]
    creators = [text_of(one) for one in package.iter("creator")]
    dates = [iso_date(text_of(one)) for one in package.iter("date")]
    return Facts(
        title=next(filter(None, titles), ""),
        author=", ".join(filter(None, creators)) or None,
        published_at=next(filter(None, dates), None),
    )
