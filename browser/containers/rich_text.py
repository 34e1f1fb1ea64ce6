"""RTF: its words by `striprtf`, its tables, notes and struck text by marks set before. Pure.

Not here: pictures, headings without a level of outline.
"""

import re
from collections.abc import Iterator, Sequence

from striprtf.striprtf import rtf_to_text

from browser.documents.parts import Facts, Part
from browser.documents.tables import Cell, table_parts
from browser.html.extract import WholeHtml
from research.errors import ReadingError
from research.types import ReadingNote

_TOKEN = re.compile(r"\\(?P<word>[a-z]{1,32})(?P<number>-?\d{1,10})? ?|\\'[0-9a-fA-F]{2}|\\.|[{}]|[^\\{}]+", re.DOTALL)
# Marks of our own, in the area of characters that mean nothing, as RTF writes characters.
_CELL, _ROW, _NOTE, _END, _START, _LEVEL = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004", "\ue005"
_WORDS = {
    "cell": r"\u-8192?",
    "nestcell": r"\u-8192?",
    "row": r"\u-8191?\par ",
    "nestrow": r"\u-8191?\par ",
    "trowd": r"\trowd\u-8188?",
}
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
    marked, notes = _marked(source)
    try:
        text = _plain(marked)
        head = f"{source[: source.find('{', 1)]}" if source.find("{", 1) > 0 else "{\\rtf1 "
        said = {name: _plain(f"{head}{found[1]}}}").strip() for name, found in _info(source)}
    except (ValueError, LookupError, IndexError, OverflowError, TypeError) as error:
        raise ReadingError(url=url, kind="broken", reason="not a readable RTF document") from error
    parts = tuple(_parts(text))
    facts = Facts(title=said.get("title") or _first_line(parts), author=said.get("author"))
    return WholeHtml(parts, facts, tuple(notes))


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


def _marked(source: str) -> tuple[str, list[ReadingNote]]:
    """The source with marks at cells, rows and footnotes, without text that is struck, deleted or
    hidden."""
    out: list[str] = []
    outer: list[tuple[frozenset[str], bool]] = []
    untold: frozenset[str] = frozenset()
    in_note = False
    withdrawn = 0
    for token in _TOKEN.finditer(source):
        word, text = token["word"], token[0]
        if text == "{":
            outer.append((untold, in_note))
            in_note = False
        elif text == "}":
            text = rf"\u-8189?{text}" if in_note else text
            untold, in_note = outer.pop() if outer else (frozenset(), False)
        elif word in _UNTOLD:
            off = token["number"] == "0"
            untold = untold - {word} if off else untold | {word}
            withdrawn += not off and word != "v"
        elif word == "plain":
            untold = untold & {"deleted"}
        elif word == "footnote":
            in_note, text = True, r"\u-8190?"
        elif word == "outlinelevel" and token["number"] in _LEVELS:
            text = rf"{text}\u-8187?{token['number']}"
        elif word in _WORDS:
            text = _WORDS[word]
        elif untold and (word is None or word in ("u", "tab", "line")):
            continue
        out.append(text)
    notes = [ReadingNote(kind="withdrawn", count=withdrawn)] if withdrawn else []
    return "".join(out), notes


def _parts(text: str) -> Iterator[Part]:
    """Paragraphs, and the rows between them: a row reaches from its first mark to its last."""
    text, found = _without_notes(text)
    *segments, rest = text.split(_ROW)
    rows: list[list[Cell]] = []
    for segment in segments:
        above, _, inside = segment.partition(_START) if _START in segment else ("", "", segment)
        if above.strip():
            yield from table_parts(rows)
            rows = []
            yield from _paragraphs(above.split("\n"))
        cells = inside.replace(_START, "").split(_CELL)
        rows.append([Cell(cell) for cell in (cells if cells[-1].strip() else cells[:-1])])
    yield from table_parts(rows)
    yield from _paragraphs(rest.replace(_CELL, "\n").replace(_START, "").split("\n"))
    yield from _paragraphs(found)


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

    return re.sub(f"{_NOTE}(.*?){_END}", noted, text, flags=re.DOTALL), [note for note in notes if note]
