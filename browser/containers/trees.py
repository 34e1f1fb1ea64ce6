"""XML of strangers as trees: no entities of its own making, nothing fetched, damage passed over.
Pure.

Not here: what the elements mean.
"""

import re
from html.entities import html5
from typing import Any

from lxml import etree

from browser.markup.charset import decode_text, xml_bytes

_DECLARATION = re.compile(r"\A\ufeff?\s*<\?xml[^>]*\?>")
_DOCTYPE = re.compile(r"<!DOCTYPE(?:[^>\[\"']|\"[^\"]*\"|'[^']*'|\[.*?\]\s*(?=>))*>", re.DOTALL)
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{0,31};)")
_OF_XML = frozenset(("amp;", "lt;", "gt;", "quot;", "apos;"))


def tree_of_xml(raw: bytes) -> Any:
    """The root element, names without their namespaces; None where there is none. Entities that
    HTML names are their characters, all others are left out."""
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
        return None
    if root is not None:
        _without_namespaces(root)
    return root


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
