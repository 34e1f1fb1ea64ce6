"""Sentences, terms and language of English and Chinese text. Pure.

`terms` is the one tokenisation: the search index, relevance and overlap all count the same units. Latin words are stemmed; Chinese is cut
into overlapping pairs of characters, as search engines do where no dictionary is at hand.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from typing import TypeVar

import sentencex
import Stemmer

from research.types import Language, Span

_CJK = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_CJK}]+|\d+(?:[.,]\d+)*|[^\W\d_{_CJK}]+(?:['’][^\W\d_{_CJK}]+)?", re.UNICODE)
_GLUED = re.compile(rf"(?<=[{_CJK}])[a-z]{{1,2}}(?![a-z])|(?<![a-z])[a-z]{{1,2}}(?=[{_CJK}])")  # *US市场*, *A轮*: no small words there
_IS_CJK = re.compile(rf"[{_CJK}]")
_PLAIN = re.compile(r"[A-Za-z ]")
# Not at a bracket that closes inside a sentence; an English full stop ends one before Chinese characters.
_CHINESE_END = re.compile(rf"[。！？!?；]+[”’」』\]\"']*(?![）)])|[。！？]+[）)]+$|(?<=[a-z\d)]{{2}})\.(?=\s+[“「{_CJK}])")
# After a figure a single letter is a unit, not somebody's initial.
_AFTER_UNIT = re.compile(r"(?<=\d)(?:\s?(?:[dghlmst]|[a-zµ]{1,3}/[a-z]{1,3}))\.\s+(?=[\"“‘'(]?[A-Z])")
# Ends that `sentencex` does not see: an ellipsis or a closing bracket before a capital, a full stop before Chinese.
_MISSED_END = re.compile(rf"(?:…|[.!?][)\]\"”’]+)\s+(?=[\"“‘'(]?[A-Z])|[.!?]\s+(?=[“「{_CJK}])")
_ABBREVIATED = re.compile(
    r"\b(?:vs|vols?|eqs?|refs?|approx|secs?|figs?|tabs?|ch|chap|art|app|nos?|pp?|eds?|al|ca|cf|resp|incl|est|max|min|st|mt|dept|"
    r"i\.e|e\.g)\.\s*$",
    re.IGNORECASE,
)
_ONLY_A_NUMBER = re.compile(r"\s*\(?(?:\d{1,3}|[a-z])[.)]\s*$", re.IGNORECASE)
_GOES_ON = re.compile(r"[a-z]")
_NUMBERED = re.compile(r"[(\[]?\d|[ivxlc]+\b")
_NOT_A_SENTENCE = re.compile(r"^\s*(?:#{1,6}\s|\|?[\s:|-]+\|?\s*$|[-*_=]{3,}\s*$|```)")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")
_MARKER = re.compile(r"^\s*(?:[-*+•]\s+|\d{1,3}[.)]\s+|>\s*)*")
_stem = Stemmer.Stemmer("english")
T = TypeVar("T")
SENTENCE = 2_000  # characters at most

STOPWORDS = frozenset(
    """
    a an and any are as at be been being but by can could did do does for from had has have how if in into is
    it its may might more most must no nor not of on or our shall should so some such than that the their them
    then there these they this those to too very was we were what when where which while who whom whose why
    will with would you your about after all also before between both each few just many me much my only other
    over same she he his her him i us s t tell know describe explain 的 了 和 是 在 有 与 及 或 也 都 而 其 被 把 对 为 以 于 之 吗
    呢 什么 多少 如何 怎么 怎样 为什么 哪些 哪个 哪里 谁 是否 请
    """.split()
)
_CHINESE_FUNCTION = re.compile(
    "什么|多少|如何|怎么样?|怎样|为什么|哪些|哪个|哪里|哪种|哪一|是否|是不是|有没有|多久|多深|多高|多大|多长|介绍|请问|一下|的|了|和|是|在|与|及|或|吗|呢|被|把|谁|几"
)


def language_of(text: str) -> Language:
    """Chinese when at least a fifth of the letters are Chinese, else English."""
    chinese = len(_IS_CJK.findall(text))
    return "zh" if chinese and chinese * 5 >= sum(map(str.isalpha, text)) else "en"


def sentence_spans(text: str) -> tuple[Span, ...]:
    """The sentences of Markdown or plain text as spans: a line is a paragraph, a list item or a table row. Headings, rules and list
    markers are no part of a sentence; neither is white space around it."""
    spans: list[Span] = []
    start = 0
    for line in text.split("\n"):
        if line.strip() and not _NOT_A_SENTENCE.match(line):
            spans.extend(_split_line(line, start))
        start += len(line) + 1
    return tuple(spans)


def _split_line(line: str, offset: int) -> list[Span]:
    marker = _MARKER.match(line)
    start = marker.end() if marker else 0
    body = line[start:]
    if line.lstrip().startswith("|"):
        pieces = [body]
    elif language_of(body) == "zh":
        pieces = _cut(body, _CHINESE_END)
    else:
        found = list(sentencex.segment("en", body))
        pieces = _joined(found) if "".join(found) == body else [body]
        pieces = [part for piece in pieces for whole in _cut(piece, _AFTER_UNIT) for part in _cut(whole, _MISSED_END)]
    spans = []
    for piece in pieces:
        left = len(piece) - len(piece.lstrip())
        stripped = piece.strip()
        if any(char.isalnum() for char in stripped):
            spans.append((offset + start + left, offset + start + left + len(stripped)))
        start += len(piece)
    return spans


def _cut(text: str, ends: re.Pattern[str]) -> list[str]:
    """The text in pieces that end where the pattern does."""
    cuts = [match.end() for match in ends.finditer(text)]
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def _joined(pieces: Sequence[str]) -> list[str]:
    """Put together what `sentencex` parts after an abbreviation, a number of a list or before a small letter."""
    whole: list[str] = []
    for piece in pieces:
        before = whole[-1] if whole else ""
        stopped = before.rstrip().endswith(".")
        goes_on = stopped and (_GOES_ON.match(piece) or (_NUMBERED.match(piece) and _ABBREVIATED.search(before)))
        if before and (goes_on or before.rstrip()[-3:] == "vs." or _ONLY_A_NUMBER.match(before)):
            whole[-1] = before + piece
        else:
            whole.append(piece)
    return whole


def remembered(made: Callable[[str], T]) -> Callable[[str], T]:
    """Keep what is made of a sentence, which many runs ask about at each step. A document would fill the memory: it is not kept."""
    kept = lru_cache(maxsize=65536)(made)

    @wraps(made)
    def remembering(text: str) -> T:
        return kept(text) if len(text) <= SENTENCE else made(text)

    return remembering


def terms(text: str) -> list[str]:
    """The content terms of a text, in order: stemmed words without stop words, numbers without separators, pairs of Chinese characters."""
    return list(_terms(text))


@remembered
def _terms(text: str) -> tuple[str, ...]:
    found: list[str] = []
    text = unicodedata.normalize("NFKC", text).lower()
    glued = set(_GLUED.findall(text)) if _IS_CJK.search(text) else ()
    for token in _TOKEN.findall(text):
        if token >= "\u3400" and _IS_CJK.match(token):
            found.extend(_pairs(token))
        elif token[0].isdigit():
            found.append(token.replace(",", ""))
        elif token not in STOPWORDS or token in glued:
            found.append(_stemmed(token.replace("’", "'").removesuffix("'s")))
    return tuple(found)


def _pairs(run: str) -> list[str]:
    pairs: list[str] = []
    for part in _CHINESE_FUNCTION.split(run):
        pairs.extend(part[i : i + 2] for i in range(max(1, len(part) - 1)) if part)
    return pairs


@lru_cache(maxsize=65536)
def _stemmed(word: str) -> str:
    return str(_stem.stemWord(word))


_YES = re.compile(r"\W*(yes|true|是的?|有|能|会)\W*", re.IGNORECASE)
_NO = re.compile(r"\W*(no|false|不是|不|否|没有|不能|不会)\W*", re.IGNORECASE)


def affirms(answer: str) -> bool | None:
    """True for a bare yes, False for a bare no, None for anything else."""
    if _YES.fullmatch(answer):
        return True
    return False if _NO.fullmatch(answer) else None


def clip(text: str, limit: int) -> str:
    """At most `limit` characters, an ellipsis where something was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def estimate_tokens(text: str) -> int:
    """About how many tokens a model sees: four Latin characters or two thirds of a Chinese one make a token."""
    chinese = len(_IS_CJK.findall(text))
    return int((len(text) - chinese) / 4 + chinese / 1.5) + 1


def token_bound(text: str) -> int:
    """More tokens than a model sees, for what is set aside before a call. Measured with Qwen2.5's vocabulary (docs/decisions/0017)."""
    plain = len(_PLAIN.findall(text))
    wide = sum(1 for char in text if char >= "\u2e80")
    return math.ceil(0.4 * plain + 2 * wide + (len(text) - plain - wide)) + 8


def clean_text(text: str) -> str:
    """Text fit for a snapshot: NFC, line ends as \\n, no NUL, no lone surrogates, no other control characters."""
    return unicodedata.normalize("NFC", _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
