"""A page as its blocks of text: what stands between two boundaries of paragraphs, with the boxes (elements) around it.

One walk over the lxml tree, without recursion, so that no page is too deep. Not here: which blocks are the main text (`main_text.py`), what is
hidden (`extract.py` takes it out before), how tables are laid out (`grids.py` leaves one cell a row).
"""

import re
from dataclasses import dataclass, field
from typing import Any

from browser.grids import LINKED

BLOCK_TAGS = frozenset(
    """address article aside blockquote body button caption center dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 h4
    h5 h6 header hgroup hr html label legend li main menu nav ol option p picture pre section summary table tbody td textarea tfoot th thead tr
    ul video audio""".split()
)
_SPACE = re.compile(r"\s+")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
MAX_DEPTH = 300  # what is deeper counts as being in its ancestor of this depth


@dataclass(slots=True, eq=False)
class Box:
    """A block-level element. `size`, `linked` and `prose` count the letters in it: all, those of links, those of blocks that read like prose;
    `main_text.py` fills in what is 0 or empty here."""

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


@dataclass(slots=True)
class _Walk:
    """What is being gathered: the words since the last boundary and how many letters of them are linked."""

    layout: Layout
    words: list[str] = field(default_factory=list)
    linked: int = 0

    def say(self, text: str | None, in_link: bool) -> None:
        if text:
            self.words.append(text)
            if in_link:
                self.linked += letters(text)

    def close(self, box: Box, verbatim: bool) -> None:
        text = "".join(self.words)
        text = text.strip("\r\n") if verbatim else _SPACE.sub(" ", text).strip()
        if text and (size := letters(text)):
            self.layout.blocks.append(Block(text, box, size, min(self.linked, size), verbatim))
        self.words.clear()
        self.linked = 0

    def enter(self, element: Any, tag: str, parent: Box) -> Box:
        if parent.depth >= MAX_DEPTH:
            return parent
        names = " ".join(filter(None, map(element.get, ("class", "id", "role")))).lower()
        box = Box(tag, names, parent, parent.depth + 1)
        if tag == "li":
            parent.items += 1
            box.item = parent.items if parent.tag == "ol" else 0
        self.layout.boxes.append(box)
        return box

    def line_break(self, element: Any, box: Box, verbatim: bool) -> None:
        """One is a space; two are the end of a paragraph."""
        before = element.getprevious()
        if not verbatim and before is not None and before.tag == "br" and not (before.tail or "").strip():
            self.close(box, verbatim)
        else:
            self.words.append("\n" if verbatim else " ")


def letters(text: str) -> int:
    """How much a text says: its characters without space, Chinese and Japanese ones twice."""
    dense = len(text) - text.count(" ") - text.count("\n") - text.count("\t")
    return dense if text.isascii() else dense + len(_WIDE.findall(text))


def layout_of(tree: Any) -> Layout:
    box = Box("", "", None, 0)
    walk = _Walk(Layout([], [box]))
    outer: list[tuple[Box, bool, bool]] = []
    in_link = verbatim = False
    element, entering = tree, True
    while True:
        if entering:
            outer.append((box, in_link, verbatim))
            tag = element.tag
            if tag in BLOCK_TAGS:
                if walk.words:
                    walk.close(box, verbatim)
                box = walk.enter(element, tag, box)
                verbatim = verbatim or tag == "pre"
                if tag == "td":
                    walk.linked = int(element.get(LINKED) or 0)
            elif tag == "a":
                in_link = True
            elif tag == "br":
                walk.line_break(element, box, verbatim)
            walk.say(element.text, in_link)
            if len(element):
                element = element[0]
                continue
        before, in_link, was_verbatim = outer.pop()
        if (box is not before or not outer) and walk.words:
            walk.close(box, verbatim)
        box, verbatim = before, was_verbatim
        if not outer:
            return walk.layout
        walk.say(element.tail, in_link)
        following = element.getnext()
        entering = following is not None
        element = following if entering else element.getparent()
