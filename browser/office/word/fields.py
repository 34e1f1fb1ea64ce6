"""Fields of a DOCX as what they show: their results stay, their instructions go. Pure.

Not here: computing results. A formula given as an instruction without a result is marked.
"""

from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from browser.documents.signs import FORMULA, OPEN, TICKED
from browser.office.packages import WORD, whole_number
from browser.office.word.styles import switch, value_of

_CONTENT = frozenset(
    WORD + name
    for name in (
        "t tab br cr sym drawing pict object noBreakHyphen footnoteReference endnoteReference"
    ).split()
)


@dataclass
class _Field:
    """A field that has begun. `instruction` is what stands before its result, to be taken out."""

    begin: Any
    instruction: list[Any] = field(default_factory=list)
    code: str = ""
    shows: bool = False


def settle_fields(root: Any) -> int:
    """Rewrite a part in place; gives the number of formulas that have no readable form."""
    open_fields: list[_Field] = []
    formulas = 0
    for element in list(root.iter(f"{WORD}fldChar", f"{WORD}instrText", *_CONTENT)):
        if element.tag == f"{WORD}fldChar":
            formulas += _turn(element, open_fields)
        elif element.tag in _CONTENT:
            for one in open_fields:
                if not one.shows:
                    one.instruction.append(element)
        elif open_fields:
            open_fields[-1].code += element.text or ""
    for element in list(root.iter(f"{WORD}fldChar", f"{WORD}instrText")):
        _take_out(element)
    for element in list(root.iter(f"{WORD}fldSimple")):
        parent = element.getparent()
        at = parent.index(element)
        parent[at : at + 1] = [child for child in element if child.tag != f"{WORD}fldData"]
    return formulas


def _turn(element: Any, open_fields: list[_Field]) -> int:
    """Begin a field, go on to its result, or close it; gives the formulas of a closed one that
    cannot be read.
    """
    kind = element.get(f"{WORD}fldCharType")
    if kind == "begin":
        open_fields.append(_Field(element))
    elif kind == "separate" and open_fields:
        open_fields[-1].shows = True
    elif kind == "end" and open_fields:
        return _close(open_fields.pop())
    return 0


def _close(one: _Field) -> int:
    """Take out the instruction; show the state of a field that has no result. 1 for a formula that
    cannot be read.
    """
    for element in one.instruction:
        _take_out(element)
    name = one.code.split()[0].upper() if one.code.split() else ""
    data = one.begin.find(f"{WORD}ffData")
    told = ""
    if name == "FORMCHECKBOX":
        told = TICKED if _is_ticked(data) else OPEN
    elif name == "FORMDROPDOWN":
        told = _selected(data)
    elif name == "EQ" and not one.shows:
        told = FORMULA
    if told:
        text = etree.Element(f"{WORD}t")
        text.text = told
        one.begin.addprevious(text)
    return int(told == FORMULA)


def _is_ticked(data: Any) -> bool:
    box = data.find(f"{WORD}checkBox") if data is not None else None
    checked = switch(box, "checked")
    return bool(switch(box, "default") if checked is None else checked)


def _selected(data: Any) -> str:
    choices = data.find(f"{WORD}ddList") if data is not None else None
    if choices is None:
        return ""
    entries = [entry.get(f"{WORD}val", "") for entry in choices.findall(f"{WORD}listEntry")]
    at = whole_number(value_of(choices, "result") or value_of(choices, "default") or "0")
    return entries[at] if at is not None and at < len(entries) else ""


def _take_out(element: Any) -> None:
    if element.getparent() is not None:
        element.getparent().remove(element)
