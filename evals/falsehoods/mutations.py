"""Statements of a report made false in the ways that reports go wrong. Pure; the same by seed.

A mutant may happen to be true, or mean the same: each tells what was changed, so that somebody can
look. Names are told by their capital letters or as rows of tables, clauses by English and Chinese
words. Not here: whether a gate notices (`suites/mutate.py`).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from evals.falsehoods.alterations import MONTHS, altered
from research.domain import Evidence, Quote, SentenceKind
from research.text.sentences import STOPWORDS, terms

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
    """What a report and its sources offer for mutations: names that it speaks of, quotes that it
    cites, and by statement the texts that tell other values of what it tells, superseded and
    contradicting ones first."""

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
    """So many mutants, the ways in turn; each of another statement as long as there are any. Fewer
    where no more can be made."""
    draw = Random(seed)
    made: list[Mutant] = []
    open_ways = list(WAYS)
    while len(made) < count and open_ways:
        way = open_ways.pop(0)
        if (one := _next(way, told, material, made, draw)) is not None:
            made.append(one)
            open_ways.append(way)
    return made


def _next(
    way: Way, told: Sequence[Told], material: Material, made: Sequence[Mutant], draw: Random
) -> Mutant | None:
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


_NAME = re.compile(
    r"\b[A-Z][\w&+/-]*(?: (?:of |de )?[A-Z0-9][\w&+/.-]*\b)*|`[^`]+`|[《「][^》」]+[》」]"
)
_TIME = re.compile(
    rf"(?:(?:{'|'.join([*MONTHS, *DAYS])}|[A-Z][a-z]{{2}}|[QH]\d|[FC]Y\d*|[\d.,/–-]+|of)(?: |$))+"
)  # *Q1 2026*, *Apr 14*
LONGEST_NAME = 5  # words of a row
MOST_NAMES = 12  # to choose from, those that are told most often


def names(texts: Sequence[str], rows: Sequence[str] = ()) -> tuple[str, ...]:
    """What the texts speak of: names by their capital letters, code, titles, the rows of tables."""
    small = {word for text in texts for word in re.findall(r"\b[a-z][\w-]*", text)}
    within = {word for text in texts for word in re.findall(r"(?<=[^.:!?] )[A-Z][\w-]*", text)}
    found = Counter(name for text in texts for name in _names(text, small, within))
    found.update(
        row for row in rows if 0 < len(row.split()) <= LONGEST_NAME and row.lower() not in small
    )
    return tuple(
        sorted(
            (name for name in found if not _TIME.fullmatch(name)),
            key=lambda name: (-found[name], name),
        )
    )


def _names(text: str, small: Set[str], within: Set[str]) -> Iterator[str]:
    for match in _NAME.finditer(text):
        words = match[0].split(" ")
        while words and words[0].lower() in STOPWORDS:
            words = words[1:]
        name = " ".join(words).rstrip(".-/")
        plain = name.isalpha() and (
            name.lower() in small or name not in within
        )  # it only begins a sentence
        if len(name) > 1 and not plain:
            yield name


def _within(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


def _shape(name: str) -> tuple[bool, bool, bool]:
    """Names of one shape are more often of one kind: *VLX-500*, *CEO*, *Merlin Bank*."""
    return any(char.isdigit() for char in name), name.isupper(), " " in name


def _subject(told: Told, material: Material, draw: Random) -> Mutant | None:
    """The first name of the statement, replaced by another that the report speaks of."""
    own = [name for name in material.names if _within(name, told.text)]
    others = [
        name
        for name in material.names
        if not any(_within(name, one) or _within(one, name) for one in (told.text, *own))
    ]
    if not own or not others:
        return None
    first = min(own, key=lambda name: (told.text.lower().find(name.lower()), -len(name)))
    alike = [name for name in others if _shape(name) == _shape(first)]
    other = draw.choice((alike or others)[:MOST_NAMES])
    text = re.sub(
        rf"(?<!\w){re.escape(first)}(?!\w)", lambda _: other, told.text, flags=re.IGNORECASE
    )
    return Mutant("subject", told, text, told.evidence, f"{first} → {other}")


# Qualifiers


_CLAUSE = (
    r"if|unless|when|where|while|until|without|except|excluding|provided(?: that)?|as long as"
    r"|only (?:if|when|for|in|with|after|on)|"
    r"according to|as of|subject to|before|after|with the exception of|assuming|depending on"
    r"|in (?:its|the) (?:draft|preliminary|beta)"
)
# *was planned* would lose its verb
_NO_VERB = r"(?<!is )(?<!are )(?<!was )(?<!were )(?<!be )(?<!been )"
_QUALIFIERS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # a clause at the end, or between commas
        rf",?\s\(?\b(?:{_CLAUSE})\b[^,;:()]*?\)?(?=[.!?]?$|[,;:])",
        rf"^(?:{_CLAUSE})\b[^,;:]*,\s",
        r"\s\([^()]*\)",
        r"\b(?:at least|at most|up to|more than|less than|fewer than|over|under)\s(?=[$€£¥]?\s?\d)",
        rf"{_NO_VERB}\b(?:only|partly|mainly|mostly|unaudited|preliminary|proposed|planned"
        rf"|projected|expected|estimated|allegedly|"
        r"reportedly|optional(?:ly)?|experimental|annuali[sz]ed|adjusted|average|median|gross"
        r"|net)\s",
        r"\bdraft\s(?=report|memo|plan|document|roadmap|version|budget|figures?|targets?|sheet)",
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
        text = " ".join(
            f"{told.text[:start]}{_kept_space(told.text[start:end])}{told.text[end:]}".split()
        )
        if (
            len(text.split()) >= LEAST_LEFT
            or sum(char >= "\u3400" for char in text) >= 2 * LEAST_LEFT
        ):
            return Mutant(
                "qualifier",
                told,
                text[:1].upper() + text[1:],
                told.evidence,
                f"without “{told.text[start:end].strip()}”",
            )
    return None


def _kept_space(gone: str) -> str:
    return " " if gone[:1].isspace() and gone[-1:].isspace() else ""


# Values


_UNIT = (
    r"%|per ?cent|(?:thousand|million|billion|trillion|[kKMB]|bn|m)\b|[万亿]|[年月日人个元]|"
    r"[ -][A-Za-z]{3,}\b"  # what is counted
)
_VALUE = re.compile(
    rf"(?P<sign>[$€£¥]\s?)?(?<![\w.,-])(?P<digits>\d+(?:,\d{{3}})*(?:\.\d+)?)(?P<unit>\s?(?:{_UNIT}))?(?![\w,]|\.\d)"
)


def _values(text: str) -> Iterator[tuple[re.Match[str], tuple[str, ...]]]:
    """Each value in a text with what it is a value of: values of one kind can stand for each
    other."""
    for match in _VALUE.finditer(text):
        sign, unit = (match["sign"] or "").strip(), (match["unit"] or "").strip(" -").lower()
        if _year(match):
            yield match, ("year",)
        elif sign or unit:
            yield match, (sign, *terms(unit)) if unit.isalpha() and unit.isascii() else (sign, unit)


def _year(value: re.Match[str]) -> bool:
    return (
        bool(re.fullmatch(r"(?:19|20)\d\d", value["digits"]))
        and not value["sign"]
        and not re.search("[%万亿]", value["unit"] or "")
    )


def _stale(told: Told, material: Material, draw: Random) -> Mutant | None:
    """A value replaced by another of its kind that the sources tell, of earlier or of something
    near."""
    for text in material.others.get(told.id, ()):
        pairs = [
            (mine, other)
            for mine, kind in _values(told.text)
            for other, its in _values(text)
            if kind == its and other["digits"] not in re.findall(r"[\d.,]*\d", told.text)
        ]
        if pairs:
            mine, other = draw.choice([pair for pair in pairs if not _year(pair[0])] or pairs)
            start, end = mine.span("digits")
            changed = f"{told.text[:start]}{other['digits']}{told.text[end:]}"
            return Mutant(
                "stale",
                told,
                changed,
                told.evidence,
                f"{mine['digits']} → {other['digits']}, from “{text[:160]}”",
            )
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


_SINGULAR = (
    "supports requires includes uses provides offers allows needs runs stores keeps "
    "handles works ships lets makes gives shows says"
)
_NEGATIONS: tuple[tuple[str, str], ...] = (
    (r"\b(is|are|was|were|will|can|could|should|must|may|does|do|did) not\b", r"\1"),
    (r"\bcannot\b", "can"),
    (r"\b(does|do|did|is|are|was|were|would|should|could|has|have)n['’]t\b", r"\1"),
    (r"[−–-](?=\d+(?:\.\d+)?\s?%)", ""),
    (r"\bno\b", "a"),
    (
        r"\b(is|are|was|were|will|can|could|should|must|may|does|do|did)\b(?! (?:not|no|n['’]t)\b)",
        r"\1 not",
    ),
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
    ("^yes", "no"),
    ("^no", "yes"),
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
    for one, other in [*_OPPOSITES, *((b, a) for a, b in _OPPOSITES if not a.startswith("^"))]:
        edge = r"\b" if one.isascii() else ""
        if match := re.search(
            rf"(?:{one}){edge}" if one.startswith("^") else rf"{edge}{one}{edge}",
            text,
            re.IGNORECASE,
        ):
            put = other.capitalize() if match[0][:1].isupper() else other
            yield text[: match.start()] + put + text[match.end() :], f"{match[0]} → {put}"
    for pattern, new in _NEGATIONS:
        if match := re.search(pattern, text):
            put = f"does not {_stem(match[0])}" if new == "\0" else match.expand(new)
            yield (
                " ".join((text[: match.start()] + put + text[match.end() :]).split()),
                f"{match[0]} → {put or 'nothing'}",
            )
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
