"""OpenDocument (odt, ods, odp) to HTML, for the one reader of trees.

Deleted text, comments and hidden sheets are left out, with a note. Not here: formulas of sheets
(their values are read), what is drawn.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from html import escape
from typing import Any

from browser.containers.trees import ParsedXml, as_html, parsed_xml, text_of, tree_of_xml
from browser.documents.archives import BROKEN_ARCHIVE, guard_zip
from browser.documents.parts import Facts
from browser.html.extract import WholeHtml, read_whole
from research.domain import NoteKind, ReadingNote
from research.errors import ReadingError

_OMITTED: dict[str, NoteKind | None] = {
    "tracked-changes": None,
    "hidden-text": None,
    "hidden-paragraph": None,
    "annotation": "comments",
    "table-of-content": None,
    "forms": "form_fields",
    "image": "pictures",
    "bibliography-configuration": None,
    "settings": None,
}
_MAX_REPEATED = 1000  # columns or rows that one element stands for; more are empty space
_MAX_CELLS = 500_000
_DEEPEST = 200
_OBJECT = re.compile(r"[^/]+/content\.xml")
_DURATION = re.compile(r"PT(\d{1,6})H(\d\d?)M(\d\d?)(?:[.,]\d+)?S")
_NUMBER = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?")
_SPACES = {"s": " ", "tab": " ", "line-break": "<br>"}
_TAGS = {
    "list": "ul",
    "list-item": "li",
    "list-header": "li",
    "table-header-rows": "thead",
}


def read_opendocument(raw: bytes, url: str) -> WholeHtml:
    """Raises `ReadingError`: `broken`, `encrypted`, `too_large`."""
    guard_zip(raw, url)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            content = archive.read("content.xml")
            formulas = {
                name: archive.read(name) for name in archive.namelist() if _OBJECT.fullmatch(name)
            }
            meta = archive.read("meta.xml") if "meta.xml" in archive.namelist() else b""
            manifest = (
                archive.read("META-INF/manifest.xml")
                if "META-INF/manifest.xml" in archive.namelist()
                else b""
            )
    except BROKEN_ARCHIVE as error:
        raise ReadingError(
            url=url, kind="broken", reason="not a readable OpenDocument file"
        ) from error
    if b"encryption-data" in manifest:
        raise ReadingError(url=url, kind="encrypted", reason="the document needs a password")
    about = _facts(tree_of_xml(meta) if meta else None)
    return _document(parsed_xml(content), formulas, about, url)


def read_flat_opendocument(raw: bytes, url: str) -> WholeHtml:
    """A document in one file of XML. Raises `ReadingError`: `broken`."""
    parsed = parsed_xml(raw)
    meta = next(parsed.root.iter("meta"), None) if parsed.root is not None else None
    return _document(parsed, {}, _facts(meta), url)


def _document(parsed: ParsedXml, formulas: dict[str, bytes], facts: Facts, url: str) -> WholeHtml:
    tree = parsed.root
    body = next(tree.iter("body"), None) if tree is not None else None
    if body is None:
        raise ReadingError(url=url, kind="broken", reason="not a readable OpenDocument file")
    writer = _Writer(tree, formulas)
    writer.write_inside(body, 0)
    found = read_whole("".join(writer.html))
    return WholeHtml(found.parts, facts, (*found.notes, *writer.notes, *parsed.notes))


def _facts(tree: Any) -> Facts:
    if tree is None:
        return Facts()
    author = text_of(next(tree.iter("creator"), None)) or text_of(
        next(tree.iter("initial-creator"), None)
    )
    return Facts(title=text_of(next(tree.iter("title"), None)), author=author or None)


class _Writer:
    """Writes the body of a document as HTML."""

    def __init__(self, tree: Any, formulas: dict[str, bytes]) -> None:
        self.html: list[str] = []
        self.notes: list[ReadingNote] = []
        self._formulas = formulas
        self._cells = 0
        self._hidden: frozenset[int] = frozenset()  # columns of the table that is being written
        self._unshown: set[int] = set()  # those of them that hold something
        styles = list(tree.iter("style"))
        self._titles = {
            "Title",
            *(style.get("name") for style in styles if style.get("parent-style-name") == "Title"),
        }
        self._struck = {style.get("name") for style in styles if _is_struck(style)}
        self._unseen = {style.get("name") for style in styles if _is_hidden(style)}
        deletions = sum(1 for _ in tree.iter("deletion"))
        self.notes += [ReadingNote(kind="withdrawn", count=deletions)] if deletions else []

    def write_inside(self, element: Any, depth: int) -> None:
        self._say(element.text)
        for child in element:
            if isinstance(child.tag, str):
                self._write(child, depth + 1)
            self._say(child.tail)

    def _say(self, text: str | None) -> None:
        if text:
            self.html.append(escape(text, quote=False))

    def _write(self, element: Any, depth: int) -> None:
        tag = element.tag
        if element.get("style-name") in self._unseen and tag != "table":
            return
        if depth > _DEEPEST or tag in _OMITTED:
            kind = _OMITTED.get(tag, "parts_cut")
            self.notes += [ReadingNote(kind=kind)] if kind else []
        elif tag == "table":
            self._table(element, depth)
        elif tag == "object":
            self._object(element)
        elif tag == "table-row":
            self._row(element, depth)
        elif tag == "note":
            self._note(element)
        elif tag in _SPACES:
            self.html.append(_SPACES[tag])
        elif html := self._tag(element):
            struck = tag in ("p", "h") and element.get("style-name") in self._struck
            self._wrapped(html, element, depth, inner="del" if struck else "")
        else:
            self.write_inside(element, depth)

    def _tag(self, element: Any) -> str:
        """HTML's name for an element; '' where it has none."""
        style = element.get("style-name")
        if element.tag == "h":
            level = str(element.get("outline-level", "1"))
            return f"h{level if level in '123456' else 6}"
        if element.tag == "p":
            return "h1" if style in self._titles else "p"
        if element.tag == "span" and style in self._struck:
            return "s"
        return _TAGS.get(element.tag, "")

    def _table(self, element: Any, depth: int) -> None:
        """A table; a sheet has its name above it, a hidden one is left out."""
        name = str(element.get("name", ""))
        if element.get("style-name") in self._unseen:
            self.notes.append(ReadingNote(kind="hidden_sheets", detail=name))
            return
        if element.getparent().tag == "spreadsheet":
            self.html.append(f"<h2>{escape(name, quote=False)}</h2>")
        outer, self._hidden, self._unshown = self._hidden, _hidden_columns(element), set()
        self._wrapped("table", element, depth)
        self._hidden = outer

    def _wrapped(
        self, tag: str, element: Any, depth: int, attributes: str = "", inner: str = ""
    ) -> None:
        self.html.append(f"<{tag}{attributes}>{f'<{inner}>' if inner else ''}")
        self.write_inside(element, depth)
        self.html.append(f"{f'</{inner}>' if inner else ''}</{tag}>")

    def _row(self, element: Any, depth: int) -> None:
        cells = [cell for cell in element if cell.tag in ("table-cell", "covered-table-cell")]
        for cell in cells:
            _fill(cell)
        while cells and cells[-1].tag == "table-cell" and not _is_filled(cells[-1]):
            cells.pop()
        if not cells:
            return
        if element.get("visibility") in ("collapse", "filter"):
            self.notes.append(ReadingNote(kind="hidden_sheets"))
            return
        tag = "th" if element.getparent().tag == "table-header-rows" else "td"
        for _ in range(_times(element, "number-rows-repeated")):
            self.html.append("<tr>")
            column = 0
            for cell in cells:
                for _ in range(_times(cell, "number-columns-repeated")):
                    self._cell(cell, tag, depth, column)
                    column += 1
            self.html.append("</tr>")

    def _cell(self, cell: Any, tag: str, depth: int, column: int) -> None:
        """A cell without those of its columns that are hidden. One that another covers shows
        nothing."""
        across = _times(cell, "number-columns-spanned")
        shown = sum(at not in self._hidden for at in range(column, column + across))
        if cell.tag == "covered-table-cell" or not shown:
            if _is_filled(cell) and column not in self._unshown:
                self._unshown.add(column)
                self.notes.append(ReadingNote(kind="hidden_sheets"))
            return
        self._cells += 1
        if self._cells < _MAX_CELLS:
            spans = f' colspan="{shown}" rowspan="{_times(cell, "number-rows-spanned")}"'
            struck = cell.get("style-name") in self._struck
            self._wrapped(tag, cell, depth, spans, inner="del" if struck else "")
        elif self._cells == _MAX_CELLS:
            self.notes.append(ReadingNote(kind="parts_cut"))

    def _object(self, element: Any) -> None:
        """A formula, within the element or in a file of its own; what is no formula is a
        picture."""
        place = str(element.get("href", "")).removeprefix("./").rstrip("/") + "/content.xml"
        tree = tree_of_xml(self._formulas[place]) if place in self._formulas else element
        formula = next(tree.iter("math"), None) if tree is not None else None
        if formula is not None:
            self.html.append(as_html(formula))
        else:
            self.notes.append(ReadingNote(kind="pictures"))

    def _note(self, element: Any) -> None:
        """A footnote in brackets where it is called."""
        body = next(element.iter("note-body"), None)
        if body is not None:
            self._say(f" ({text_of(body)})")


def _fill(cell: Any) -> None:
    """Write the value of a cell that has one and does not show it as text."""
    shows = any(child.tag != "annotation" for child in cell) or (cell.text or "").strip()
    if cell.tag == "table-cell" and not shows:
        cell.text = _value(cell)


def _value(cell: Any) -> str:
    """A value as it is stored, percents and times as people write them; '' where there is none."""
    kind = cell.get("value-type", "")
    if kind == "time":
        found = _DURATION.fullmatch(cell.get("time-value", ""))
        return f"{found[1]}:{found[2]}:{found[3]}" if found else str(cell.get("time-value", ""))
    if kind in ("date", "boolean", "string"):
        return str(cell.get(f"{kind}-value", ""))
    value = str(cell.get("value", ""))
    if kind == "currency":
        return f"{value} {cell.get('currency', '')}".strip()
    if kind == "percentage" and _NUMBER.fullmatch(value):
        return f"{(Decimal(value) * 100).normalize():f}%"
    return value


def _is_filled(cell: Any) -> bool:
    return bool(text_of(cell)) or next(cell.iter("frame", "object", "image"), None) is not None


def _hidden_columns(table: Any) -> frozenset[int]:
    """The numbers of the columns that a table does not show."""
    hidden: list[int] = []
    column = 0
    for element in table.iter("table-column"):
        if next(element.iterancestors("table")) is table:
            times = _times(element, "number-columns-repeated")
            if element.get("visibility") in ("collapse", "filter"):
                hidden.extend(range(column, column + times))
            column += times
    return frozenset(hidden)


def _times(element: Any, name: str) -> int:
    value = str(element.get(name, "1"))
    return max(1, min(int(value), _MAX_REPEATED)) if value.isdecimal() and len(value) < 10 else 1


def _properties(style: Any) -> Iterator[tuple[str, str]]:
    for child in style:
        yield from (
            (str(name).rpartition("}")[2], str(value)) for name, value in child.attrib.items()
        )


def _is_struck(style: Any) -> bool:
    kinds = ("text-line-through-style", "text-line-through-type")
    return any(name in kinds and value != "none" for name, value in _properties(style))


def _is_hidden(style: Any) -> bool:
    """Whether a style shows nothing: a sheet that is not displayed, hidden text."""
    unseen = "false" if style.get("family") == "table" else "none"
    return ("display", unseen) in set(_properties(style))
