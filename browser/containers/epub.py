"""EPUB: the chapters in the order of the book's spine.

Not here: navigation that stands beside the text, books under digital rights management.
"""

import io
import posixpath
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from browser.containers.trees import as_html, parsed_xml, text_of, tree_of_xml
from browser.documents.archives import BROKEN_ARCHIVE, guard_zip
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
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return _book(archive, url)


def _book(archive: zipfile.ZipFile, url: str) -> WholeHtml:
    place = _package_place(archive)
    package = _tree(archive, place)
    if place is None or package is None:
        raise ReadingError(
            url=url, kind="broken", reason="not a readable EPUB: its list of contents is missing"
        )
    folder = posixpath.dirname(place)
    chapters, others = _spine(package, folder)
    if set(chapters) & _encrypted(archive):
        raise ReadingError(
            url=url, kind="encrypted", reason="the book is under digital rights management"
        )
    parts: list[Part] = []
    notes = [ReadingNote(kind="parts_unread", detail=place) for place in others]
    names = {name.lower(): name for name in archive.namelist()}
    for chapter in chapters:
        found = _chapter(archive, names, chapter)
        parts.extend(found.parts)
        notes.extend(found.notes)
    return WholeHtml(tuple(parts), _facts(package), tuple(notes))


def _tree(archive: zipfile.ZipFile, name: str | None) -> Any:
    """The root of a file in the book, None where it is missing or damaged."""
    try:
        return tree_of_xml(archive.read(name)) if name in archive.NameToInfo else None
    except BROKEN_ARCHIVE:
        return None


def _package_place(archive: zipfile.ZipFile) -> str | None:
    container = _tree(archive, _CONTAINER)
    roots = container.iter("rootfile") if container is not None else ()
    said = [str(root.get("full-path")) for root in roots if root.get("full-path")]
    held = frozenset(archive.namelist())
    named = next((place for one in said for place in (one, unquote(one)) if place in held), None)
    return named or next((name for name in archive.namelist() if name.endswith(".opf")), None)


def _spine(package: Any, folder: str) -> tuple[list[str], list[str]]:
    """The chapters of the spine in its order, and what else stands in it, such as pages that are
    pictures; without a spine, all chapters as listed."""
    items = {item.get("id"): item for item in package.iter("item")}
    spine = [
        items[ref.get("idref")] for ref in package.iter("itemref") if ref.get("idref") in items
    ]
    chosen = spine or [item for item in items.values() if _is_chapter(item)]
    places: dict[bool, dict[str, None]] = {True: {}, False: {}}
    for item in chosen:
        if not _is_navigation(item):
            places[_is_chapter(item)][_place(folder, str(item.get("href", "")))] = None
    return list(places[True]), list(places[False])


def _is_navigation(item: Any) -> bool:
    return "nav" in str(item.get("properties", "")).split()


def _is_chapter(item: Any) -> bool:
    kind = str(item.get("media-type", "")).partition(";")[0].strip().lower()
    return kind in _CHAPTERS or str(item.get("href", "")).lower().endswith(
        (".xhtml", ".html", ".htm")
    )


def _place(folder: str, href: str) -> str:
    return posixpath.normpath(posixpath.join(folder, unquote(href.partition("#")[0])))


def _encrypted(archive: zipfile.ZipFile) -> set[str]:
    """The files that are encrypted; fonts often are, which hides no text."""
    tree = _tree(archive, _ENCRYPTION)
    return (
        {unquote(str(one.get("URI", ""))) for one in tree.iter("CipherReference")}
        if tree is not None
        else set()
    )


def _chapter(archive: zipfile.ZipFile, names: Mapping[str, str], place: str) -> WholeHtml:
    """A chapter; a note where it is missing or damaged. `names` are those of the archive by their
    small letters."""
    unread = WholeHtml((), Facts(), (ReadingNote(kind="parts_unread", detail=place),))
    name = names.get(place.lower())
    try:
        raw = archive.read(name) if name else b""
    except BROKEN_ARCHIVE:
        return unread
    found = parsed_xml(raw)
    tree = found.root
    if tree is None:
        return unread
    for head in list(tree.iter("head")):
        head.getparent().remove(head)
    for mark in [
        link for link in tree.iter("a") if link.get("role") in _MARKS or link.get("type") in _MARKS
    ]:
        mark.text = None
        for inner in list(mark):
            mark.remove(inner)
    chapter = read_whole(as_html(tree))
    return replace(chapter, notes=(*chapter.notes, *found.notes))


def _facts(package: Any) -> Facts:
    titles = [text_of(one) for one in package.iter("title")]
    creators = [text_of(one) for one in package.iter("creator")]
    dates = [iso_date(text_of(one)) for one in package.iter("date")]
    return Facts(
        title=next(filter(None, titles), ""),
        author=", ".join(filter(None, creators)) or None,
        published_at=next(filter(None, dates), None),
    )
