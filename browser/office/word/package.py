"""The parts of a DOCX that hold its text: the body, its notes, its styles and numbering, what it
says about itself. Blocking.

Not here: what the text is (`tree.py`), guards against hostile archives (`archives.py`).
"""

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from browser.office.packages import related, relations_of, root_of

_DUBLIN = "{http://purl.org/dc/elements/1.1/}"
_TEMPLATE_AUTHORS = frozenset({"python-docx", "un-named", "Un-named"})


@dataclass(frozen=True)
class WordPackage:
    """Roots of parts, None for those that are not there; `drawn` are charts and diagrams by their
    relations to the document, `margins` its headers and footers.
    """

    document: Any
    margins: tuple[Any, ...]
    comments: Any
    footnotes: Any
    endnotes: Any
    styles: Any
    numbering: Any
    drawn: Mapping[str, Any]
    title: str
    author: str | None


def read_package(raw: bytes) -> WordPackage:
    """Raises `KeyError` where there is no document, `zipfile.BadZipFile`,
    `etree.XMLSyntaxError`."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        main = _part(archive, "", "officeDocument", "word/document.xml")
        roots = {
            name: root_of(archive, _part(archive, main, name, f"word/{name}.xml"))
            for name in _BESIDE
        }
        core = root_of(archive, _part(archive, "", "metadata/core-properties", "docProps/core.xml"))
        document = root_of(archive, main)
        drawn = dict(_drawn(archive, main))
        margins = tuple(_margins(archive, main))
    if document is None:
        raise KeyError(main)
    author = _property(core, "creator")
    return WordPackage(
        document=document,
        drawn=drawn,
        margins=margins,
        title=_property(core, "title") or "",
        author=author if author not in _TEMPLATE_AUTHORS else None,
        **roots,
    )


_BESIDE = ("footnotes", "endnotes", "comments", "styles", "numbering")


def _drawn(archive: zipfile.ZipFile, main: str) -> Iterator[tuple[str, Any]]:
    for relation in relations_of(archive, main):
        if relation.kind.endswith(("/chart", "/diagramData")):
            root = root_of(archive, relation.name)
            if root is not None:
                yield relation.id, root


def _margins(archive: zipfile.ZipFile, main: str) -> Iterator[Any]:
    for kind in ("header", "footer"):
        for name in sorted(related(archive, main, kind)):
            if (root := root_of(archive, name)) is not None:
                yield root


def _part(archive: zipfile.ZipFile, source: str, kind: str, default: str) -> str:
    return next(related(archive, source, kind), default)


def _property(core: Any, name: str) -> str | None:
    return (core.findtext(_DUBLIN + name) or "").strip() or None if core is not None else None
