"""The writer: a short answer first, then sections, from claims only, in the claims' own words;
limits last.

A model arranges (`arranging.py`): it names claims in order under headings. Code adds what code can
make: a table of what is compared, what was looked for and not found."""

import re
from collections.abc import Sequence, Set

from agents.extractive.arranging import arranged, floor
from agents.extractive.briefs import answered, by_part, of_parts, unmet
from agents.extractive.comparing import table
from agents.extractive.goals import asks_again
from agents.extractive.nearest import nearest
from agents.extractive.picking import answered_by
from agents.extractive.relevance import FLOOR, relevance
from agents.extractive.wording import WORDS, stands_in, unread
from agents.models import Models
from research.crew import Run
from research.domain import (
    Claim,
    Draft,
    DraftList,
    DraftSection,
    DraftSentence,
    Ledger,
    Plan,
    Question,
    SearchLog,
    now,
)
from research.errors import BudgetExhausted, ReadingFailure
from research.ledger.document_status import WEIGHT
from research.ledger.joining import quotes_of
from research.text.listing import listing
from research.text.sentences import clip

# and nothing that a model put behind it
_CAPPED = re.compile(r"The run has reached its cap of [\w.,]+ \w+\.")


async def write(run: Run, models: Models, ledger: Ledger, plan: Plan) -> Draft:
    """The draft. Where no claim answers there is nothing to write up: the limitations say what was
    tried, and what stands nearest to the question is quoted."""
    language = run.question.language
    if plan.answer:  # then no document said it alone, and the question is no gap
        ledger = ledger.model_copy(
            update={
                "gaps": tuple(gap for gap in ledger.gaps if not asks_again(gap, run.question.text))
            }
        )
    claims = _chosen(run, ledger, plan)
    if not claims or not plan.answered:
        return await _nothing(run, ledger)
    listed = listing(run.question.text)
    found = of_parts(listed, claims, run.effort.claims) if listed else {}
    told = answered(listed, claims) if listed else []
    # only what is superseded answers them
    old = [goal for goal in answered(listed, ledger.claims) if goal not in told] if listed else []
    gaps = (
        gap
        for gap in (*ledger.gaps, *unmet(run.question.text, plan, ledger))
        if gap not in (*found, *told, *old)
    )
    ledger = ledger.model_copy(update={"gaps": tuple(gaps)})
    draft = (
        by_part(listed, found, run.question)
        if listed and found
        else await _drafted(run, models, claims, ledger)
    )
    searched = await _searched(run, ledger)
    limits = [WORDS[language]["old"] + gap for gap in old] + _limits(
        run.question, ledger, plan, gaps=searched is None
    )
    sections = [
        *_with_table(run, draft.sections, claims[: run.effort.claims]),
        *_absent(run.question, ledger, searched),
    ]
    # a page that could not be read is told, and takes nothing from what others gave
    complete = not limits and not ledger.gaps
    limits += await _unread(run)
    return draft.model_copy(
        update={"sections": tuple(sections), "limitations": tuple(limits), "complete": complete}
    )


async def _drafted(run: Run, models: Models, claims: Sequence[Claim], ledger: Ledger) -> Draft:
    """The claims written up by the model, or by code where it fails."""
    claims = claims[: run.effort.claims]
    await run.emit("writing", claims=len(claims))
    try:
        draft = await arranged(run, models, claims, ledger)
    except BudgetExhausted as error:
        await run.floor("writer", str(error))
        draft = None
    return draft or floor(run, claims)


def _chosen(run: Run, ledger: Ledger, plan: Plan) -> list[Claim]:
    """The claims to write from: those that hold, answers and corroborated ones first; what is
    superseded only where all is. Those that hold the answer to the whole question come before the
    answers to its parts; what stands near is left out where whole pages gave it."""
    question = run.question.text
    whole = (
        {claim.id for claim in answered_by(question, plan.answer, ledger.claims)}
        if plan.answer
        else set()
    )
    asked = {
        claim.id
        for claim in ledger.claims
        if plan.answer and (claim.goal, claim.answer) == (question, plan.answer)
    }
    whole |= asked
    answering = {"goal": question, "answer": plan.answer}
    known = [
        claim.model_copy(update=answering) if claim.id in whole else claim
        for claim in ledger.claims
    ]
    usable = [claim for claim in known if claim.holds]
    usable = [claim for claim in usable if claim.verdict != "superseded"] or usable
    ranked = sorted(
        usable,
        key=lambda c: (
            c.id not in whole,
            not c.answer,
            -c.documents,
            -c.relevance * WEIGHT[c.standing],
        ),
    )
    return _to_the_point(run.question.text, ranked, whole, ledger) if asked else ranked


def _to_the_point(
    question: str, ranked: Sequence[Claim], whole: Set[str], ledger: Ledger
) -> list[Claim]:
    """Of claims of which some answer the `whole` question those, what leads to them or is said
    against them, the best answer to each of its parts and the best other one to itself, which does
    not lead, and what stands near the question by itself."""
    others = [claim for claim in ranked if claim.answer and claim.id not in whole]
    kept = {claim.goal: claim.id for claim in reversed(others)}.values()
    told = {quote.quote for claim in ranked if claim.id in whole for quote in claim.evidence}
    disputed = {
        quote for found in map(quotes_of, ledger.contradictions) if told & found for quote in found
    }

    def fits(claim: Claim) -> bool:
        leads = claim.goal == question and not claim.answer
        return (
            leads
            or claim.id in whole
            or claim.id in kept
            or any(quote.quote in disputed for quote in claim.evidence)
        )

    def second(claim: Claim) -> Claim:
        return (
            claim.model_copy(update={"answer": ""})
            if claim.goal == question and claim.id not in whole
            else claim
        )

    return [
        second(claim)
        for claim in ranked
        if fits(claim) or (relevance(question, claim.text) or 0.0) >= FLOOR
    ]


def _with_table(
    run: Run, sections: Sequence[DraftSection], claims: Sequence[Claim]
) -> list[DraftSection]:
    """The sections, with a table first where the question compares."""
    language = run.question.language
    made = table(run.question.text, claims, language)
    return [
        *([DraftSection(heading=WORDS[language]["comparison"], blocks=(made,))] if made else []),
        *sections,
    ]


async def _searched(run: Run, ledger: Ledger) -> SearchLog | None:
    """What was searched and read in this run; None when nothing was searched."""
    if not ledger.queries:
        return None
    read = await run.store.readings(run.job.id)
    return SearchLog(
        queries=ledger.queries,
        pages=len(read),
        date_from=run.job.started_at or run.job.created_at,
        date_to=now(),
    )


def _absent(question: Question, ledger: Ledger, searched: SearchLog | None) -> list[DraftSection]:
    if searched is None or not ledger.gaps:
        return []
    absent = (
        DraftSentence(text=_gap(question, gap), kind="absence", searched=searched)
        for gap in ledger.gaps
    )
    return [
        DraftSection(
            heading=WORDS[question.language]["absent"],
            blocks=(DraftList(items=tuple((one,) for one in absent)),),
        )
    ]


def _gap(question: Question, gap: str) -> str:
    """What tells of a gap, which a model may have named: one that says more than the question asks
    is named by the question."""
    words = WORDS[question.language]
    return words["gap"] + (
        clip(gap, 300)
        if stands_in(gap, [question.text])
        else words["part"].format(text=question.text)
    )


async def _nothing(run: Run, ledger: Ledger) -> Draft:
    language = run.question.language
    words = WORDS[language]
    near = nearest(run.question, ledger.claims)
    limits = [
        words["near"] if ledger.claims else words["none"],
        *_limits(run.question, ledger, None, gaps=True),
    ]
    limits += await _unread(run)
    limits += [
        words["tried"] + _queries(run, ledger),
        words["pages"] + str(len(await run.store.readings(run.job.id))),
    ]
    sections = (near,) if near else ()
    return Draft(
        title=run.question.text,
        sections=sections,
        limitations=tuple(limits),
        complete=False,
        answered=False,
    )


async def _unread(run: Run) -> list[str]:
    """How many pages could not be read, by what kept us from it; no addresses, which are not
    ours."""
    failed: dict[str, ReadingFailure] = {}
    for observation in await run.store.observations(run.job.id):
        failed |= observation.unread
    read = {reading.url for reading in await run.store.readings(run.job.id)}
    kinds = [kind for url, kind in failed.items() if url not in read]
    return [unread(kinds, run.question.language)] if kinds else []


def _queries(run: Run, ledger: Ledger) -> str:
    """The searches whose words are the question's; how many others there were."""
    told = [query for query in ledger.queries if stands_in(query, [run.question.text])]
    others = len(ledger.queries) - len(told)
    return clip("; ".join(told), 1_000) + (
        WORDS[run.question.language]["rest"].format(count=others) if others else ""
    )


def _limits(question: Question, ledger: Ledger, plan: Plan | None, *, gaps: bool) -> list[str]:
    words = WORDS[question.language]
    limits = [_gap(question, gap) for gap in ledger.gaps] if gaps else []
    limits += [words["failed"] + failure for failure in ledger.failures]
    if plan is not None and _CAPPED.fullmatch(plan.reason):
        limits.append(words["stopped"] + plan.reason)
    return limits
