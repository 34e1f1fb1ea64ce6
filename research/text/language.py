"""Which language a text is in, as far as its letters tell: Chinese, Japanese, Korean or another.
Pure.

Texts of any other language count as English: they are cut into words and sentences alike. Not here:
which of the languages in Latin letters it is.
"""

import re

from research.domain import Language, TextLanguage

LATIN = r"A-Za-zÀ-ÖØ-öø-ɏ"  # without × and ÷, which stand among them
HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
HIRAGANA = r"\u3041-\u3096\u309d-\u309f"
KATAKANA = r"\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
HANGUL = r"\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"
# letters of scripts that set no spaces, or not between all words
WIDE = HAN + HIRAGANA + KATAKANA + HANGUL

_WIDE = re.compile(f"([{HAN}])|([{HIRAGANA}{KATAKANA}])|([{HANGUL}])")
_RUN_OF_WIDE = re.compile(f"[{WIDE}]+")
SHARE = 5  # a text is in a script whose letters are at least one in so many
ODD = 20  # one character in so many may be missing from a language's own character set


def language_of(text: str) -> TextLanguage:
    """The language of a text by its letters; English when fewer than a fifth are Chinese, Japanese
    or Korean."""
    if text.isascii():
        return "en"
    found = _WIDE.findall(text)
    if not found or len(found) * SHARE < sum(map(str.isalpha, text)):
        return "en"
    han, kana, hangul = map("".join, zip(*found, strict=True))
    if len(hangul) > len(han) + len(kana):
        return "ko"
    return "ja" if _is_japanese(han, len(kana)) else "zh"


def count_wide(text: str) -> int:
    """How many letters of a text are Chinese, Japanese or Korean."""
    return 0 if text.isascii() else sum(map(len, _RUN_OF_WIDE.findall(text)))


def sets_spaces(text: str) -> bool:
    """Whether a text sets spaces between its words: a Chinese or Japanese one does not."""
    return language_of(text) not in ("zh", "ja")


def interface_language_of(text: str) -> Language:
    """The language of code's own words for somebody who writes this."""
    return "zh" if language_of(text) == "zh" else "en"


def _is_japanese(han: str, kana: int) -> bool:
    """Kana decide, unless characters beside them are in no Japanese character set: a Chinese text
    that names something Japanese. Without kana, the simplified forms of Japan decide: they are in
    neither of the Chinese sets."""
    misfits = _misfits(han, "cp932")
    if kana:
        return misfits * ODD <= len(han)
    return not misfits and all(_misfits(han, of_chinese) for of_chinese in ("gb2312", "big5"))


def _misfits(text: str, character_set: str) -> int:
    """How many characters of a text are not in the set."""
    return len(text) - len(text.encode(character_set, "ignore").decode(character_set))
