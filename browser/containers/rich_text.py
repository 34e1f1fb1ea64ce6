"""RTF: its words by `striprtf`, its tables, notes and struck text by marks set before. Pure.

Not here: pictures, headings without a level of outline.
"""

import re
from collections.abc import Iterator, Sequence

from striprtf.striprtf import rtf_to_text

from browser.containers.rich_text_tables import RowShape, ShapedRow, laid_out
from browser.documents.parts import Facts, Part
from browser.documents.tables import Cell, table_parts
from browser.html.extract import WholeHtml
from research.domain import ReadingNote
from research.errors import ReadingError

_TOKEN = re.compile(
    r"\\(?P<word>[a-z]{1,32})(?P<number>-?\d{1,10})? ?|\\'[0-9a-fA-F]{2}|\\.|[{}]|[^\\{}]+",
    re.DOTALL,
)
# Marks of our own, in the area of characters that mean nothing, as RTF writes characters.
_CELL, _ROW, _NOTE, _END, _START, _LEVEL = (
    "\ue000",
    "\ue001",
    "\ue002",
    "\ue003",
    "\ue004",
    "\ue005",
)
_INNER_CELL, _INNER_ROW, _INNER = "\ue006", "\ue007", "\ue008"
_CELLS = {"cell": r"\u-8192?", "nestcell": r"\u-8186?"}
_ROWS = {"row": r"\u-8191?%d;\par ", "nestrow": r"\u-8185?%d;"}
_ROW_END = re.compile(rf"{_ROW}(\d+);")
_INNER_ROW_END = re.compile(rf"{_INNER_ROW}(\d+);")
_OF_INNER_ROWS = re.compile(r"\{\\\*\\nesttableprops\b ?")
_FOR_OLD_READERS = re.compile(r"\{\\nonesttables\b")
_FONT = re.compile(r"(\{\\f\d+(?:(?!\\fcharset)[^{};])*;)")
_EXPONENT = re.compile(r"\\super ?([+-]?\d{1,3})(?=[\\}])")
_STARRED_NOTE = re.compile(r"\{\\\*\\footnote\b")
_HEADING = re.compile(rf"{_LEVEL}(\d)")
_FIELD = re.compile(r"(\\fldinst[^\\]*?)HYPERLINK")
LONGEST_TITLE = 120  # characters
_UNTOLD = ("strike", "striked", "deleted", "v")
_LEVELS = frozenset("012345")
_TITLE = re.compile(r"\{\\title (.*?)(?<!\\)\}", re.DOTALL)
_AUTHOR = re.compile(r"\{\\author (.*?)(?<!\\)\}", re.DOTALL)
_EIGHT_BIT = re.compile(rb"[\x80-\xff]")


def read_rtf(raw: bytes, url: str) -> WholeHtml:
    """Raises `ReadingError`: `broken`."""
    source = _EIGHT_BIT.sub(lambda byte: b"\\'%02x" % byte[0][0], raw).decode("ascii")
    source = _FIELD.sub(r"\1", _FONT.sub(_with_charset, source))
    source = _STARRED_NOTE.sub(r"{\\footnote", _EXPONENT.sub(r"^\1", source))
    source = _FOR_OLD_READERS.sub(
        r"{\\*\\nonesttables", _OF_INNER_ROWS.sub(r"{\\nestedrow ", source)
    )
    marked = _Marked(source)
    try:
        text = _plain("".join(marked.out))
        head = f"{source[: source.find('{', 1)]}" if source.find("{", 1) > 0 else "{\\rtf1 "
        said = {name: _plain(f"{head}{found[1]}}}").strip() for name, found in _info(source)}
    except (ValueError, LookupError, IndexError, OverflowError, TypeError) as error:
        raise ReadingError(url=url, kind="broken", reason="not a readable RTF document") from error
    parts = tuple(_parts(text, marked.shapes))
    facts = Facts(title=said.get("title") or _first_line(parts), author=said.get("author"))
    return WholeHtml(parts, facts, marked.notes())


def _first_line(parts: Sequence[Part]) -> str:
    """The first paragraph where it can be a title."""
    text = parts[0].text if parts and parts[0].kind != "row" else ""
    return text if len(text) <= LONGEST_TITLE and text[-1:] not in ".:;。" else ""


def _with_charset(font: re.Match[str]) -> str:
    """A font without a character set has the document's, not that of the next font."""
    return re.sub(r"(\\f\d+)", r"\1\\fcharset1", font[0], count=1)


def _plain(source: str) -> str:
    return str(rtf_to_text(source, errors="replace"))  # type: ignore[no-untyped-call]


def _info(source: str) -> Iterator[tuple[str, re.Match[str]]]:
    for name, pattern in (("title", _TITLE), ("author", _AUTHOR)):
        if found := pattern.search(source, 0, 100_000):
            yield name, found


class _Marked:
    """The source with marks at cells, rows and footnotes, without text that is struck, deleted or
    hidden. `shapes` are the definitions of the rows, by the number that stands at a row's mark."""

    def __init__(self, source: str) -> None:
        self.out: list[str] = []
        self.shapes: list[RowShape] = []
        self._shape = {False: RowShape(), True: RowShape()}  # of outer rows, of inner ones
        self._outer: list[tuple[frozenset[str], bool, bool]] = []
        self._untold: frozenset[str] = frozenset()
        self._in_note = self._in_inner = False
        self._withdrawn = 0
        for token in _TOKEN.finditer(source):
            self._take(token)

    def notes(self) -> tuple[ReadingNote, ...]:
        count = self._withdrawn
        return (ReadingNote(kind="withdrawn", count=count),) if count else ()

    def _take(self, token: re.Match[str]) -> None:
        word, text = token["word"], token[0]
        number = int(token["number"] or 0)
        if text == "{":
            self._outer.append((self._untold, self._in_note, self._in_inner))
            self._in_note = False
        elif text == "}":
            text = rf"\u-8189?{text}" if self._in_note else text
            left = self._outer.pop() if self._outer else (frozenset(), False, False)
            self._untold, self._in_note, self._in_inner = left
        elif word is not None:
            text = self._word(word, number, text)
        if not (
            self._untold and (word is None or word in ("u", "tab", "line")) and text not in "{}"
        ):
            self.out.append(text)

    def _word(self, word: str, number: int, text: str) -> str:
        """The text of a control word with its mark."""
        if word in _UNTOLD:
            self._strike(word, off=text.rstrip().endswith(f"{word}0"))
        elif word == "plain":
            self._untold = self._untold & {"deleted"}
        elif word == "footnote":
            self._in_note, text = True, r"\u-8190?"
        elif word == "outlinelevel" and text.rstrip()[-1] in _LEVELS:
            text = rf"{text}\u-8187?{number}"
        elif word == "nestedrow":
            self._in_inner = True
        elif word == "itap" and number > 1:
            text = r"\u-8184?"
        elif word == "trowd":
            self._shape[self._in_inner] = RowShape()
            text = text if self._in_inner else r"\trowd\u-8188?"
        elif word in _CELLS:
            text = _CELLS[word]
        elif word in _ROWS:
            self.shapes.append(self._shape[word == "nestrow"])
            text = _ROWS[word] % (len(self.shapes) - 1)
        else:
            self._shape[self._in_inner].take(word, number)
        return text

    def _strike(self, word: str, *, off: bool) -> None:
        self._untold = self._untold - {word} if off else self._untold | {word}
        self._withdrawn += not off and word != "v"


def _parts(text: str, shapes: Sequence[RowShape]) -> Iterator[Part]:
    """Paragraphs, and the rows between them: a row reaches from its first mark to its last."""
    text, found = _without_notes(text)
    *pieces, rest = _ROW_END.split(text)
    rows: list[ShapedRow] = []
    for segment, number in zip(pieces[::2], pieces[1::2], strict=True):
        above, _, inside = segment.partition(_START) if _START in segment else ("", "", segment)
        if above.strip():
            yield from table_parts(laid_out(rows))
            rows = []
            yield from _paragraphs(above.split("\n"))
        cells = inside.replace(_START, "").split(_CELL)
        cells = cells if cells[-1].strip() else cells[:-1]
        row = tuple(_cell(cell, shapes) for cell in cells)
        rows.append(ShapedRow(shapes[int(number)], row))
    yield from table_parts(laid_out(rows))
    yield from _paragraphs(rest.replace(_CELL, "\n").replace(_START, "").split("\n"))
    yield from _paragraphs(found)


def _cell(text: str, shapes: Sequence[RowShape]) -> Cell:
    """A cell and the rows of the table in it."""
    before, _, inner = text.partition(_INNER) if _INNER_ROW in text else ("", "", "")
    *pieces, after = _INNER_ROW_END.split(inner)
    rows = [
        ShapedRow(shapes[int(number)], tuple(map(Cell, _words(segment).split(_INNER_CELL)[:-1])))
        for segment, number in zip(pieces[::2], pieces[1::2], strict=True)
    ]
    words = _words(f"{before} {after}" if rows else text).replace(_INNER_CELL, " ")
    return Cell(words, inside=tuple(table_parts(laid_out(rows))))


def _words(text: str) -> str:
    return text.replace(_INNER, "")


def _paragraphs(lines: Sequence[str]) -> Iterator[Part]:
    for line in lines:
        text = _HEADING.sub("", line)
        if text.strip():
            level = _HEADING.search(line)
            yield Part(text, "heading", int(level[1]) + 1) if level else Part(text)


def _without_notes(text: str) -> tuple[str, list[str]]:
    """The text, and its footnotes, to be told after it."""
    notes: list[str] = []

    def noted(match: re.Match[str]) -> str:
        notes.append(" ".join(match[1].split()))
        return ""

    return re.sub(f"{_NOTE}(.*?){_END}", noted, text, flags=re.DOTALL), [
        note for note in notes if note
    ]
