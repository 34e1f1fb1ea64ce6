"""A page as its blocks of text: what stands between two boundaries of paragraphs, with the boxes (elements) around it.

One walk over the lxml tree, without recursion, so that no page is too deep. Not here: which blocks are the main text (`main_text.py`),
what is hidden (`extract.py` takes it out before), how tables are laid out (`tables.py` leaves one cell a row).
"""

import re
from dataclasses import dataclass, field
from typing import Any

from browser.html.tables import LINKED

BLOCK_TAGS = frozenset(
    """
    address article aside blockquote body button caption center dd details dialog div dl dt fieldset figcaption figure footer form
    h1 h2 h3 h4 h5 h6 header hgroup hr html label legend li main menu nav ol option p picture pre section summary table tbody td
    textarea tfoot th thead tr ul video audio
    """.split()
)
_SPACE = re.compile(r"\s+")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
MAX_DEPTH = 300  # what is deeper counts as being in its ancestor of this depth


@dataclass(slots=True, eq=False)
class Box:
    """A block-level element. `size`, `linked` and `prose` count the letters in it: all, those of links, those that read like prose;
    `features.py` fills in what is 0 or empty here."""

    tag: str
    names: str
    parent: "Box | None"
    depth: int
    item: int = 0  # its number in a numbered list
    items: int = 0
    size: int = 0
    linked: int = 0
    blocks: int = 0
    prose: int = 0
    apart: bool = False
    hints: frozenset[str] = frozenset()
    around: frozenset[str] = frozenset()


@dataclass(slots=True, eq=False)
class Block:
    """`size` and `linked` count letters; a Chinese character counts two, as it says as much."""

    text: str
    box: Box
    size: int
    linked: int
    verbatim: bool = False


@dataclass(slots=True)
class Layout:
    """The blocks of a page in the order of its source, and its boxes, outer before inner."""

    blocks: list[Block]
    boxes: list[Box]


def letters(text: str) -> int:
    """How much a text says: its characters without space, Chinese and Japanese ones twice."""
    dense = len(text) - text.count(" ") - text.count("\n") - text.count("\t")
    return dense if text.isascii() else dense + len(_WIDE.findall(text))


@dataclass(slots=True)
class _Walk:
    """Where the walk is, and what it gathers: the words since the last boundary and how many letters of them are linked."""

    layout: Layout
    box: Box
    in_link: bool = False
    verbatim: bool = False
    words: list[str] = field(default_factory=list)
    linked: int = 0
    outer: list[tuple[Box, bool, bool]] = field(default_factory=list)

    def say(self, text: str | None) -> None:
        if text:
            self.words.append(text)
            if self.in_link:
                self.linked += letters(text)

    def close(self) -> None:
        """End the block that is being gathered."""
        if not self.words:
            return
        text = "".join(self.words)
        text = text.strip("\r\n") if self.verbatim else _SPACE.sub(" ", text).strip()
        if text and (size := letters(text)):
            self.layout.blocks.append(Block(text, self.box, size, min(self.linked, size), self.verbatim))
        self.words.clear()
        self.linked = 0

    def enter(self, element: Any) -> None:
        self.outer.append((self.box, self.in_link, self.verbatim))
        tag = element.tag
        if tag in BLOCK_TAGS:
            self.close()
            self.box = self.boxed(element, tag)
            self.verbatim = self.verbatim or tag == "pre"
            self.linked = int(element.get(LINKED) or 0) if tag == "td" and (element.get(LINKED) or "").isdecimal() else 0
        elif tag == "a":
            self.in_link = True
        elif tag == "br":
            self.line_break(element)
        self.say(element.text)

    def leave(self) -> None:
        box, in_link, verbatim = self.outer.pop()
        if self.box is not box or not self.outer:
            self.close()
        self.box, self.in_link, self.verbatim = box, in_link, verbatim

    def boxed(self, element: Any, tag: str) -> Box:
        parent = self.box
        if parent.depth >= MAX_DEPTH:
            return parent
        names = " ".join(filter(None, map(element.get, ("class", "id", "role")))).lower()
        box = Box(tag, names, parent, parent.depth + 1)
        if tag == "li":
            parent.items += 1
            box.item = parent.items if parent.tag == "ol" else 0
        self.layout.boxes.append(box)
        return box

    def line_break(self, element: Any) -> None:
        """One is a space; two are the end of a paragraph."""
        before = element.getprevious()
        if not self.verbatim and before is not None and before.tag == "br" and not (before.tail or "").strip():
            self.close()
        else:
            self.words.append("\n" if self.verbatim else " ")


def layout_of(tree: Any) -> Layout:
    """The blocks and boxes of an lxml tree."""
    root = Box("", "", None, 0)
    walk = _Walk(Layout([], [root]), root)
    element = tree
    walk.enter(element)
    while True:
        if len(element):
            element = element[0]
            walk.enter(element)
            continue
        while True:
            walk.leave()
            if not walk.outer:
                return walk.layout
            walk.say(element.tail)
            following = element.getnext()
            if following is not None:
                break
            element = element.getparent()
        element = following
        walk.enter(element)
