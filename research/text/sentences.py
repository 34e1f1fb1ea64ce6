"""Sentences and terms of text. Pure.

`terms` is the one tokenisation: the search index, relevance and overlap all count the same units.
Latin words are stemmed; Chinese, Japanese and Korean are cut into overlapping pairs of characters,
as search engines do where no dictionary is at hand.
"""

import math
import re
import string
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache, wraps
from itertools import chain
from typing import TypeVar

import nupunkt
import Stemmer
from bm25s.stopwords import STOPWORDS_CHINESE, STOPWORDS_EN, STOPWORDS_EN_PLUS

from research.domain import Span
from research.text.language import HAN, HANGUL, HIRAGANA, KATAKANA, WIDE, count_wide
from research.text.language import language_of as language_of
from research.text.numerals import MONTHS, SCALES

T = TypeVar("T")
SENTENCE = 2_000  # characters at most
STOPWORDS = frozenset(STOPWORDS_EN) | {word for word in STOPWORDS_EN_PLUS if len(word) > 1}
_CHINESE_STOP_WORDS = frozenset(STOPWORDS_CHINESE)
_PARTICLES = str.maketrans(dict.fromkeys("的了和是在与及或吗呢被把", " "))  # a closed class
_stem = Stemmer.Stemmer("english")
_TOKEN = re.compile(
    rf"(?P<wide>[{HAN}]+|[{HIRAGANA}]{{2,}}|[{KATAKANA}]+|[{HANGUL}]+)"
    rf"|(?P<number>\d+(?:[.,]\d+)*)|[^\W\d_{WIDE}]+(?:['’][^\W\d_{WIDE}]+)?"
)
_PLAIN_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[a-z]+(?:'[a-z]+)?")
_NOT_A_SENTENCE = re.compile(r"^\s*+(?:#{1,6}\s|[\s:|-]++$|[-*_=]{3,}+\s*+$|```)")
_MARKERS = re.compile(r"\s*(?:[-*+•]\s+|>\s*)*(?P<number>\d{1,3}[.)]\s+)?")
# Ends that `nupunkt` does not see: the full stops of Chinese and Japanese, though not at a bracket
# that closes inside a sentence, and one behind a unit of one letter.
_END = re.compile(
    rf"[。！？；]++[”’」』\]\"']*(?![）)])|(?<![!?])[!?]++(?=[“「{WIDE}])"
    r"|\d\s?[a-z]\.(?=\s+[\"“‘'(]?[A-Z])"
)
# What a full stop may cut short: an ordinal or the number of a list, and before a figure a word.
_CUT_SHORT = re.compile(r"(?<![\w.,])(?:\d{1,2}|(?P<word>[^\W\d_]{1,6}))\.\s*$")
_ASCII_ENDS = frozenset(".!?")
# A run of signs of which only the last say that a sentence ends.
_RUN = re.compile(r"[!?.…;:,\"'“”‘’()\[\]。！？；]{8,}+")
# A piece without an end, such as a list that a page runs together, is quoted in parts.
_LONGEST = 1_000
_PARTED_AT = (" * ", " • ", ", ", " ")
_TAIL = 12  # characters before a full stop that are looked at
_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(127, 160), 0xFEFF])
_CONTROL |= dict.fromkeys(range(0xD800, 0xE000))
_PLAIN = f"{string.ascii_letters} ".encode()
_FROM_CJK_ON = re.compile("[\u2e80-\U0010ffff]+")


def sentence_spans(text: str) -> tuple[Span, ...]:
    """The sentences of Markdown or plain text as spans: a line is a paragraph, a list item or a
    table row. Headings, rules and list markers are no part of a sentence; neither is white space
    around it."""
    spans: list[Span] = []
    start, number = 0, 0
    for line in text.split("\n"):
        if line.strip() and not _NOT_A_SENTENCE.match(line):
            begin, number = _marked(line, number + 1)
            spans.extend(_split_line(line, begin, start))
        start += len(line) + 1
    return tuple(spans)


def _split_line(line: str, begin: int, offset: int) -> list[Span]:
    is_row = line.lstrip().startswith("|")
    pieces = [(0, len(line) - begin)] if is_row else _sentences(line[begin:])
    spans = []
    for start, end in pieces:
        piece = line[begin + start : begin + end]
        left = offset + begin + end - len(piece.lstrip())
        if any(map(str.isalnum, piece)):
            spans.append((left, left + len(piece.strip())))
    return spans


def _marked(line: str, expected: int) -> tuple[int, int]:
    """Where a line begins behind its list markers, and its number in a list, 0 for none. An ordinal
    before a month or a small letter is none, but where it is the next of a list."""
    markers = _MARKERS.match(line)
    if markers is None or not markers["number"]:
        return markers.end() if markers else 0, 0
    number, after = int(markers["number"].rstrip(".) \t")), line[markers.end() :]
    is_ordinal = after[:1].islower() or after.split(" ")[0].casefold() in MONTHS
    is_next = number == expected and number > 1
    return markers.start("number") if is_ordinal and not is_next else markers.end(), number


def _sentences(line: str) -> list[Span]:
    """The line in pieces that are put together again where their full stop ends no sentence."""
    plain = _RUN.sub(lambda run: "x" * (len(run[0]) - 4) + run[0][-4:], line)
    cuts = {end for _, end in nupunkt.sent_spans(plain)}
    cuts |= {match.end() for match in _END.finditer(plain)}
    pieces: list[Span] = []
    start = 0
    for end in sorted(cuts | {len(line)}):
        if pieces and _goes_on(line[max(0, start - _TAIL) : start], line[start:end]):
            pieces[-1] = (pieces[-1][0], end)
        else:
            pieces.append((start, end))
        start = end
    return [part for piece in pieces for part in _in_parts(line, *piece)]


def _in_parts(line: str, start: int, end: int) -> Iterator[Span]:
    """A long piece in parts; the row of a table, whose cells name their columns, stays whole."""
    piece = line[start:end]
    while end - start > _LONGEST and not ("; " in piece and ": " in piece):
        middle, last = start + _LONGEST // 2, start + _LONGEST
        places = (line.rfind(sign, middle, last) for sign in _PARTED_AT)
        cut = next((place + 1 for place in places if place > 0), last)
        yield start, cut
        start = cut
    yield start, end


def _goes_on(before: str, piece: str) -> bool:
    """Whether a piece belongs to the one before it: a small letter follows, an ordinal's noun, the
    figure of an abbreviation (*Abs. 2*) or what a word of scale counts (*5 Mrd. Euro*). A number
    that does end a sentence joins it to the next one: that loses nothing of either."""
    if before[-1:] in _ASCII_ENDS and piece[:1].isascii() and not piece[:1].isspace():
        return True  # nothing parts them, as in *(a note.).*
    if not before.rstrip().endswith("."):
        return False
    after = piece.lstrip()[:1]
    cut_short = _CUT_SHORT.search(before)
    if cut_short is None or after.islower():
        return after.islower()
    word = (cut_short["word"] or "").casefold()
    return not word or after.isdigit() or (len(word) > 1 and word in SCALES)


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


def term_set(text: str) -> frozenset[str]:
    """The content terms of a text, each once."""
    return frozenset(_terms(text))


@remembered
def _terms(text: str) -> tuple[str, ...]:
    if text.isascii():
        tokens = [token for token in _PLAIN_TOKEN.findall(text.lower()) if token not in STOPWORDS]
        return tuple([_plain_term(token) for token in tokens])
    found: list[str] = []
    text = unicodedata.normalize("NFKC", text).lower()
    language = language_of(text)
    for match in _TOKEN.finditer(text):
        token, kind = match[0], match.lastgroup
        if kind == "wide":
            found.extend(_pairs(token) if language == "ja" else _chinese_pairs(token))
        elif kind == "number":
            found.append(token.replace(",", ""))
        elif token not in STOPWORDS or _is_glued(match):
            found.append(_stemmed(token.replace("’", "'")))
    return tuple(found)


def _plain_term(token: str) -> str:
    return token.replace(",", "") if token[0].isdigit() else _stemmed(token)


def _is_glued(match: re.Match[str]) -> bool:
    """Whether a word touches Chinese or Japanese, where it is no English stop word: *US市场*,
    *A轮*."""
    text, start, end = match.string, *match.span()
    return count_wide(text[max(0, start - 1) : start] + text[end : end + 1]) > 0


def _pairs(run: str) -> list[str]:
    """The overlapping pairs of a run, of a single character itself."""
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


def _chinese_pairs(run: str) -> list[str]:
    """The pairs between the particles of a run, without stop words."""
    pairs = chain.from_iterable(map(_pairs, run.translate(_PARTICLES).split()))
    return [pair for pair in pairs if not _is_stop_word(pair)]


def _is_stop_word(pair: str) -> bool:
    """Whether a pair is made of stop words (*有多*), or is one that holds one (*多少*): the list
    has much besides, such as *安全*."""
    within = [char in _CHINESE_STOP_WORDS for char in pair]
    return all(within) or (any(within) and pair in _CHINESE_STOP_WORDS)


@lru_cache(maxsize=65536)
def _stemmed(word: str) -> str:
    return str(_stem.stemWord(word.removesuffix("'s")))


def plainly(text: str) -> str:
    """A text in small letters with single spaces, to find words in that stand exactly so."""
    return " ".join(text.split()).casefold()


def has_words(text: str, words: str) -> bool:
    """Whether a text has words, both `plainly`: not within a longer word of Latin letters or a
    longer number."""
    at = text.find(words)
    while at >= 0:
        before, after = text[at - 1 : at] + words[:1], words[-1:] + text[at + len(words) :][:1]
        if not any(
            len(pair) == 2 and pair.isascii() and pair.isalnum() for pair in (before, after)
        ):
            return True
        at = text.find(words, at + 1)
    return False


def clip(text: str, limit: int) -> str:
    """At most `limit` characters, an ellipsis where something was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def estimate_tokens(text: str) -> int:
    """About how many tokens a model sees: four Latin characters or one and a half Chinese, Japanese
    or Korean ones make a token."""
    wide = count_wide(text)
    return int((len(text) - wide) / 4 + wide / 1.5) + 1


def token_bound(text: str) -> int:
    """More tokens than a model sees, for what is set aside before a call. Measured with Qwen2.5's
    vocabulary (docs/decisions/0017)."""
    signs = text.encode("ascii", "ignore")
    plain = len(signs) - len(signs.translate(None, _PLAIN))
    wide = 0 if text.isascii() else sum(map(len, _FROM_CJK_ON.findall(text)))
    return math.ceil(0.4 * plain + 2 * wide + (len(text) - plain - wide)) + 8


def clean_text(text: str) -> str:
    """Text fit for a snapshot: NFC, line ends as \\n, no NUL, no lone surrogates, no other control
    characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", lines.translate(_CONTROL))
