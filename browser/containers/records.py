"""JSON, JSON Lines and XML as records: every innermost group of values is a row that names its
fields.

A list of records of one shape reads as a table does. Not here: what the fields mean, feeds,
notebooks.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from browser.containers.trees import as_html, parsed_xml, text_of
from browser.documents.parts import Facts, Part
from browser.documents.tables import Cell, row_text, table_parts
from browser.html.extract import WholeHtml, read_whole
from browser.markup.charset import decode_text
from browser.markup.plain import parts_of_plain
from research.domain import ReadingNote

_DEEPEST = 60
_MOST = 200_000  # rows
_WIDEST = 1000  # cells of a row that are left out
_DIGITS = 6  # of the place of a cell; a longer one is none
_PROSE = 120  # characters; a longer text is a paragraph under its name
Field = tuple[str, str]
_HTML_TAGS = {
    **dict.fromkeys(("p", "para", "simpara", "ab"), "p"),
    **dict.fromkeys(("title", "head", "article-title", "book-title"), "h2"),
    **dict.fromkeys(("table", "tgroup", "tbl", "Table"), "table"),
    **dict.fromkeys(("tr", "row", "strow", "Row"), "tr"),
    **dict.fromkeys(("td", "entry", "cell", "stentry", "tc", "Cell"), "td"),
    **dict.fromkeys(("ul", "itemizedlist", "list"), "ul"),
    **dict.fromkeys(("ol", "orderedlist"), "ol"),
    **dict.fromkeys(("li", "listitem", "list-item", "item"), "li"),
    **dict.fromkeys(("dl", "variablelist", "def-list"), "dl"),
    **{
        "term": "dt",
        "def": "dd",
        "superscript": "sup",
        "subscript": "sub",
        "strike": "s",
        "strikethrough": "s",
        "disp-quote": "blockquote",
    },
    **dict.fromkeys(("pre", "programlisting", "codeblock", "screen"), "pre"),
    **dict.fromkeys(("alternatives", "inline-formula", "tex-math"), "span"),
    **{
        tag: tag
        for tag in (
            "thead",
            "tbody",
            "th",
            "sup",
            "sub",
            "s",
            "del",
            "math",
            "dt",
            "dd",
            "blockquote",
        )
    },
}
_DRAWN = ("text", "title", "desc", "foreignObject")
_UNSEEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)


def read_json(raw: bytes, url: str) -> WholeHtml:
    """What is no JSON is read as plain text."""
    text = decode_text(raw).removeprefix("\ufeff")
    parts: list[Part] = []
    damaged = 0
    try:
        documents: list[Any] = [_loaded(text)]
    except (ValueError, RecursionError):
        documents = []
        for line in filter(str.strip, text.splitlines()):
            try:
                documents.append(_loaded(line))
            except (ValueError, RecursionError):
                damaged += 1
        if damaged >= len(documents):
            return WholeHtml(tuple(parts_of_plain(text)), Facts())
    for document in documents:
        parts.extend(_value(document, "", 0))
    notes = (ReadingNote(kind="parts_unread", count=damaged),) if damaged else ()
    cut = (ReadingNote(kind="parts_cut"),) if len(parts) > _MOST or _is_deep(documents) else ()
    return WholeHtml(tuple(parts[:_MOST]), Facts(title=_title(documents)), (*notes, *cut))


def _loaded(text: str) -> Any:
    """JSON with its fractions as they are written: 1.10 stays so."""
    return json.loads(text, parse_float=str)


def _is_deep(value: list[Any]) -> bool:
    """Whether values are nested deeper than is read."""
    level: list[Any] = value
    for _ in range(_DEEPEST + 1):
        groups = [
            one.values() if isinstance(one, dict) else one
            for one in level
            if isinstance(one, dict | list)
        ]
        level = [inner for group in groups for inner in group]
    return any(isinstance(one, dict | list) for one in level)


def _title(documents: list[Any]) -> str:
    only = documents[0] if len(documents) == 1 else None
    title = only.get("title") if isinstance(only, dict) else None
    return title if isinstance(title, str) else ""


def _value(value: Any, name: str, depth: int, label: Sequence[Field] = ()) -> Iterator[Part]:
    """A value under its name, and what is nested in it. `label` is what tells the record around
    it."""
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        yield from _record(value, name, depth, label)
    elif (
        isinstance(value, list)
        and value
        and all(isinstance(row, list) and _is_short(row) for row in value)
    ):
        yield from table_parts([[Cell(_said(cell)) for cell in row] for row in value], caption=name)
    elif isinstance(value, list) and not _is_short(value):
        for one in value:
            yield from _value(one, name, depth + 1, label)
    else:
        yield from _row([*label, (name, _said(value))])


def _record(
    record: dict[str, Any], name: str, depth: int, label: Sequence[Field]
) -> Iterator[Part]:
    """Its short values in a row, long ones as paragraphs, then the records in it."""
    fields = list(_fields(record, ""))
    short = [(key, value) for key, value in fields if len(value) <= _PROSE]
    yield from _row([*label, *([("", name)] if label and name else []), *short] if short else [])
    yield from (Part(f"{key}: {value}") for key, value in fields if len(value) > _PROSE)
    for key, value in record.items():
        if not _is_short(value) and not _is_flat(value):
            yield from _value(value, key, depth + 1, short[:1] or label)


def _fields(record: dict[str, Any], before: str) -> Iterator[Field]:
    """The values of a record, and those of records in it that hold nothing but values."""
    for key, value in record.items():
        name = f"{before} {key}".strip()
        if _is_short(value):
            yield name, _said(value)
        elif _is_flat(value):
            yield from _fields(value, name)


def _is_flat(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_short, value.values()))


def _is_short(value: Any) -> bool:
    """Whether a value is one, or a list of such."""
    return all(map(_is_plain, value)) if isinstance(value, list) else _is_plain(value)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def _said(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_said, value)))
    return value if isinstance(value, str) else json.dumps(value)


def read_xml(raw: bytes, url: str) -> WholeHtml:
    """Prose as paragraphs, records as rows; of a drawing its words. What is no XML is read as plain
    text."""
    found = parsed_xml(raw)
    if found.root is None:
        return WholeHtml(tuple(parts_of_plain(decode_text(raw))), Facts())
    whole = _document(found.root)
    return replace(whole, notes=(*whole.notes, *found.notes))


def _document(root: Any) -> WholeHtml:
    if root.tag == "html":
        return read_whole(as_html(root))
    if root.tag == "svg":
        return _drawing(root)
    if root.tag == "Workbook":
        _number_cells(root)
    if root.tag == "Workbook" or _is_prose(root):
        return _prose(root)
    parts: list[Part] = []
    for part in _element(root, 0):
        parts.append(part)
        if len(parts) >= _MOST:
            return WholeHtml(tuple(parts), Facts(), (ReadingNote(kind="parts_cut"),))
    return WholeHtml(tuple(parts), Facts(title=_xml_title(root)))


def _is_prose(root: Any) -> bool:
    """Whether a document is of one of the vocabularies of written texts (DocBook, JATS, TEI,
    FictionBook, DITA)."""
    return any(True for _ in root.iter("p", "para", "simpara", "ab", "tgroup"))


def _number_cells(root: Any) -> None:
    """Fill in the cells that a sheet of Excel 2003 leaves out: a cell may say its place."""
    left = _MOST
    for row in root.iter("Row"):
        at = 0
        for cell in list(row):
            place = str(cell.get("Index", ""))
            gap = int(place) - 1 - at if place.isdecimal() and len(place) < _DIGITS else 0
            gap = max(0, min(gap, _WIDEST, left))
            for _ in range(gap):
                cell.addprevious(cell.makeelement("Cell"))
            left -= gap
            at += gap + 1


def _prose(root: Any) -> WholeHtml:
    title = _xml_title(root)
    formulas = {element for formula in root.iter("math") for element in formula.iter()}
    known: dict[Any, bool] = {None: False}  # whether text stands among the elements in one
    for element in [element for element in root.iter() if element not in formulas]:
        parent = element.getparent()
        if parent not in known:
            known[parent] = _is_mixed(parent)
        mixed = known[parent]
        if element.tag in ("footnote", "fn") and mixed:
            element.text, element[:] = f" ({text_of(element)})", []
        if (
            element.tag == "delText"
            or (element.tag == "tex-math" and formulas)
            or element.get("ref-type") == "fn"
        ):
            element.text, element[:] = (
                None,
                [],
            )  # deleted, the same formula once more, the mark of a note
        element.tag = _html_tag(element, mixed)
        element.attrib.clear()
    return replace(read_whole(f"<body>{as_html(root)}</body>"), facts=Facts(title=title))


def _html_tag(element: Any, mixed: bool) -> str:
    if any("strike" in value for value in element.attrib.values()):
        return "s"
    parent = element.getparent()
    if (
        element.tag == "listitem"
        and parent is not None
        and len(parent)
        and parent[0].tag in ("term", "dt")
    ):
        return "dd"
    return _HTML_TAGS.get(element.tag, "span" if mixed else "div")


def _is_mixed(element: Any) -> bool:
    """Whether text stands among the elements in it."""
    return bool((element.text or "").strip()) or any(
        (child.tail or "").strip() for child in element
    )


def _xml_title(root: Any) -> str:
    return next(
        (
            text
            for one in root.iter("title", "article-title", "book-title")
            if (text := text_of(one))
        ),
        "",
    )


def _drawing(root: Any) -> WholeHtml:
    unseen = [*root.iter("style", "script", "metadata"), *filter(_is_unseen, root.iter())]
    for element in unseen:
        element.clear(keep_tail=True)
    outer = [
        one for one in root.iter(*_DRAWN) if not any(up.tag in _DRAWN for up in one.iterancestors())
    ]
    parts: list[Part] = []
    notes = [ReadingNote(kind="pictures")]
    for one in outer:
        if one.tag == "foreignObject":
            found = read_whole(as_html(one))
            parts.extend(found.parts)
            notes.extend(found.notes)
        else:
            parts.append(Part(text_of(one)))
    title = text_of(next((one for one in root if one.tag == "title"), None))
    return WholeHtml(tuple(parts), Facts(title=title), tuple(notes))


def _is_unseen(element: Any) -> bool:
    said = (element.get("display"), element.get("visibility"))
    return (
        said[0] == "none" or said[1] == "hidden" or bool(_UNSEEN.search(element.get("style", "")))
    )


def _element(element: Any, depth: int) -> Iterator[Part]:
    """An element with text among its elements is a paragraph; one whose elements all are values, a
    record; all others are looked into."""
    children = [child for child in element if isinstance(child.tag, str)]
    if _is_mixed(element) or depth > _DEEPEST:
        text = text_of(element)
        if not children and depth and len(text) <= _PROSE:
            yield from _row([*_attributes(element), (element.tag, text)])
        elif text:
            yield Part(text)
        return
    fields = _attributes(element)
    for child in children:
        if not len(child) and len(text := text_of(child)) <= _PROSE:
            fields += [(f"{child.tag} {name}", value) for name, value in _attributes(child)]
            fields.append((child.tag, text))
    yield from _row(fields)
    for child in children:
        if len(child) or len(text_of(child)) > _PROSE:
            yield from _element(child, depth + 1)


def _attributes(element: Any) -> list[Field]:
    return [
        (str(name), str(value))
        for name, value in element.attrib.items()
        if not str(name).startswith("{")
    ]


def _row(fields: Sequence[Field]) -> Iterator[Part]:
    if text := row_text([name for name, _ in fields], [value for _, value in fields]):
        yield Part(text, "row")
