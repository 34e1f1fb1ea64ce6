"""From HTML to main text and what the page says about itself.

What a reader would not see is taken out first (`hidden.py`), tables become rows (`tables.py`), and the page's blocks are judged
(`main_text.py`). Where that finds next to nothing, trafilatura is asked, which looks for less of an article.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import trafilatura
from lxml import etree, html

from browser.documents.parts import UNDER_TITLE, Facts, Part, compose, tidy, with_byline
from browser.html.blocks import Block, Box, layout_of
from browser.html.features import HEADINGS
from browser.html.hidden import take_out_hidden
from browser.html.main_text import main_text
from browser.html.metadata import facts_of
from browser.html.table_notes import take_notes
from browser.html.tables import ROW, flatten_tables
from browser.markup.markdown import html_of_markdown
from research.types import PageText, ReadingNote

# It warns of every page without an article; here that is a typed error.
logging.getLogger("trafilatura").setLevel(logging.ERROR)
EXTRACTOR = "leadline-html/3"
SCANT = 250  # letters; below this much main text, a second opinion is asked

_FOOTNOTE = re.compile(r"^[\[(]\s*(?:\d{1,3}|[a-z]|note \d+|citation needed|[a-z ]+\?)\s*[\])]$|^[*†‡§]+$")
_EXPONENT = re.compile(r"^[+\-−]?\d{1,3}$")
_BAD_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


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
        return HtmlPage(compose([], Facts(), media_type="text/html", extractor=EXTRACTOR), "", False, 0)
    facts = facts_of(tree, url)
    scripts = sum(1 for _ in tree.iter("script"))
    asks_password = any(field.get("type", "").lower() == "password" for field in tree.iter("input"))
    clean(tree)
    layout = layout_of(tree)
    facts = with_byline(facts, _under_title(layout.blocks, facts.title))
    parts = _parts(main_text(layout, tidy(facts.title)))
    if sum(len(part.text) for part in parts) < SCANT:
        parts = _second_opinion(tree, parts)
    page = compose(parts, facts, media_type="text/html", extractor=EXTRACTOR)
    return HtmlPage(page=page, visible=tidy(" ".join(block.text for block in layout.blocks)), has_password=asks_password, scripts=scripts)


@dataclass(frozen=True)
class WholeHtml:
    """All that a document shows, as parts, what it says about itself, and what of it the parts lack."""

    parts: tuple[Part, ...]
    facts: Facts
    notes: tuple[ReadingNote, ...] = ()


def read_whole(text: str, url: str = "") -> WholeHtml:
    """Read a document that is nothing but its text, without the search for a main text: Word, Markdown, a chapter, a mail as HTML. What
    is no HTML at all has no parts."""
    tree = tree_of(text)
    if tree is None:
        return WholeHtml((), Facts())
    facts = facts_of(tree, url)
    clean(tree)
    for head in list(tree.iter("head")):
        head.drop_tree()
    return WholeHtml(tuple(_parts(layout_of(tree).blocks)), facts)


def tree_of(text: str) -> Any:
    """The lxml tree of a page; None for what is none."""
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        return html.document_fromstring(_BAD_CHARACTERS.sub("", text).encode("utf-8"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None


def clean(tree: Any) -> None:
    """Make the tree one of text that can be quoted: nothing hidden, no marks of footnotes, a cell for each row of a table."""
    take_out_hidden(tree)
    notes = take_notes(tree)
    _plain_words(tree)
    flatten_tables(tree, notes)


def _plain_words(tree: Any) -> None:
    """Emphasis is no part of a quote, nor are marks of footnotes; an exponent stays one."""
    for element in list(tree.iter("sup")):
        text = "".join(element.itertext()).strip()
        if "reference" in element.get("class", "") or _FOOTNOTE.match(text):
            element.drop_tree()
            continue
        if _EXPONENT.match(text):
            element.text = f"^{element.text or ''}"
        element.drop_tag()


def _under_title(blocks: Sequence[Block], title: str) -> list[Part]:
    """The page's title and the lines that follow, among which a byline may be."""
    start = next((n for n, block in enumerate(blocks) if block.box.tag == "h1" or (title and block.text == title)), len(blocks))
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
    if box.tag == "td" and box.names == ROW:
        return Part(block.text, "row")
    outer: Box | None = box
    for _ in range(3):
        if outer is not None and outer.tag == "li" and outer not in begun:
            begun.add(outer)
            return Part(f"{outer.item}. {block.text}" if outer.item else f"- {block.text}")
        outer = outer.parent if outer else None
    return Part(f"> {block.text}" if "blockquote" in box.around else block.text)


def _second_opinion(tree: Any, parts: list[Part]) -> list[Part]:
    """What trafilatura finds, if that is much more."""
    page = etree.tostring(tree, encoding="unicode", method="html")
    found = trafilatura.extract(page, output_format="markdown", include_tables=True, include_comments=False, favor_recall=True)
    if not found or len(found) <= 2 * sum(len(part.text) for part in parts):
        return parts
    return list(read_whole(html_of_markdown(found)).parts)
