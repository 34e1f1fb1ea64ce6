"""The codes of number formats: their up to four sections, and what each section is made of. Pure.

Not here: what is shown under them (`figures.py`, `moments.py`).
"""

import locale
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

# literal, digit, point, comma, percent, exponent, slash, general, text, date, elapsed, half
Kind = str

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?'
    r"|\\(?P<escaped>.)"
    r"|_.(?P<space>)"
    r"|\*."
    r"|(?P<end>;)"
    r"|\[(?P<bracket>[^\]]*)\]"
    r"|(?P<general>general)"
    r"|(?P<exponent>E[+-])"
    r"|(?P<half>am/pm|a/p|上午/下午)"
    r"|(?P<date>y+|m+|d+|h+|s+|e+|b+|g+|aaaa?)"
    r"|(?P<digit>[0#?])"
    r"|(?P<point>\.)|(?P<comma>,)|(?P<percent>%)|(?P<slash>/)|(?P<text>@)"
    r"|(?P<literal>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(?P<sign><=|>=|<>|=|<|>)\s*(?P<bound>-?\d+(?:\.\d+)?)")
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_CURRENCY = re.compile(r"\$(?P<sign>[^-\]]*)(?:-(?P<language>[0-9A-Fa-f]+))?")
_LONGEST_FORMAT = 255


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """One of the up to four parts of a format. `language` is that of its names of months."""

    tokens: tuple[Token, ...] = ()
    condition: tuple[str, Decimal] | None = None
    language: str = ""

    def and_token(self, kind: Kind, text: str) -> "Section":
        return replace(self, tokens=(*self.tokens, Token(kind, text))) if text else self


@lru_cache(maxsize=1024)
def sections_of(number_format: str) -> tuple[Section, ...]:
    sections = [Section()]
    for match in _TOKEN.finditer(number_format[:_LONGEST_FORMAT]):
        kind = match.lastgroup or ""
        found = match[kind] if kind else ""
        if kind == "end":
            sections.append(Section())
        elif kind == "bracket":
            sections[-1] = _with_bracket(sections[-1], found)
        elif kind:
            found = " " if kind == "space" else found
            kind = "literal" if kind in ("quoted", "escaped", "space") else kind
            sections[-1] = sections[-1].and_token(kind, found)
    return tuple(sections[:4])


def _with_bracket(section: Section, text: str) -> Section:
    """A currency, a condition or a time that runs on past a day; colours are not told."""
    if currency := _CURRENCY.fullmatch(text):
        section = replace(section, language=_language(currency["language"]) or section.language)
        return section.and_token("literal", currency["sign"])
    if limit := _CONDITION.fullmatch(text):
        return replace(section, condition=(limit["sign"], Decimal(limit["bound"])))
    return section.and_token("elapsed", text) if _ELAPSED.fullmatch(text) else section


def _language(code: str | None) -> str:
    """A language by the number that Windows gives it, '' where it has none."""
    return locale.windows_locale.get(int(code, 16) & 0xFFFF, "") if code else ""


def section_for(number: Decimal, sections: Sequence[Section]) -> tuple[Section, bool]:
    """The section that shows a number, and whether the number brings its own minus."""
    if any(section.condition for section in sections):
        for section in sections:
            if section.condition is None or _holds(number, *section.condition):
                return section, True
        return sections[-1], True
    if number < 0 and len(sections) > 1:
        return sections[1], not _tells_negative(sections[1], sections[0])
    return sections[2 if number == 0 and len(sections) > 2 else 0], True


def _tells_negative(negative: Section, positive: Section) -> bool:
    """Whether the section of negative numbers says more than the one of positive numbers: a minus,
    brackets, a word. One that has nothing but another colour does not, and the number keeps its
    minus."""
    said, of_positive = (
        "".join(one.text for one in section.tokens if one.kind == "literal")
        for section in (negative, positive)
    )
    shows = any(one.kind in ("digit", "general") for one in negative.tokens)
    return not shows or bool(set(said) - set(of_positive) - {" "})


def _holds(number: Decimal, sign: str, bound: Decimal) -> bool:
    return {
        "<": number < bound,
        ">": number > bound,
        "=": number == bound,
        "<=": number <= bound,
        ">=": number >= bound,
        "<>": number != bound,
    }[sign]
