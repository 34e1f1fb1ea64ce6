"""Puts together in a page what a reader sees as one thing: a term and its definition, a label and
its value, a word and its reading, a component and what its shadow holds.

Not here: tables (`tables.py`), formulas (`formulas.py`).
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from browser.documents.parts import tidy
from browser.documents.tables import is_figure

LONGEST_LABEL = 60  # characters
LONGEST_VALUE = 200
_ENDS = ".!?:;。！？：；"
_LEAVES = frozenset("div span p b strong em i label small dt dd time data".split())
_TABLE_ROLES = {
    "table": "table",
    "grid": "table",
    "rowgroup": "tbody",
    "row": "tr",
    "cell": "td",
    "gridcell": "td",
    "columnheader": "th",
    "rowheader": "th",
}


def show_shadow_roots(tree: Any) -> None:
    """Show what declarative shadow roots hold, with the children of their hosts in its slots."""
    for template in list(tree.iter("template")):
        host = template.getparent()
        if "shadowrootmode" in template.attrib and host is not None:
            words, children = _given(host, template)
            for slot in list(template.iter("slot")):
                name = slot.get("name", "")
                _fill(
                    slot,
                    [child for child in children if child.get("slot", "") == name],
                    "" if name else words,
                )
            template.drop_tag()


def _given(host: Any, template: Any) -> tuple[str, list[Any]]:
    """Take out of a host its own words before any child and its children; words behind a child with
    a place of its own go to what is before it."""
    words = f"{host.text or ''}{template.tail or ''}"
    host.text = template.tail = None
    children = [child for child in host if child is not template]
    last = None
    for child in children:
        host.remove(child)
        if not child.get("slot"):
            last = child
        elif last is None:
            words, child.tail = f"{words}{child.tail or ''}", None
        else:
            last.tail, child.tail = f"{last.tail or ''}{child.tail or ''}", None
    return words, children


def _fill(slot: Any, given: list[Any], words: str) -> None:
    """What a host gives a slot takes the place of what the slot holds itself."""
    if given or words.strip():
        slot.clear(keep_tail=True)
        slot.text = words
        slot.extend(given)


def put_together(tree: Any) -> None:
    """Rewrite a page so that what belongs together is one block of text."""
    for ruby in reversed(list(tree.iter("ruby"))):
        _join_ruby(ruby)
    for terms in list(tree.iter("dl")):
        _join_definitions(terms)
    for element in tree.xpath("//*[@role]"):
        if (
            element.tag in ("div", "span", "section", "ul", "li")
            and element.get("role") in _TABLE_ROLES
        ):
            element.tag = _TABLE_ROLES[element.get("role")]
            del element.attrib["role"]
    pairs = set(_pairs(tree))
    for parent in {row.getparent() for row in pairs}:
        _join_pairs(parent, pairs)
    for row in pairs:
        _part_words(row)


def _join_ruby(ruby: Any) -> None:
    """The words, then their reading in brackets."""
    brackets = ["".join(mark.itertext()).strip() for mark in ruby.iter("rp")]
    for mark in list(ruby.iter("rp")):
        mark.drop_tree()
    reading = "".join("".join(part.itertext()).strip() for part in ruby.iter("rt"))
    for part in list(ruby.iter("rt", "rtc")):
        part.drop_tree()
    words = "".join("".join(ruby.itertext()).split("\n")).strip()
    left, right = (
        (brackets[0], brackets[-1])
        if len(brackets) > 1 and brackets[0] and brackets[-1]
        else ("(", ")")
    )
    ruby.clear(keep_tail=True)
    ruby.text = f"{words}{left}{reading}{right}" if reading else words
    ruby.drop_tag()


def _join_definitions(definitions: Any) -> None:
    """Each definition begins with its terms."""
    terms: list[Any] = []
    label = ""
    for element in list(definitions.iter("dt", "dd")):
        if next(element.iterancestors("dl")) is not definitions:
            continue
        if element.tag == "dt":
            terms.append(element)
            continue
        if terms:
            label = ", ".join(filter(None, _taken(terms)))
            terms = []
        _begin(element, label)


def _taken(terms: list[Any]) -> list[str]:
    """Take the terms out, the last first: without end tags one stands in the other."""
    said = []
    for term in reversed(terms):
        said.append(tidy(term.text_content()))
        term.drop_tree()
    return said[::-1]


def _begin(element: Any, label: str) -> None:
    """Put a label before the first words of an element."""
    if not label:
        return
    label += " " if label[-1] in _ENDS else ": "
    for inner in element.iter():
        if inner.text and inner.text.strip():
            inner.text = label + inner.text.lstrip()
            return
        if inner is not element and inner.tail and inner.tail.strip():
            inner.tail = label + inner.tail.lstrip()
            return
    element.text = label


def _pairs(tree: Any) -> Iterator[Any]:
    """Elements that hold a label and a value and nothing else."""
    for row in tree.iter("div", "li", "p"):
        if (
            len(row) == 2
            and row[0].tag in _LEAVES
            and row[1].tag in _LEAVES
            and not _own_text(row)
            and _is_leaf(row)
        ):
            label, value = (tidy(child.text_content()) for child in row)
            if (
                0 < len(label) <= LONGEST_LABEL
                and 0 < len(value) <= LONGEST_VALUE
                and label[-1] not in ".!?。！？"
            ):
                yield row


def _own_text(row: Any) -> str:
    return tidy("".join(filter(None, (row.text, row[0].tail, row[1].tail))))


def _is_leaf(row: Any) -> bool:
    """Whether label and value hold no blocks or pictures, and the label does not lead elsewhere."""
    inner = {element.tag for child in row for element in child.iterdescendants()}
    return not inner - {
        "a",
        "b",
        "strong",
        "em",
        "i",
        "span",
        "sup",
        "sub",
        "time",
        "wbr",
    } and not any(True for _ in row[0].iter("a"))


def _join_pairs(parent: Any, pairs: set[Any]) -> None:
    """Runs of two pairs or more that are built alike are a list of labels and values, as a table
    would be."""
    for _, run in groupby(list(parent), key=_built):
        rows = list(run)
        if len(rows) > 1 and pairs.issuperset(rows):
            for row in rows:
                label, value = reversed(row) if _is_value(row[0]) and not _is_value(row[1]) else row
                _begin(value, tidy(label.text_content()))
                label.drop_tree()
                value.drop_tag()


def _is_value(element: Any) -> bool:
    return is_figure(tidy(element.text_content()))


def _part_words(row: Any) -> None:
    """A pair alone whose parts touch is not one word, as the page's styles part them."""
    if len(row) == 2 and not row[0].tail and len(tidy(row[0].text_content())) > 1:
        begins = tidy(row[1].text_content())[0]
        row[0].tail = " " if begins.isupper() or begins.isdigit() else None


def _built(row: Any) -> tuple[Any, ...]:
    return (row.tag, row.get("class"), *((child.tag, child.get("class")) for child in row))
