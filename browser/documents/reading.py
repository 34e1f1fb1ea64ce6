"""From the bytes of a document to its text: Markdown, reStructuredText, plain text, HTML, CSV, PDF, DOCX, XLSX, PPTX. Blocking; call it
in a thread.

The bytes decide what a document is; its name and declared type only where bytes do not tell. The rest is `unsupported`.
"""

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from browser.documents.parts import Facts, Part, compose, snapshot_of
from browser.documents.tables import rows_of
from browser.html.extract import HtmlPage, read_html
from browser.markup.charset import decode_text
from browser.markup.markdown import parts_of_markdown, without_front_matter
from browser.markup.plain import parts_of_plain
from browser.markup.restructured import parts_of_restructured
from browser.office.sheets import read_xlsx
from browser.office.slides import read_pptx
from browser.office.word import read_docx
from browser.pdf.reader import read_pdf
from research.errors import ReadingError
from research.types import PageText

__all__ = ["Document", "media_type_of", "read_document", "read_text", "snapshot_of"]

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
RST = "text/x-rst"
BINARY = "application/octet-stream"
_BY_NAME = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".txt": "text/plain",
    ".text": "text/plain",
    ".mdx": "text/markdown",
    ".rst": RST,
    ".rest": RST,
    ".log": "text/plain",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".pdf": PDF,
    ".docx": DOCX,
    ".xlsx": XLSX,
    ".pptx": PPTX,
}
_MARKDOWN = ("text/markdown", "text/x-markdown")
_RST = (RST, "text/prs.fallenstein.rst")
_HTML = re.compile(rb"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_MAGIC = re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF|\x1f\x8b|Rar!|7z\xbc\xaf|\x7fELF|MZ|OggS|ID3|\x00\x00\x00.ftyp|BZh|\xfd7zXZ")
_MAX_TEXT = 5_000_000


@dataclass(frozen=True)
class Document:
    """`html` is set for HTML only: what else the page shows."""

    page: PageText
    html: HtmlPage | None = None


def read_document(raw: bytes, *, name: str, url: str, media_type: str = BINARY, charset: str | None = None) -> Document:
    """Read a document. `name` is a file name or the URL's path. Raises `ReadingError`."""
    kind = media_type_of(raw, name, media_type)
    if kind in _READERS:
        return _whole(_READERS[kind](raw, url), url)
    if kind == "text/html":
        html = read_html(decode_text(raw, charset), url)
        return Document(html.page, html)
    if kind in _TEXT_READERS:
        return _whole(read_text(decode_text(raw, charset), name=name, media_type=kind), url)
    if kind == "encrypted":
        raise ReadingError(url=url, kind="encrypted", reason="the document needs a password")
    raise ReadingError(url=url, kind="unsupported", reason=f"documents of type {kind} are not read")


def media_type_of(raw: bytes, name: str, declared: str = BINARY) -> str:
    """What the bytes are. `encrypted` for a locked office document."""
    head = raw[:1024]
    if b"%PDF-" in head:
        return PDF
    if head.startswith(b"PK\x03\x04"):
        return _office(raw)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "encrypted" if "EncryptedPackage".encode("utf-16-le") in raw else "application/msword"
    if _MAGIC.match(head):
        return declared if declared.startswith(("image/", "audio/", "video/", "application/")) else BINARY
    if _HTML.match(raw[:4096]):
        return "text/html"
    return _textual(raw, name, declared)


def _office(raw: bytes) -> str:
    """By the archive's own list of files, as documents are embedded in others; a damaged one is known by what it holds."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = "\n".join(entry.filename for entry in archive.infolist()).encode()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        names = raw
    for start, kind in ((b"word/document", DOCX), (b"ppt/presentation", PPTX), (b"xl/workbook", XLSX)):
        if start in names:
            return kind
    return "application/zip"


def _textual(raw: bytes, name: str, declared: str) -> str:
    """The kind of a document without a signature: by its name, then as declared, if it is text at all."""
    path = unquote(urlsplit(name).path) if "://" in name else name
    by_name = _BY_NAME.get(PurePosixPath(path).suffix.lower())
    if by_name in (PDF, DOCX, XLSX, PPTX):
        return by_name  # it claims to be one and does not begin like one: its reader will say that it is broken
    wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\0" in raw[:4096] and not wide:
        return BINARY
    if declared == "application/xhtml+xml":
        return "text/html"
    if declared.startswith("text/") and declared not in ("text/plain",):
        return declared if declared in _TEXT_READERS or declared == "text/html" else "text/plain"
    if by_name:
        return by_name
    if declared in ("text/plain", BINARY, "application/json", "application/xml", "application/ld+json"):
        return "text/plain"
    return declared


def read_text(text: str, *, name: str, media_type: str = "text/plain", facts: Facts | None = None) -> PageText:
    """Read text that is already decoded: Markdown, reStructuredText, CSV or plain."""
    said = ""
    if media_type in _MARKDOWN:
        text, said = without_front_matter(text)
    parts = _TEXT_READERS[media_type](text)
    facts = facts or Facts(title=_title(parts, said, name))
    return compose(parts, facts, media_type=media_type, extractor="leadline-text/2")


def _title(parts: Sequence[Part], said: str, name: str) -> str:
    """The heading that stands for the whole document, what it says of itself, or its file's name in words. A heading of the second
    level or lower stands for the whole only where it alone is of its level, above everything."""
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
    stem = path.parent.name if path.stem.lower() in ("index", "readme") and path.parent.name else path.stem
    words = re.sub(r"(?<=\w)[-_]+(?=\w)", " ", stem)
    return words[:1].upper() + words[1:]


def _csv(text: str) -> list[Part]:
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(text[:10_000], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    return _rows(text, dialect)


def _tsv(text: str) -> list[Part]:
    return _rows(text, csv.excel_tab)


def _rows(text: str, dialect: type[csv.Dialect]) -> list[Part]:
    try:
        return rows_of(list(csv.reader(io.StringIO(text), dialect)))
    except csv.Error:
        return parts_of_plain(text)


_TEXT_READERS = {
    **dict.fromkeys(_MARKDOWN, parts_of_markdown),
    **dict.fromkeys(_RST, parts_of_restructured),
    "text/plain": parts_of_plain,
    "text/csv": _csv,
    "text/tab-separated-values": _tsv,
}


_READERS = {PDF: read_pdf, DOCX: read_docx, XLSX: read_xlsx, PPTX: read_pptx}


def _whole(page: PageText, url: str) -> Document:
    if not page.sentences:
        raise ReadingError(url=url, kind="empty", reason="no text in it")
    if len(page.text) > _MAX_TEXT:
        raise ReadingError(url=url, kind="too_large", reason=f"more than {_MAX_TEXT:,} characters of text")
    return Document(page)
