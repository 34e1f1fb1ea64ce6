"""Which blocks of a page are its main text: trafilatura's choice, made whole.

Each block begins with an invisible mark in the tree that trafilatura is handed; the marks that come
back name the blocks it chose. So the text, its order and its structure stay those of the page. Then
what is built like a chosen paragraph joins it, tables are kept or left whole, and the page's own
title, lines that only link elsewhere and headings without a text go. Not here: what becomes of the
blocks (`extract.py`).
"""

import logging
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from browser.html.blocks import HEADINGS, Block, Box, Layout, boxes_around

SCANT = 250  # letters that are a text without its tables of links
PROSE = 60  # letters of a paragraph that says something
# where more than one letter in so many is in lines of links, they are what the page is about
MANY_LINKS = 3
# where less than one letter in so many is in a link, no site stands around a text
FEW_LINKS = 50

# It warns of every page without an article; here that is a typed error.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

# of 240 signs that choose a variant of the character before them: they show nothing, and no text
# has two in a row
_FIRST = 0xE0100
_BASE = 240
_SIGN = f"[{chr(_FIRST)}-{chr(_FIRST + _BASE - 1)}]"
SIGNS = re.compile(f"{_SIGN}{{2,}}")
_BEGINNING = chr(_FIRST).encode()[:2]  # of each sign in UTF-8
_MARK = re.compile(f"({_SIGN})({_SIGN})({_SIGN})")
_ENDS = re.compile(r"[.!?。！？…:：][\"'”’」』)）\]]*$")
_WORD = re.compile(r"\w+")
_AMONG = HEADINGS | frozenset("li dd dt pre td th".split())
_LISTS = frozenset("ul ol dl li table tbody tr td".split())
BESIDE = frozenset("nav aside footer menu".split())


def main_text(tree: Any, layout: Layout, title: str) -> list[bool]:
    """For each block whether it is main text. The tree is of no use afterwards."""
    kept = _chosen(tree, layout.blocks)
    if _said(layout.blocks, kept) < SCANT:  # it found no article: a list, an index, a few lines
        kept = all_but_menus(layout.blocks)
    _add_alike(layout, kept)
    _add_lists(layout.blocks, kept)
    _add_headings(layout.blocks, kept)
    _add_main(layout.blocks, kept)
    _keep_tables_whole(layout.blocks, kept)
    _drop_title(layout.blocks, kept, title)
    _drop_links(layout.blocks, kept)
    _drop_bare_headings(layout.blocks, kept)
    return kept if any(kept) else all_but_menus(layout.blocks)


def is_document(blocks: Sequence[Block]) -> bool:
    """Whether next to nothing on a page leads elsewhere: then no site stands around its text."""
    return sum(block.linked for block in blocks) * FEW_LINKS < sum(block.size for block in blocks)


def without_signs(raw: bytes) -> bytes:
    """What a page says in UTF-8, without signs that could be taken for marks."""
    return raw if _BEGINNING not in raw else SIGNS.sub("", raw.decode()).encode()


def is_prose(block: Block) -> bool:
    """Whether a block is a paragraph; a short line, a heading, a cell or a list of links is not."""
    if block.size < PROSE or block.linked * 3 >= block.size:
        return False
    return block.box.tag not in HEADINGS | {"td", "th", "pre"} and bool(_ENDS.search(block.text))


# trafilatura's choice


def _chosen(tree: Any, blocks: Sequence[Block]) -> list[bool]:
    import trafilatura  # here: it is slow to load, and only pages of the web need it
    from trafilatura.settings import Document

    for number, block in enumerate(blocks):
        element, which = block.place
        text = getattr(element, which)
        start = len(text) - len(text.lstrip())
        setattr(element, which, text[:start] + _mark(number) + text[start:])
    found = trafilatura.bare_extraction(tree, include_comments=False)
    kept = [False] * len(blocks)
    text = " ".join(found.body.itertext()) if isinstance(found, Document) else ""
    for signs in _MARK.findall(text):
        number = _number(signs)
        if number < len(kept):
            kept[number] = True
    return kept


def _mark(number: int) -> str:
    rest, last = divmod(number, _BASE)
    return "".join(chr(_FIRST + digit) for digit in (*divmod(rest, _BASE), last))


def _number(signs: Sequence[str]) -> int:
    first, middle, last = (ord(sign) - _FIRST for sign in signs)
    return (first * _BASE + middle) * _BASE + last


# What belongs to it


def _add_alike(layout: Layout, kept: list[bool]) -> None:
    """Add the paragraphs whose boxes are named like those around a chosen paragraph: articles come
    in several pieces."""
    kinds: dict[Box, int] = {}
    known: dict[tuple[int, str, str], int] = {}
    for box in layout.boxes:
        outer = kinds[box.parent] if box.parent else 0
        kinds[box] = known.setdefault((outer, box.tag, box.names), len(known) + 1)
    prose = [number for number, block in enumerate(layout.blocks) if is_prose(block)]
    chosen = {kinds[layout.blocks[number].box] for number in prose if kept[number]}
    articles = {_article(layout.blocks[number].box) for number in prose if kept[number]}
    for number in prose:
        box = layout.blocks[number].box
        if kinds[box] in chosen and _article(box) in articles:
            kept[number] = True


def _add_lists(blocks: Sequence[Block], kept: list[bool]) -> None:
    """Add what stands among chosen paragraphs, in the same box: lists, headings, code. trafilatura
    leaves them out where it finds no article."""
    prose = [number for number, block in enumerate(blocks) if kept[number] and is_prose(block)]
    around = {blocks[number].box.parent for number in prose}
    for number in range(prose[0], len(blocks)) if prose else ():
        block = blocks[number]
        if (
            block.box.tag in _AMONG
            and block.linked * 2 <= block.size
            and _holder(block.box) in around
        ):
            kept[number] = True


def _add_headings(blocks: Sequence[Block], kept: list[bool]) -> None:
    """Add a heading right before a chosen block of the same box: trafilatura leaves headings out
    where it gathers paragraphs alone."""
    for number in range(len(blocks) - 2, -1, -1):
        box = blocks[number].box
        if (
            box.tag in HEADINGS
            and kept[number + 1]
            and blocks[number].linked * 2 < blocks[number].size
        ):
            kept[number] = kept[number] or box.parent in boxes_around(blocks[number + 1].box)


def _said(blocks: Sequence[Block], kept: Sequence[bool]) -> int:
    """How many letters were chosen that are in no link."""
    return sum(b.size - b.linked for b, keep in zip(blocks, kept, strict=True) if keep)


def _add_main(blocks: Sequence[Block], kept: list[bool]) -> None:
    """Add all of what a page calls its main part, where that is one article at most and next to
    nothing of it leads elsewhere: trafilatura takes the notes under a table for what stands around
    a text."""
    around = [{box.tag for box in boxes_around(block.box)} for block in blocks]
    inside = [n for n, tags in enumerate(around) if "main" in tags and BESIDE.isdisjoint(tags)]
    articles = {_article(blocks[number].box) for number in inside} - {None}
    if len(articles) < 2 and is_document([blocks[number] for number in inside]):
        for number in inside:
            kept[number] = True


def _holder(box: Box) -> Box | None:
    """The box that a list or a table stands in."""
    return next((outer for outer in boxes_around(box.parent) if outer.tag not in _LISTS), None)


def _article(box: Box) -> Box | None:
    return next((outer for outer in boxes_around(box) if outer.tag == "article"), None)


def _keep_tables_whole(blocks: Sequence[Block], kept: list[bool]) -> None:
    """A table of which a row was chosen is main text with its caption, and so is one among chosen
    paragraphs."""
    tables: dict[Box, list[int]] = defaultdict(list)
    for number, block in enumerate(blocks):
        table = next((box for box in boxes_around(block.box)[:4] if box.tag == "table"), None)
        if table is not None and (block.is_row or block.box.tag == "caption"):
            tables[table].append(number)
    around = {
        box
        for block, keep in zip(blocks, kept, strict=True)
        if keep and is_prose(block)
        for box in _near(block.box)
    }
    for table, numbers in tables.items():
        few_links = sum(blocks[number].linked * 2 for number in numbers) <= sum(
            blocks[number].size for number in numbers
        )
        if any(kept[number] for number in numbers) or (
            few_links and around.intersection(_near(table))
        ):
            for number in numbers:
                kept[number] = True


def _near(box: Box) -> list[Box]:
    return [
        outer for outer in boxes_around(box.parent)[:2] if outer.tag not in ("", "html", "body")
    ]


def all_but_menus(
    blocks: Sequence[Block], within: Sequence[str] = ("article", "main", "body")
) -> list[bool]:
    """What stands in the first of these boxes that there is, but in no menu or footer."""
    around = [{box.tag for box in boxes_around(block.box)} for block in blocks]
    shown = [BESIDE.isdisjoint(tags) for tags in around]
    for box in within:
        if any(inside := [show and box in tags for show, tags in zip(shown, around, strict=True)]):
            return inside
    return shown


def _size(blocks: Sequence[Block], kept: Sequence[bool]) -> int:
    return sum(block.size for block, keep in zip(blocks, kept, strict=True) if keep)


# What does not


def _drop_title(blocks: Sequence[Block], kept: list[bool], title: str) -> None:
    """The page's title is told as such."""
    names = set(_WORD.findall(title.lower()))
    for number, block in enumerate(blocks):
        if not kept[number] or block.box.tag != "h1":
            continue
        said = set(_WORD.findall(block.text.lower()))
        if len(names & said) * 2 >= len(names):
            kept[number] = False
            return


def _drop_links(blocks: Sequence[Block], kept: list[bool]) -> None:
    """Paragraphs, headings and tables that are nothing but links to elsewhere lead away from the
    text; lists may be of links."""
    lines = [number for number, block in enumerate(blocks) if kept[number] and _is_link(block)]
    total = _size(blocks, kept)
    rows = [number for number in lines if blocks[number].is_row]
    if total - sum(blocks[number].size for number in rows) >= SCANT:
        for number in rows:
            kept[number] = False
    if sum(blocks[number].size for number in lines) * MANY_LINKS <= total:
        for number in lines:
            kept[number] = False


def _is_link(block: Block) -> bool:
    if block.is_row:
        return block.linked * 5 >= block.size * 4
    return block.linked * 10 >= block.size * 9 and block.box.tag not in ("li", "td", "th", "dd")


def _drop_bare_headings(blocks: Sequence[Block], kept: list[bool]) -> None:
    """A heading without a text goes, but not a paragraph that is tagged as one."""
    follows = False
    for number in range(len(blocks) - 1, -1, -1):
        if blocks[number].box.tag in HEADINGS and blocks[number].size < 2 * PROSE:
            kept[number] = kept[number] and follows
        elif kept[number]:
            follows = True
        elif blocks[number].size >= 2 * PROSE:
            follows = False
