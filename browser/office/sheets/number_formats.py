"""What a spreadsheet shows for a value under its number format (ECMA-376, 18.8.31). Pure.

Figures are rounded as the format says, with points and commas as in English; whole numbers without
a format keep all their digits. Two departures, so that what is quoted can be understood alone: a
date in figures whose order nobody can tell (`03/05/24`) is written as `2024-05-03`, and years have
four digits. Not here: colours, widths and the alignment that formats ask for.
"""

from collections.abc import Sequence
from datetime import date, time, timedelta

from browser.office.sheets.figures import decimal_of, figure, general
from browser.office.sheets.format_codes import Section, section_for, sections_of
from browser.office.sheets.moments import moment

Value = int | float | str | date | time | timedelta


def shown(value: Value, number_format: str) -> str:
    """The text of a cell. Never raises: what a format cannot show is written plainly."""
    sections = sections_of(number_format)
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, str):
        return _text(value, sections)
    if isinstance(value, date | time | timedelta):
        return moment(value, sections[0]).strip()
    number = decimal_of(value)
    if number is None:
        return str(value)
    section, signed = section_for(number, sections)
    if not section.tokens and len(sections) == 1:
        return general(number)
    return figure(number if signed else abs(number), section).strip()


def _text(value: str, sections: Sequence[Section]) -> str:
    with_text = [one for one in sections if any(token.kind == "text" for token in one.tokens)]
    if len(sections) == 4:
        tokens = sections[3].tokens
    elif with_text and all(token.kind in ("text", "literal") for token in with_text[-1].tokens):
        tokens = with_text[-1].tokens
    else:
        return value
    return "".join(value if token.kind == "text" else token.text for token in tokens)
