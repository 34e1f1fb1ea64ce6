"""The writer: a short answer first, then sections, from claims only, each sentence with the claims it rests on; limits last.

A model that writes well writes sentences (`prose.py`). The model in this process arranges (`arranging.py`): it names claims in order under
headings, and their own words are the sentences (asked to write, it copied them, at eight times the tokens). Code adds what code can make: a
table of what is compared, figures, inferences where most of their premises stand, what was looked for and not found."""

import re
from collections.abc import Sequence, Set

from agents.arranging import arranged, floor
from agents.briefs import answered, by_part, of_parts, unmet
from agents.comparing import table
from agents.goals import asks_again
from agents.grounding import traced
from agents.models import Models
from agents.nearest import nearest
from agents.picking import answered_by
from agents.prose import prose
from agents.relevance import FLOOR, relevance
from agents.wording import WORDS, unread
from research.crew import Run
from research.errors import BudgetExhausted, ReadingFailure
from research.joining import quotes_of
from research.listing import listing
from research.standing import WEIGHT
from research.text import clip
from research.types import (
    Claim,
    Draft,
    DraftBlock,
    DraftFigure,
    DraftList,
    DraftParagraph,
    DraftSection,
    DraftSentence,
    DraftTable,
    Inference,
    Language,
    Ledger,
    Plan,
    SearchLog,
    now,
)

_CAPPED = re.compile(r"The run has reached its cap of [\w.,]+ \w+\.")  # and nothing that a model put behind it


async def write(run: Run, models: Models, ledger: Ledger, plan: Plan) -> Draft:
    """The draft. Where no claim answers there is nothing to write up: the limitations say what was tried, and what stands nearest to the
    question is quoted."""
    language = run.question.language
    if plan.answer:  # then no document said it alone, and the question is no gap
        ledger = ledger.model_copy(update={"gaps": tuple(gap for gap in ledger.gaps if not asks_again(gap, run.question.text))})
    claims = _chosen(run, ledger, plan)
    if not claims or not plan.answered:
        return await _nothing(run, ledger)
    listed = listing(run.question.text) if models.role("writer").embedded else None
    found = of_parts(listed, claims, run.effort.claims) if listed else {}
    told = answered(listed, claims) if listed else []
    old = [goal for goal in answered(listed, ledger.claims) if goal not in told] if listed else []  # only what is superseded answers them
    gaps = (gap for gap in (*ledger.gaps, *unmet(run.question.text, plan, ledger)) if gap not in (*found, *told, *old))
    ledger = ledger.model_copy(update={"gaps": tuple(gaps)})
    draft = by_part(listed, found, run.question) if listed and found else await _drafted(run, models, claims, ledger)
    searched = await _searched(run, ledger)
    limits = [WORDS[language]["old"] + gap for gap in old] + _limits(ledger, plan, language, gaps=searched is None)
    answer = _conclusions(ledger, plan, language)
    sections = _with_tables(run, draft.sections, claims[: run.effort.claims])
    sections = _with_inferences(sections, [one for one in ledger.inferences if one not in answer], language)
    sections = [*sections, *_figures(ledger, language), *_absent(ledger, searched, language)]
    complete = not limits and not ledger.gaps  # a page that could not be read is told, and takes nothing from what others gave
    limits += await _unread(run)
    opening = (*draft.answer, *(inferred(inference, language) for inference in answer))
    return draft.model_copy(update={"answer": opening, "sections": tuple(sections), "limitations": tuple(limits), "complete": complete})


async def _drafted(run: Run, models: Models, claims: Sequence[Claim], ledger: Ledger) -> Draft:
    """The claims written up by the model, or by code where it fails."""
    claims = claims[: run.effort.claims]
    await run.emit("writing", claims=len(claims))
    make = arranged if models.role("writer").embedded else prose
    try:
        draft = await make(run, models, claims, ledger)
    except BudgetExhausted as error:
        await run.floor("writer", str(error))
        draft = None
    return draft or floor(run, claims)


def _chosen(run: Run, ledger: Ledger, plan: Plan) -> list[Claim]:
    """The claims to write from: those that hold, answers and corroborated ones first; what is superseded only where all is. Those that
    hold the answer to the whole question come before the answers to its parts; what stands near is left out where whole pages gave it."""
    question = run.question.text
    whole = {claim.id for claim in answered_by(question, plan.answer, ledger.claims)} if plan.answer else set()
    asked = {claim.id for claim in ledger.claims if plan.answer and (claim.goal, claim.answer) == (question, plan.answer)}
    whole |= asked
    answering = {"goal": question, "answer": plan.answer}
    known = [claim.model_copy(update=answering) if claim.id in whole else claim for claim in ledger.claims]
    usable = [claim for claim in known if claim.holds]
    usable = [claim for claim in usable if claim.verdict != "superseded"] or usable
    ranked = sorted(usable, key=lambda c: (c.id not in whole, not c.answer, -c.documents, -c.relevance * WEIGHT[c.standing]))
    return _to_the_point(run, ranked, whole, ledger, plan) if asked else ranked


def _to_the_point(run: Run, ranked: Sequence[Claim], whole: Set[str], ledger: Ledger, plan: Plan) -> list[Claim]:
    """Of claims of which some answer the `whole` question those, what leads to them or is said against them, the best answer to each of its
    parts and the best other one to itself, which does not lead, and what stands near the question by itself."""
    question = run.question.text
    others = [claim for claim in ranked if claim.answer and claim.id not in whole]
    kept = {claim.goal: claim.id for claim in reversed(others)}.values()
    told = {quote.quote for claim in ranked if claim.id in whole for quote in claim.evidence}
    disputed = {quote for found in map(quotes_of, ledger.contradictions) if told & found for quote in found}
    premises = {id for inference in _conclusions(ledger, plan, run.question.language) for id in inference.premises}

    def fits(claim: Claim) -> bool:
        leads = claim.id in premises or (claim.goal == question and not claim.answer)
        return leads or claim.id in whole or claim.id in kept or any(quote.quote in disputed for quote in claim.evidence)

    def second(claim: Claim) -> Claim:
        return claim.model_copy(update={"answer": ""}) if claim.goal == question and claim.id not in whole else claim

    return [second(claim) for claim in ranked if fits(claim) or (relevance(question, claim.text) or 0.0) >= FLOOR]


def _conclusions(ledger: Ledger, plan: Plan, language: Language) -> list[Inference]:
    """What the analysis concluded as the answer to the whole question."""
    text = WORDS[language]["answer"].format(answer=plan.answer)
    return [inference for inference in ledger.inferences if plan.answer and inference.text == text]


def _with_tables(run: Run, sections: Sequence[DraftSection], claims: Sequence[Claim]) -> list[DraftSection]:
    """The sections, with a table first where the question compares and none stands yet."""
    if any(isinstance(block, DraftTable) for section in sections for block in section.blocks):
        return list(sections)
    language = run.question.language
    made = table(run.question.text, claims, language)
    return [*([DraftSection(heading=WORDS[language]["comparison"], blocks=(made,))] if made else []), *sections]


def _with_inferences(sections: Sequence[DraftSection], inferences: Sequence[Inference], language: Language) -> list[DraftSection]:
    """Each inference after the section that holds most of its premises; where none holds any, in a last one."""
    added: dict[int, list[DraftBlock]] = {}
    rest: list[DraftBlock] = []
    for inference in inferences:
        block = DraftParagraph(sentences=(inferred(inference, language),))
        held = [sum(claim in inference.premises for s in section.written() for claim in s.claims) for section in sections]
        if max(held, default=0):
            added.setdefault(held.index(max(held)), []).append(block)
        else:
            rest.append(block)
    placed = [s.model_copy(update={"blocks": (*s.blocks, *added.get(i, []))}) for i, s in enumerate(sections)]
    return [*placed, *([DraftSection(heading=WORDS[language]["inferences"], blocks=tuple(rest))] if rest else [])]


def inferred(inference: Inference, language: Language) -> DraftSentence:
    """An inference as its sentence, marked as one; a synthesis in the words that code gave it."""
    if inference.kind == "synthesis":
        return DraftSentence(text=inference.text, kind="synthesis", claims=inference.premises)
    return DraftSentence(
        text=f"{WORDS[language]['infer']}{inference.text}",
        kind="inference",
        claims=inference.premises,
        warrant=inference.warrant,
        confidence=inference.confidence,
        overturned_by=inference.overturned_by,
    )


def _figures(ledger: Ledger, language: Language) -> list[DraftSection]:
    """The drawings, each under the claims that the same run computed; a drawing that no claim is told of is left out."""
    blocks = []
    for drawing in ledger.drawings:
        claims = [c for c in ledger.claims if any(run.run_id == drawing.run_id for run in c.runs)][:3]
        caption = tuple(DraftSentence(text=c.text, kind="computed", claims=(c.id,)) for c in claims)
        blocks += [DraftFigure(id=drawing.id, caption=caption)] if caption else []
    return [DraftSection(heading=WORDS[language]["figures"], blocks=tuple(blocks))] if blocks else []


async def _searched(run: Run, ledger: Ledger) -> SearchLog | None:
    """What was searched and read in this run; None when nothing was searched."""
    if not ledger.queries:
        return None
    read = await run.store.readings(run.job.id)
    return SearchLog(queries=ledger.queries, pages=len(read), date_from=run.job.started_at or run.job.created_at, date_to=now())


def _absent(ledger: Ledger, searched: SearchLog | None, language: Language) -> list[DraftSection]:
    if searched is None or not ledger.gaps:
        return []
    words = WORDS[language]
    absent = (DraftSentence(text=words["gap"] + clip(gap, 300), kind="absence", searched=searched) for gap in ledger.gaps)
    return [DraftSection(heading=words["absent"], blocks=(DraftList(items=tuple((sentence,) for sentence in absent)),))]


async def _nothing(run: Run, ledger: Ledger) -> Draft:
    language = run.question.language
    words = WORDS[language]
    near = nearest(run.question, ledger.claims)
    limits = [words["near"] if ledger.claims else words["none"], *_limits(ledger, None, language, gaps=True)]
    limits += await _unread(run)
    limits += [words["tried"] + _queries(run, ledger), words["pages"] + str(len(await run.store.readings(run.job.id)))]
    sections = (near,) if near else ()
    return Draft(title=run.question.text, sections=sections, limitations=tuple(limits), complete=False, answered=False)


async def _unread(run: Run) -> list[str]:
    """How many pages could not be read, by what kept us from it; no addresses, which are not ours."""
    failed: dict[str, ReadingFailure] = {}
    for observation in await run.store.observations(run.job.id):
        failed |= observation.unread
    read = {reading.url for reading in await run.store.readings(run.job.id)}
    kinds = [kind for url, kind in failed.items() if url not in read]
    return [unread(kinds, run.question.language)] if kinds else []


def _queries(run: Run, ledger: Ledger) -> str:
    """The searches whose words are the question's; how many others there were."""
    told = [query for query in ledger.queries if traced(query, [run.question.text])]
    others = len(ledger.queries) - len(told)
    return clip("; ".join(told), 1_000) + (WORDS[run.question.language]["rest"].format(count=others) if others else "")


def _limits(ledger: Ledger, plan: Plan | None, language: Language, *, gaps: bool) -> list[str]:
    words = WORDS[language]
    limits = [words["gap"] + gap for gap in ledger.gaps] if gaps else []
    limits += [words["failed"] + failure for failure in ledger.failures]
    if plan is not None and _CAPPED.fullmatch(plan.reason):
        limits.append(words["stopped"] + plan.reason)
    return limits
