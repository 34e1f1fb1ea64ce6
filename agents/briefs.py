"""The parts of a good answer: which of them nothing meets; and a report on a question that lists them, what answers each best first, then
what else does, under the part's own name. Pure.

What only stands near is left out of it, and so is what an archive or a draft says of a part that a document of today answers: all of it is
in the ledger. Not here: the parts that a question lists (`research/listing.py`)."""

from collections.abc import Mapping, Sequence

from agents.arranging import directness
from agents.grounding import traced
from agents.relevance import FLOOR, relevance
from agents.wording import own_words
from research.figures import names
from research.listing import Listing, listing
from research.standing import RANK
from research.text import language_of, terms
from research.types import Claim, Draft, DraftSection, Ledger, Plan


def unmet(question: str, plan: Plan, ledger: Ledger) -> list[str]:
    """The parts that the question lists, else what the Master said that a good answer must contain in the question's own words, which
    nothing that holds meets; without what the ledger's gaps tell already. A part is met by an agent's answer to it, by what the Master says
    meets it, else by a sentence with its words, beside those that say what the question is about."""
    listed = listing(question)
    wanted = list(listed.goals) if listed else [part for part in plan.must_contain if traced(part, [question])]
    about = {term for name in (*names(question), listed.subject if listed else "") for term in terms(name)}
    standing = [claim for claim in ledger.claims if claim.holds and claim.verdict != "superseded"]
    met = [part for part, ids in plan.met.items() if any(claim.id in ids for claim in standing)]
    said = [*met, *(claim.text for claim in standing)]

    def is_met(part: str) -> bool:
        answers = [claim for claim in ledger.claims if claim.goal == part and claim.answer]
        if answers or part in plan.asked:  # an answer in a sentence that another agent had found has that one's goal
            return not answers or any(claim in standing for claim in answers)
        own = set(terms(part)) - about
        return any(language_of(part) != language_of(text) or len(own & set(terms(text))) >= FLOOR * len(own) for text in said)

    return [part for part in wanted if part not in ledger.gaps and not is_met(part)]


def of_parts(listed: Listing, claims: Sequence[Claim], most: int) -> dict[str, list[Claim]]:
    """The claims that answer each part, by its goal, the best first: that of each part, and of the others so many that they are `most`."""
    found: dict[str, list[Claim]] = {}
    for goal in listed.goals:
        taken = {claim.id for own in found.values() for claim in own}
        found[goal] = _answering(listed, goal, [claim for claim in claims if claim.id not in taken])
    more = [claim.id for own in found.values() for claim in own[1:]][: max(0, most - sum(map(bool, found.values())))]
    return {goal: [*own[:1], *(claim for claim in own[1:] if claim.id in more)] for goal, own in found.items() if own}


def _answering(listed: Listing, goal: str, claims: Sequence[Claim]) -> list[Claim]:
    """The claims that answer a part, the best first: those that name it; where none does, those found for it that name no other."""
    ranked = sorted((claim for claim in claims if claim.answer), key=directness, reverse=True)
    named = [claim for claim in ranked if listed.names(goal, claim.text)]
    own = named or [c for c in ranked if c.goal == goal and not any(listed.names(other, c.text) for other in listed.goals)]
    rank = max((RANK[claim.standing] for claim in own), default=0)
    own = [claim for claim in own if RANK[claim.standing] == rank]
    return [*own[:1], *(c for c in own[1:] if c.relevance >= FLOOR or relevance(goal, c.text) is None)]


def by_part(listed: Listing, found: Mapping[str, Sequence[Claim]], title: str) -> Draft:
    """The draft from these claims, each in its own words."""
    answer = tuple(own_words(own[0]) for own in found.values())
    sections = tuple(
        DraftSection(heading=f"{part[:1].upper()}{part[1:]}", sentences=tuple(map(own_words, found[goal][1:])))
        for goal, part in listed.goals.items()
        if found.get(goal, ())[1:]
    )
    return Draft(title=title, answer=answer, sections=sections)
