"""Jupyter notebooks: prose as Markdown, code, and what the code printed. Pictures are counted.

Not here: running anything.
"""

import json
from collections.abc import Iterator
from typing import Any

from browser.containers.records import read_json
from browser.documents.parts import Facts, Part
from browser.html.extract import WholeHtml, read_whole
from browser.markup.charset import decode_text
from browser.markup.markdown import html_of_markdown
from research.domain import ReadingNote
from research.errors import ReadingError

_ANSI = "\x1b["


def read_notebook(raw: bytes, url: str) -> WholeHtml:
    """Raises `ReadingError`: `broken`."""
    try:
        notebook = json.loads(decode_text(raw))
        if not isinstance(notebook.get("nbformat"), int):
            return read_json(raw, url)  # what only tells of notebooks
        cells = notebook.get("cells") or [
            cell for sheet in notebook.get("worksheets", []) for cell in sheet.get("cells", [])
        ]
        metadata = notebook.get("metadata") or {}
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise ReadingError(url=url, kind="broken", reason="not a readable notebook") from error
    parts: list[Part] = []
    notes: list[ReadingNote] = []
    for cell in cells if isinstance(cells, list) else []:
        if isinstance(cell, dict):
            for found in _cell(cell):
                parts.extend(found.parts)
                notes.extend(found.notes)
    return WholeHtml(tuple(parts), _facts(metadata), tuple(notes))


def _facts(metadata: Any) -> Facts:
    title = metadata.get("title") if isinstance(metadata, dict) else None
    authors = metadata.get("authors") if isinstance(metadata, dict) else None
    names = (
        [one.get("name") for one in authors if isinstance(one, dict)]
        if isinstance(authors, list)
        else []
    )
    author = ", ".join(name for name in names if isinstance(name, str))
    return Facts(title=title if isinstance(title, str) else "", author=author or None)


def _cell(cell: dict[str, Any]) -> Iterator[WholeHtml]:
    kind = cell.get("cell_type")
    source = _joined(cell.get("source", cell.get("input", "")))
    if kind == "markdown":
        yield read_whole(html_of_markdown(source))
    elif kind == "heading":  # of the format before version 4
        level = cell.get("level")
        yield _only(
            Part(source, "heading", level if isinstance(level, int) and 0 < level < 7 else 1)
        )
    elif kind == "raw":
        yield _only(Part(source))
    elif kind == "code":
        yield _only(Part(source, "code"))
        outputs = cell.get("outputs")
        for output in outputs if isinstance(outputs, list) else []:
            if isinstance(output, dict):
                yield _output(output)
    else:
        note = ReadingNote(kind="parts_unread", detail=f"a cell of type {kind}")
        yield WholeHtml((Part(source),) if source.strip() else (), Facts(), (note,))


def _output(output: dict[str, Any]) -> WholeHtml:
    """The readable form of what a cell gave: a table as HTML, else text; of pictures their
    number."""
    if output.get("output_type") in ("stream", "pyout") or "text" in output:
        return _only(Part(_plain(output.get("text")), "code"))
    if output.get("output_type") in ("error", "pyerr"):
        return _only(Part(f"{output.get('ename', '')}: {output.get('evalue', '')}", "code"))
    data = output.get("data")
    data = data if isinstance(data, dict) else {}
    if "<table" in (html := _joined(data.get("text/html"))):
        return read_whole(html)
    if markdown := _joined(data.get("text/markdown")):
        return read_whole(html_of_markdown(markdown))
    text = _plain(data.get("text/plain")).strip() or _joined(data.get("text/latex")).strip()
    if not text and "application/json" in data:
        text = json.dumps(data["application/json"], ensure_ascii=False)
    pictures = [name for name in data if name.startswith("image/")]
    notes = (ReadingNote(kind="pictures"),) if pictures else ()
    if text and not (
        pictures and text.startswith("<")
    ):  # else the name of an object in the program
        return WholeHtml((Part(text, "code"),), Facts(), notes)
    return WholeHtml((), Facts(), notes) if pictures or not html else read_whole(html)


def _only(part: Part) -> WholeHtml:
    return WholeHtml((part,) if part.text.strip() else (), Facts())


def _joined(source: Any) -> str:
    """A text, or its lines."""
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


def _plain(source: Any) -> str:
    """As a terminal shows it: without colours, of a line that is written over its last state."""
    first, *rest = _joined(source).replace("\r\n", "\n").split(_ANSI)
    text = first + "".join(piece.partition("m")[2] for piece in rest)
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
