"""The parts of a DOCX that hold its text: the body, its notes, its styles and numbering, what it says about itself. Blocking.

Not here: what the text is (`word_tree.py`), guards against hostile archives (`archives.py`).
"""

import io
import posixpath
import zipfile
from dataclasses import dataclass
from typing import Any

from lxml import etree

_STRICT = (
    (
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    ),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/math",
        b"http://schemas.openxmlformats.org/officeDocument/2006/math",
    ),
    (
        b"http://purl.oclc.org/ooxml/drawingml/",
        b"http://schemas.openxmlformats.org/drawingml/2006/",
    ),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    ),
)
_DUBLIN = "{http://purl.org/dc/elements/1.1/}"
_TEMPLATE_AUTHORS = frozenset({"python-docx", "un-named", "Un-named"})


@dataclass(frozen=True)
class WordPackage:
    """Roots of parts, None for those that are not there."""

    document: Any
    footnotes: Any
    endnotes: Any
    styles: Any
    numbering: Any
    title: str
    author: str | None


def read_package(raw: bytes) -> WordPackage:
    """Raises `KeyError` where there is no document, `zipfile.BadZipFile`, `etree.XMLSyntaxError`."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        main = _target(archive, "", "officeDocument", "word/document.xml")
        roots = {name: _root(archive, _target(archive, main, name, f"word/{name}.xml")) for name in _BESIDE}
        core = _root(archive, _target(archive, "", "metadata/core-properties", "docProps/core.xml"))
        document = _root(archive, main)
    if document is None:
        raise KeyError(main)
    author = _property(core, "creator")
    return WordPackage(
        document=document,
        title=_property(core, "title") or "",
        author=author if author not in _TEMPLATE_AUTHORS else None,
        **roots,
    )


_BESIDE = ("footnotes", "endnotes", "styles", "numbering")


def tree_of(raw: bytes) -> Any:
    """The root of a part, in the names of the transitional standard."""
    for strict, transitional in _STRICT:
        raw = raw.replace(strict, transitional)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    return etree.fromstring(raw, parser)


def _root(archive: zipfile.ZipFile, name: str) -> Any:
    return tree_of(archive.read(name)) if name in archive.namelist() else None


def _target(archive: zipfile.ZipFile, source: str, kind: str, default: str) -> str:
    """The name of the part that another part relates to as its `kind`."""
    folder, name = posixpath.split(source)
    relations = _root(archive, posixpath.join(folder, "_rels", f"{name}.rels"))
    for relation in relations if relations is not None else ():
        internal = relation.get("TargetMode") != "External"
        if internal and relation.get("Type", "").endswith(f"/{kind}"):
            target = relation.get("Target", "")
            return posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
    return default


def _property(core: Any, name: str) -> str | None:
    return (core.findtext(_DUBLIN + name) or "").strip() or None if core is not None else None
