"""XML of strangers as trees: no entities of its own making, nothing fetched, damage passed over.
Pure.

Not here: what the elements mean.
"""

import re
from dataclasses import dataclass
from html.entities import html5
from typing import Any

from lxml import etree

from browser.markup.charset import decode_text, xml_bytes
from research.domain import ReadingNote

_DECLARATION = re.compile(r"\A\ufeff?\s*<\?xml[^>]*\?>")
_DOCTYPE = re.compile(r"<!DOCTYPE(?:[^>\[\"']|\"[^\"]*\"|'[^']*'|\[.*?\]\s*(?=>))*>", re.DOTALL)
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{0,31};)")
_OF_XML = frozenset(("amp;", "lt;", "gt;", "quot;", "apos;"))


@dataclass(frozen=True)
class ParsedXml:
    """The root element, None where there is none, and what of the document is not in it."""

    root: Any
    notes: tuple[ReadingNote, ...] = ()


def tree_of_xml(raw: bytes) -> Any:
    """The root of what `parsed_xml` gives, for parts whose loss is no loss of text."""
    return parsed_xml(raw).root


def parsed_xml(raw: bytes) -> ParsedXml:
    """The tree, names without their namespaces. Entities that HTML names are their characters, all
    others are left out. What is nested deeper than the parser goes is lost with all that follows,
    which a note tells."""
    text = _DOCTYPE.sub("", _DECLARATION.sub("", decode_text(raw), count=1), count=1)
    text = _ENTITY.sub(_character, text)
    parser = etree.XMLParser(
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(xml_bytes(text), parser=parser)
    except (etree.XMLSyntaxError, ValueError):
        return ParsedXml(None)
    if root is not None:
        _without_namespaces(root)
    is_cut = any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log)
    return ParsedXml(root, (ReadingNote(kind="parts_cut"),) if is_cut else ())


def _character(entity: re.Match[str]) -> str:
    return entity[0] if entity[1] in _OF_XML else html5.get(entity[1], "")


def _without_namespaces(root: Any) -> None:
    """Prefixes of names stay in no tag; an attribute of a namespace is known by `{…}name` or
    `name`."""
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.rpartition("}")[2]
            for name, value in list(element.attrib.items()):
                own = name.rpartition("}")[2]
                if own not in element.attrib:
                    element.set(own, value)
    etree.cleanup_namespaces(root)


def text_of(element: Any) -> str:
    """All text in an element, on one line; '' for None."""
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def as_html(tree: Any) -> str:
    """A tree of XHTML as HTML that any parser reads alike."""
    for element in tree.iter():
        for name in [name for name in element.attrib if name.startswith("{")]:
            del element.attrib[name]
    return str(etree.tostring(tree, encoding="unicode", method="html"))
