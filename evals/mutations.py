"""Statements of a report made false in the ways that reports go wrong. Pure; the same by seed.

A mutant may happen to be true, or mean the same: each tells what was changed, so that somebody can look. Names are told by their capital
letters or as rows of tables, clauses by English and Chinese words. Not here: whether a gate notices (`mutate.py`).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from evals.alterations import MONTHS, altered
from research.text import STOPWORDS, terms
from research.types import Evidence, Quote, SentenceKind

Way = Literal["subject", "qualifier", "stale", "source", "figure", "negation"]
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
LEAST_LEFT = 4  # words or eight characters of Chinese that a statement keeps without its qualifier


@dataclass(frozen=True)
class Told:
    """A statement as it stands in a report. `head` is the name of its column, if it is a cell."""

    id: str
    text: str
    kind: SentenceKind
    evidence: tuple[Evidence, ...]
    context: str = ""
    head: str = ""

    @property
    def quotes(self) -> tuple[Quote, ...]:
        return tuple(one for one in self.evidence if isinstance(one, Quote))

    @property
    def snapshots(self) -> frozenset[str]:
        return frozenset(one.snapshot_id for one in self.quotes)


@dataclass(frozen=True)
class Material:
    """What a report and its sources offer for mutations: names that it speaks of, quotes that it cites, and by
    statement the texts that tell other values of what it tells, superseded and contradicting ones first."""

    names: tuple[str, ...] = ()
    quotes: tuple[Quote, ...] = ()
    others: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Mutant:
    """A statement made false: its new words and evidence, and what was changed."""

    way: Way
    told: Told
    text: str
    evidence: tuple[Evidence, ...]
    change: str


Change = Callable[[Told, Material, Random], Mutant | None]


def mutants(told: Sequence[Told], material: Material, *, count: int, seed: int) -> list[Mutant]:
    """So many mutants, the ways in turn; each of another statement as long as there are any. Fewer where no more can be made."""
    draw = Random(seed)
    made: list[Mutant] = []
    open_ways = list(WAYS)
    while len(made) < count and open_ways:
        way = open_ways.pop(0)
        if (one := _next(way, told, material, made, draw)) is not None:
            made.append(one)
            open_ways.append(way)
    return made


def _next(way: Way, told: Sequence[Told], material: Material, made: Sequence[Mutant], draw: Random) -> Mutant | None:
    used = Counter(one.told.id for one in made)
    done = {one.told.id for one in made if one.way == way}
    said = {one.text for one in told} | {one.text for one in made}
    candidates = sorted(draw.sample(told, len(told)), key=lambda one: used[one.id])
    for one in candidates:
        mutant = WAYS[way](one, material, draw) if one.id not in done else None
        if mutant and (way == "source" or mutant.text not in said):
            return mutant
    return None


# Names


_NAME = re.compile(r"\b[A-Z][\w&+/-]*(?: (?:of |de )?[A-Z0-9][\w&+/.-]*\b)*|`[^`]+`|[《「][^》」]+[》」]")


def names(texts: Sequence[str], rows: Sequence[str] = ()) -> tuple[str, ...]:
    """What the texts speak of: names by their capital letters, code, titles, the rows of tables."""
    whole = " ".join(texts)
    small = set(re.findall(r"\b[a-z][\w-]*", whole))
    found = Counter(name for text in texts for name in _names(text, small))
    found.update(row for row in rows if row)
    return tuple(sorted(found, key=lambda name: (-found[name], name)))


def _names(text: str, small: set[str]) -> Iterator[str]:
    for match in _NAME.finditer(text):
        words = match[0].split(" ")
        while words and words[0].lower() in STOPWORDS:
            words = words[1:]
        name = " ".join(words).rstrip(".-/")
        alone = len(words) == 1 and name.lower() in small  # a plain word that begins a sentence
        if len(name) > 1 and not alone and name not in (*MONTHS, *DAYS):
            yield name


def _within(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


def _subject(told: Told, material: Material, draw: Random) -> Mutant | None:
    """The first name of the statement, replaced by another that the report speaks of."""
    own = [name for name in material.names if _within(name, told.text)]
    others = [name for name in material.names if not any(_within(name, one) or _within(one, name) for one in (told.text, *own))]
    if not own or not others:
        return None
    first = min(own, key=lambda name: (told.text.lower().find(name.lower()), -len(name)))
    other = draw.choice(others[:12])
    text = re.sub(rf"(?<!\w){re.escape(first)}(?!\w)", lambda _: other, told.text, flags=re.IGNORECASE)
    return Mutant("subject", told, text, told.evidence, f"{first} → {other}")


# Qualifiers


_CLAUSE = (
    r"if|unless|when|where|while|until|without|except|excluding|provided(?: that)?|as long as|only (?:if|when|for|in|with|after|on)|"
    r"according to|as of|subject to|before|after|with the exception of|assuming|depending on|in (?:its|the) (?:draft|preliminary|beta)"
)
_QUALIFIERS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf",?\s\(?\b(?:{_CLAUSE})\b[^,;:()]*?\)?(?=[.!?]?$|[,;:])",  # a clause at the end, or between commas
        rf"^(?:{_CLAUSE})\b[^,;:]*,\s",
        r"\s\([^()]*\)",
        r"\b(?:only|at least|at most|up to|more than|less than|fewer than|over|under|nearly|partly|mainly|mostly|some|most|"
        r"unaudited|preliminary|draft|proposed|planned|projected|expected|estimated|alleged(?:ly)?|reported(?:ly)?|optional(?:ly)?|"
        r"experimental|annuali[sz]ed|adjusted|average|median|gross|net)\s",
        r"^(?:如果|若|根据|据|在|除)[^，。；]*，",
        r"，(?:如果|若|除非|但|前提是|不含|不包括)[^，。；]*",
        r"（[^（）]*）",
        r"仅|只有|至少|至多|最多|超过|不足|约|预计|计划|拟|未经审计的?|初步|部分",
    )
)


def _qualifier(told: Told, material: Material, draw: Random) -> Mutant | None:
    """A condition or a qualifier left out."""
    places = [match.span() for pattern in _QUALIFIERS for match in pattern.finditer(told.text)]
    draw.shuffle(places)
    for start, end in places:
        text = " ".join(f"{told.text[:start]}{_kept_space(told.text[start:end])}{told.text[end:]}".split())
        if len(text.split()) >= LEAST_LEFT or sum(char >= "\u3400" for char in text) >= 2 * LEAST_LEFT:
            return Mutant("qualifier", told, text[:1].upper() + text[1:], told.evidence, f"without “{told.text[start:end].strip()}”")
    return None


def _kept_space(gone: str) -> str:
    return " " if gone[:1].isspace() and gone[-1:].isspace() else ""


# Values


_UNIT = (
    r"%|per ?cent|(?:thousand|million|billion|trillion|[kKMB]|bn|m)\b|[万亿]|[年月日人个元]|"
    r"[ -][A-Za-z]{3,}\b"  # what is counted
)
_VALUE = re.compile(rf"(?P<sign>[$€£¥]\s?)?(?<![\w.,-])(?P<digits>\d+(?:,\d{{3}})*(?:\.\d+)?)(?P<unit>\s?(?:{_UNIT}))?(?![\w,]|\.\d)")


def _values(text: str) -> Iterator[tuple[re.Match[str], tuple[str, ...]]]:
    """Each value in a text with what it is a value of: values of one kind can stand for each other."""
    for match in _VALUE.finditer(text):
        digits, sign, unit = match["digits"], (match["sign"] or "").strip(), (match["unit"] or "").strip(" -").lower()
        year = re.fullmatch(r"(?:19|20)\d\d", digits) and not sign and unit not in ("%", "万", "亿")
        if year:
            yield match, ("year",)
        elif sign or unit:
            yield match, (sign, *terms(unit)) if unit.isalpha() and unit.isascii() else (sign, unit)


def _stale(told: Told, material: Material, draw: Random) -> Mutant | None:
    """A value replaced by another of its kind that the sources tell, of earlier or of something near."""
    for text in material.others.get(told.id, ()):
        pairs = [
            (mine, other)
            for mine, kind in _values(told.text)
            for other, its in _values(text)
            if kind == its and other["digits"] not in re.findall(r"[\d.,]*\d", told.text)
        ]
        if pairs:
            mine, other = draw.choice(pairs)
            start, end = mine.span("digits")
            changed = f"{told.text[:start]}{other['digits']}{told.text[end:]}"
            return Mutant("stale", told, changed, told.evidence, f"{mine['digits']} → {other['digits']}, from “{text[:160]}”")
    return None


def _figure(told: Told, material: Material, draw: Random) -> Mutant | None:
    """A figure or date that nobody tells."""
    changed = altered(told.text, draw)
    return Mutant("figure", told, changed.text, told.evidence, changed.way) if changed else None


# Sources


NEAREST = 3


def _source(told: Told, material: Material, draw: Random) -> Mutant | None:
    """The same words, with a quote of another source on the matter in place of their own."""
    wanted = set(terms(told.text))
    others = [quote for quote in material.quotes if quote.snapshot_id not in told.snapshots]
    ranked = sorted(others, key=lambda quote: -len(wanted & set(terms(quote.quote))))[:NEAREST]
    if not ranked:
        return None
    quote = draw.choice(ranked)
    return Mutant("source", told, told.text, (quote,), f"rests on “{quote.quote[:160]}”")


# Negation


_SINGULAR = "supports requires includes uses provides offers allows needs runs stores keeps handles works ships lets makes gives shows says"
_NEGATIONS: tuple[tuple[str, str], ...] = (
    (r"\b(is|are|was|were|will|can|could|should|must|may|does|do|did) not\b", r"\1"),
    (r"\bcannot\b", "can"),
    (r"\b(does|do|did|is|are|was|were|would|should|could|has|have)n['’]t\b", r"\1"),
    (r"[−–-](?=\d+(?:\.\d+)?\s?%)", ""),
    (r"\bno\b", "a"),
    (r"\b(is|are|was|were|will|can|could|should|must|may|does|do|did)\b(?! (?:not|no|n['’]t)\b)", r"\1 not"),
    (rf"\b({'|'.join(_SINGULAR.split())})\b", "\0"),
    (r"\b(has|have)\b", r"\1 not"),
    (r"(?:没有|不|未)", ""),
    (r"(是|会|能|可以|支持|需要|必须)", r"不\1"),
)
_OPPOSITES: tuple[tuple[str, str], ...] = (
    ("rose", "fell"),
    ("increased", "decreased"),
    ("grew", "shrank"),
    ("higher", "lower"),
    ("more", "less"),
    ("above", "below"),
    ("before", "after"),
    ("first", "last"),
    ("yes", "no"),
    ("true", "false"),
    ("增长", "下降"),
    ("高于", "低于"),
    ("增加", "减少"),
)


def _negation(told: Told, material: Material, draw: Random) -> Mutant | None:
    """What it says turned round: a negation put in or taken out, a direction changed."""
    found = list(dict.fromkeys(_turned(told.text)))
    if not found:
        return None
    text, change = draw.choice(found)
    return Mutant("negation", told, text, told.evidence, change)


def _turned(text: str) -> Iterator[tuple[str, str]]:
    for one, other in [*_OPPOSITES, *((b, a) for a, b in _OPPOSITES)]:
        edge = r"\b" if one.isascii() else ""
        if match := re.search(rf"{edge}{one}{edge}", text, re.IGNORECASE):
            put = other.capitalize() if match[0][:1].isupper() else other
            yield text[: match.start()] + put + text[match.end() :], f"{match[0]} → {put}"
    for pattern, new in _NEGATIONS:
        if match := re.search(pattern, text):
            put = f"does not {_stem(match[0])}" if new == "\0" else match.expand(new)
            yield " ".join((text[: match.start()] + put + text[match.end() :]).split()), f"{match[0]} → {put or 'nothing'}"
            return


def _stem(verb: str) -> str:
    return verb.removesuffix("s")


WAYS: Mapping[Way, Change] = {
    "subject": _subject,
    "qualifier": _qualifier,
    "stale": _stale,
    "source": _source,
    "figure": _figure,
    "negation": _negation,
}
