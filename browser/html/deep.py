"""Elements that stand in each other hundreds of times over, made flat enough for every reader of
the tree.

Not here: what the parser itself leaves out, which is deeper still (`extract.py` notes it).
"""

from typing import Any

from browser.html.blocks import BLOCK_TAGS

MAX_DEPTH = 100
KEPT_WHOLE = 40  # levels of an element, such as a table, that is moved as it is


def flatten_deep(tree: Any) -> None:
    """Let no element stand deeper than about `MAX_DEPTH` and `KEPT_WHOLE` levels; what did follows
    in its ancestor of that depth, in the order of the page, block for block."""
    for element in _at_depth(tree):
        if element.getparent() is not None:
            _flatten(element)


def _at_depth(tree: Any) -> list[Any]:
    found: list[Any] = []
    level = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for element in level for child in element]
    found.extend(element for element in level if len(element))
    return found


def _heights(top: Any) -> dict[Any, int]:
    """How many levels stand in each element under a top."""
    heights: dict[Any, int] = {}
    for element in reversed(list(top.iter())):
        heights[element] = 1 + max((heights[child] for child in element), default=0)
    return heights


def _flatten(top: Any) -> None:
    heights = _heights(top)
    if heights[top] <= KEPT_WHOLE:
        return
    flat = _Flat(top)
    stack: list[tuple[Any, bool]] = [(child, False) for child in reversed(top)]
    for child in list(top):
        flat.tails[child], child.tail = child.tail, None
    while stack:
        element, is_end = stack.pop()
        if is_end:
            flat.leave(element)
        elif heights[element] <= KEPT_WHOLE:
            flat.move(element)
        else:
            children = list(element)
            for child in children:
                flat.tails[child], child.tail = child.tail, None
            stack.append((element, True))
            stack.extend((child, False) for child in reversed(children))
            flat.enter(element)
    flat.fill()


class _Flat:
    """The children that an element gets instead of its own: `block` gathers what stands between two
    boundaries of blocks."""

    def __init__(self, top: Any) -> None:
        self.top = top
        self.children: list[Any] = []
        self.block: Any = None
        self.tails: dict[Any, str | None] = {}

    def enter(self, element: Any) -> None:
        if element.tag in BLOCK_TAGS:
            self.block = None
        self.say(element.text)

    def leave(self, element: Any) -> None:
        if element.tag in BLOCK_TAGS:
            self.block = None
        self.say(self.tails.get(element))

    def move(self, element: Any) -> None:
        if element.tag in BLOCK_TAGS:
            self.children.append(element)
            self.block = None
        else:
            self.open().append(element)
        self.say(self.tails.get(element))

    def say(self, text: str | None) -> None:
        if not text or (self.block is None and text.isspace()):
            return
        block = self.open()
        if len(block):
            block[-1].tail = (block[-1].tail or "") + text
        else:
            block.text = (block.text or "") + text

    def open(self) -> Any:
        if self.block is None:
            self.block = self.top.makeelement("div", {})
            self.children.append(self.block)
        return self.block

    def fill(self) -> None:
        for child in list(self.top):
            self.top.remove(child)
        self.top.extend(self.children)
