"""Whether the claims make a table of what the question compares, and which. Pure.

Rows are the things the question names, columns the measures that claims give of at least two of
them, a cell is a claim in its own words. A claim that speaks of two of the things belongs to no
row."""

import re
from collections.abc import Mapping, Sequence

from agents.extractive.wording import WORDS, own_words
from research.domain import Claim, DraftSentence, DraftTable, Language
from research.text.figures import figures, names
from research.text.sentences import STOPWORDS, terms

_COMPARES = re.compile(
    r"\b(compar(e|es|ed|ing|ison)|versus|vs|differ(s|ed|ence|ences)?|(deep|high|long|larg"
    r"|small|fast|old|new|cheap|heav)i?er)\b"
    r"|\bwhich (is|was|has|of)\b|比较|对比|相比|区别|差异|不同|哪一?[个种座条]更|更",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"(?i)^.*?\b(?:compar(?:e|ing|ison (?:of|between))|between|differences? (?:of|between))\b"
    r"|^.*?(?:比较|对比)(?:一下)?"
)
_PARTS = re.compile(
    r"\s+(?:and|or|with|to|versus|vs\.?)\s+|\s*[,、]\s*(?:and\s+|or\s+)?|和|与|跟|同|还是",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"(?i)\s+(?:in terms of|in|by|for|on|at|as|regarding)\s.*$|[?？。.!！]+$|的.*$|哪.*$|在.*$"
)
LONGEST = 12  # words of a thing's name


def compares(question: str) -> bool:
    """Whether a question asks to set things side by side."""
    return _COMPARES.search(question) is not None


def things(question: str) -> list[str]:
    """The things that a question compares, in order; none when it names fewer than two."""
    if not compares(question):
        return []
    named = sorted(names(question), key=question.index)
    if len(named) > 1:
        return named
    body = _LEAD.sub("", question) if _LEAD.search(question) else question
    parts = [
        re.sub(r"(?i)^(the|a|an)\s+", "", _TAIL.sub("", part).strip())
        for part in _PARTS.split(body)
    ]
    found = [part for part in dict.fromkeys(parts) if terms(part) and len(part.split()) <= LONGEST]
    return found if len(found) > 1 else []


def table(question: str, claims: Sequence[Claim], language: Language) -> DraftTable | None:
    """The table that fits the question, or None."""
    rows = things(question)
    marks = _marks(rows)
    placed: dict[tuple[str, str], Claim] = {}
    for claim in claims:
        of = [row for row in rows if marks[row] and marks[row] <= set(terms(claim.text))]
        if len(of) == 1 and (measure := _measure(claim.text)) is not None:
            placed.setdefault((of[0], measure), claim)
    columns = [
        m
        for m in dict.fromkeys(m for _, m in placed)
        if sum((row, m) in placed for row in rows) > 1
    ]
    kept = [row for row in rows if any((row, column) in placed for column in columns)]
    if len(kept) < 2:
        return None
    heads = (
        _heading([placed[row, column] for row in kept if (row, column) in placed], rows, column)
        for column in columns
    )
    return DraftTable(
        header=(WORDS[language]["compared"], *heads),
        rows=tuple(
            (named(row), *(_cell(placed.get((row, column))) for column in columns)) for row in kept
        ),
    )


def named(row: str) -> DraftSentence:
    """The first cell of a row: the name of what is compared."""
    return DraftSentence(text=row, kind="framing")


def _marks(rows: Sequence[str]) -> Mapping[str, set[str]]:
    """The terms that tell one thing from the others."""
    held = {row: set(terms(row)) for row in rows}
    return {
        row: held[row] - {t for other in rows if other != row for t in held[other]} for row in rows
    }


def _measure(text: str) -> str | None:
    """What a claim measures, by the unit of its figure; None where it has no figure, or figures of
    several kinds."""
    units = {figure.unit for figure in figures(text) if not figure.is_year}
    return units.pop() if len(units) == 1 else None


def _heading(claims: Sequence[Claim], rows: Sequence[str], unit: str) -> str:
    """The words that all claims of a column share, without what names its rows; else its unit."""
    shared = set.intersection(*(set(terms(claim.text)) for claim in claims)) - {
        t for row in rows for t in terms(row)
    }
    words = [
        word
        for word in re.findall(r"[^\W\d_]+", claims[0].text)
        if word.lower() not in STOPWORDS and set(terms(word)) & shared
    ]
    return " ".join(dict.fromkeys(words[:4])) or unit or "–"


def _cell(claim: Claim | None) -> DraftSentence | None:
    return None if claim is None else own_words(claim)
