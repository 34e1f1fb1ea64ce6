"""The steps of the graph that make a report with a model that can write and judge: outline, write,
check."""

from collections.abc import Sequence

from agents.models import Models
from agents.prompts import answer_language
from agents.writing import author
from agents.writing import outline as outlining
from agents.writing.desk import Desk, desk
from agents.writing.limits import limits, unread_pages
from agents.writing.review.review import Review
from agents.writing.words import own_words
from research.crew import Run
from research.domain import Draft, Ledger, Outline, Plan


async def _desk(run: Run, models: Models, ledger: Ledger, plan: Plan, outline: Outline) -> Desk:
    window, language = models.role("writer").window, answer_language(run.question)
    return await desk(run, ledger, plan, window, language, outline)


async def outline(run: Run, models: Models, ledger: Ledger, plan: Plan) -> Outline:
    """What the report will argue. An empty ledger is never written up; a short report is planned as
    it is written."""
    if not ledger.claims or run.effort.short:
        return Outline()
    lying = await _desk(run, models, ledger, plan, Outline())
    made = await outlining.outline(run, models, lying) or Outline()
    return made.replace(room=lying.room)


async def write(run: Run, models: Models, ledger: Ledger, plan: Plan, outline: Outline) -> Draft:
    """The draft; of nothing that was found, what was tried."""
    if not ledger.claims:
        return _nothing(run, ledger, await unread_pages(run))
    lying = await _desk(run, models, ledger, plan, outline)
    draft = await author.written(run, models, lying, outline)
    missing = set(outline.unanswered)
    answered = len(missing) < len(lying.parts)
    told = [*limits(run, ledger, plan), *await unread_pages(run)]
    return draft.replace(
        limitations=tuple(told),
        complete=not (missing or plan.capped),
        answered=answered,
        contradictions=outline.contradictions,
    )


async def check(
    run: Run, models: Models, draft: Draft, ledger: Ledger, plan: Plan, outline: Outline
) -> Draft:
    """The draft after its gates."""
    if not draft.written():
        return draft
    lying = await _desk(run, models, ledger, plan, outline)
    lying.resolver.know(draft.calculations)
    made = await Review(run, models, lying.resolver, lying.values).of(draft)
    return _answered(made) if run.effort.short else made


def _answered(draft: Draft) -> Draft:
    """A short report, which has no outline: whether it answers is what its short answer says."""
    if not draft.answer:
        return draft
    told = [
        sentence
        for sentence in draft.answer
        if sentence.kind not in ("absence", "framing", "given", "method")
    ]
    missing = any(sentence.kind == "absence" for sentence in draft.answer)
    return draft.replace(answered=bool(told), complete=draft.complete and not missing)


def _nothing(run: Run, ledger: Ledger, unreadable: Sequence[str]) -> Draft:
    words = own_words(run.question)
    told = [words["none"], *limits(run, ledger, Plan()), *unreadable]
    told += [words["tried"] + "; ".join(ledger.queries)] if ledger.queries else []
    return Draft(title=words["title"], limitations=tuple(told), complete=False, answered=False)
