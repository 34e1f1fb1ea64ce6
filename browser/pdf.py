"""Text of a PDF, page by page: wrapped lines joined into whole sentences, running heads and page numbers dropped.

pdfium is not thread-safe, so one lock guards it. Not here: scans (they are `empty`; there is no OCR), tables as
tables, forms.
"""

import re
import threading
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import quantiles

import pypdfium2
from pypdfium2 import raw as pdfium_c

from browser.parts import Facts, Part, compose, is_markdown, join_lines, parts_of_markdown, tidy
from research.errors import ReadingError
from research.types import PageText

EXTRACTOR = "pypdfium2/" + str(pypdfium2.version.PYPDFIUM_INFO)
MAX_PAGES = 2000
MIN_CHARACTERS = 8

_pdfium = threading.Lock()
_ENDS = re.compile(r"[.!?。！？:：;；][\"'”’)\]」』）]*$")
_ITEM = re.compile(r"^(?:[•●▪◦‣·*–-]\s|\(?\d{1,3}[.)]\s|\(?[a-z][.)]\s|第[一二三四五六七八九十\d]+[章节条]|[一二三四五六七八九十]+、)")
_PAGE_NUMBER = re.compile(r"^(?:page\s+)?[-–—\s]*\d{1,4}[-–—\s]*(?:(?:of|/)\s*\d{1,4})?$|^第\s*\d+\s*页.*$", re.IGNORECASE)
_BROKEN_WORD = re.compile(r"(\w+)[-\u00ad\u2010\ufffe\x02]$")


@dataclass(frozen=True)
class _Raw:
    pages: list[str]
    title: str
    author: str


def read_pdf(raw: bytes, url: str) -> PageText:
    """Raises `ReadingError`: `encrypted`, `broken`, `empty` (a scan), `too_large`."""
    with _pdfium:
        found = _pages(raw, url)
    if sum(len(page.strip()) for page in found.pages) < MIN_CHARACTERS:
        raise ReadingError(url=url, kind="empty", reason="no text in it (a scan?)")
    pages = _without_running_heads([page.splitlines() for page in found.pages])
    parts = _markdown(pages) if is_markdown([line for page in pages for line in page]) else _parts(pages)
    title = found.title if _is_title(found.title) else next((part.text for part in parts), "")[:120]
    facts = Facts(title=title, author=found.author or None)
    return compose(parts, facts, media_type="application/pdf", extractor=EXTRACTOR)


def _pages(raw: bytes, url: str) -> _Raw:
    try:
        document = pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pdfium_c.FPDF_ERR_PASSWORD or "password" in str(error).lower():
            raise ReadingError(url=url, kind="encrypted", reason="the PDF needs a password") from error
        raise ReadingError(url=url, kind="broken", reason="not a readable PDF") from error
    try:
        if len(document) > MAX_PAGES:
            raise ReadingError(url=url, kind="too_large", reason=f"more than {MAX_PAGES} pages")
        facts = document.get_metadata_dict()
        return _Raw([_page_text(document, index) for index in range(len(document))], facts["Title"], facts["Author"])
    except pypdfium2.PdfiumError as error:
        raise ReadingError(url=url, kind="broken", reason=f"a page cannot be read: {error}") from error
    finally:
        document.close()


def _page_text(document: pypdfium2.PdfDocument, index: int) -> str:
    page = document[index]
    text_page = page.get_textpage()
    try:
        return str(text_page.get_text_bounded())
    finally:
        text_page.close()
        page.close()


def _is_title(title: str) -> bool:
    """Word processors leave file names and 'untitled' in the title field."""
    return bool(tidy(title)) and not re.search(
        r"\.(?:docx?|pdf|indd|tex|dvi|pptx?)$|^untitled|^microsoft word", title.strip(), re.IGNORECASE
    )


def _without_running_heads(pages: list[list[str]]) -> list[list[str]]:
    """Drop page numbers, and first and last lines that most pages share but for their digits."""
    filled = [[line for line in page if tidy(line)] for page in pages]
    edges = Counter(shape for page in filled for shape in {_shape(line) for line in [*page[:2], *page[-2:]]})
    common = {shape for shape, count in edges.items() if len(pages) >= 3 and count >= 0.6 * len(pages)}
    return [[line for place, line in enumerate(page) if 2 <= place < len(page) - 2 or not _is_furniture(line, common)] for page in filled]


def _shape(line: str) -> str:
    return re.sub(r"\d+", "0", tidy(line))


def _is_furniture(line: str, common: set[str]) -> bool:
    return _shape(line) in common or bool(_PAGE_NUMBER.match(tidy(line)))


def _parts(pages: list[list[str]]) -> list[Part]:
    vocabulary = Counter(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)?", " ".join(" ".join(page) for page in pages).lower()))
    parts: list[Part] = []
    for number, lines in enumerate(pages, 1):
        paragraphs = [_reflow(lines, vocabulary) for lines in _paragraphs([tidy_line(line) for line in lines])]
        for index, text in enumerate(paragraphs):
            name = f"page {number}"
            if index == 0 and parts and _runs_on(parts[-1].text, text):
                parts[-1] = _continued(parts[-1], text, name, vocabulary)
            else:
                parts.append(Part(text, marks=() if index else ((0, name),)))
    return parts


def _markdown(pages: list[list[str]]) -> list[Part]:
    parts: list[Part] = []
    for number, lines in enumerate(pages, 1):
        found = parts_of_markdown("\n".join(lines))
        parts.extend(replace(part, marks=() if index else ((0, f"page {number}"),)) for index, part in enumerate(found))
    return parts


def tidy_line(line: str) -> str:
    return re.sub(r"[^\S\n]+", " ", line).strip()


def _paragraphs(lines: list[str]) -> list[list[str]]:
    if not lines:
        return []
    widths = [len(line) for line in lines]
    full = quantiles(widths, n=10)[8] if len(widths) > 1 else widths[0]
    groups = [[lines[0]]]
    for line, following in pairwise(lines):
        if _breaks(line, following, full):
            groups.append([following])
        else:
            groups[-1].append(following)
    return groups


def _breaks(line: str, following: str, full: float) -> bool:
    """Whether a paragraph ends between two lines of a page whose full lines have `full` characters."""
    if _ITEM.match(following):
        return True
    if _BROKEN_WORD.search(line) or following[:1].islower():
        return False
    short = len(line) < 0.75 * full
    return short if _ENDS.search(line) else len(line) < 0.55 * full


def _runs_on(before: str, text: str) -> bool:
    """Whether a paragraph goes on over the page's end."""
    if _ENDS.search(before) or len(before) < 40:
        return False
    return text[:1].islower() or bool(re.match(r"[\u3400-\u9fff]", text) and re.search(r"[\u3400-\u9fff，、]$", before))


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
