"""Text of a PDF, page by page: wrapped lines joined into whole sentences, headings told by their
type, running heads and page numbers dropped.

What is filled into its form follows each page. pdfium is not thread-safe, so one lock guards it.
Not here: scans (they are `empty` and said to be scans, pages that are pictures among others are
noted; there is no OCR), which lines are tables (`tables.py`).
"""

import logging
import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median, quantiles

import pypdfium2
from pypdfium2 import raw as pdfium_c

from browser.documents.parts import Facts, Part, compose, join_lines, tidy
from browser.documents.tables import row_text, rows_of
from browser.html.extract import read_whole
from browser.markup.markdown import html_of_markdown, is_markdown
from browser.pdf.annotations import typed_notes, without_struck
from browser.pdf.forms import Field, dynamic_fields, fields_of, is_dynamic
from browser.pdf.lines import Line, lines_of
from browser.pdf.rules import grids_of
from browser.pdf.tables import Table, is_ruled, parted
from research.domain import PageText, ReadingNote
from research.errors import ReadingError

# It warns of forms of Adobe's own, which are noted here.
logging.getLogger("pypdfium2").setLevel(logging.ERROR)
EXTRACTOR = "pypdfium2/" + str(pypdfium2.version.PYPDFIUM_INFO)
MAX_PAGES = 2000
MIN_CHARACTERS = 8
LONG_VALUE = 200  # characters; a longer value of a field is read as sentences
LARGER = 1.06  # type this much larger is of another kind
APART = 1.6  # lines of a title stand closer than this many times their size
WIDER = 1.3  # lines this much farther apart than usual are of two paragraphs

_pdfium = threading.Lock()
_ENDS = re.compile(r"[.!?。！？:：;；][\"'”’)\]」』）]*$")
_ITEM = re.compile(
    r"^(?:[•●▪◦‣·*–-]\s|\(?\d{1,3}[.)]\s|\(?[a-z][.)]\s|第[一二三四五六七八九十\d]+[章节条]"
    r"|[一二三四五六七八九十]+、)"
)
_PAGE_NUMBER = re.compile(
    r"^(?:page\s+)?[-–—\s]*\d{1,4}[-–—\s]*(?:(?:of|/)\s*\d{1,4})?$|^第\s*\d+\s*页.*$", re.IGNORECASE
)
_NO_HEADING = re.compile(r"[.。,，;；]$")
_BROKEN_WORD = re.compile(r"(\w+)[-\u00ad\u2010\ufffe\x02]$")


@dataclass(frozen=True)
class _Type:
    size: float
    bold: bool


@dataclass(frozen=True)
class _Measure:
    """How a page is set: the usual size of type, the characters of a full line, the distance of two
    lines."""

    size: float
    full: float
    leading: float


@dataclass(frozen=True)
class _Raw:
    """By page its lines and what is filled in. `scanned` are the numbers of pages that hold a
    picture and no text, `unread` the fields whose values cannot be told, `struck` the places where
    words are struck out, `dynamic` forms of Adobe's own (XFA) as a whole."""

    pages: list[list[Line]]
    filled: list[list[Part]]
    scanned: list[int]
    unread: int
    struck: int
    dynamic: bool
    title: str
    author: str

    def is_empty(self) -> bool:
        letters = sum(len(line.text) for page in self.pages for line in page)
        return (
            letters + sum(len(part.text) for page in self.filled for part in page) < MIN_CHARACTERS
        )


def read_pdf(raw: bytes, url: str) -> PageText:
    """Raises `ReadingError`: `encrypted`, `broken`, `empty` (a scan), `too_large`."""
    with _pdfium:
        found = _pages(raw, url)
    if found.is_empty():
        raise ReadingError(url=url, kind="empty", reason=_why_empty(found))
    pages = _without_running_heads(found.pages)
    is_source = is_markdown([line.text for page in pages for line in page])
    parts, notes = (
        _markdown(pages, found.filled) if is_source else (_parts(pages, found.filled), [])
    )
    facts = Facts(
        title=found.title if _is_title(found.title) else _first_words(parts),
        author=found.author or None,
    )
    return compose(
        parts,
        facts,
        media_type="application/pdf",
        extractor=EXTRACTOR,
        notes=[*_notes(found), *notes],
    )


def _notes(found: _Raw) -> Iterator[ReadingNote]:
    if found.scanned:
        yield ReadingNote(
            kind="pages_without_text", count=len(found.scanned), detail=_numbers(found.scanned)
        )
    if found.struck:
        yield ReadingNote(kind="withdrawn", count=found.struck)
    if found.dynamic:
        yield ReadingNote(kind="form_fields", detail="XFA")
    if found.unread:
        yield ReadingNote(kind="form_fields", count=found.unread)


def _numbers(numbers: Sequence[int]) -> str:
    """`3, 5–7`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _pages(raw: bytes, url: str) -> _Raw:
    try:
        document = pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError as error:
        if (
            getattr(error, "err_code", None) == pdfium_c.FPDF_ERR_PASSWORD
            or "password" in str(error).lower()
        ):
            raise ReadingError(
                url=url, kind="encrypted", reason="the PDF needs a password"
            ) from error
        raise ReadingError(url=url, kind="broken", reason="not a readable PDF") from error
    try:
        dynamic = is_dynamic(document)
        form_is_known = dynamic or _knows_form(document)
        if len(document) > MAX_PAGES:
            raise ReadingError(url=url, kind="too_large", reason=f"more than {MAX_PAGES} pages")
        facts = document.get_metadata_dict()
        pages = [_page(document, index) for index in range(len(document))]
        filled = [page.filled for page in pages]
        if dynamic and filled:
            filled[0] = [*map(_field_part, dynamic_fields(document)), *filled[0]]
        return _Raw(
            pages=[page.lines for page in pages],
            filled=filled,
            scanned=[number for number, page in enumerate(pages, 1) if page.scanned],
            unread=sum(page.unread for page in pages) + (not form_is_known),
            struck=sum(page.struck for page in pages),
            dynamic=dynamic,
            title=facts["Title"],
            author=facts["Author"],
        )
    except pypdfium2.PdfiumError as error:
        raise ReadingError(
            url=url, kind="broken", reason=f"a page cannot be read: {error}"
        ) from error
    finally:
        document.close()


def _knows_form(document: pypdfium2.PdfDocument) -> bool:
    """Let pdfium read the document's form, before a page is loaded; False where it cannot."""
    try:
        document.init_forms()
    except pypdfium2.PdfiumError:
        return False
    return True


@dataclass(frozen=True)
class _Page:
    lines: list[Line]
    filled: list[Part]
    unread: int
    struck: int
    scanned: bool


def _page(document: pypdfium2.PdfDocument, index: int) -> _Page:
    page = document[index]
    text_page = page.get_textpage()
    try:
        lines, struck = without_struck(lines_of(text_page, grids_of(page)), page, text_page)
        fields, unread = fields_of(document, page, text_page)
        filled = [*map(_field_part, fields), *map(Part, typed_notes(page))]
        is_bare = sum(len(line.text) for line in lines) < MIN_CHARACTERS and not filled
        return _Page(lines, filled, unread, struck, scanned=is_bare and _shows_picture(page))
    finally:
        text_page.close()
        page.close()


def _field_part(field: Field) -> Part:
    return Part(
        row_text([field.label], [field.value]),
        "row" if len(field.value) <= LONG_VALUE else "paragraph",
    )


def _shows_picture(page: pypdfium2.PdfPage) -> bool:
    return any(True for _ in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=3))


def _why_empty(found: _Raw) -> str:
    """A scan has the words as pictures."""
    if not found.scanned:
        return "no text in it"
    return (
        f"it is a scan: {len(found.scanned)} of {len(found.pages)} pages are pictures "
        f"without text, and pictures are not read"
    )


def _first_words(parts: list[Part]) -> str:
    headings = [part.text for part in parts if part.kind == "heading"]
    return next(iter([*headings, *(part.text for part in parts)]), "")[:120]


def _is_title(title: str) -> bool:
    """Word processors leave file names and 'untitled' in the title field."""
    return bool(tidy(title)) and not re.search(
        r"\.(?:docx?|pdf|indd|tex|dvi|pptx?)$|^untitled|^microsoft word",
        title.strip(),
        re.IGNORECASE,
    )


def _without_running_heads(pages: list[list[Line]]) -> list[list[Line]]:
    """Drop page numbers, and first and last lines that most pages share but for their digits."""
    edges = Counter(
        shape for page in pages for shape in {_shape(line) for line in [*page[:2], *page[-2:]]}
    )
    common = {
        shape for shape, count in edges.items() if len(pages) >= 3 and count >= 0.6 * len(pages)
    }
    return [
        [
            line
            for place, line in enumerate(page)
            if 2 <= place < len(page) - 2 or not _is_furniture(line, common)
        ]
        for page in pages
    ]


def _shape(line: Line) -> str:
    return re.sub(r"\d+", "0", tidy(line.text))


def _is_furniture(line: Line, common: set[str]) -> bool:
    if is_ruled(line):
        return False  # the head of a table is said again on each of its pages
    return _shape(line) in common or bool(_PAGE_NUMBER.match(tidy(line.text)))


def _parts(pages: list[list[Line]], filled: Sequence[list[Part]]) -> list[Part]:
    vocabulary = Counter(
        re.findall(
            r"[^\W\d_]+(?:-[^\W\d_]+)?",
            " ".join(line.text for page in pages for line in page).lower(),
        )
    )
    usual = _usual_type(pages)
    parts: list[Part] = []
    for number, lines in enumerate(pages, 1):
        found: list[Part] = []
        measure = _measure_of(lines, usual)
        for group in parted(lines):
            if isinstance(group, Table):
                found += rows_of(group.rows)
                continue
            for block in _blocks(group, measure):
                text = _reflow([line.text for line in block], vocabulary)
                level = _heading_level(block, usual, first=not parts and not found)
                found.append(Part(text, "heading", level) if level else Part(text))
        _append_page(parts, [*found, *filled[number - 1]], f"page {number}", vocabulary)
    return parts


def _append_page(parts: list[Part], found: list[Part], name: str, vocabulary: Counter[str]) -> None:
    """The parts of a page after those before; its first may go on with a sentence that the last
    page began."""
    if not found:
        return
    first, *others = found
    if first.kind == "paragraph" and parts and _runs_on(parts[-1], first.text):
        parts[-1] = _continued(parts[-1], first.text, name, vocabulary)
    else:
        parts.append(replace(first, marks=((0, name),)))
    parts.extend(others)


def _markdown(
    pages: list[list[Line]], filled: Sequence[list[Part]]
) -> tuple[list[Part], list[ReadingNote]]:
    parts: list[Part] = []
    notes: list[ReadingNote] = []
    for number, lines in enumerate(pages, 1):
        whole = read_whole(html_of_markdown("\n".join(line.text for line in lines)))
        notes.extend(whole.notes)
        found = [*whole.parts, *filled[number - 1]]
        parts.extend(
            replace(part, marks=() if index else ((0, f"page {number}"),))
            for index, part in enumerate(found)
        )
    return parts, notes


def _usual_type(pages: list[list[Line]]) -> _Type:
    """The type in which most of the text is set."""
    types: Counter[_Type] = Counter()
    for line in (line for page in pages for line in page):
        types[_Type(line.size, line.bold)] += len(line.text)
    return max(types, key=lambda one: types[one], default=_Type(0.0, False))


def _heading_level(block: list[Line], usual: _Type, *, first: bool) -> int:
    """1 for the first words of the document, 2 for larger type, 3 for bold type; 0 for what is no
    heading."""
    text = " ".join(line.text for line in block)
    if (
        not usual.size
        or len(block) > 3
        or len(text) > 160
        or _NO_HEADING.search(text)
        or not _is_worded(text)
    ):
        return 0
    if all(line.size >= LARGER * usual.size for line in block):
        return 1 if first else 2
    heavy = not usual.bold and all(line.bold and line.size > usual.size / LARGER for line in block)
    return (1 if first else 3) if heavy and len(text) <= 100 else 0


def _is_worded(text: str) -> bool:
    """Words, not the figures of a table."""
    marks = [char for char in text if not char.isspace()]
    return (
        text[:1] != ""
        and not text[0].islower()
        and sum(map(str.isalpha, marks)) * 3 >= 2 * len(marks)
    )


def _blocks(lines: list[Line], page: _Measure) -> list[list[Line]]:
    """Paragraphs, headings and items among lines of a page, each with its lines."""
    groups = [[lines[0]]]
    for line, following in pairwise(lines):
        if _breaks(line, following, page):
            groups.append([following])
        else:
            groups[-1].append(following)
    return groups


def _measure_of(lines: list[Line], usual: _Type) -> _Measure:
    widths = [len(line.text) for line in lines]
    gaps = [gap for one, other in pairwise(lines) if (gap := _gap(one, other)) > 0]
    full = quantiles(widths, n=10)[8] if len(widths) > 1 else sum(widths)
    return _Measure(usual.size, full, median(gaps) if gaps else 0.0)


def _gap(line: Line, following: Line) -> float:
    return (
        line.base - following.base if line.base is not None and following.base is not None else 0.0
    )


def _breaks(line: Line, following: Line, page: _Measure) -> bool:
    """Whether a paragraph ends between two lines."""
    if _ITEM.match(following.text):
        return True
    if _BROKEN_WORD.search(line.text) or following.text[:1].islower():
        return False
    gap = _gap(line, following)
    short = len(line.text) < 0.75 * page.full
    differ = (
        bool(line.size and following.size) and not 1 / LARGER < line.size / following.size < LARGER
    )
    if page.size and max(line.size, following.size) >= LARGER * page.size:
        return (
            differ or gap > APART * line.size
        )  # a title breaks where it likes, its lines are not full
    if _ENDS.search(line.text):
        return short or differ
    apart = differ or line.bold != following.bold or gap > WIDER * page.leading > 0
    return len(line.text) < 0.55 * page.full or (apart and short)


def _runs_on(part: Part, text: str) -> bool:
    """Whether a paragraph goes on over the page's end."""
    before = part.text
    if part.kind != "paragraph" or _ENDS.search(before) or len(before) < 40:
        return False
    return text[:1].islower() or bool(
        re.match(r"[\u3400-\u9fff]", text) and re.search(r"[\u3400-\u9fff，、]$", before)
    )


def _continued(part: Part, text: str, name: str, vocabulary: Counter[str]) -> Part:
    whole = _reflow([part.text, text], vocabulary)
    return Part(whole, marks=(*part.marks, (max(0, len(whole) - len(text)), name)))


def _reflow(lines: list[str], vocabulary: Counter[str]) -> str:
    pieces: list[str] = []
    for line in lines:
        broken = _BROKEN_WORD.search(pieces[-1]) if pieces else None
        if broken and line[:1].islower():
            pieces[-1] = pieces[-1][: broken.start()] + _joined(broken.group(1), line, vocabulary)
        else:
            pieces.append(line)
    return re.sub("[\u00ad\ufffe\x02]", "", join_lines(pieces))


def _joined(head: str, line: str, vocabulary: Counter[str]) -> str:
    """The word a line end broke: with its hyphen only if the document writes it so elsewhere."""
    tail = re.match(r"\w*", line)
    word = tail.group() if tail else ""
    hyphened = vocabulary[f"{head}-{word}".lower()] > vocabulary[f"{head}{word}".lower()]
    return f"{head}-{line}" if hyphened else head + line
