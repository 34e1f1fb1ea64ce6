"""Text of a DOCX: headings, paragraphs and tables in their order, then the footnotes as a section of their own. Not here: headers,
endnotes, comments, text boxes, drawings.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator

import docx
from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from docx.oxml.parser import parse_xml
from docx.table import Table
from docx.text.paragraph import Paragraph
from docx.text.run import Run
from lxml import etree

from browser.documents.parts import Facts, Part, compose
from browser.documents.tables import rows_of
from browser.html.extract import read_whole
from browser.markup.markdown import html_of_markdown, is_markdown
from browser.office.archives import guard_zip
from research.errors import ReadingError
from research.types import PageText

EXTRACTOR = "python-docx/" + docx.__version__


def read_docx(raw: bytes, url: str) -> PageText:
    """Raises `ReadingError`: `broken`, `too_large` (a bomb), `empty`."""
    guard_zip(raw, url)
    try:
        document = docx.Document(io.BytesIO(raw))
        parts = [*_as_markdown(list(_parts(document))), *_footnotes(document)]
        core = document.core_properties
        title, author = core.title, core.author
    except (
        OpcError,
        KeyError,
        ValueError,
        AttributeError,
        etree.XMLSyntaxError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise ReadingError(url=url, kind="broken", reason="not a readable DOCX") from error
    heading = next((part.text for part in parts if part.kind == "heading"), "")
    # What templates put into the author field.
    facts = Facts(title=title or heading, author=author if author and author != "python-docx" else None)
    media_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    return compose(parts, facts, media_type=media_type, extractor=EXTRACTOR)


def _parts(document: Document) -> Iterator[Part]:
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            yield from rows_of(_cells(block))
        elif text := _text(block).strip():
            level = _level(block)
            yield Part(text, "heading", level) if level else Part(text)


def _footnotes(document: Document) -> list[Part]:
    """Each note a paragraph under one heading; the lines that part notes from text are notes too, of a type."""
    found = []
    for relation in document.part.rels.values():
        if relation.reltype == RELATIONSHIP_TYPE.FOOTNOTES and not relation.is_external:
            notes = parse_xml(relation.target_part.blob)
            for note in notes.iterchildren(qn("w:footnote")):
                paragraphs = [_text(Paragraph(one, document)) for one in note.iter(qn("w:p"))]
                if note.get(qn("w:type"), "normal") == "normal" and (text := " ".join(" ".join(paragraphs).split())):
                    found.append(Part(text))
    return [Part("Footnotes", "heading", 2), *found] if found else []


def _as_markdown(parts: list[Part]) -> list[Part]:
    """Paragraphs that are Markdown source are read as such."""
    texts = [part.text for part in parts]
    if all(part.kind == "paragraph" for part in parts) and is_markdown(texts):
        return list(read_whole(html_of_markdown("\n".join(texts))).parts)
    return parts


def _cells(table: Table) -> list[list[str]]:
    """A merged cell once, where it starts."""
    rows = []
    for row in table.rows:
        cells, seen = [], set()
        for cell in row.cells:
            if id(cell._tc) not in seen:
                seen.add(id(cell._tc))
                cells.append(" ".join(_text(paragraph) for paragraph in cell.paragraphs))
        rows.append(cells)
    return rows


def _text(paragraph: Paragraph) -> str:
    """The paragraph's text, links included, without runs marked hidden."""
    runs: list[Run] = []
    for item in paragraph.iter_inner_content():
        runs.extend([item] if isinstance(item, Run) else item.runs)
    return "".join(run.text for run in runs if not run.font.hidden)


def _level(paragraph: Paragraph) -> int:
    """1 to 6 for a heading, 0 for other text."""
    name = (paragraph.style.name or "") if paragraph.style else ""
    if name == "Title":
        return 1
    number = name.removeprefix("Heading ")
    return min(int(number), 6) if name.startswith("Heading ") and number.isdigit() else 0
