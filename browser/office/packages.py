"""Parts of an Office document and how they relate to one another. Blocking.

Not here: guards against hostile archives (`archives.py`), what the parts say.
"""

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DIGITS = 6
_NAMES = b"http://schemas.openxmlformats.org/"
_STRICT = tuple(
    (b"http://purl.oclc.org/ooxml/" + strict, _NAMES + transitional)
    for strict, transitional in (
        (b"wordprocessingml/main", b"wordprocessingml/2006/main"),
        (b"drawingml/", b"drawingml/2006/"),
        (b"officeDocument/math", b"officeDocument/2006/math"),
        (b"officeDocument/relationships", b"officeDocument/2006/relationships"),
    )
)


def tree_of(raw: bytes) -> Any:
    """The root of a part, in the names of the transitional standard. Raises
    `etree.XMLSyntaxError`."""
    for strict, transitional in _STRICT:
        raw = raw.replace(strict, transitional)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    return etree.fromstring(raw, parser)


def root_of(archive: zipfile.ZipFile, name: str) -> Any:
    """The root of a part, None where there is no such part."""
    return tree_of(archive.read(name)) if name in archive.namelist() else None


def whole_number(text: str | None) -> int | None:
    """The number that an attribute gives; None where it gives none, or one of more digits than any
    that is meant."""
    return int(text) if text and text.isdecimal() and len(text) <= _DIGITS else None


@dataclass(frozen=True)
class Relation:
    """From one part to another: how the part calls it, its `kind` as an address, the other's
    name."""

    id: str
    kind: str
    name: str


def relations_of(archive: zipfile.ZipFile, source: str) -> Iterator[Relation]:
    """The relations of a part to others in the archive; '' is the document as a whole."""
    folder, name = posixpath.split(source)
    found = root_of(archive, posixpath.join(folder, "_rels", f"{name}.rels"))
    for relation in found if found is not None else ():
        if relation.get("TargetMode") != "External":
            target = posixpath.normpath(
                posixpath.join("/", folder, relation.get("Target", ""))
            ).lstrip("/")
            yield Relation(relation.get("Id", ""), relation.get("Type", ""), target)


def related(archive: zipfile.ZipFile, source: str, kind: str) -> Iterator[str]:
    """The names of the parts that a part relates to as its `kind`."""
    return (one.name for one in relations_of(archive, source) if one.kind.endswith(f"/{kind}"))
