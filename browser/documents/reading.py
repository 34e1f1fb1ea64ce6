"""From the bytes of a document to its text, whatever its format. Blocking; call it in a thread.

The bytes decide what a document is; its name and declared type only where bytes do not tell
(`kinds.py`). What is not read is refused by the name of its format. Not here: how each format is
read, by modules that are imported once a document needs them.
"""

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from browser.documents import kinds
from browser.documents.kinds import BINARY, HTML, PLAIN, media_type_of
from browser.documents.parts import Facts, Part, compose, snapshot_of, why_empty
from browser.html.extract import HtmlPage, WholeHtml, read_html, read_whole
from browser.markup.charset import decode_text
from browser.markup.plain import parts_of_plain
from research.domain import PageText, ReadingNote
from research.errors import ReadingError

__all__ = ["BINARY", "Document", "media_type_of", "read_document", "read_text", "snapshot_of"]

_MAX_TEXT = 5_000_000
_MAX_NAMED = 10  # files of an archive that are named
_LOST = "\ufffd"


def _later(module: str, name: str) -> Callable[..., Any]:
    """A function whose module is imported when it is first called: all of them take a second."""

    def call(*given: Any) -> Any:
        return getattr(import_module(module), name)(*given)

    return call


@dataclass(frozen=True)
class Document:
    """`html` is set for HTML only: what else the page shows."""

    page: PageText
    html: HtmlPage | None = None


def read_document(
    raw: bytes, *, name: str, url: str, media_type: str = BINARY, charset: str | None = None
) -> Document:
    """Read a document. `name` is a file name or the URL's path, `charset` what the transport
    declares. Raises `ReadingError`."""
    kind = media_type_of(raw, name, media_type)
    if kind == HTML:
        html = read_html(decode_text(raw, charset), url)
        return Document(_with_losses(html.page), html)
    if kind in _READERS:
        page = _READERS[kind](raw, url)
    elif kind in _CONTAINERS:
        text = decode_text(raw, charset).encode() if charset and kind in _ONE_TEXT else raw
        found = _CONTAINERS[kind](text, url)
        facts = replace(found.facts, title=found.facts.title or _title(found.parts, "", name))
        page = compose(found.parts, facts, media_type=kind, extractor=EXTRACTOR, notes=found.notes)
    elif kind in _TEXT_READERS:
        page = read_text(decode_text(raw, charset), name=name, media_type=kind)
    else:
        raise _refused(raw, name, url, kind)
    return Document(_bounded(_with_losses(page), url))


def read_text(
    text: str, *, name: str, media_type: str = PLAIN, facts: Facts | None = None
) -> PageText:
    """Read text that is already decoded: Markdown, reStructuredText, TeX, CSV or plain."""
    found = _TEXT_READERS[media_type](text)
    said = found.facts
    title = _title(found.parts, said.title, name)
    facts = facts or replace(said, title=title, site="")
    return compose(
        found.parts, facts, media_type=media_type, extractor=EXTRACTOR, notes=found.notes
    )


EXTRACTOR = "leadline-text/4"


def _title(parts: Sequence[Part], said: str, name: str) -> str:
    """The heading that stands for the whole document, what it says of itself, or its file's name in
    words. A heading of the second level or lower stands for the whole only where it alone is of its
    level, above everything."""
    headings = [part for part in parts if part.kind == "heading"]
    highest = min((part.level for part in headings), default=0)
    tops = [part.text for part in headings if part.level == highest]
    alone = len(tops) == 1 and parts[0].kind == "heading" and parts[0].level == highest
    if said and not (alone and highest == 1):
        return said
    return tops[0] if alone or highest == 1 else _in_words(name)


def _in_words(name: str) -> str:
    """A file's name made readable, with its folder's where it alone says nothing."""
    path = PurePosixPath(unquote(urlsplit(name).path) if "://" in name else name)
    stem = (
        path.parent.name
        if path.stem.lower() in ("index", "readme") and path.parent.name
        else path.stem
    )
    words = re.sub(r"(?<=\w)[-_]+(?=\w)", " ", stem)
    return words[:1].upper() + words[1:]


# Text


def _markdown(text: str) -> WholeHtml:
    from browser.markup.markdown import html_of_markdown, without_front_matter

    text, facts = without_front_matter(text)
    found = read_whole(html_of_markdown(text))
    return replace(found, facts=facts)


def _restructured(text: str) -> WholeHtml:
    from browser.markup.restructured import html_of_restructured

    return replace(read_whole(html_of_restructured(text)), facts=Facts())


def _tex(text: str) -> WholeHtml:
    from browser.markup.tex import html_of_tex

    return read_whole(html_of_tex(text))


def _plain(text: str) -> WholeHtml:
    """Plain text; where every line has as many tabs, the rows of a table."""
    tabs = {line.count("\t") for line in text.splitlines() if line.strip()}
    if len(tabs) == 1 and tabs != {0} and text.strip().count("\n"):
        return _tsv(text)
    return WholeHtml(tuple(parts_of_plain(text)), Facts())


def _csv(text: str) -> WholeHtml:
    return _delimited(text, "")


def _tsv(text: str) -> WholeHtml:
    return _delimited(text, "\t")


def _delimited(text: str, separator: str) -> WholeHtml:
    from browser.markup.delimited import parts_of_delimited

    parts, notes = parts_of_delimited(text, separator)
    return WholeHtml(tuple(parts), Facts(), tuple(notes))


_TEXT_READERS: dict[str, Callable[[str], WholeHtml]] = {
    kinds.MARKDOWN: _markdown,
    kinds.RST: _restructured,
    kinds.TEX: _tex,
    kinds.CSV: _csv,
    kinds.TSV: _tsv,
    kinds.PLAIN: _plain,
}


# Files that hold documents


def _inner(raw: bytes, name: str, media_type: str, charset: str | None) -> WholeHtml:
    """What a file within a document says. Raises `ReadingError`."""
    kind = media_type_of(raw, name, media_type)
    if kind == HTML:
        return read_whole(decode_text(raw, charset))
    if kind in _TEXT_READERS:
        return _TEXT_READERS[kind](decode_text(raw, charset))
    if kind in _CONTAINERS and kind not in (kinds.MAIL, kinds.MHTML, kinds.MAILBOX):
        return _CONTAINERS[kind](raw, name)
    if kind in _READERS:
        page = _READERS[kind](raw, name)
        return WholeHtml(_parts_again(page), Facts(title=page.title), page.notes)
    raise _refused(raw, name, name, kind)


def _parts_again(page: PageText) -> tuple[Part, ...]:
    """The pieces of a composed text: rows stand line by line, all else by empty lines."""
    whole = {page.text[start:end] for start, end in page.sentences}
    parts: list[Part] = []
    for block in page.text.split("\n\n"):
        lines = block.split("\n")
        heading = re.fullmatch(r"(#{1,6}) (.+)", block)
        if heading:
            parts.append(Part(heading[2], "heading", len(heading[1])))
        elif len(lines) > 1 and all(line in whole for line in lines):
            parts.extend(Part(line, "row") for line in lines)
        else:
            parts.append(Part(block))
    return tuple(parts)


def _mail(raw: bytes, url: str) -> WholeHtml:
    from browser.containers.mail import read_mail

    return read_mail(raw, url, _inner)


def _mailbox(raw: bytes, url: str) -> WholeHtml:
    from browser.containers.mail import read_mailbox

    return read_mailbox(raw, url, _inner)


_CONTAINERS: dict[str, Callable[[bytes, str], WholeHtml]] = {
    kinds.MAIL: _mail,
    kinds.MHTML: _mail,
    kinds.MAILBOX: _mailbox,
    kinds.NOTEBOOK: _later("browser.containers.notebook", "read_notebook"),
    kinds.FEED: _later("browser.containers.feed", "read_feed"),
    kinds.EPUB: _later("browser.containers.epub", "read_epub"),
    kinds.ODT: _later("browser.containers.opendocument", "read_opendocument"),
    kinds.ODS: _later("browser.containers.opendocument", "read_opendocument"),
    kinds.ODP: _later("browser.containers.opendocument", "read_opendocument"),
    kinds.FLAT_ODF: _later("browser.containers.opendocument", "read_flat_opendocument"),
    kinds.RTF: _later("browser.containers.rich_text", "read_rtf"),
    kinds.JSON: _later("browser.containers.records", "read_json"),
    kinds.XML: _later("browser.containers.records", "read_xml"),
    kinds.SVG: _later("browser.containers.records", "read_xml"),
}
_READERS = {
    kinds.PDF: _later("browser.pdf.reader", "read_pdf"),
    kinds.DOCX: _later("browser.office.word.reader", "read_docx"),
    kinds.XLSX: _later("browser.office.sheets.reader", "read_xlsx"),
    kinds.PPTX: _later("browser.office.slides", "read_pptx"),
}


_ONE_TEXT = (kinds.FEED, kinds.JSON, kinds.XML, kinds.SVG, kinds.NOTEBOOK, kinds.FLAT_ODF)


def _with_losses(page: PageText) -> PageText:
    """The page with a note of characters that could not be told."""
    count = page.text.count(_LOST)
    lost = (ReadingNote(kind="bytes_lost", count=count),) if count else ()
    return page.replace(notes=(*page.notes, *lost)) if lost else page


def _bounded(page: PageText, url: str) -> PageText:
    if not page.sentences:
        raise ReadingError(url=url, kind="empty", reason=why_empty(page))
    if len(page.text) > _MAX_TEXT:
        raise ReadingError(
            url=url, kind="too_large", reason=f"more than {_MAX_TEXT:,} characters of text"
        )
    return page


# What is not read


def _refused(raw: bytes, name: str, url: str, kind: str) -> ReadingError:
    """Why, by the name of the format, and what can be done."""
    if kind == kinds.ENCRYPTED:
        return ReadingError(url=url, kind="encrypted", reason="the document needs a password")
    if kind == kinds.ZIP:
        return ReadingError(
            url=url, kind="unsupported", reason=f"it is a ZIP archive of {_held(raw)}", mend=_UNPACK
        )
    what = kinds.signature_name(raw)
    if what is None:
        suffix = kinds.suffix_of(name)
        of = f" ({suffix})" if suffix else ""
        what = (
            f"a file of type {kind}{of}"
            if kind != BINARY
            else f"a binary file of a format that is not known{of}"
        )
    mend = _UNPACK if what.endswith("archive") else _SAVE_ANEW
    return ReadingError(
        url=url, kind="unsupported", reason=f"it is {what}, which is not read", mend=mend
    )


_UNPACK = "Unpack it and add the documents in it."
_SAVE_ANEW = "Save it in a format that is read, such as PDF, DOCX, HTML or plain text."


def _held(raw: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return "files that cannot be listed"
    shown = ", ".join(names[:_MAX_NAMED]) or "no files"
    more = len(names) - _MAX_NAMED
    return f"{shown} and {more} more" if more > 0 else shown
