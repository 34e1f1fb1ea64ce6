"""From HTML to text and what the page says about itself.

The tree is made what a reader sees (`show`): formulas become text, what is hidden or struck out
goes. Its links are taken (`links.py`). Then it is made text that can be quoted (`flatten`): what
belongs together is put together, tables become rows.
Then a page is searched for its main text (`main_text.py`); a document that is nothing but its text
is read whole.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree, html

from browser.documents.parts import UNDER_TITLE, Facts, Part, compose, summed, tidy, with_byline
from browser.html.blocks import (
    HEADINGS,
    MISSING,
    Block,
    Box,
    Layout,
    Missing,
    boxes_around,
    layout_of,
)
from browser.html.deep import flatten_deep
from browser.html.fields import write_out_fields
from browser.html.formulas import write_out_formulas
from browser.html.hidden import styles_of, take_out_hidden, take_out_withdrawn
from browser.html.links import base_of, links_of, number_links
from browser.html.main_text import BESIDE, all_but_menus, is_document, main_text, without_signs
from browser.html.metadata import facts_of
from browser.html.table_notes import take_notes
from browser.html.tables import flatten_tables
from browser.html.together import put_together, show_shadow_roots
from browser.markup.charset import xml_bytes
from research.domain import PageText, ReadingNote

EXTRACTOR = "leadline-html/5"

_FOOTNOTE = re.compile(
    r"^[\[(]\s*(?:\d{1,3}|[a-z]|note \d+|citation needed|[a-z ]+\?)\s*[\])]$|^[*†‡§]+$"
)
_EXPONENT = re.compile(r"[+\-−]?\d{1,3}")
_TERM = re.compile(r"[+\-−]?\w{1,4}(?:\s?[+\-−·*/]\s?\w{1,4})+|[+\-−]\w")
# One class for all: `lxml.html` asks Python for that of each element, each time it is met.
_ELEMENTS = etree.ElementDefaultClassLookup(element=html.HtmlElement)
_STROKES = frozenset("/⁄∕")


@dataclass(frozen=True)
class HtmlPage:
    """`visible` is all the text the page shows, for telling walls from articles."""

    page: PageText
    visible: str
    has_password: bool
    scripts: int


def read_html(text: str, url: str) -> HtmlPage:
    """Extract main text and facts. What is no HTML at all gives an empty page, never an error."""
    tree = tree_of(text)
    if tree is None:
        return HtmlPage(
            compose([], Facts(), media_type="text/html", extractor=EXTRACTOR), "", False, 0
        )
    facts = facts_of(tree, url)
    scripts = sum(1 for _ in tree.iter("script"))
    asks_password = any(field.get("type", "").lower() == "password" for field in tree.iter("input"))
    base = base_of(tree, url)
    show(tree)
    anchors = number_links(tree)
    flatten(tree)
    layout = layout_of(tree)
    facts = with_byline(facts, _under_title(layout.blocks, facts.title))
    # a file that somebody keeps is theirs, short lines and small print too
    whole = not url.startswith("http") and is_document(layout.blocks)
    kept = (
        all_but_menus(layout.blocks, ("body",))
        if whole
        else main_text(tree, layout, tidy(facts.title))
    )
    parts = _parts([block for block, keep in zip(layout.blocks, kept, strict=True) if keep])
    page = compose(
        parts, facts, media_type="text/html", extractor=EXTRACTOR, notes=_notes(layout, kept)
    )
    order = [
        number
        for block, keep in zip(layout.blocks, kept, strict=True)
        if keep
        for number in block.links
    ]
    page = page.replace(links=links_of(anchors, order, base, url))
    visible = tidy(" ".join(block.text for block in layout.blocks))
    return HtmlPage(page=page, visible=visible, has_password=asks_password, scripts=scripts)


@dataclass(frozen=True)
class WholeHtml:
    """All that a document shows, as parts, what it says about itself, and what of it the parts
    lack."""

    parts: tuple[Part, ...]
    facts: Facts
    notes: tuple[ReadingNote, ...] = ()


def read_whole(text: str, url: str = "") -> WholeHtml:
    """Read a document that is nothing but its text, without the search for a main text: Word,
    Markdown, a chapter, a mail as HTML. What is no HTML at all has no parts."""
    tree = tree_of(text)
    if tree is None:
        return WholeHtml((), Facts())
    facts = facts_of(tree, url)
    show(tree)
    flatten(tree)
    for head in list(tree.iter("head")):
        head.drop_tree()
    layout = layout_of(tree)
    notes = [ReadingNote(kind=missing.kind) for missing in layout.missing]
    return WholeHtml(tuple(_parts(layout.blocks)), facts, summed(notes))


def tree_of(text: str) -> Any:
    """The lxml tree of a page; None for what is none. Where it is deeper than the parser goes, a
    trace says so."""
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True
    )
    parser.set_element_class_lookup(_ELEMENTS)
    try:
        tree = html.document_fromstring(without_signs(xml_bytes(text)), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None
    if any(error.level_name == "FATAL" for error in parser.error_log):
        tree.append(tree.makeelement("wbr", {MISSING: "parts_unread"}))
    return tree


def show(tree: Any) -> None:
    """Make the tree what a reader sees: formulas written out, nothing hidden or withdrawn."""
    show_shadow_roots(tree)
    write_out_formulas(tree)
    styles = styles_of(tree)
    write_out_fields(tree, styles.hidden)
    take_out_hidden(tree, styles.hidden)
    take_out_withdrawn(tree, styles.struck)
    flatten_deep(tree)


def flatten(tree: Any) -> None:
    """Make the tree one of text that can be quoted: what belongs together in one place, no marks of
    footnotes, a cell for each row of a table."""
    put_together(tree)
    notes = take_notes(tree)
    _plain_words(tree)
    flatten_tables(tree, notes)


def _plain_words(tree: Any) -> None:
    """Emphasis is no part of a quote, nor are marks of footnotes and of links to headings; an
    exponent stays one, and so does an index that is more than a number."""
    for link in list(tree.iter("a")):
        if (
            link.get("href", "").startswith("#")
            and not any(map(str.isalnum, link.text_content()))
            and not len(link)
        ):
            link.drop_tree()
    for element in list(tree.iter("sup")):
        _write_fraction(element)
    for element in reversed(list(tree.iter("sup"))):
        text = "".join(element.itertext()).strip()
        if _is_footnote(element, text):
            element.drop_tree()
            continue
        if exponent := _exponent(element, text):
            element.clear(keep_tail=True)
            element.text = f"^{exponent}"
        element.drop_tag()
    for element in list(tree.iter("sub")):
        text = "".join(element.itertext()).strip()
        if (lower := _exponent(element, text)) and not text.isdecimal():
            element.clear(keep_tail=True)
            element.text = f"_{lower}"


def _write_fraction(raised: Any) -> None:
    """A raised and a lowered number around a stroke are a fraction, of a mixed number behind a
    digit."""
    lowered = raised.getnext()
    if lowered is None or lowered.tag != "sub" or (raised.tail or "").strip() not in _STROKES:
        return
    upper, lower = ("".join(part.itertext()).strip() for part in (raised, lowered))
    if not (upper.isdecimal() and lower.isdecimal()):
        return
    previous = raised.getprevious()
    before = (previous.tail if previous is not None else raised.getparent().text) or ""
    raised.clear()
    raised.tag, raised.text = "span", f"{' ' if before[-1:].isdecimal() else ''}{upper}/{lower}"
    raised.tail, lowered.tail = lowered.tail, None
    lowered.drop_tree()


def _exponent(raised: Any, text: str) -> str:
    """What a raised text says as an exponent, '' for the ends of ordinals and the like."""
    is_variable = len(text) == 1 and next(raised.iter("i", "var", "em"), None) is not None
    if is_variable or _EXPONENT.fullmatch(text):
        return text
    return f"({text})" if _TERM.fullmatch(text) else ""


def _is_footnote(raised: Any, text: str) -> bool:
    if "reference" in raised.get("class", "") or _FOOTNOTE.match(text):
        return True
    links = [*raised.iter("a"), *raised.iterancestors("a")]
    return any(link.get("href", "").startswith("#") for link in links)


def _under_title(blocks: Sequence[Block], title: str) -> list[Part]:
    """The page's title and the lines that follow, among which a byline may be."""
    start = next(
        (
            n
            for n, block in enumerate(blocks)
            if block.box.tag == "h1" or (title and block.text == title)
        ),
        len(blocks),
    )
    return _parts(blocks[start : start + 1 + UNDER_TITLE])


def _parts(blocks: Sequence[Block]) -> list[Part]:
    begun: set[Box] = set()
    return [_part(block, begun) for block in blocks]


def _part(block: Block, begun: set[Box]) -> Part:
    """`begun` are the items of lists that have their mark."""
    box = block.box
    if block.verbatim:
        return Part(block.text, "code")
    if box.tag in HEADINGS:
        return Part(block.text, "heading", int(box.tag[1]))
    if block.is_row:
        return Part(block.text, "row")
    around = boxes_around(box)
    item = next((outer for outer in around[:3] if outer.tag == "li" and outer not in begun), None)
    if item is not None:
        begun.add(item)
        return Part(f"{item.item}. {block.text}" if item.item else f"- {block.text}")
    return Part(
        f"> {block.text}" if any(outer.tag == "blockquote" for outer in around) else block.text
    )


def _notes(layout: Layout, kept: Sequence[bool]) -> list[ReadingNote]:
    """What the main text lacks: between its first and last block, in a box that holds some of it;
    and what the page lacks as a whole."""
    kept_numbers = [number for number, keep in enumerate(kept) if keep]
    holding = {
        outer for number in kept_numbers for outer in boxes_around(layout.blocks[number].box)
    }
    inside = range(kept_numbers[0], kept_numbers[-1] + 2) if kept_numbers else range(0)

    def is_of_text(missing: Missing) -> bool:
        around = holding.intersection(boxes_around(missing.box)[:2])
        return missing.before in inside and missing.box.tag not in BESIDE and bool(around)

    return [
        ReadingNote(kind=missing.kind)
        for missing in layout.missing
        if missing.kind == "parts_unread" or is_of_text(missing)
    ]
