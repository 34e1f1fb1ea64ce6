"""What the styles of a DOCX say of a paragraph, a run or a table: the level of a heading, text that
is bold, struck out or hidden. Pure.

Not here: fonts, sizes, colours.
"""

from dataclasses import dataclass
from typing import Any

from browser.office.packages import WORD, whole_number

_VALUE = f"{WORD}val"
_OFF = frozenset({"0", "false", "off", "none"})
_BODY_TEXT = 9  # the outline level of what is no heading
LOWEST = 6  # of the levels of headings


@dataclass(frozen=True)
class Style:
    """None where neither the style nor those that it is based on say it. `header`: it sets the
    first row of a table in bold.
    """

    level: int | None = None
    struck: bool | None = None
    hidden: bool | None = None
    bold: bool | None = None
    header: bool = False
    number: str | None = None
    depth: str | None = None


_PLAIN = Style()
_WORDS = frozenset(WORD + name for name in "t tab br sym cr".split())


class Styles:
    """The styles of a document by their ids."""

    def __init__(self, root: Any) -> None:
        self._elements = (
            {}
            if root is None
            else {style.get(f"{WORD}styleId"): style for style in root.iter(f"{WORD}style")}
        )
        self._known: dict[str, Style] = {}

    def of(self, element: Any, name: str) -> Style:
        """The style that properties name, `name` being `pStyle`, `rStyle` or `tblStyle`."""
        return self._style(value_of(element, name) or "", frozenset())

    def _style(self, key: str, seen: frozenset[str]) -> Style:
        element = self._elements.get(key)
        if element is None or key in seen or len(seen) > 20:
            return _PLAIN
        if key not in self._known:
            base = self._style(value_of(element, "basedOn") or "", seen | {key})
            self._known[key] = _over(base, element)
        return self._known[key]


def value_of(element: Any, path: str) -> str | None:
    """The value of a property below an element, None where it is not given."""
    found = (
        element.find("/".join(WORD + name for name in path.split("/")))
        if element is not None
        else None
    )
    return None if found is None else found.get(_VALUE)


def switch(properties: Any, *names: str) -> bool | None:
    """Whether any of some properties of a run is on, None where none is given."""
    found = [properties.find(WORD + name) for name in names] if properties is not None else []
    given = [one.get(_VALUE) not in _OFF for one in found if one is not None]
    return any(given) if given else None


def heading_level(properties: Any) -> int | None:
    """1 to 6 from the outline level of a paragraph's properties, 0 for body text, None where it is
    not given.
    """
    level = whole_number(value_of(properties, "outlineLvl"))
    if level is None:
        return None
    return 0 if level >= _BODY_TEXT else min(level + 1, LOWEST)


def _over(base: Style, element: Any) -> Style:
    """What a style says itself, else what it is based on."""
    paragraph, run = element.find(f"{WORD}pPr"), element.find(f"{WORD}rPr")
    level, struck = heading_level(paragraph), switch(run, "strike", "dstrike")
    hidden, bold = switch(run, "vanish"), switch(run, "b")
    name = (value_of(element, "name") or "").lower()
    if name == "title":
        level = 1
    elif level is None and name.startswith("heading "):
        level = whole_number(name[8:])
        level = None if level is None else min(level, LOWEST)
    return Style(
        level=base.level if level is None else level,
        struck=base.struck if struck is None else struck,
        hidden=base.hidden if hidden is None else hidden,
        bold=base.bold if bold is None else bold,
        header=base.header or _sets_header(element),
        number=value_of(paragraph, "numPr/numId") or base.number,
        depth=value_of(paragraph, "numPr/ilvl") or base.depth,
    )


def _sets_header(style: Any) -> bool:
    parts = style.findall(f"{WORD}tblStylePr")
    return any(
        one.get(f"{WORD}type") == "firstRow" and switch(one.find(f"{WORD}rPr"), "b")
        for one in parts
    )


def text_of(element: Any) -> str:
    return "".join(
        piece.text or "" if piece.tag == f"{WORD}t" else " " for piece in element.iter(*_WORDS)
    )
