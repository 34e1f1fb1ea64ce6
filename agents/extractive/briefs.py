"""The parts of a good answer: which of them nothing meets; and a report on a question that lists
them, what answers each best first, then what else does, under the part's own name. Pure.

What only stands near is left out of it, and so is what an archive or a draft says of a part that a
document of today answers: all of it is in the ledger. Not here: the parts that a question lists
(`research/text/listing.py`)."""

from collections.abc import Iterable, Mapping, Sequence

from agents.extractive.arranging import directness
from agents.extractive.relevance import FLOOR, relevance
from agents.extractive.wording import WORDS, own_words, stands_in
from research.domain import Claim, Draft, DraftSection, Ledger, Plan, Question
from research.ledger.document_status import RANK
from research.text.figures import names
from research.text.listing import Listing, listing
from research.text.sentences import language_of, terms


def of_parts(listed: Listing, claims: Sequence[Claim], most: int) -> dict[str, list[Claim]]:
    """The claims that answer each part, by its goal, the best first; after the parts what else was
    asked for. Each claim is told once: the part that one claim alone answers has it. Those beside
    the best are so many that all are `most`.
    """
    asked = [
        *listed.goals,
        *dict.fromkeys(
            c.goal for c in claims if c.answer and c.goal and c.goal not in listed.goals
        ),
    ]
    ranked = {goal: _answering(listed, goal, claims) for goal in asked}
    found: dict[str, list[Claim]] = {goal: [] for goal in asked}
    told: set[str] = set()
    for goal in sorted(asked, key=lambda goal: len(ranked[goal])):
        best = next((claim for claim in ranked[goal] if claim.id not in told), None)
        found[goal] += [best] if best else []
        told.update(claim.id for claim in found[goal])
    for goal, own in ranked.items():
        for claim in own:
            if (
                claim.id not in told
                and len(told) < most
                and (claim.relevance >= FLOOR or relevance(goal, claim.text) is None)
            ):
                found[goal].append(claim)
                told.add(claim.id)
    return {goal: own for goal, own in found.items() if own}


def _answering(listed: Listing, goal: str, claims: Iterable[Claim]) -> list[Claim]:
    """The claims that answer a part, the best first: of those of the best standing those that name
    it; if none does, those found for it."""
    own = [claim for claim in claims if _answers(listed, goal, claim)]
    rank = max((RANK[claim.standing] for claim in own), default=0)
    own = sorted(
        (claim for claim in own if RANK[claim.standing] == rank), key=directness, reverse=True
    )
    return [claim for claim in own if listed.names(goal, claim.text)] or own


def _answers(listed: Listing, goal: str, claim: Claim) -> bool:
    """Whether a claim answers a part: it names it, or was found for it and names no other."""
    if not claim.answer:
        return False
    return listed.names(goal, claim.text) or (
        claim.goal == goal and not any(listed.names(other, claim.text) for other in listed.goals)
    )


def answered(listed: Listing, claims: Sequence[Claim]) -> list[str]:
    """The parts that any of the claims answers; one claim may answer two."""
    return [goal for goal in listed.goals if any(_answers(listed, goal, claim) for claim in claims)]


def by_part(listed: Listing, found: Mapping[str, Sequence[Claim]], question: Question) -> Draft:
    """The draft from these claims, each in its own words."""
    answer = tuple(own_words(own[0]) for own in found.values())
    named = {goal: listed.goals.get(goal, WORDS[question.language]["more"]) for goal in found}
    sections = tuple(
        DraftSection(
            heading=f"{named[goal][:1].upper()}{named[goal][1:]}",
            sentences=tuple(map(own_words, own[1:])),
        )
        for goal, own in found.items()
        if own[1:]
    )
    return Draft(title=question.text, answer=answer, sections=sections)


def unmet(question: str, plan: Plan, ledger: Ledger) -> list[str]:
    """What a good answer must contain and nothing that holds does, without what the ledger's gaps
    tell already: the parts that the question lists, else what the Master said in the question's own
    words."""
    standing = [claim for claim in ledger.claims if claim.holds and claim.verdict != "superseded"]
    listed = listing(question)
    wanted = (
        _unmet_parts(listed, plan, ledger, standing)
        if listed
        else _unmet_of_master(question, plan, ledger, standing)
    )
    return [part for part in wanted if part not in ledger.gaps]


def _unmet_parts(
    listed: Listing, plan: Plan, ledger: Ledger, standing: Sequence[Claim]
) -> list[str]:
    """Where the parts are the plan's own, which a person may have edited, those without an answer;
    else those that no claim names, and none where the Master says that all it wanted is met: it may
    have met a part in other words."""
    own = [goal for goal in listed.goals if goal in plan.must_contain]
    if own:
        return [
            goal
            for goal in own
            if not _has_answer(goal, plan, ledger)
            and not any(_answers(listed, goal, c) for c in standing)
        ]
    if plan.must_contain and set(plan.must_contain) <= _met(plan, standing):
        return []
    said = [*_met(plan, standing), *(claim.text for claim in standing)]
    return [
        goal
        for goal in listed.goals
        if not any(listed.names(goal, text) or _across(goal, text) for text in said)
    ]


def _unmet_of_master(
    question: str, plan: Plan, ledger: Ledger, standing: Sequence[Claim]
) -> list[str]:
    """Met is what the Master says, what has an answer, and what a sentence has the words of, beside
    the names of the question."""
    about = {term for name in names(question) for term in terms(name)}
    met = _met(plan, standing)

    def is_met(part: str) -> bool:
        own = set(terms(part)) - about or set(terms(part))
        near = (
            _across(part, claim.text) or len(own & set(terms(claim.text))) >= FLOOR * len(own)
            for claim in standing
        )
        return part in met or _has_answer(part, plan, ledger) or any(near)

    return [part for part in plan.must_contain if stands_in(part, [question]) and not is_met(part)]


def _met(plan: Plan, standing: Sequence[Claim]) -> set[str]:
    return {part for part, ids in plan.met.items() if any(claim.id in ids for claim in standing)}


def _has_answer(goal: str, plan: Plan, ledger: Ledger) -> bool:
    """Whether an agent sent for it found an answer that holds, perhaps in a sentence that another
    agent had found for its own goal."""
    own = [claim for claim in ledger.claims if claim.goal == goal and claim.answer]
    return (
        any(claim.holds and claim.verdict != "superseded" for claim in own)
        if own
        else goal in plan.asked
    )


def _across(first: str, second: str) -> bool:
    """Whether two texts are in different languages: words cannot tell whether one has to do with
    the other."""
    return language_of(first) != language_of(second)
