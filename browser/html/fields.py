"""The fields of a page's forms as text: a label and its value (`Ship: Grey Gull`), ☒ and ☐ for
boxes.

A form in which nothing is filled in is left as it is. Not here: what scripts fill in.
"""

from typing import Any

from browser.documents.parts import tidy
from browser.documents.signs import OPEN, TICKED
from browser.html.hidden import Selectors, hidden_elements

LONGEST_LABEL = 200  # characters
MAX_FIELDS = 500
_SILENT = frozenset("hidden password submit button reset image file search".split())
_BOXES = frozenset({"checkbox", "radio"})
_ENDS = " :：*"


def write_out_fields(tree: Any, hiding: Selectors) -> None:
    """Put the filled fields of each form into the page's text, but none that the page hides."""
    found = [
        field
        for field in tree.iter("input", "textarea", "select")
        if field.get("type", "").lower() not in _SILENT
    ]
    if all(_value(field) in ("", OPEN) for field in found):
        return
    hidden = hidden_elements(tree, hiding)
    fields = [field for field in found[:MAX_FIELDS] if field not in hidden]
    filled = {_form(field) for field in fields if _value(field) not in ("", OPEN)}
    labels = (
        {label.get("for"): label for label in tree.iter("label") if label.get("for")}
        if filled
        else {}
    )
    for field in fields:
        form = _form(field)
        if form in filled and field.getparent() is not None and (value := _value(field)):
            around = next(field.iterancestors("label"), None)
            label = around if around is not None else labels.get(field.get("id"))
            _write(field, label if label not in hidden else None, value)
    for form in filled:
        if form is not None:
            form.tag = "div"


def _form(field: Any) -> Any:
    return next(field.iterancestors("form"), None)


def _value(field: Any) -> str:
    """What a field shows, '' where nothing is filled in."""
    if field.tag == "select":
        chosen = [
            option
            for option in field.iter("option")
            if "selected" in option.attrib and option.get("value") != ""
        ]
        return ", ".join(filter(None, (tidy(option.text_content()) for option in chosen)))
    if field.tag == "textarea":
        return tidy(field.text_content())
    if field.get("type", "").lower() in _BOXES:
        return TICKED if "checked" in field.attrib else OPEN
    return tidy(field.get("value", ""))


def _write(field: Any, label: Any, value: str) -> None:
    """Put a value behind its label, in a table into its cell; of radio buttons the chosen one is
    told.
    """
    is_radio = field.get("type", "").lower() == "radio"
    is_inside = label is not None and any(one is label for one in field.iterancestors())
    in_cell = not is_inside and next(field.iterancestors("td", "th"), None) is not None
    field.clear(keep_tail=True)
    said = tidy(label.text_content()).strip(_ENDS) if label is not None else ""
    if is_radio and value == OPEN:
        _drop(field)
        if label is not None and not in_cell:
            _drop(label)
    elif in_cell or not said or len(said) > LONGEST_LABEL:
        field.tag, field.text = "span", f" {value} "
    else:
        place = label if is_inside else field
        place.clear(keep_tail=True)
        place.tag, place.text = "p", f"{said}: {value}"
        if not is_inside:
            _drop(label)


def _drop(element: Any) -> None:
    if element.getparent() is not None:
        element.drop_tree()
