"""Text of a DOCX: headings, paragraphs, tables and text boxes in their order, then its notes, its
comments and what stands above and below its pages as sections of their own.

The document is rewritten so that nothing in it is lost (`tree.py`), made HTML by mammoth, and read
by the one HTML reader. Not here: text in pictures.
"""

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import mammoth
from lxml import etree

from browser.documents.archives import BROKEN_ARCHIVE, guard_zip
from browser.documents.parts import Facts, compose
from browser.html.extract import WholeHtml, read_whole
from browser.markup.markdown import html_of_markdown, is_markdown
from browser.office.packages import WORD
from browser.office.word.numbers import Numbers
from browser.office.word.package import WordPackage, read_package
from browser.office.word.styles import Styles, text_of
from browser.office.word.tree import Notes, plain_body, run_of
from research.domain import PageText, ReadingNote
from research.errors import ReadingError

EXTRACTOR = "mammoth/" + version("mammoth")
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_WATERMARK = "{urn:schemas-microsoft-com:vml}textpath"
_PAGE_NUMBER = 24  # characters that say no more than the number of a page
# what mammoth raises for documents that no program should have written
_OF_MAMMOTH = (KeyError, ValueError, TypeError, AttributeError, IndexError, RecursionError)


def read_docx(raw: bytes, url: str) -> PageText:
    """Raises `ReadingError`: `broken`, `too_large` (a bomb), `encrypted`."""
    guard_zip(raw, url)
    broken = ReadingError(url=url, kind="broken", reason="not a readable DOCX")
    try:
        package = read_package(raw)
    except (*BROKEN_ARCHIVE, etree.LxmlError) as error:
        raise broken from error
    root = package.document.find(f"{WORD}body")
    if root is None:
        raise broken
    body, notes = _body(root, package)
    try:
        html = mammoth.convert_to_html(_archive(body)).value
    except _OF_MAMMOTH as error:
        raise broken from error
    whole = _as_markdown(read_whole(html))
    heading = next((part.text for part in whole.parts if part.kind == "heading"), "")
    facts = Facts(title=package.title or heading, author=package.author)
    lacking = [
        *whole.notes,
        *(ReadingNote(kind=kind, count=count) for kind, count in notes.items() if count),
    ]
    return compose(whole.parts, facts, media_type=MEDIA_TYPE, extractor=EXTRACTOR, notes=lacking)


def _body(root: Any, package: WordPackage) -> tuple[Any, Notes]:
    """A body of the text and, under headings, of the notes."""
    styles, numbers = Styles(package.styles), Numbers(package.numbering)
    body = etree.Element(f"{WORD}body")
    blocks, notes = plain_body(root, styles, numbers, package.drawn)
    body.extend(blocks)
    for heading, part, name in (
        ("Footnotes", package.footnotes, "footnote"),
        ("Endnotes", package.endnotes, "endnote"),
    ):
        found = list(_notes(part, name, styles, numbers, notes))
        body.extend([_heading(heading), *found] if found else [])
    for heading, found in (
        ("Comments", list(_comments(package.comments, styles, numbers, notes))),
        ("Headers and footers", list(_margins(package.margins, styles, numbers, notes))),
    ):
        body.extend([_heading(heading), *found] if found else [])
    return body, notes


def _comments(part: Any, styles: Styles, numbers: Numbers, lacking: Notes) -> Iterator[Any]:
    """The blocks of the comments, each said to be one, and whose it is."""
    for comment in part.findall(f"{WORD}comment") if part is not None else ():
        blocks, notes = plain_body(comment, styles, numbers, {})
        lacking.update(notes)
        first = next(
            (block for block in blocks if block.tag == f"{WORD}p" and text_of(block).strip()), None
        )
        if first is not None:
            author = comment.get(f"{WORD}author", "").strip()
            first.insert(1, run_of(f"Comment by {author}: " if author else "Comment: "))
            yield from blocks


def _margins(
    parts: Sequence[Any], styles: Styles, numbers: Numbers, lacking: Notes
) -> Iterator[Any]:
    """What stands above and below pages and behind their text, each once; no numbers of pages."""
    said = set()
    for part in parts:
        marks = [mark.get("string", "") for mark in part.iter(_WATERMARK)]
        for paragraph in list(part.iter(f"{WORD}p")):
            if _is_page_number(paragraph):
                paragraph.getparent().remove(paragraph)
        blocks, notes = plain_body(part, styles, numbers, {})
        lacking.update({kind: count for kind, count in notes.items() if kind != "pictures"})
        for block in [*map(_paragraph, marks), *blocks]:
            text = text_of(block).strip()
            if any(map(str.isalpha, text)) and text not in said:
                said.add(text)
                yield block


def _is_page_number(paragraph: Any) -> bool:
    codes = [code.text or "" for code in paragraph.iter(f"{WORD}instrText")]
    codes += [field.get(f"{WORD}instr", "") for field in paragraph.iter(f"{WORD}fldSimple")]
    is_numbered = any(code.split()[:1] in (["PAGE"], ["NUMPAGES"]) for code in codes)
    return is_numbered and len(text_of(paragraph)) <= _PAGE_NUMBER


def _paragraph(text: str) -> Any:
    paragraph = etree.Element(f"{WORD}p")
    paragraph.append(run_of(text))
    return paragraph


def _notes(part: Any, name: str, styles: Styles, numbers: Numbers, lacking: Notes) -> Iterator[Any]:
    """The blocks of the notes; the lines that part notes from text are notes too, of a type."""
    for note in part.findall(WORD + name) if part is not None else ():
        if note.get(f"{WORD}type", "normal") == "normal":
            blocks, notes = plain_body(note, styles, numbers, {})
            lacking.update(notes)
            yield from blocks


def _heading(text: str) -> Any:
    paragraph = etree.Element(f"{WORD}p")
    style = etree.SubElement(etree.SubElement(paragraph, f"{WORD}pPr"), f"{WORD}pStyle")
    style.set(f"{WORD}val", "Heading2")
    paragraph.append(run_of(text))
    return paragraph


def _archive(body: Any) -> io.BytesIO:
    """A DOCX of nothing but the body."""
    document = etree.Element(f"{WORD}document")
    document.append(body)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("word/document.xml", etree.tostring(document))
    return stream


def _as_markdown(whole: WholeHtml) -> WholeHtml:
    """Paragraphs that are Markdown source are read as such."""
    texts = [part.text for part in whole.parts]
    if any(part.kind != "paragraph" for part in whole.parts) or not is_markdown(texts):
        return whole
    found = read_whole(html_of_markdown("\n".join(texts)))
    return replace(found, notes=(*whole.notes, *found.notes))
