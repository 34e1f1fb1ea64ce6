"""A sentence taken apart for comparison: its parts, and the content words of each in order, with what is told by the small words between
them. Pure.

Not here: what is compared (`restating.py`), which words are which (`vocabulary.py`)."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from agents.vocabulary import DENIALS, SAME, TELLING, ZH_FUNCTION, ZH_TELLING, zh_same
from research.figures import UNIT_FORMS, in_digits
from research.text import language_of, terms

AGENT = 4  # words that may name who acts: the first, and names
NEGATED = 3  # words after a denial that it may deny
_NEGATOR, _BREAK, _BY = "\x01", "\x03", "\x04"
COORDINATES = re.compile(r"[;；]|\b(?:and|but|while|whereas|versus)\b|而(?!且)|但是?|并且|以及", re.IGNORECASE)
CLAUSES = re.compile(rf"[,;:()（），；：—–]\s|[，；：。（）]|{COORDINATES.pattern}", re.IGNORECASE)
# Where a new thought begins: what limits the one does not limit the other.
THOUGHTS = re.compile(
    rf"{CLAUSES.pattern}|\b(?:because|although|though|which|who|when|where|so that|after|before|unless|if)\b|因为|虽然|尽管", re.IGNORECASE
)
_NAMES_AND = re.compile(r"(\b[A-Z][\w’'-]*) and (?=(?:the )?[A-Z])")
_WAYS = frozenset("from to into onto on against for with 从 到 向 往".split())
_ARTICLES = frozenset("the a an its their his her".split())
_BY_WHOM = re.compile(r"\bby\b(?!\s+\d)|被|由(?!于|此)", re.IGNORECASE)
_MONTH = re.compile(r"\bMay\b(?!\s+(?:be|have|not)\b)")
_WORD = re.compile(r"[\x01\x03\x04]|[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)?")
_SCALES = ("per cent", *"thousand million billion trillion bn 百万 万亿 万 亿".split())
_UNITS = "|".join(sorted((re.escape(form) for form in (*UNIT_FORMS, *_SCALES)), key=len, reverse=True))
COUNTED = re.compile(rf"(?<=\d)[\s-]?(?:(?:square|cubic|平方|立方)\s?)?(?:{_UNITS})(?![a-z])(?:[\s-](?:{_UNITS})(?![a-z]))?", re.IGNORECASE)
_NAMED = re.compile(r"[A-Z]")
_NOT_ZH = re.compile(r"由[于此]|\d[年月日]|[^\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff，。；]")
_BROKEN = re.compile("[ ，。；把被由]")
_DONE_BY = re.compile(r"(?<![^，。；])([^，。；]+，?)[被由]([^，。；]+)")  # within a sentence, what is done may stand before a comma
_TAKEN = re.compile(r"(?<![^，。；])([^，。；]+)把([^，。；]+)([^，。；]{2})")


@dataclass(frozen=True)
class Word:
    """A content word in one form; `told` if it is a word of telling, `name` if it is written as one, `negated` if it is denied, `begins`
    if an article stands before it."""

    form: str
    told: bool = False
    name: bool = False
    negated: bool = False
    begins: bool = False


@dataclass(frozen=True)
class Clause:
    """The content words of a part of a sentence, None where a chain of neighbours breaks, and by whom something is done."""

    text: str
    chain: tuple[Word | None, ...]
    by: tuple[tuple[frozenset[str], str], ...]  # who acts, and the word before
    toward: tuple[tuple[str, str], ...] = ()  # words of direction, and the word after each
    denies_telling: bool = False  # denied is a word that is no content word

    def chain_place(self, form: str) -> int:
        """Where a word stands first in the chain, which has it."""
        return next(i for i, word in enumerate(self.chain) if word is not None and word.form == form)

    @property
    def words(self) -> tuple[Word, ...]:
        return tuple(word for word in self.chain if word is not None)


def denied(text: str) -> set[str]:
    """The words that a text denies first."""
    clause = read(text)
    return {word.form for word in first_negated(clause)} | ({_NEGATOR} if clause.denies_telling else set())


def first_negated(clause: Clause) -> list[Word]:
    chain = clause.words
    return [word for i, word in enumerate(chain) if word.negated and (not i or not chain[i - 1].negated)]


def joined(text: str) -> str:
    """The text with names that stand together not parted by the *and* between them."""
    return _NAMES_AND.sub(r"\1 & ", text)


@lru_cache(maxsize=4096)
def parts(text: str, ends: re.Pattern[str], least: int = 2) -> tuple[str, ...]:
    """The text in parts; one too small to say anything by itself belongs to the next, at the end to the one before."""
    parts: list[str] = []
    start = 0
    for end in [*(match.end() for match in ends.finditer(text)), len(text)]:
        parts.append(text[start:end])
        start = end
    joined: list[str] = []
    small: list[str] = []
    words, states = 0, False
    for part in parts:
        found = read(_BREAK + part if small else part).words  # after another part its first word may be a name
        counted = [word for word in found if not word.form[0].isdigit()]
        small.append(part)
        words += len(counted)
        states = states or len(counted) < len(found) or any(not word.name for word in counted) or language_of(part) == "zh"
        if words >= least and (least < 2 or states):
            joined.append("".join(small))
            small, words, states = [], 0, False
    rest = "".join(small)
    if rest.strip() and joined:
        joined[-1] += rest
    elif rest.strip():
        joined.append(rest)
    return tuple(joined)


def without_month(text: str) -> str:
    """The text without the month that reads like a doubt."""
    return _MONTH.sub(" ", text)


@lru_cache(maxsize=4096)  # a quote is compared with every clause that cites it
def read(text: str) -> Clause:
    """The words of a text."""
    marked = DENIALS.sub(_NEGATOR, COUNTED.sub(" ", in_digits(unicodedata.normalize("NFKC", text))))
    marked = ZH_FUNCTION.sub("", zh_same(ZH_TELLING.sub(_BREAK, _BY_WHOM.sub(_BY, marked))))
    chain: list[Word | None] = []
    by: list[tuple[frozenset[str], str]] = []
    toward: list[tuple[str, str]] = []
    denied, acts, unsaid, way = 0, 0, False, ""
    before = ""
    for place, found in enumerate(_WORD.findall(marked)):
        if found == _NEGATOR:
            denied = NEGATED
        elif found == _BY:
            acts = AGENT
            by.append((frozenset(), next((w.form for w in reversed(chain) if w and not w.form[0].isdigit()), "")))
        elif found == _BREAK:
            chain.append(None)
            unsaid = unsaid or denied == NEGATED
        elif word := _word(found, first=not place, negated=denied > 0, begins=before.lower() in _ARTICLES):
            chinese = "\u3400" <= word.form[0] <= "\ufaff"
            if acts and (acts == AGENT or word.name or (chinese and acts == AGENT - 1)):
                by[-1] = (by[-1][0] | {word.form}, by[-1][1])
                acts -= 1
            else:
                acts = 0
            toward += [(way, word.form)] if way else []
            chain.append(word)
            denied, way = max(0, denied - 1), ""
        way = found.lower() if found.lower() in _WAYS else "" if found.lower() not in _ARTICLES else way
        before = found
    return Clause(text, tuple(chain), tuple(by), tuple(toward), unsaid or denied == NEGATED)


def _word(found: str, *, first: bool, negated: bool, begins: bool) -> Word | None:
    """A content word in one form, None for one that carries nothing."""
    forms = terms(found) if not "\u3400" <= found[0] <= "\ufaff" else [found]
    if not forms:
        return None
    return Word(SAME.get(forms[0], forms[0]), forms[0] in TELLING, not first and _NAMED.match(found) is not None, negated, begins)


def done_by(text: str) -> list[str]:
    """The content characters of a Chinese text, in parts, in the order of who acts, the deed, to whom: *B 被 A deed* and *A 把 B deed* (the
    last two are taken for the deed) as *A deed B*."""
    told = _NOT_ZH.sub(" ", ZH_TELLING.sub(" ", zh_same(text)))
    kept = ZH_FUNCTION.sub(lambda match: match.group() if match.group() in "把被由" else "", told)
    return _BROKEN.split(_TAKEN.sub(r"\1\3\2", _DONE_BY.sub(r"\2 \1", kept)))


def longest_runs(text: str, known: str) -> list[str]:
    """The text cut, from its beginning, into the longest runs that stand in another."""
    runs: list[str] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and text[start : end + 1] in known:
            end += 1
        runs.append(text[start:end])
        start = end
    return runs
