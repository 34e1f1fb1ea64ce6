"""What is known, merged from what the agents brought: claims once each, conflicts between them,
gaps. Pure.

Two claims of the small model are one when they say the same with the same figures, two of a larger
one when they give one value of one subject, or the same words, out of the same sentences; then
their evidence is joined. How many independent sources say it is counted by where the texts come
from (`independence.py`). What contradicts is told by the crew; here the claims on its sides are
marked.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from research.domain import Claim, Contradiction, Feedback, Findings, Ledger, Side, Standing
from research.ledger.independence import UNKNOWN, Origins
from research.text.figures import bare
from research.text.language import sets_spaces
from research.text.sentences import term_set

SAME = 0.8
JOINED = ("gaps", "dead_ends", "queries", "drawings", "surprises")
# What counts least first: a claim that rests on several documents has the best of theirs.
STANDINGS: tuple[Standing, ...] = ("superseded", "archived", "draft", "current")


def merge(ledger: Ledger, feedbacks: Sequence[Feedback], origins: Origins = UNKNOWN) -> Ledger:
    """The ledger with what the agents report. Claims keep the ids they have; new ones are numbered
    on from c1."""
    claims = list(ledger.claims)
    for feedback in feedbacks:
        for claim in feedback.claims:
            _place(claims, claim, origins)
    found = [one for feedback in feedbacks for one in feedback.contradictions]
    failed = [feedback.reason for feedback in feedbacks if feedback.outcome == "failed"]
    answers = [feedback.answer for feedback in feedbacks if feedback.answer]
    everything: list[Findings] = [ledger, *feedbacks]
    joined: dict[str, Any] = {
        name: tuple(dict.fromkeys(chain.from_iterable(getattr(one, name) for one in everything)))
        for name in JOINED
    }
    standings = {id: standing for one in everything for id, standing in one.standings.items()}
    return ledger.replace(
        **joined,
        claims=tuple(claims),
        contradictions=told_once(ledger.contradictions, found),
        failures=tuple(dict.fromkeys([*ledger.failures, *failed])),
        pages=sum(one.pages for one in everything),
        standings=standings,
        answers=(*ledger.answers, *answers),
    )


def _place(claims: list[Claim], new: Claim, origins: Origins) -> None:
    named = [place for place, known in enumerate(claims) if known.id == new.id]
    same = named or [place for place, known in enumerate(claims) if is_same(known, new)]
    if same:
        claims[same[0]] = _joined(claims[same[0]], new, origins)
        return
    is_read = new.subject and new.evidence
    documents = origins.independent(new.evidence) if is_read else new.documents
    claims.append(new.replace(id=f"c{len(claims) + 1}", documents=documents))


def _joined(known: Claim, new: Claim, origins: Origins) -> Claim:
    """One claim of two; what a verify agent says of a claim it was sent to look at, its narrowed
    words too, is the newer word."""
    evidence = dict.fromkeys([*known.evidence, *new.evidence])
    judged = new if new.reason else known
    return known.replace(
        text=new.text if new.id == known.id else known.text,
        evidence=tuple(evidence),
        runs=tuple(dict.fromkeys([*known.runs, *new.runs])),
        relevance=max(known.relevance, new.relevance),
        verdict=judged.verdict,
        reason=judged.reason,
        documents=origins.independent(evidence),
        goal=known.goal if known.answer or not new.answer else new.goal,
        answer=known.answer or new.answer,
        private=known.private or new.private,
        standing=max(known.standing, new.standing, key=STANDINGS.index),
        parts=tuple(dict.fromkeys([*known.parts, *new.parts])),
    )


def is_same(known: Claim, new: Claim) -> bool:
    """Whether two claims are one. Those of a strong model are where they give one value of one
    measure of one subject, or the same words, out of the same sentences; what stands elsewhere is
    linked by who reads both, never joined by its words."""
    if not (known.subject or new.subject):
        return same_claim(known.text, new.text)
    if not (known.subject and new.subject) or set(known.evidence) != set(new.evidence):
        return False
    if not new.value:
        return known.text == new.text
    a, b = term_set(known.subject), term_set(new.subject)
    is_one_subject = a <= b or b <= a  # or is the other, named more fully
    values = [(claim.measure, claim.value, claim.unit) for claim in (known, new)]
    return is_one_subject and values[0] == values[1]


def same_claim(first: str, second: str) -> bool:
    """Whether two sentences say the same: nearly the same terms, and exactly the same figures; of
    Chinese ones the same Latin words."""
    a, b = term_set(first), term_set(second)
    is_spaced = sets_spaces(first) or sets_spaces(second)
    if any(term[0].isdigit() or (term.isascii() and not is_spaced) for term in a ^ b):
        return False
    return bool(a and b) and len(a & b) / len(a | b) >= SAME


def told_once(
    known: Sequence[Contradiction], found: Sequence[Contradiction]
) -> tuple[Contradiction, ...]:
    """Known and found, without those whose quotes another one tells as well; of the same quotes
    told in two ways the later one has seen more."""
    kept: list[Contradiction] = []
    for one in [*known, *found]:
        told = quotes_of(one)
        if any(told < quotes_of(other) for other in kept):
            continue
        kept = [other for other in kept if not quotes_of(other) <= told] + [one]
    return tuple(kept)


def quotes_of(found: Contradiction) -> set[str]:
    return {q.quote for side in found.sides for q in side.evidence}


def contested(ledger: Ledger) -> Ledger:
    """The ledger with its claims marked: superseded where a later value holds or where their
    documents are, contested on the sides of an open conflict. The value that holds keeps its
    verdict, and so does what may not be told at all."""
    conflicting = [side for c in ledger.contradictions if c.kind == "conflict" for side in c.sides]
    old = [side for c in ledger.contradictions if c.kind == "superseded" for side in c.sides[:-1]]

    def marked(claim: Claim) -> Claim:
        if not claim.holds:
            return claim
        if claim.standing == "superseded" or _is_told_by(claim, old):
            return claim.replace(verdict="superseded")
        return claim.replace(verdict="contested") if _is_told_by(claim, conflicting) else claim

    return ledger.replace(claims=tuple(map(marked, ledger.claims)))


def _is_told_by(claim: Claim, sides: Sequence[Side]) -> bool:
    """Whether one of the sides rests on all that a claim rests on, and tells its value: what only
    shares a sentence with it, such as the value that corrects it, is another claim."""
    own, value = set(claim.evidence), bare(claim.value)
    return bool(own) and any(
        own.issubset(side.evidence) and value <= bare(side.text) for side in sides
    )


def with_contradictions(ledger: Ledger, found: Sequence[Contradiction]) -> Ledger:
    """The ledger with these contradictions told as well, each once, and its claims marked."""
    return contested(ledger.replace(contradictions=told_once(ledger.contradictions, found)))
