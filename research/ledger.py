"""What is known, merged from what the agents brought: claims once each, conflicts between them, gaps. Pure.

Two claims are one when they say the same with the same figures; then their evidence is joined. Word-for-word copies count as one text, and
so do near-copies of whole pages (`copies.py`). A conflict needs one measure of one thing and two values that cannot both hold; that the
thing is the same is decided by shared words here, or by a model where the words leave it open (`Pair.certain`)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType

from research.figures import UNIT_FORMS, Figure, agree, figures, names, years
from research.text import affirms, clip, language_of, terms
from research.types import Claim, Contradiction, Feedback, Ledger, Quote, Side

SAME = 0.8
CERTAIN = 0.75
POSSIBLE = 0.2
BOTH_ANSWER = 0.5  # an answer and another figure of the kind asked for may be one measure, however differently they are worded
FAR = 6  # values further apart than this are two measures, not two opinions
_UNIT_TERMS = {term for form in UNIT_FORMS for term in terms(form)}
_SUPERSEDED = re.compile(
    r"\b(supersed\w+|out of date|outdated|no longer|obsolete|previously|formerly|corrected|revised)\b"
    r"|replaced by|used to be|earlier figure|old figure"
    r"|取代|过时|更正|修正|不再|原先|曾经|旧数据|此前",
    re.IGNORECASE,
)
_QUALIFIERS = frozenset(
    """
    least most maximum minimum average mean median total net gross north south east west northern southern
    eastern western first second third upper lower highest lowest deepest shallowest largest smallest longest
    shortest men women male female
    """.split()
)


def merge(ledger: Ledger, feedbacks: Sequence[Feedback], copies: Mapping[str, str] = MappingProxyType({})) -> Ledger:
    """The ledger with what the agents report. Claims keep the ids they have; new ones are numbered on from c1. `copies` maps snapshots
    to those they are near-copies of."""
    claims = list(ledger.claims)
    found: list[Contradiction] = []
    gaps, dead_ends, queries = list(ledger.gaps), list(ledger.dead_ends), list(ledger.queries)
    failures, pages = list(ledger.failures), ledger.pages
    for feedback in feedbacks:
        for claim in feedback.claims:
            _place(claims, claim, copies)
        found.extend(feedback.contradictions)
        gaps.extend(feedback.gaps)
        dead_ends.extend(feedback.dead_ends)
        queries.extend(feedback.queries)
        pages += feedback.pages
        if feedback.outcome == "failed":
            failures.append(feedback.reason)
    return ledger.model_copy(
        update={
            "claims": tuple(claims),
            "contradictions": _with_new(ledger.contradictions, found),
            "gaps": tuple(dict.fromkeys(gaps)),
            "dead_ends": tuple(dict.fromkeys(dead_ends)),
            "queries": tuple(dict.fromkeys(queries)),
            "failures": tuple(dict.fromkeys(failures)),
            "pages": pages,
            "drawings": tuple(dict.fromkeys([*ledger.drawings, *(d for f in feedbacks for d in f.drawings)])),
            "answers": ledger.answers + tuple(f.answer for f in feedbacks if f.answer),
        }
    )


def _place(claims: list[Claim], new: Claim, copies: Mapping[str, str]) -> None:
    for i, known in enumerate(claims):
        if known.id == new.id or same_claim(known.text, new.text):
            claims[i] = _joined(known, new, copies)
            return
    claims.append(new.model_copy(update={"id": f"c{len(claims) + 1}"}))


def _joined(known: Claim, new: Claim, copies: Mapping[str, str]) -> Claim:
    evidence = list(known.evidence)
    evidence.extend(q for q in new.evidence if q not in evidence)
    independent = {(copies.get(q.snapshot_id, q.snapshot_id), _bare(q.quote)) for q in evidence}
    texts = {bare for _, bare in independent}
    judged = new if new.reason else known
    return known.model_copy(
        update={
            "evidence": tuple(evidence),
            "runs": tuple(dict.fromkeys([*known.runs, *new.runs])),
            "relevance": max(known.relevance, new.relevance),
            "verdict": judged.verdict,
            "reason": judged.reason,
            "documents": min(len({snapshot for snapshot, _ in independent}), len(texts)),
            "goal": known.goal or new.goal,
            "answer": known.answer or new.answer,
            "private": known.private or new.private,
        }
    )


def _bare(text: str) -> str:
    return re.sub(r"\W+", " ", text.lower()).strip()


def same_claim(first: str, second: str) -> bool:
    """Whether two sentences say the same: nearly the same terms, and exactly the same figures."""
    if {(f.value, f.unit) for f in figures(first)} != {(f.value, f.unit) for f in figures(second)}:
        return False
    a, b = set(terms(first)), set(terms(second))
    return bool(a and b) and len(a & b) / len(a | b) >= SAME


@dataclass(frozen=True)
class Statement:
    """A sentence and where it stands; `title` and `year` are its document's. `offers`: it gives a figure of the kind asked for;
    `answer`: the fact it answers with, '' if it gives none; `goal`: the question it answers, if that has but one answer."""

    text: str
    evidence: Quote
    title: str = ""
    year: str = ""
    offers: bool = False
    goal: str = ""
    answer: str = ""


@dataclass(frozen=True)
class Pair:
    """Two statements whose values differ. `certain`: their words leave no doubt that they speak of one measure of one thing."""

    first: Statement
    second: Statement
    overlap: float

    @property
    def certain(self) -> bool:
        return self.overlap >= CERTAIN


def differing(statements: Sequence[Statement], limit: int = 50) -> list[Pair]:
    """Pairs of statements of different texts that give different values where one is to be expected, likeliest first."""
    pairs = []
    for first, second in combinations(statements, 2):
        if first.evidence.snapshot_id == second.evidence.snapshot_id:
            continue
        overlap = subject_overlap(first, second)
        if (first.answer and second.offers) or (first.offers and second.answer):
            overlap = max(overlap, BOTH_ANSWER)
        if answers_differ(first, second):
            pairs.append(Pair(first, second, BOTH_ANSWER))
        elif overlap >= POSSIBLE and _values_differ(first.text, second.text):
            pairs.append(Pair(first, second, overlap))
    return sorted(pairs, key=lambda pair: -pair.overlap)[:limit]


def subject_overlap(first: Statement, second: Statement) -> float:
    """The share of the shorter statement's subject words that the other, or its title, has too (0 to 1); 0 when a name or a qualifier
    such as *average* parts them."""
    a, b = _subject(first.text), _subject(second.text)
    if not a or not b or (a ^ b) & _QUALIFIERS:
        return 0.0
    names_a, names_b = names(first.text), names(second.text)
    if names_a and names_b and not _share_a_word(names_a, names_b):
        return 0.0
    shared = a & b
    if not shared:
        return 0.0
    smaller, larger, title = (a, b, second.title) if len(a) <= len(b) else (b, a, first.title)
    reach = larger | set(terms(title))
    return len(smaller & reach) / len(smaller) * (0.5 + 0.5 * len(shared) / len(larger))


def _share_a_word(first: set[str], second: set[str]) -> bool:
    return bool({w for name in first for w in name.split()} & {w for name in second for w in name.split()})


def _subject(text: str) -> set[str]:
    return {term for term in terms(text) if not term[0].isdigit()} - _UNIT_TERMS


def answers_differ(first: Statement, second: Statement) -> bool:
    """Whether two statements answer one question differently without a figure: another name, *yes* and *no*."""
    if not (first.answer and second.answer and first.goal) or first.goal != second.goal or figures(first.answer) or figures(second.answer):
        return False
    polarity = affirms(first.answer), affirms(second.answer)
    if None not in polarity:
        return polarity[0] != polarity[1]
    if polarity != (None, None):
        return False
    a, b = set(terms(first.answer)), set(terms(second.answer))
    return bool(a and b) and len(a & b) * 2 < min(len(a), len(b))


def _values_differ(first: str, second: str) -> bool:
    a, b = figures(first), figures(second)
    shared_units = [f.unit for f in a if f.unit and f.unit in {g.unit for g in b}]
    if shared_units:
        unit = shared_units[0]
        return _disjoint([f for f in a if f.unit == unit], [f for f in b if f.unit == unit])
    if any(f.unit for f in a + b):
        return False
    counts_a, counts_b = _counts(a), _counts(b)
    if counts_a and counts_b:
        return _disjoint(counts_a, counts_b)
    years_a, years_b = years(first), years(second)
    return not counts_a and not counts_b and len(years_a) == 1 and len(years_b) == 1 and years_a != years_b


def _counts(found: list[Figure]) -> list[Figure]:
    return [f for f in found if not f.unit and not f.is_year]


def _disjoint(a: list[Figure], b: list[Figure]) -> bool:
    """Whether the leading values differ by more than rounding and neither text names the other's value."""
    if any(agree(x, b[0]) or agree(b[0], x) for x in a) or any(agree(a[0], y) for y in b):
        return False
    smaller, larger = sorted((abs(a[0].value), abs(b[0].value)))
    return larger <= smaller * FAR


def contradictions(pairs: Sequence[Pair]) -> tuple[Contradiction, ...]:
    """The pairs as contradictions: pairs that share a statement are one, statements that give the same value are one side."""
    groups: list[list[Statement]] = []
    for pair in pairs:
        touched = [g for g in groups if pair.first in g or pair.second in g]
        joined = [s for g in touched for s in g]
        joined.extend(s for s in (pair.first, pair.second) if s not in joined)
        groups = [g for g in groups if g not in touched] + [joined]
    # The likeliest pair comes first in its group: it tells best what the dispute is about.
    return tuple(_contradiction(sorted(group, key=_dated), _topic(*group[:2])) for group in groups)


def _contradiction(statements: Sequence[Statement], topic: str) -> Contradiction:
    """Both sides, the earlier first; what is dated earlier than the other side, or is called corrected, is superseded."""
    sides: list[list[Statement]] = []
    for statement in statements:
        same = next((side for side in sides if not _are_apart(side[0], statement)), None)
        sides.append([statement]) if same is None else same.append(statement)
    first, last = sides[0][0], sides[-1][0]
    note = " / ".join(f"{side[0].title} ({side[0].year})" if side[0].year else side[0].title for side in sides)
    return Contradiction(
        topic=topic,
        note=note,
        kind="superseded" if _supersedes(first, last) else "conflict",
        sides=tuple(Side(text=side[0].text, evidence=tuple(s.evidence for s in side)) for side in sides),
    )


def _are_apart(first: Statement, second: Statement) -> bool:
    return answers_differ(first, second) or _values_differ(first.text, second.text)


def _supersedes(first: Statement, second: Statement) -> bool:
    if not _counts_or_measures(first.text):
        return False
    dates = [years(s.text) for s in (first, second)]
    told = _SUPERSEDED.search(first.text) or _SUPERSEDED.search(second.text)
    return bool(told) or bool(dates[0] and dates[1] and max(dates[0]) < max(dates[1]))


def _counts_or_measures(text: str) -> bool:
    return any(not f.is_year for f in figures(text))


def _dated(statement: Statement) -> str:
    return max(years(statement.text), default=statement.year)


def _topic(first: Statement, second: Statement) -> str:
    """What both speak of: the words of the shorter sentence that the other has too, in order."""
    shorter, longer = sorted((first.text, second.text), key=len)
    known = set(terms(longer))
    if language_of(shorter) == "zh":
        return clip(re.sub(r"[\d,.]+.*$", "", shorter).strip("，。、 ") or shorter, 60)
    words = [w for w in re.findall(r"[\w’'-]+", shorter) if not w[0].isdigit() and set(terms(w)) & known]
    return clip(" ".join(words) or first.title, 80)


def _with_new(known: Sequence[Contradiction], found: Sequence[Contradiction]) -> tuple[Contradiction, ...]:
    """Known and found, without what another one tells whole."""
    kept: list[Contradiction] = []
    for one in [*known, *found]:
        if any(_quotes(one) <= _quotes(other) for other in kept):
            continue
        kept = [other for other in kept if not _quotes(other) <= _quotes(one)] + [one]
    return tuple(kept)


def _quotes(contradiction: Contradiction) -> set[str]:
    return {q.quote for side in contradiction.sides for q in side.evidence}


def contested(ledger: Ledger) -> Ledger:
    """The ledger with the claims on either side of an open conflict marked as contested."""
    open_quotes = {quote for c in ledger.contradictions for quote in _quotes(c)}
    claims = tuple(
        c.model_copy(update={"verdict": "contested"}) if {q.quote for q in c.evidence} & open_quotes else c for c in ledger.claims
    )
    return ledger.model_copy(update={"claims": claims})


def with_contradictions(ledger: Ledger, found: Sequence[Contradiction]) -> Ledger:
    """The ledger with these contradictions told as well, each once, and its claims marked."""
    return contested(ledger.model_copy(update={"contradictions": _with_new(ledger.contradictions, found)}))
