"""Sentences and terms of text. Pure.

`terms` is the one tokenisation: the search index, relevance and overlap all count the same units.
Latin words are stemmed; Chinese, Japanese and Korean are cut into overlapping pairs of characters,
as search engines do where no dictionary is at hand.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from typing import TypeVar

import sentencex
import Stemmer

from research.domain import Span
from research.text import ordinals
from research.text.language import HAN, HANGUL, HIRAGANA, KATAKANA, WIDE
from research.text.language import language_of as language_of

_CJK = HAN + HIRAGANA + KATAKANA
_TOKEN = re.compile(
    rf"[{HAN}]+|[{HIRAGANA}]+|[{KATAKANA}]+|[{HANGUL}]+|\d+(?:[.,]\d+)*"
    rf"|[^\W\d_{WIDE}]+(?:['’][^\W\d_{WIDE}]+)?",
    re.UNICODE,
)
# *US市场*, *A轮*: no small words there
_GLUED = re.compile(rf"(?<=[{_CJK}])[a-z]{{1,2}}(?![a-z])|(?<![a-z])[a-z]{{1,2}}(?=[{_CJK}])")
_IS_WIDE = re.compile(rf"[{WIDE}]")
_IS_HAN = re.compile(rf"[{HAN}]")
_IS_HIRAGANA = re.compile(rf"[{HIRAGANA}]")
_PLAIN = re.compile(r"[A-Za-z ]")
# Not at a bracket that closes inside a sentence; an English full stop ends one before Chinese
# characters.
_CHINESE_END = re.compile(
    rf"[。！？!?；]+[”’」』\]\"']*(?![）)])|[。！？]+[）)]+$|(?<=[a-z\d)]{{2}})\.(?=\s+[“「{_CJK}])"
)
# After a figure a single letter is a unit, not somebody's initial.
_AFTER_UNIT = re.compile(r"\d\s?(?:[dghlmst]|[a-zµ]{1,3}/[a-z]{1,3})\.\s+(?=[\"“‘'(]?[A-Z])")
# Ends that `sentencex` does not see: an ellipsis or a closing bracket before a capital, a full stop
# before Chinese. The first sign stands outside the alternatives, so that it is searched for.
_MISSED_END = re.compile(
    rf"[….!?](?:(?:(?<=…)|(?<!…)[)\]\"”’]+)\s+(?=[\"“‘'(]?[A-Z])|(?<!…)\s+(?=[“「{_CJK}]))"
)
_ABBREVIATED = re.compile(
    r"\b(?:vs|vols?|eqs?|refs?|approx|secs?|figs?|tabs?|ch|chap|art|app|nos?|pp?|eds?|al|ca|cf"
    r"|resp|incl|est|max|min|st|mt|dept|"
    r"i\.e|e\.g)\.\s*$",
    re.IGNORECASE,
)
_ASCII_ENDS = frozenset(".!?")
# A short word before a figure: *Abs. 2*, *bzw. 4*; a counted noun that is cut short: *3,2 Mio.
# Euro*; initials: *5 p.m. Monday*.
_SHORT_WORD = re.compile(r"(?<![^\W_])[^\W\d_]{1,5}\.\s*$")
_COUNTED = re.compile(r"\d\s(?P<word>[^\W\d_]{2,5})\.\s*$")
_INITIALS = re.compile(r"\d\s?(?:[a-z]\.){2,}\s*$")
_STRETCH = 5_000  # characters
_BEFORE = 100  # characters that tell whether a sentence goes on behind them
_ONLY_A_NUMBER = re.compile(r"\s*\(?(?:\d{1,3}|[a-z])[.)]\s*$", re.IGNORECASE)
_NUMBERED = re.compile(r"[(\[]?\d|[ivxlc]+\b")
_NOT_A_SENTENCE = re.compile(r"^\s*+(?:#{1,6}\s|[\s:|-]++$|[-*_=]{3,}+\s*+$|```)")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")
_NUMBER = re.compile(r"\d{1,2}\.\s+$")
_MARKER = re.compile(r"^\s*(?:[-*+•]\s+|\d{1,3}[.)]\s+|>\s*)*")
_stem = Stemmer.Stemmer("english")
T = TypeVar("T")
SENTENCE = 2_000  # characters at most

STOPWORDS = frozenset(
    """
    a an and any are as at be been being but by can could did do does for from had has have
    how if in into is
    it its may might more most must no nor not of on or our shall should so some such than
    that the their them
    then there these they this those to too very was we were what when where which while who
    whom whose why
    will with would you your about after all also before between both each few just many me
    much my only other
    over same she he his her him i us s t tell know describe explain
    的 了 和 是 在 有 与 及 或 也 都 而 其 被 把 对 为 以 于 之 吗
    呢 什么 多少 如何 怎么 怎样 为什么 哪些 哪个 哪里 谁 是否 请
    """.split()
)
_CHINESE_FUNCTION = re.compile(
    "什么|多少|如何|怎么样?|怎样|为什么|哪些|哪个|哪里|哪种|哪一|是否|是不是|有没有|多久|多深|多高|多大|多长|介绍|请问|一下|的|了|和|是|在|与|及|或|吗|呢|被|把|谁|几"
)


def sentence_spans(text: str) -> tuple[Span, ...]:
    """The sentences of Markdown or plain text as spans: a line is a paragraph, a list item or a
    table row. Headings, rules and list markers are no part of a sentence; neither is white space
    around it."""
    spans: list[Span] = []
    start = 0
    for line in text.split("\n"):
        if line.strip() and not _NOT_A_SENTENCE.match(line):
            spans.extend(_split_line(line, start))
        start += len(line) + 1
    return tuple(spans)


def _split_line(line: str, offset: int) -> list[Span]:
    start = _marked(line)
    body = line[start:]
    if line.lstrip().startswith("|"):
        pieces = [body]
    elif language_of(body) in ("zh", "ja"):
        pieces = _cut(body, _CHINESE_END)
    else:
        pieces = [
            part
            for piece in _joined(_segmented(body), body)
            for whole in _cut(piece, _AFTER_UNIT)
            for part in _cut(whole, _MISSED_END)
        ]
    spans = []
    for piece in pieces:
        left = len(piece) - len(piece.lstrip())
        stripped = piece.strip()
        if any(char.isalnum() for char in stripped):
            spans.append((offset + start + left, offset + start + left + len(stripped)))
        start += len(piece)
    return spans


def _segmented(line: str) -> list[str]:
    """The line as `sentencex` parts it, a long one by stretches: its time grows with the square of
    what it is given. The last sentence of a stretch may go on behind it and is parted anew."""
    pieces: list[str] = []
    at = 0
    while at < len(line):
        end = at + _STRETCH
        is_last = end >= len(line)
        word_end = line.rfind(" ", at, end) + 1
        stretch = line[at : end if is_last or not word_end else word_end]
        found = list(sentencex.segment("en", stretch))
        if "".join(found) != stretch:
            found = [stretch]
        if not is_last and len(found) > 1:
            found.pop()
        pieces += found
        at += sum(map(len, found))
    return pieces


def _marked(line: str) -> int:
    """Where a line begins behind its list markers. An ordinal is none."""
    marker = _MARKER.match(line)
    start = marker.end() if marker else 0
    number = _NUMBER.search(line[:start])
    return number.start() if number and ordinals.begins(line[start:]) else start


def _cut(text: str, ends: re.Pattern[str]) -> list[str]:
    """The text in pieces that end where the pattern does."""
    cuts = [match.end() for match in ends.finditer(text)]
    if not cuts:
        return [text]
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def _joined(pieces: Sequence[str], line: str) -> list[str]:
    """Put together what `sentencex` parts after an abbreviation, an ordinal, a number of a list or
    before a small letter."""
    whole: list[list[str]] = []
    before, at = "", 0  # the end of what comes before the piece, and where the piece begins
    for piece in pieces:
        if before and _is_joined(before, piece, line, at):
            whole[-1].append(piece)
            before = (before + piece)[-_BEFORE:]
        else:
            whole.append([piece])
            before = piece[-_BEFORE:]
        at += len(piece)
    return ["".join(joined) for joined in whole]


def _is_joined(before: str, piece: str, line: str, at: int) -> bool:
    """Whether a piece that begins at an offset of the line belongs to the one before it."""
    if before[-1:] in _ASCII_ENDS and not piece[:1].isspace():
        return True  # nothing parts them, as in *v.2*
    if before.rstrip()[-3:] == "vs." or _ONLY_A_NUMBER.match(before):
        return True
    if not before.rstrip().endswith("."):
        return False
    return bool(
        piece[:1].islower()
        or _is_cut_short(before, piece)
        or (_NUMBERED.match(piece) and _ABBREVIATED.search(before))
        or ordinals.goes_on(before, piece, _around(line, at))
    )


def _around(line: str, at: int) -> str:
    """The line, or as much of a long one as tells the language at an offset. A long line has few
    such parts: each is looked at once."""
    start = max(0, at - at % ordinals.WINDOW - ordinals.WINDOW // 2)
    return line if len(line) <= 2 * ordinals.WINDOW else line[start : start + 2 * ordinals.WINDOW]


def _is_cut_short(before: str, after: str) -> bool:
    """Whether the full stop at the end of `before` belongs to its last word, by what stands around
    it."""
    before = before[-ordinals.TAIL :]
    if after[:1].isdigit():
        return bool(_SHORT_WORD.search(before))
    if ordinals.is_english_day(after):
        return bool(_INITIALS.search(before))
    counted = _COUNTED.search(before)
    return (
        counted is not None
        and counted["word"][0].isupper()
        and _is_german_abbreviation(counted["word"])
    )


@lru_cache(maxsize=4096)
def _is_german_abbreviation(word: str) -> bool:
    """Whether `sentencex` knows a word as one that German cuts short. The English names of months
    are none."""
    probe = f"Es sind 5 {word}. Wort."
    return not ordinals.is_english_day(word) and len(list(sentencex.segment("de", probe))) == 1


def remembered(made: Callable[[str], T]) -> Callable[[str], T]:
    """Keep what is made of a sentence, which many runs ask about at each step. A document would
    fill the memory: it is not kept."""
    kept = lru_cache(maxsize=65536)(made)

    @wraps(made)
    def remembering(text: str) -> T:
        return kept(text) if len(text) <= SENTENCE else made(text)

    return remembering


def terms(text: str) -> list[str]:
    """The content terms of a text, in order: stemmed words without stop words, numbers without
    separators, pairs of Chinese characters."""
    return list(_terms(text))


@remembered
def _terms(text: str) -> tuple[str, ...]:
    found: list[str] = []
    text = unicodedata.normalize("NFKC", text).lower()
    wide = not text.isascii() and _IS_WIDE.search(text)
    glued = set(_GLUED.findall(text)) if wide else ()
    chinese = wide and language_of(text) != "ja"
    for token in _TOKEN.findall(text):
        if wide and _IS_WIDE.match(token):
            found.extend(_pairs(token) if chinese and _IS_HAN.match(token) else _pairs_of(token))
        elif token[0].isdigit():
            found.append(token.replace(",", ""))
        elif token not in STOPWORDS or token in glued:
            found.append(_stemmed(token.replace("’", "'").removesuffix("'s")))
    return tuple(found)


def _pairs(run: str) -> list[str]:
    """The pairs of a run of Chinese characters, between its function words."""
    return [pair for part in _CHINESE_FUNCTION.split(run) for pair in _pairs_of(part)]


def _pairs_of(run: str) -> list[str]:
    """The overlapping pairs of a run; of a single one itself, if it can be a word: no Japanese
    particle."""
    if len(run) < 2:
        return [run] if run and not _IS_HIRAGANA.match(run) else []
    return [run[i : i + 2] for i in range(len(run) - 1)]


@lru_cache(maxsize=65536)
def _stemmed(word: str) -> str:
    return str(_stem.stemWord(word))


def clip(text: str, limit: int) -> str:
    """At most `limit` characters, an ellipsis where something was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def estimate_tokens(text: str) -> int:
    """About how many tokens a model sees: four Latin characters or one and a half Chinese, Japanese
    or Korean ones make a token."""
    wide = 0 if text.isascii() else len(_IS_WIDE.findall(text))
    return int((len(text) - wide) / 4 + wide / 1.5) + 1


def token_bound(text: str) -> int:
    """More tokens than a model sees, for what is set aside before a call. Measured with Qwen2.5's
    vocabulary (docs/decisions/0017)."""
    plain = len(_PLAIN.findall(text))
    wide = sum(1 for char in text if char >= "\u2e80")
    return math.ceil(0.4 * plain + 2 * wide + (len(text) - plain - wide)) + 8


def clean_text(text: str) -> str:
    """Text fit for a snapshot: NFC, line ends as \\n, no NUL, no lone surrogates, no other control
    characters."""
    return unicodedata.normalize(
        "NFC", _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    )
