"""Full stops that make a number an ordinal: *am 3. Mai*, *2. Dünya Savaşı*. They end no sentence.
Pure.

The names of months are those of the Unicode CLDR (`babel`); which language a line is in is told by
`py3langid`, and asked only of a line that has such a number before a capital letter. A number that
does end a sentence in these languages joins it to the next one: that loses nothing of either.
"""

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from babel import Locale

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

LANGUAGES = frozenset("bs cs da de et fi fo hr hu is lb lv nb nn no pl sk sl sr tr".split())
"""Those that write ordinals with a full stop: in dates the CLDR says so, but for Polish and
Turkish."""
YEAR = 4  # digits
DAY = 2  # digits at most
SURE = 0.4  # the probability of a line's language, from 0 to 1, measured on short lines

_NUMBER = re.compile(r"(?<![\d.,])(\d{1,4})\.$")
_SHORT_MONTH = re.compile(r"\d\.\s+([^\W\d_]+)\.$")
WINDOW = 500  # characters of a line by which its language is told
TAIL = 24  # characters before a full stop that are looked at
_RANGE = ("/", "-", "–")  # *3./4. Mai*
_WORD = re.compile(r"[^\W\d_]+")


def begins(text: str) -> bool:
    """Whether the number before a text that fills the line is its first word, and not that of a
    list."""
    return is_month(text) or (text[:1].islower() and _writes_ordinals(text[:WINDOW]))


def goes_on(before: str, after: str, around: str) -> bool:
    """Whether the number at the end of `before` is an ordinal of what stands `after` it; the
    language is told from the text `around` them."""
    if before[-1:] == "." and after[:1] in _RANGE:
        return True
    tail = before.rstrip()[-TAIL:]
    if after[:1].isdigit():
        return _ends_in_short_month(tail)
    found = _NUMBER.search(tail)
    number = found[1] if found else ""
    if len(number) == YEAR:
        return is_month(after, year_first=True)
    if not number or len(number) > DAY:
        return False
    return is_month(after) or (after[:1].isupper() and _writes_ordinals(around))


def is_month(text: str, *, year_first: bool = False) -> bool:
    """Whether a text begins with the name of a month, in a language that has dates with full stops;
    `year_first` is one that has them behind the year too."""
    word = _WORD.match(text)
    return word is not None and word[0].casefold() in _months(year_first)


def is_english_day(text: str) -> bool:
    """Whether a text begins with the English name of a day of the week or of a month."""
    word = _WORD.match(text)
    return word is not None and word[0] in _english_days()


@cache
def _english_days() -> frozenset[str]:
    locale = Locale("en")
    names = [*locale.days["format"]["wide"].values(), *locale.months["format"]["wide"].values()]
    return frozenset(names)


def _ends_in_short_month(before: str) -> bool:
    """*3. Okt.*, before its year."""
    found = _SHORT_MONTH.search(before)
    return found is not None and found[1].casefold() in _months(False)


@cache
def _months(year_first: bool) -> frozenset[str]:
    """The names of months, short ones too, without their full stops."""
    locales = [
        Locale.parse("sr_Latn" if language == "sr" else language) for language in sorted(LANGUAGES)
    ]
    if year_first:
        locales = [
            locale
            for locale in locales
            if str(locale.date_formats["long"].pattern).startswith("y.")
        ]
    names = {
        name
        for locale in locales
        for forms in locale.months.values()
        for length in ("wide", "abbreviated")
        for name in forms[length].values()
    }
    return frozenset(name.rstrip(".").casefold() for name in names)


@cache
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # here: its model is slow to load

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@lru_cache(maxsize=1024)
def _writes_ordinals(text: str) -> bool:
    language, probability = _identifier().classify(text)
    return language in LANGUAGES and probability >= SURE
