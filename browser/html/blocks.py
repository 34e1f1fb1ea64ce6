"""A page as its blocks of text: what stands between two boundaries of paragraphs, with the boxes
(elements) around it.

One walk over the lxml tree, without recursion, so that no page is too deep. Not here: which blocks
are the main text (`main_text.py`), what is hidden (`extract.py` takes it out before), how tables
are laid out (`tables.py` leaves one cell a row).
"""

import re
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, get_args

from browser.documents.parts import tidy
from research.domain import NoteKind

BLOCK_TAGS = frozenset(
    """
    address article aside blockquote body button caption center dd details dialog div dl dt fieldset
    figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html label legend li
    main menu nav ol
    option p picture pre section summary table tbody td textarea tfoot th thead tr ul video audio
    """.split()
)
HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
# Names of our own in the tree of a page. No page can know them, so it can write none of them.
_OWN = token_hex(8)
ROW = f"row-{_OWN}"  # the role of a cell that holds a whole row of a table
LINKED = f"linked-{_OWN}"  # its attribute that says how many characters were links
LINKS = f"links-{_OWN}"  # attribute with the numbers of the links that an element holds
MISSING = f"missing-{_OWN}"  # attribute of a `wbr` where something was left out: its kind
MAX_DEPTH = 300  # what is deeper counts as being in its ancestor of this depth
DIGITS = 6  # of a size; a longer figure is none
ICON = 32  # pixels; a smaller picture says nothing

_KINDS: dict[str, NoteKind] = {kind: kind for kind in get_args(NoteKind)}
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


@dataclass(slots=True, eq=False)
class Box:
    """A block-level element. `names` are its role and classes, `item` its number in a numbered
    list."""

    tag: str
    names: str
    parent: "Box | None"
    depth: int
    item: int = 0
    items: int = 0


@dataclass(slots=True, eq=False)
class Block:
    """`size` and `linked` count letters, all and those of links to elsewhere; a Chinese character
    counts two, as it says as much. `place` is where its text begins in the tree: an element and
    which of its texts, `links` the numbers of its links."""

    text: str
    box: Box
    size: int
    linked: int
    verbatim: bool
    place: tuple[Any, str]
    links: tuple[int, ...] = ()

    @property
    def is_row(self) -> bool:
        return self.box.names == ROW


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that the text lacks: of which kind, before which block, in which box."""

    kind: NoteKind
    before: int
    box: Box


@dataclass(slots=True)
class Layout:
    """The blocks of a page in the order of its source, its boxes, outer before inner, and what the
    blocks lack."""

    blocks: list[Block]
    boxes: list[Box]
    missing: list[Missing]


def letters(text: str) -> int:
    """How much a text says: its characters without space, Chinese and Japanese ones twice."""
    dense = len(text) - text.count(" ") - text.count("\n") - text.count("\t")
    return dense if text.isascii() else dense + len(_WIDE.findall(text))


def boxes_around(box: Box | None) -> list[Box]:
    """The box and all it stands in, inner before outer."""
    found = []
    while box is not None:
        found.append(box)
        box = box.parent
    return found


@dataclass(slots=True)
class _Walk:
    """Where the walk is, and what it gathers: the words since the last boundary and how many
    letters of them are linked, and the numbers of links whose block is still to come."""

    layout: Layout
    box: Box
    in_link: bool = False
    verbatim: bool = False
    words: list[str] = field(default_factory=list)
    place: tuple[Any, str] | None = None
    linked: int = 0
    links: list[int] = field(default_factory=list)
    outer: list[tuple[Box, bool, bool]] = field(default_factory=list)

    def say(self, element: Any, which: str) -> None:
        text = getattr(element, which)
        if not text:
            return
        self.words.append(text)
        if self.place is None and not text.isspace():
            self.place = (element, which)
        if self.in_link:
            self.linked += letters(text)

    def close(self) -> None:
        """End the block that is being gathered."""
        if self.place is not None:
            self.add("".join(self.words), self.place)
        self.words.clear()
        self.place = None
        self.linked = 0

    def add(self, text: str, place: tuple[Any, str]) -> None:
        text = text.strip("\r\n") if self.verbatim else " ".join(text.split())
        if tidy(text):
            size = letters(text)
            linked = min(self.linked, size)
            links = tuple(self.links)
            self.links.clear()
            self.layout.blocks.append(
                Block(text, self.box, size, linked, self.verbatim, place, links)
            )

    def enter(self, element: Any) -> None:
        self.outer.append((self.box, self.in_link, self.verbatim))
        tag = element.tag
        if tag in BLOCK_TAGS:
            self.close()
            self.box = self.boxed(element, tag)
            self.verbatim = self.verbatim or tag == "pre"
            self.linked = int(element.get(LINKED, "0"))
        elif tag == "a":
            self.in_link = self.in_link or not (element.get("href") or "#").startswith("#")
        elif tag == "br":
            self.line_break(element)
        if numbers := element.get(LINKS):
            self.links.extend(map(int, numbers.split()))
        if kind := missing_of(element, tag):
            self.layout.missing.append(Missing(kind, len(self.layout.blocks), self.box))
        self.say(element, "text")

    def leave(self) -> None:
        box, in_link, verbatim = self.outer.pop()
        if self.box is not box or not self.outer:
            self.close()
        self.box, self.in_link, self.verbatim = box, in_link, verbatim

    def boxed(self, element: Any, tag: str) -> Box:
        parent = self.box
        if parent.depth >= MAX_DEPTH:
            return parent
        names = " ".join(filter(None, map(element.get, ("role", "class")))).lower()
        box = Box(tag, names, parent, parent.depth + 1)
        if tag == "li":
            parent.items += 1
            box.item = parent.items if parent.tag == "ol" else 0
        self.layout.boxes.append(box)
        return box

    def line_break(self, element: Any) -> None:
        """One is a space; two are the end of a paragraph."""
        before = element.getprevious()
        if (
            not self.verbatim
            and before is not None
            and before.tag == "br"
            and not (before.tail or "").strip()
        ):
            self.close()
        else:
            self.words.append("\n" if self.verbatim else " ")


def missing_of(element: Any, tag: str) -> NoteKind | None:
    """What an element shows that is no text, if anything."""
    if tag == "img":
        small = any(_is_icon(element.get(name, "")) for name in ("width", "height"))
        silent = element.get("alt") is not None or element.get("role") == "presentation"
        return None if small or silent else "pictures"
    if tag in ("video", "audio"):
        return "media"
    return _KINDS.get(element.get(MISSING, "")) if tag == "wbr" else None


def _is_icon(size: str) -> bool:
    return size.isdecimal() and len(size) < DIGITS and int(size) <= ICON


def layout_of(tree: Any) -> Layout:
    """The blocks and boxes of an lxml tree."""
    root = Box("", "", None, 0)
    walk = _Walk(Layout([], [root], []), root)
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
            walk.say(element, "tail")
            following = element.getnext()
            if following is not None:
                break
            element = element.getparent()
        element = following
        walk.enter(element)
